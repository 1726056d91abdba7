#!/usr/bin/python3
# budget: 120 s
"""Distributed Maps through Debian's AWS CLI, against the real server."""
import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import ACCOUNT, PROGRAM, Server, wait_for  # noqa: E402
import suite  # noqa: E402

AWS = "/usr/bin/aws"
PREFIX = "arn:aws:states:us-east-1:%s:" % ACCOUNT


def machine(states, **fields):
    return {"StartAt": "M", "States": {"M": dict({
        "Type": "Map", "Label": "L", "End": True,
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                          "StartAt": "A", "States": states}}, **fields)}}


@unittest.skipUnless(os.path.exists(AWS), "%s is not installed" % AWS)
class MapRunsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        assert status == 0, "the server ended with status %s" % status

    def states(self, operation, *arguments):
        done = subprocess.run([AWS, "--endpoint-url", self.server.endpoint, "--output", "json",
                               "stepfunctions", operation, *arguments],
                              env=self.server.environment(), capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def start(self, name, definition, items):
        arn = self.states("create-state-machine", "--name", name, "--definition",
                          json.dumps(definition), "--role-arn",
                          "arn:aws:iam::%s:role/r" % ACCOUNT)["stateMachineArn"]
        return self.states("start-execution", "--state-machine-arn", arn, "--name", "e", "--input",
                           json.dumps(items))["executionArn"]

    def only_run(self, execution):
        runs = wait_for(lambda: self.states("list-map-runs", "--execution-arn",
                                            execution)["mapRuns"], what="a map run")
        self.assertEqual(len(runs), 1)
        return runs[0]

    def test_life_of_a_map_run(self):
        execution = self.start("life", machine({"A": {"Type": "Pass", "End": True}}), [1, "b", {}])
        run = self.only_run(execution)
        self.assertEqual(run["stateMachineArn"], PREFIX + "stateMachine:life/L")
        arn = run["mapRunArn"]
        self.assertTrue(arn.startswith(PREFIX + "mapRun:life/L:"), arn)
        described = wait_for(lambda: self.succeeded(arn), what="its end")
        self.assertEqual(described["executionArn"], execution)
        for counts in (described["itemCounts"], described["executionCounts"]):
            self.assertEqual({name: counts[name] for name in ("succeeded", "total", "pending",
                                                              "running", "resultsWritten")},
                             {"succeeded": 3, "total": 3, "pending": 0, "running": 0,
                              "resultsWritten": 3})
        ended = wait_for(lambda: self.ended(execution), what="the execution's end")
        self.assertEqual(json.loads(ended["output"]), [1, "b", {}])
        children = self.states("list-executions", "--map-run-arn", arn, "--max-items", "2",
                               "--page-size", "1")["executions"]
        self.assertEqual(len(children), 2)
        child = children[0]["executionArn"]
        self.assertTrue(child.startswith(PREFIX + "execution:life/L:"), child)
        self.assertEqual(self.states("describe-execution", "--execution-arn", child)["mapRunArn"],
                         arn)
        its_machine = self.states("describe-state-machine-for-execution", "--execution-arn", child)
        self.assertEqual((its_machine["mapRunArn"], its_machine["label"]), (arn, "L"))
        self.assertEqual(json.loads(its_machine["definition"])["StartAt"], "A")
        history = self.states("get-execution-history", "--execution-arn", child)["events"]
        self.assertEqual([e["type"] for e in history],
                         ["ExecutionStarted", "PassStateEntered", "PassStateExited",
                          "ExecutionSucceeded"])
        shown = subprocess.run([PROGRAM, "show", execution], env=self.server.environment(),
                               capture_output=True, text=True, timeout=30)
        self.assertIn("3 of 3 items", shown.stdout)

    def succeeded(self, arn):
        run = self.states("describe-map-run", "--map-run-arn", arn)
        return run if run["status"] == "SUCCEEDED" else None

    def ended(self, execution):
        seen = self.states("describe-execution", "--execution-arn", execution)
        return seen if seen["status"] != "RUNNING" else None

    def counts(self, arn):
        return self.states("describe-map-run", "--map-run-arn", arn)["itemCounts"]

    def test_update_and_stop(self):
        waits = machine({"A": {"Type": "Wait", "Seconds": 3600, "End": True}}, MaxConcurrency=2)
        execution = self.start("waits", waits, list(range(10)))
        arn = self.only_run(execution)["mapRunArn"]
        wait_for(lambda: self.counts(arn)["running"] == 2, what="two children")
        self.states("update-map-run", "--map-run-arn", arn, "--max-concurrency", "5",
                    "--tolerated-failure-percentage", "12.5", "--tolerated-failure-count", "3")
        wait_for(lambda: self.counts(arn)["running"] == 5, what="five children")
        described = self.states("describe-map-run", "--map-run-arn", arn)
        self.assertEqual((described["maxConcurrency"], described["toleratedFailurePercentage"],
                          described["toleratedFailureCount"]), (5, 12.5, 3))
        running = self.states("list-executions", "--map-run-arn", arn, "--status-filter",
                              "RUNNING")["executions"]
        self.assertEqual(len(running), 5)
        self.states("stop-execution", "--execution-arn", execution)
        wait_for(lambda: self.counts(arn)["aborted"] == 5, what="the children's end")
        described = self.states("describe-map-run", "--map-run-arn", arn)
        self.assertEqual(described["status"], "ABORTED")
        self.assertEqual(described["itemCounts"]["pending"], 5)

    def s3(self, method, path, body=b""):
        status, _, answer = self.server.request(method, path, body, {
            "Authorization": "AWS4-HMAC-SHA256 Credential=%s/20260101/us-east-1/s3/aws4_request,"
                             " SignedHeaders=host, Signature=x" % ACCOUNT})
        self.assertLess(status, 300, answer)
        return answer

    def test_results_are_written_as_objects(self):
        self.s3("PUT", "/results")
        picky = {"A": {"Type": "Choice", "Default": "S", "Choices": [
                     {"Variable": "$", "NumericEquals": 0, "Next": "F"}]},
                 "S": {"Type": "Succeed"}, "F": {"Type": "Fail", "Error": "Zero", "Cause": "none"}}
        writer = {"Resource": "arn:aws:states:::s3:putObject",
                  "Parameters": {"Bucket": "results", "Prefix": "out"}}
        for tolerated, status in ((1, "SUCCEEDED"), (0, "FAILED")):
            name = "written-%d" % tolerated
            execution = self.start(name, machine(picky, ResultWriter=writer, MaxConcurrency=1,
                                                 ToleratedFailureCount=tolerated), [1, 0, 2])
            ended = wait_for(lambda: self.ended(execution), what="its end")
            self.assertEqual(ended["status"], status)
            arn = self.only_run(execution)["mapRunArn"]
            folder = "out/%s/" % arn.rsplit(":", 1)[1]
            if status == "SUCCEEDED":
                self.assertEqual(json.loads(ended["output"]), {
                    "MapRunArn": arn, "ResultWriterDetails": {"Bucket": "results",
                                                              "Key": folder + "manifest.json"}})
            manifest = json.loads(self.s3("GET", "/results/%smanifest.json" % folder))
            self.assertEqual((manifest["DestinationBucket"], manifest["MapRunArn"]),
                             ("results", arn))
            inputs = {}
            for word, files in manifest["ResultFiles"].items():
                inputs[word] = []
                for file in files:
                    self.assertEqual(file["Key"], "%s%s_0.json" % (folder, word))
                    text = self.s3("GET", "/results/" + file["Key"])
                    self.assertEqual(len(text), file["Size"])
                    inputs[word] += [one["Input"] for one in json.loads(text)]
            expected = {"SUCCEEDED": ["1", "2"], "FAILED": ["0"], "PENDING": []}
            if status == "FAILED":
                expected = {"SUCCEEDED": ["1"], "FAILED": ["0"], "PENDING": ["2"]}
            self.assertEqual(inputs, expected)

    def test_what_is_wrong(self):
        for operation, arguments in (("DescribeMapRun", {}), ("UpdateMapRun", {}),
                                     ("ListExecutions", {})):
            for arn, error in ((PREFIX + "mapRun:m/L:none", "ResourceNotFound"),
                               (PREFIX + "execution:m:e", "InvalidArn"), ("x", "InvalidArn")):
                status, answer = self.server.states(operation, dict(arguments, mapRunArn=arn))
                self.assertEqual((status, answer["__type"].split("#")[-1]), (400, error), answer)


if __name__ == "__main__":
    suite.run(MapRunsTest)
