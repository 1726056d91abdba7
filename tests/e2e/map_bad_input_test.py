#!/usr/bin/python3
# budget: 60 s
"""Datasets that are broken: each ends its map run with States.ItemReaderFailed, which a Catch
takes; what was read before is counted, and other executions do not notice."""
import json
import os
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import ACCOUNT, Server, wait_for  # noqa: E402
import suite  # noqa: E402

ROLE = "arn:aws:iam::%s:role/r" % ACCOUNT
ROWS = 20
GOOD = "".join("%d,x\n" % i for i in range(ROWS))

CSV = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}
UNLOAD = {"InputType": "JSONL", "ManifestType": "ATHENA_DATA"}
# Name: (bytes, ReaderConfig, what the cause says).
BROKEN = {
    "a quote that is never closed":
        ("n,s\n" + GOOD + '7,"open\n8,x\n', CSV, "ends within a quoted field"),
    "text behind a closing quote":
        ("n,s\n" + GOOD + '7,"a"b\n', CSV, "between a quoted field and the delimiter"),
    "the same header twice": ("n,s,n\n" + GOOD, CSV, "duplicates"),
    "the same given header twice":
        (GOOD, {**CSV, "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["n", "n"]}, "duplicates"),
    "no header": ("", CSV, "no headers"),
    "a CSV in UTF-16": (("n,s\n" + GOOD).encode("utf-16"), CSV, "UTF-8"),
    "JSON in UTF-16": ("[1]".encode("utf-16"), {"InputType": "JSON"}, "UTF-8"),
    "a line in Latin-1":
        (b"1\n2\n" + '"\u00e4"\n'.encode("latin-1"), {"InputType": "JSONL"}, "line at byte 4"),
    "a line that is no JSON": ("1\n{\n", {"InputType": "JSONL"}, "line at byte 2"),
    "JSON that ends too early": ("[1, 2", {"InputType": "JSON"}, "no valid JSON"),
    "a manifest that names what is not there":
        ("s3://data/there\ns3://data/nowhere\n", UNLOAD, "key does not exist"),
    "a manifest of a bucket that is not there":
        ("s3://nobody/x\n", UNLOAD, "bucket does not exist"),
    "a manifest that is none": ("{}", {"InputType": "MANIFEST"}, "inventories"),
}


class MapBadInputTest(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.s3("PUT", "/data")
        self.s3("PUT", "/data/there", b"1\n")

    def s3(self, method, path, body=b""):
        status, _, answer = self.server.request(method, path, body, {
            "Authorization": "AWS4-HMAC-SHA256 Credential=%s/20260101/us-east-1/s3/aws4_request,"
                             " SignedHeaders=host, Signature=x" % ACCOUNT})
        self.assertLess(status, 300, answer)

    def call(self, operation, **parameters):
        status, answer = self.server.states(operation, parameters)
        self.assertEqual(status, 200, answer)
        return answer

    def create(self, name, definition, kind="STANDARD"):
        return self.call("CreateStateMachine", name=name, definition=json.dumps(definition),
                         roleArn=ROLE, type=kind)["stateMachineArn"]

    def run_map(self, name, key, config):
        flow = {"StartAt": "M", "States": {
            "M": {"Type": "Map", "Label": "L", "Next": "Done",
                  "Catch": [{"ErrorEquals": ["States.ItemReaderFailed"], "Next": "Caught"}],
                  "ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
                                 "ReaderConfig": config,
                                 "Parameters": {"Bucket": "data", "Key": key}},
                  "ItemProcessor": {
                      "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
                      "StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}},
            "Done": {"Type": "Succeed"}, "Caught": {"Type": "Pass", "End": True}}}
        arn = self.create(name, flow)
        execution = self.call("StartExecution", stateMachineArn=arn)["executionArn"]

        def ended():
            seen = self.call("DescribeExecution", executionArn=execution)
            return seen if seen["status"] != "RUNNING" else None
        end = wait_for(ended, what=name)
        run = self.call("ListMapRuns", executionArn=execution)["mapRuns"][0]["mapRunArn"]
        return end, self.call("DescribeMapRun", mapRunArn=run)

    def expect_failure(self, name, key, config, word):
        """The counts of its items."""
        end, run = self.run_map(name, key, config)
        self.assertEqual(end["status"], "SUCCEEDED", end)
        caught = json.loads(end["output"])
        self.assertEqual(caught["Error"], "States.ItemReaderFailed", caught)
        self.assertIn(word, caught["Cause"])
        self.assertEqual(run["status"], "FAILED")
        counts = run["itemCounts"]
        ended = counts["succeeded"] + counts["aborted"]
        self.assertEqual((counts["total"], counts["pending"], counts["running"]), (ended, 0, 0))
        return counts

    def test_what_was_read_before_has_run_and_is_counted(self):
        rows = "".join("%d,x\n" % i for i in range(20_000))
        self.s3("PUT", "/data/long", ("n,s\n" + rows + '7,"a"b\n').encode())
        counts = self.expect_failure("long", "long", CSV, "between a quoted field")
        self.assertGreater(counts["succeeded"], 1000)

    def test_each_is_told_and_disturbs_nobody(self):
        plain = self.create("plain", {"StartAt": "A", "States": {
            "A": {"Type": "Pass", "End": True}}}, "EXPRESS")
        going, others = [True], []

        def run_others():
            while going[0]:
                others.append(self.server.states("StartSyncExecution",
                                                 {"stateMachineArn": plain})[1]["status"])
        client = threading.Thread(target=run_others)
        client.start()
        self.addCleanup(client.join)
        self.addCleanup(going.__setitem__, 0, False)
        for i, (name, (body, config, word)) in enumerate(BROKEN.items()):
            with self.subTest(name):
                self.s3("PUT", "/data/k%d" % i, body if isinstance(body, bytes) else body.encode())
                self.expect_failure("m%d" % i, "k%d" % i, config, word)
        going[0] = False
        client.join()
        self.assertEqual(set(others), {"SUCCEEDED"})


if __name__ == "__main__":
    suite.run(MapBadInputTest)
