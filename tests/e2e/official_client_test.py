#!/usr/bin/python3
# budget: 60 s
"""AWS's own runtime client for Node.js, unmodified, as the runtime of a package. Its native part
takes minutes to build and is not built by a test run, but by

    tests/e2e/official_client_test.py --build

into build/official-client; without it this says SKIP."""
import base64
import io
import json
import os
import shutil
import subprocess
import sys
import unittest
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import ACCOUNT, ROOT, ServerCase, authorization  # noqa: E402
import suite  # noqa: E402

VERSION = "3.3.0"  # the newest that Node.js 20 runs
FOLDER = os.path.join(ROOT, "build/official-client")
CLIENT = os.path.join(FOLDER, "node_modules/aws-lambda-ric")
ADDON = os.path.join(CLIENT, "build/Release/rapid-client.node")
API = "/2015-03-31/functions"
# Its own script needs autoconf for libcurl; cmake, which builds the rest, builds that too.
BUILD = """set -e
npm install --ignore-scripts --no-audit --no-fund --prefix . aws-lambda-ric@%s
cd node_modules/aws-lambda-ric/deps
. ./versions
tar xzf curl-$CURL_VERSION.tar.gz --no-same-owner
tar xzf aws-lambda-cpp-$AWS_LAMBDA_CPP_RELEASE.tar.gz --no-same-owner
to="-DCMAKE_INSTALL_PREFIX=$PWD/artifacts -DCMAKE_INSTALL_LIBDIR=lib"
cmake -S curl-curl-$CURL_VERSION -B curl $to -DBUILD_SHARED_LIBS=OFF -DBUILD_CURL_EXE=OFF \\
  -DBUILD_TESTING=OFF -DCURL_ENABLE_SSL=OFF -DHTTP_ONLY=ON -DENABLE_UNIX_SOCKETS=OFF \\
  -DCURL_ZLIB=OFF -DCMAKE_USE_LIBSSH2=OFF -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DENABLE_MANUAL=OFF
make -C curl install
cmake -S aws-lambda-cpp-$AWS_LAMBDA_CPP_RELEASE -B cpp $to -DCMAKE_CXX_FLAGS=-fPIC \\
  -DCMAKE_PREFIX_PATH=$PWD/artifacts
make -C cpp install
cd ..
npx node-gyp rebuild --nodedir=/usr
""" % VERSION

BOOTSTRAP = """#!/bin/sh
exec node /var/task/client/bin/index.mjs "$_HANDLER"
"""
HANDLER = """exports.handler = async (event, context) => {
  console.log('handling\\nin two lines');
  if (event.fail) throw new TypeError('as told');
  if (event.exit) process.exit(4);
  return { event, id: context.awsRequestId, arn: context.invokedFunctionArn,
           left: context.getRemainingTimeInMillis(), client: context.clientContext };
};
exports.stream = awslambda.streamifyResponse(async (event, stream) => {
  stream.write('one ');
  stream.write('two');
  stream.end();
});
"""


def package():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        def add(name, content):
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o100755 << 16
            archive.writestr(info, content)
        add("bootstrap", BOOTSTRAP)
        add("f.js", HANDLER)
        for name, source in (("bin/index.mjs", None), ("dist/index.mjs", None),
                             ("dist/rapid-client.node", ADDON)):
            with open(source or os.path.join(CLIENT, name), "rb") as f:
                add("client/" + name, f.read())
    return base64.b64encode(out.getvalue()).decode()


@unittest.skipUnless(os.path.exists(ADDON) and shutil.which("node"),
                     "aws-lambda-ric is not built: tests/e2e/official_client_test.py --build")
class OfficialClientTest(ServerCase):
    def call(self, path, body, **headers):
        return self.server.request(
            "POST", path, json.dumps(body),
            dict({name.replace("_", "-"): value for name, value in headers.items()},
                 Authorization=authorization("lambda")))

    def create(self, name, handler="f.handler", **more):
        status, _, answer = self.call(API, dict({
            "FunctionName": name, "Runtime": "provided.al2023", "Handler": handler,
            "Timeout": 10, "Role": "arn:aws:iam::%s:role/r" % ACCOUNT,
            "Code": {"ZipFile": package()}}, **more))
        self.assertEqual(status, 201, answer)

    def invoke(self, name, event, **headers):
        _, answered, body = self.call(API + "/%s/invocations" % name, event, **headers)
        return answered, json.loads(body)

    def test_answers_errors_and_exits(self):
        self.create("official")
        context = base64.b64encode(b'{"custom":{"a":"b"}}').decode()
        answered, first = self.invoke("official", {"n": 1}, X_Amz_Client_Context=context,
                                      X_Amz_Log_Type="Tail")
        self.assertEqual(first["event"], {"n": 1})
        self.assertEqual(first["arn"], "arn:aws:lambda:us-east-1:%s:function:official" % ACCOUNT)
        self.assertEqual(first["client"], {"custom": {"a": "b"}})
        self.assertTrue(0 < first["left"] <= 10_000)
        log = base64.b64decode(answered["X-Amz-Log-Result"]).decode()
        # One entry of two lines, which the client sends in a frame.
        self.assertRegex(log, r"\t%s\tINFO\thandling\rin two lines\n" % first["id"])
        self.assertNotEqual(self.invoke("official", {})[1]["id"], first["id"])
        answered, error = self.invoke("official", {"fail": True})
        self.assertEqual(answered["X-Amz-Function-Error"], "Unhandled")
        self.assertEqual((error["errorType"], error["errorMessage"]), ("TypeError", "as told"))
        self.assertTrue(error["trace"][0].startswith("TypeError: as told"))
        self.assertIn("exit status 4", self.invoke("official", {"exit": True})[1]["errorMessage"])
        self.assertEqual(self.invoke("official", {"n": 2})[1]["event"], {"n": 2})

    def test_it_streams(self):
        self.create("official-stream", "f.stream")
        status, _, body = self.call(
            "/2021-11-15/functions/official-stream/response-streaming-invocations", {})
        self.assertEqual(status, 200, body)
        self.assertIn(b"one ", body)
        self.assertIn(b"InvokeComplete", body)

    def test_a_handler_that_is_not_there(self):
        self.create("official-none", "f.nothing")
        answered, error = self.invoke("official-none", {})
        self.assertEqual(answered["X-Amz-Function-Error"], "Unhandled")
        self.assertEqual(error["errorType"], "Runtime.HandlerNotFound")


if __name__ == "__main__":
    if sys.argv[1:] == ["--build"]:
        os.makedirs(FOLDER, exist_ok=True)
        sys.exit(subprocess.run(["sh", "-c", BUILD], cwd=FOLDER).returncode)
    suite.run(OfficialClientTest)
