#!/usr/bin/python3
# budget: 60 s
"""Provisioned concurrency by the AWS CLI, and what `perdure stats` says of functions."""
import io
import json
import os
import subprocess
import sys
import unittest
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import ACCOUNT, PROGRAM, Server, wait_for  # noqa: E402
import suite  # noqa: E402

AWS = "/usr/bin/aws"
ROLE = "arn:aws:iam::%s:role/r" % ACCOUNT
SOURCE = """
import os
def handler(event, context):
    return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
"""


class AwsFailed(Exception):
    pass


@unittest.skipUnless(os.path.exists(AWS), "%s is not installed" % AWS)
class ProvisionedTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("f.py", SOURCE)
        cls.package = os.path.join(cls.server.folder, "f.zip")
        with open(cls.package, "wb") as file:
            file.write(package.getvalue())

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        assert status == 0, "the server ended with status %s" % status

    def function(self, operation, *arguments):
        done = subprocess.run([AWS, "--endpoint-url", self.server.endpoint, "--output", "json",
                               "lambda", operation, *arguments],
                              env=self.server.environment(), capture_output=True, text=True,
                              timeout=60)
        if done.returncode != 0:
            raise AwsFailed(done.stderr.strip())
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def invoke(self, name):
        out = os.path.join(self.server.folder, "out")
        self.function("invoke", "--function-name", name, out)
        with open(out) as file:
            return json.load(file)

    def create(self, name):
        self.function("create-function", "--function-name", name, "--runtime", "python3.11",
                      "--handler", "f.handler", "--role", ROLE, "--zip-file",
                      "fileb://" + self.package, "--publish")

    def test_a_version_is_provisioned_used_and_given_back(self):
        self.create("kept")
        one = ["--function-name", "kept", "--qualifier", "1"]
        put = self.function("put-provisioned-concurrency-config", *one,
                            "--provisioned-concurrent-executions", "2")
        self.assertEqual(put["Status"], "IN_PROGRESS")
        self.assertEqual(put["RequestedProvisionedConcurrentExecutions"], 2)
        self.assertRegex(put["LastModified"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$")

        def ready():
            got = self.function("get-provisioned-concurrency-config", *one)
            return got if got["Status"] == "READY" else None
        got = wait_for(ready, what="READY")
        self.assertEqual(got["AvailableProvisionedConcurrentExecutions"], 2)
        self.assertEqual(got["AllocatedProvisionedConcurrentExecutions"], 2)
        self.assertEqual(self.invoke("kept:1"), "provisioned-concurrency")
        self.assertEqual(self.invoke("kept"), "on-demand")

        listed = self.function("list-provisioned-concurrency-configs", "--function-name", "kept")
        rows = listed["ProvisionedConcurrencyConfigs"]
        self.assertEqual([row["FunctionArn"].rsplit(":", 2)[1:] for row in rows], [["kept", "1"]])

        self.function("delete-provisioned-concurrency-config", *one)
        with self.assertRaisesRegex(AwsFailed, "ProvisionedConcurrencyConfigNotFoundException"):
            self.function("get-provisioned-concurrency-config", *one)

    def test_refusals(self):
        self.create("refused")
        put = ["put-provisioned-concurrency-config", "--function-name", "refused",
               "--provisioned-concurrent-executions"]
        with self.assertRaisesRegex(AwsFailed, "unpublished function versions"):
            self.function(*put, "1", "--qualifier", "$LATEST")
        with self.assertRaisesRegex(AwsFailed, "ResourceNotFoundException"):
            self.function(*put, "1", "--qualifier", "9")
        status, _, body = self.server.request(  # newer CLIs refuse 0 themselves
            "PUT", "/2019-09-30/functions/refused/provisioned-concurrency?Qualifier=1",
            json.dumps({"ProvisionedConcurrentExecutions": 0}),
            {"Authorization": "AWS4-HMAC-SHA256 Credential=%s/20260101/us-east-1/lambda/"
                              "aws4_request, SignedHeaders=host, Signature=x" % ACCOUNT})
        self.assertEqual(status, 400)
        self.assertIn(b"greater than or equal to 1", body)
        self.function("put-function-concurrency", "--function-name", "refused",
                      "--reserved-concurrent-executions", "3")
        with self.assertRaisesRegex(AwsFailed, "reservedConcurrentExecution"):
            self.function(*put, "4", "--qualifier", "1")

    def test_stats_say_what_functions_used(self):
        self.create("counted")
        self.invoke("counted")
        self.invoke("counted")

        def counted():
            done = subprocess.run([PROGRAM, "stats", "--json"], env=self.server.environment(),
                                  capture_output=True, text=True, timeout=30, check=True)
            for row in json.loads(done.stdout)["functions"]["used"]:
                if row["function"].endswith(":counted") and row["invocations"] == 2:
                    return row
            return None
        row = wait_for(counted, what="both calls counted")
        self.assertEqual(sum(row["byTier"].values()), 2)
        self.assertEqual(row["byTier"]["warm"], 1)
        self.assertGreaterEqual(row["billedMs"], 2)
        self.assertGreater(row["gigabyteSeconds"], 0)
        self.assertGreater(row["peakBytes"], 1 << 20)
        shown = subprocess.run([PROGRAM, "stats"], env=self.server.environment(),
                               capture_output=True, text=True, timeout=30, check=True).stdout
        self.assertIn("function:counted", shown)
        self.assertIn("functions workers", shown)


if __name__ == "__main__":
    suite.run(ProvisionedTest)
