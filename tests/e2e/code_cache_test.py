#!/usr/bin/python3
# budget: 60 s
"""The cache of a Node function's compiled code, across workers, servers and changes."""
import base64
import glob
import io
import json
import os
import shutil
import signal
import sys
import unittest
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import ACCOUNT, ServerCase, authorization, wait_for  # noqa: E402
import suite  # noqa: E402

ROLE = "arn:aws:iam::%s:role/r" % ACCOUNT
API = "/2015-03-31/functions"
DAMAGE = b"\xa5" * 100


def bundle(mark):
    """A package of one large file, whose handler says the mark."""
    shapes = "".join("shapes.s%d = (value) => { const parts = []; for (const each of value) "
                     "parts.push(each + %d); return parts; };\nshapes.s%d([1]);\n"
                     % (n, n, n)
                     for n in range(1500))
    source = ("const shapes = {};\n" + shapes +
              "exports.handler = async () => '%s' + Object.keys(shapes).length;\n" % mark)
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("f.js", source)
    return base64.b64encode(package.getvalue()).decode()


@unittest.skipUnless(shutil.which("node"), "Node.js is not installed")
class CodeCacheTest(ServerCase):
    def call(self, method, path, body=None):
        status, _, answer = self.server.request(
            method, path, json.dumps(body) if body is not None else "",
            {"Authorization": authorization("lambda")})
        self.assertLess(status, 300, answer)
        return json.loads(answer) if answer else None

    def create(self, name, mark):
        self.call("POST", API, {"FunctionName": name, "Runtime": "nodejs20.x", "Role": ROLE,
                                "Handler": "f.handler", "Timeout": 20,
                                "Code": {"ZipFile": bundle(mark)}})

    def invoke(self, name):
        return self.call("POST", API + "/%s/invocations" % name, {})

    def next_worker(self, name):
        """The call after this one needs a new worker."""
        self.call("PUT", API + "/%s/configuration" % name, {"Description": os.urandom(4).hex()})

    def seen(self, name):
        _, _, text = self.server.request("GET", "/stats")
        for each in json.loads(text)["functions"]["used"]:
            if each["function"].endswith(":" + name):
                cache = each["codeCache"]
                return cache["used"], cache["rejected"], cache["made"]
        return None

    def comes_to(self, name, used, rejected, made):
        wait_for(lambda: self.seen(name) == (used, rejected, made), 10,
                 "%s: %s, not %s" % (name, (used, rejected, made), self.seen(name)))

    def is_damaged(self, cache):
        with open(cache, "rb") as file:
            return DAMAGE in file.read()

    def caches(self):
        return glob.glob(os.path.join(self.server.folder, "data/functions/code_caches/*/*/code"))

    def test_a_cache_is_made_used_damaged_and_made_again(self):
        self.create("f", "one ")
        self.assertEqual(self.invoke("f"), "one 1500")
        self.comes_to("f", 0, 0, 1)
        wait_for(lambda: len(self.caches()) == 1)
        own, = self.caches()
        self.next_worker("f")
        self.assertEqual(self.invoke("f"), "one 1500")
        self.comes_to("f", 1, 0, 1)

        self.create("twin", "one ")
        self.assertEqual(self.invoke("twin"), "one 1500")
        self.comes_to("twin", 0, 0, 1)

        with open(own, "r+b") as file:
            file.seek(os.path.getsize(own) // 2)
            file.write(DAMAGE)
        self.next_worker("f")
        self.assertEqual(self.invoke("f"), "one 1500")
        self.comes_to("f", 1, 1, 2)
        wait_for(lambda: not self.is_damaged(own), what="a new cache")
        self.next_worker("f")
        self.assertEqual(self.invoke("f"), "one 1500")
        self.comes_to("f", 2, 1, 2)

        self.call("PUT", API + "/f/code", {"ZipFile": bundle("two ")})
        self.assertEqual(self.invoke("f"), "two 1500")
        self.comes_to("f", 2, 1, 3)
        wait_for(lambda: not os.path.exists(own), what="the end of the old cache")
        self.call("DELETE", API + "/f")
        self.call("DELETE", API + "/twin")
        wait_for(lambda: self.caches() == [], what="the end of all caches")

    def test_it_outlives_a_server_that_is_killed(self):
        self.create("lasting", "here ")
        self.assertEqual(self.invoke("lasting"), "here 1500")
        self.comes_to("lasting", 0, 0, 1)
        wait_for(lambda: len(self.caches()) == 1)
        self.server.process.send_signal(signal.SIGKILL)
        self.server.process.wait()
        self.server.process.stdout.close()
        self.server.restart()
        self.next_worker("lasting")
        self.assertEqual(self.invoke("lasting"), "here 1500")
        self.comes_to("lasting", 1, 0, 0)
        self.call("DELETE", API + "/lasting")


if __name__ == "__main__":
    suite.run(CodeCacheTest)
