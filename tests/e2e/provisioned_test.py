#!/usr/bin/python3
# budget: 60 s
"""Provisioned concurrency by the AWS CLI, and what `perdure stats` says of functions."""
import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import (ACCOUNT, AWS, AwsFailed, PROGRAM, Server, ServerCase,  # noqa: E402
                    authorization, wait_for)
import suite  # noqa: E402

ROLE = "arn:aws:iam::%s:role/r" % ACCOUNT
SOURCE = """
import os
def handler(event, context):
    return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
"""


@unittest.skipUnless(os.path.exists(AWS), "%s is not installed" % AWS)
class ProvisionedTest(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.package = cls.server.package("f.py", SOURCE)

    def function(self, operation, *arguments):
        return self.aws("lambda", operation, *arguments)

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
            {"Authorization": authorization("lambda")})
        self.assertEqual(status, 400)
        self.assertIn(b"greater than or equal to 1", body)
        self.function("put-function-concurrency", "--function-name", "refused",
                      "--reserved-concurrent-executions", "3")
        with self.assertRaisesRegex(AwsFailed, "reservedConcurrentExecution"):
            self.function(*put, "4", "--qualifier", "1")

    def test_the_account_limit(self):
        server = Server("--account-concurrency", "150")
        try:
            self.server, before = server, self.server
            self.create("first")
            self.create("second")
            put = ["put-function-concurrency", "--function-name"]
            self.function(*put, "first", "--reserved-concurrent-executions", "40")
            limits = self.function("get-account-settings")["AccountLimit"]
            self.assertEqual((limits["ConcurrentExecutions"],
                              limits["UnreservedConcurrentExecutions"]), (150, 110))
            with self.assertRaisesRegex(AwsFailed, "below its minimum value of .100."):
                self.function(*put, "second", "--reserved-concurrent-executions", "11")
            self.function(*put, "second", "--reserved-concurrent-executions", "10")
            self.function(*put, "first", "--reserved-concurrent-executions", "0")
            status, _, body = server.request(
                "POST", "/2015-03-31/functions/first/invocations", "{}",
                {"Authorization": authorization("lambda")})
            self.assertEqual((status, json.loads(body)), (429, {
                "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded", "Type": "User",
                "message": "Rate Exceeded."}))
        finally:
            self.server = before
            self.assertEqual(server.stop(), 0)

    def test_an_execution_says_what_its_calls_cost(self):
        self.create("priced")
        call = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:%s:function:priced" % ACCOUNT}
        definition = {"StartAt": "A", "States": {"A": dict(call, Next="B"),
                                                 "B": dict(call, End=True)}}
        machine = self.server.states("CreateStateMachine", {
            "name": "priced", "definition": json.dumps(definition), "roleArn": ROLE})[1]
        execution = self.server.states("StartExecution", {
            "stateMachineArn": machine["stateMachineArn"], "name": "one"})[1]["executionArn"]
        wait_for(lambda: self.server.states("DescribeExecution", {"executionArn": execution})[1]
                 ["status"] == "SUCCEEDED", what="the end")

        def cost():  # what a call used is known shortly after its answer
            found = json.loads(self.server.request(
                "GET", "/executions/one", headers={"Authorization": authorization("states")})[2])
            found = found.get("functions", {})
            return found if found.get("invocations") == 2 else None
        shown = wait_for(cost, what="what both calls cost")
        self.assertEqual(shown["peakBytes"], max(call["peakBytes"] for call in shown["calls"]))
        self.assertGreater(shown["peakBytes"], 1 << 20)
        self.assertEqual([call["state"] for call in shown["calls"]], ["A", "B"])
        self.assertEqual(shown["byTier"]["warm"], 1)
        self.assertEqual(shown["billedMs"], sum(call["billedMs"] for call in shown["calls"]))
        text = subprocess.run([PROGRAM, "show", "one"], env=self.server.environment(),
                              capture_output=True, text=True, timeout=30, check=True).stdout
        self.assertRegex(text, r"functions  2 calls \(.*1 warm.*\), \d+ ms billed, 0\.\d+ GB-s, "
                               r"at most \d+ MiB used")

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
