#!/usr/bin/python3
# budget: 60 s
"""SnapStart by the AWS CLI: a version is published and invoked, what is shown of it, refusals."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import ACCOUNT, AWS, AwsFailed, ServerCase, wait_for  # noqa: E402
import suite  # noqa: E402

ROLE = "arn:aws:iam::%s:role/r" % ACCOUNT
APPLY = ["--snap-start", "ApplyOn=PublishedVersions"]
SOURCE = """
import os
from snapshot_restore_py import register_before_snapshot, register_after_restore
events = ["loaded"]
# As a client has them that is made while the snapshot is loaded.
url, key = os.environ["AWS_ENDPOINT_URL"], os.environ["AWS_ACCESS_KEY_ID"]
register_before_snapshot(events.append, "before")
register_after_restore(events.append, "after")

def handler(event, context):
    seen = {"events": events, "type": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]}
    if event.get("call"):
        import json, urllib.request
        request = urllib.request.Request(url + "/2015-03-31/functions/snap", headers={
            "Authorization": "AWS4-HMAC-SHA256 Credential=%s/20260101/us-east-1/lambda/aws4_request"
                             ", SignedHeaders=host, Signature=x" % key})
        with urllib.request.urlopen(request) as answer:
            seen["name"] = json.load(answer)["Configuration"]["FunctionName"]
        seen["own key"] = key == os.environ["AWS_ACCESS_KEY_ID"]
    return seen
"""


@unittest.skipUnless(os.path.exists(AWS), "%s is not installed" % AWS)
class SnapStartTest(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.package = cls.server.package("f.py", SOURCE)

    def function(self, operation, *arguments):
        return self.aws("lambda", operation, *arguments)

    def create(self, name, *more, runtime="python3.11"):
        return self.function("create-function", "--function-name", name, "--runtime", runtime,
                             "--handler", "f.handler", "--role", ROLE, "--zip-file",
                             "fileb://" + self.package, "--timeout", "20", *more)

    def invoke(self, name, qualifier, payload):
        out = os.path.join(self.server.folder, "out")
        self.function("invoke", "--function-name", name, "--qualifier", qualifier, "--payload",
                      json.dumps(payload), "--cli-binary-format", "raw-in-base64-out", out)
        with open(out) as file:
            return json.load(file)

    def lines(self, name):
        found = self.aws("logs", "filter-log-events", "--log-group-name", "/aws/lambda/" + name)
        return [event["message"] for event in found["events"]]

    def test_a_version_is_started_from_its_snapshot(self):
        created = self.create("snap", *APPLY)
        self.assertEqual(created["SnapStart"],
                         {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"})
        version = self.function("publish-version", "--function-name", "snap")
        at_level_a = version["SnapStart"]["OptimizationStatus"] == "On"
        wanted = "INIT_REPORT" if at_level_a else "workers start the ordinary way"
        wait_for(lambda: any(wanted in line for line in self.lines("snap")), what=wanted)
        seen = self.invoke("snap", "1", {"call": True})
        self.assertEqual(seen, {"events": ["loaded", "before", "after"], "type": "snap-start",
                                "name": "snap", "own key": not at_level_a})
        self.assertEqual(self.invoke("snap", "$LATEST", {})["type"], "on-demand")
        if at_level_a:
            wait_for(lambda: any("Restore Duration" in line and line.startswith("REPORT")
                                 for line in self.lines("snap")), what="a REPORT")
        shown = self.function("get-function-configuration", "--function-name", "snap",
                              "--qualifier", "1")
        self.assertEqual(shown["SnapStart"], version["SnapStart"])

    def test_it_can_be_changed(self):
        created = self.create("changed")
        self.assertEqual(created["SnapStart"], {"ApplyOn": "None", "OptimizationStatus": "Off"})
        changed = self.function("update-function-configuration", "--function-name", "changed",
                                *APPLY)
        self.assertEqual(changed["SnapStart"]["ApplyOn"], "PublishedVersions")
        changed = self.function("update-function-configuration", "--function-name", "changed",
                                "--snap-start", "ApplyOn=None")
        self.assertEqual(changed["SnapStart"]["ApplyOn"], "None")

    def test_refusals(self):
        with self.assertRaisesRegex(AwsFailed, "nodejs20.x is not supported for SnapStart enabled"):
            self.create("node", *APPLY, runtime="nodejs20.x")
        with self.assertRaisesRegex(AwsFailed, "enum value set: .PublishedVersions, None."):
            self.create("never", "--snap-start", "ApplyOn=Never")


if __name__ == "__main__":
    suite.run(SnapStartTest)
