#!/usr/bin/python3
# budget: 150 s
"""What distributed Maps write, what a redrive of them runs again, and both under kill -9."""
import json
import os
import random
import signal
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import ACCOUNT, Server, wait_for  # noqa: E402
import suite  # noqa: E402

ROLE = "arn:aws:iam::%s:role/r" % ACCOUNT
# Gives its input back; fails where a field of it says so.
ECHO = {"C": {"Type": "Choice", "Default": "S", "Choices": [
            {"And": [{"Variable": "$.fail", "IsPresent": True},
                     {"Variable": "$.fail", "BooleanEquals": True}], "Next": "F"}]},
        "F": {"Type": "Fail", "Error": "Bad", "Cause": "it is"},
        "S": {"Type": "Succeed", "OutputPath": "$.out"}}


class MapResultsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.s3("PUT", "/results")
        cls.count = 0

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        assert status == 0, "the server ended with status %s" % status

    @classmethod
    def s3(cls, method, path, body=b"", fine=True):
        status, _, answer = cls.server.request(method, path, body, {
            "Authorization": "AWS4-HMAC-SHA256 Credential=%s/20260101/us-east-1/s3/aws4_request,"
                             " SignedHeaders=host, Signature=x" % ACCOUNT})
        assert not fine or status < 300, answer
        return answer

    def call(self, operation, **parameters):
        status, answer = self.server.states(operation, parameters)
        self.assertEqual(status, 200, answer)
        return answer

    def start(self, states, items, start_at, kind="STANDARD", **fields):
        type(self).count += 1
        state = dict({"Type": "Map", "Label": "L", "End": True, "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind},
            "StartAt": start_at, "States": states}}, **fields)
        machine = self.call("CreateStateMachine", name="m%d" % self.count, roleArn=ROLE,
                            definition=json.dumps({"StartAt": "M", "States": {"M": state}}))
        return self.call("StartExecution", stateMachineArn=machine["stateMachineArn"],
                         input=json.dumps(items))["executionArn"]

    def end(self, execution, seconds=30):
        def ended():
            seen = self.call("DescribeExecution", executionArn=execution)
            return seen if seen["status"] != "RUNNING" else None
        return wait_for(ended, seconds, execution)

    def run_of(self, execution):
        runs = self.call("ListMapRuns", executionArn=execution)["mapRuns"]
        self.assertEqual(len(runs), 1)
        return self.call("DescribeMapRun", mapRunArn=runs[0]["mapRunArn"])

    def files(self, execution):
        """{SUCCEEDED: [text, ...], ...} of what the ResultWriter has written."""
        details = json.loads(self.end(execution)["output"])["ResultWriterDetails"]
        manifest = json.loads(self.s3("GET", "/%s/%s" % (details["Bucket"], details["Key"])))
        return {word: [self.s3("GET", "/results/" + file["Key"]).decode() for file in files]
                for word, files in manifest["ResultFiles"].items()}

    def written(self, outputs, form, kind):
        items = [{"out": one} for one in outputs] + [{"fail": True}]
        writer = {"Resource": "arn:aws:states:::s3:putObject",
                  "Parameters": {"Bucket": "results", "Prefix": "w"},
                  "WriterConfig": {"Transformation": form, "OutputType": kind}}
        execution = self.start(ECHO, items, "C", MaxConcurrency=1, ToleratedFailureCount=1,
                               ResultWriter=writer)
        self.assertEqual(self.end(execution)["status"], "SUCCEEDED")
        files = self.files(execution)
        self.assertEqual([len(files[word]) for word in ("SUCCEEDED", "FAILED", "PENDING")],
                         [1, 1, 0])
        self.assertIn('"Error":"Bad"', files["FAILED"][0])
        return files["SUCCEEDED"][0]

    def test_every_form(self):
        outputs = [[1, [2]], {"a": "b"}, "c", []]
        self.assertEqual(json.loads(self.written(outputs, "COMPACT", "JSON")), outputs)
        self.assertEqual(json.loads(self.written(outputs, "FLATTEN", "JSON")),
                         [1, [2], {"a": "b"}, "c"])
        described = json.loads(self.written(outputs, "NONE", "JSON"))
        self.assertEqual([json.loads(one["Output"]) for one in described], outputs)
        self.assertEqual({one["Status"] for one in described}, {"SUCCEEDED"})
        self.assertEqual(self.written(outputs, "COMPACT", "JSONL"),
                         '[1,[2]]\n{"a":"b"}\n"c"\n[]\n')
        self.assertEqual(self.written(outputs, "FLATTEN", "JSONL"), '1\n[2]\n{"a":"b"}\n"c"\n')
        lines = self.written(outputs, "NONE", "JSONL").splitlines()
        self.assertEqual([json.loads(json.loads(line)["Output"]) for line in lines], outputs)

    def test_a_form_without_a_place(self):
        items = [{"out": [1, 2]}, {"out": [3]}]
        for form, expected in (("COMPACT", [[1, 2], [3]]), ("FLATTEN", [1, 2, 3])):
            execution = self.start(ECHO, items, "C", ResultWriter={
                "WriterConfig": {"Transformation": form, "OutputType": "JSON"}})
            self.assertEqual(json.loads(self.end(execution)["output"]), expected)

    def test_a_bucket_that_is_not_there(self):
        execution = self.start(ECHO, [{"out": 1}], "C", ResultWriter={
            "Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "nowhere"}})
        ended = self.end(execution)
        self.assertEqual((ended["status"], ended["error"]), ("FAILED", "States.ResultWriterFailed"))
        self.assertIn("bucket", ended["cause"])
        # With the bucket a redrive needs no child to run again.
        self.s3("PUT", "/nowhere")
        self.call("RedriveExecution", executionArn=execution)
        ended = self.end(execution)
        self.assertEqual(ended["status"], "SUCCEEDED", ended)
        run = self.run_of(execution)
        self.assertEqual((run["redriveCount"], run["itemCounts"]["resultsWritten"]), (1, 1))

    def test_redrive_runs_what_failed(self):
        for kind in ("STANDARD", "EXPRESS"):
            bucket = "later-" + kind.lower()
            self.s3("PUT", "/" + bucket)
            self.s3("PUT", "/%s/a" % bucket, b"A")
            task = {"T": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
                          "Parameters": {"Bucket": bucket, "Key.$": "$"}, "End": True,
                          "ResultSelector": {"b.$": "$.Body"}}}
            # One after the other: what still runs when one fails is aborted, and redriven too.
            execution = self.start(task, ["a", "b"], "T", kind, MaxConcurrency=1)
            ended = self.end(execution)
            self.assertEqual((ended["status"], ended["redriveStatus"]), ("FAILED", "REDRIVABLE"))
            run = self.run_of(execution)
            self.assertEqual((run["status"], run["itemCounts"]["failed"]), ("FAILED", 1))
            self.assertNotIn("pendingRedrive", run["itemCounts"])
            self.s3("PUT", "/%s/b" % bucket, b"B")
            self.call("RedriveExecution", executionArn=execution)
            ended = self.end(execution)
            self.assertEqual(ended["status"], "SUCCEEDED", ended)
            self.assertEqual(json.loads(ended["output"]), [{"b": "A"}, {"b": "B"}])
            run = self.run_of(execution)
            counts = run["itemCounts"]
            self.assertEqual((run["status"], run["redriveCount"]), ("SUCCEEDED", 1))
            self.assertGreater(run["redriveDate"], run["startDate"])
            self.assertEqual([counts[name] for name in ("succeeded", "failed", "total",
                                                        "pendingRedrive", "failuresNotRedrivable")],
                             [2, 0, 2, 0, 0])
            history = self.call("GetExecutionHistory", executionArn=execution)["events"]
            redriven = [e for e in history if e["type"] == "MapRunRedriven"]
            self.assertEqual([e["mapRunRedrivenEventDetails"] for e in redriven],
                             [{"mapRunArn": run["mapRunArn"], "redriveCount": 1}])
            if kind == "EXPRESS":
                continue
            children = self.call("ListExecutions", mapRunArn=run["mapRunArn"],
                                 redriveFilter="REDRIVEN")["executions"]
            self.assertEqual([(one["itemCount"], one["redriveCount"]) for one in children],
                             [(1, 1)])

    def test_what_a_label_names(self):
        execution = self.start(ECHO, [{"out": 1}], "C", "EXPRESS")
        self.assertEqual(self.end(execution)["status"], "SUCCEEDED")
        arn = self.run_of(execution)["mapRunArn"].rsplit(":", 1)[0]
        arn = arn.replace("mapRun", "stateMachine")
        seen = self.call("DescribeStateMachine", stateMachineArn=arn)
        self.assertEqual((seen["stateMachineArn"], seen["label"], seen["type"]),
                         (arn, "L", "EXPRESS"))
        self.assertEqual(json.loads(seen["definition"])["StartAt"], "C")
        status, answer = self.server.states("DescribeStateMachine", {
            "stateMachineArn": arn[:-1] + "K"})
        self.assertEqual((status, answer["__type"].split("#")[-1]),
                         (400, "StateMachineDoesNotExist"))
        for operation, more in (("StartExecution", {}), ("StartSyncExecution", {}),
                                ("DeleteStateMachine", {}), ("UpdateStateMachine",
                                                             {"roleArn": ROLE})):
            status, answer = self.server.states(operation, dict(more, stateMachineArn=arn))
            self.assertEqual((status, answer["__type"].split("#")[-1]),
                             (400, "ValidationException"), answer)

    def test_waiting_for_a_redrive(self):
        """Those that wait are listed as PENDING_REDRIVE."""
        self.s3("PUT", "/listed")
        task = {"T": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
                      "Parameters": {"Bucket": "listed", "Key": "k"}, "Next": "W"},
                "W": {"Type": "Wait", "Seconds": 3600, "End": True}}
        execution = self.start(task, list(range(6)), "T", MaxConcurrency=2,
                               ToleratedFailureCount=4)
        self.assertEqual(self.end(execution)["status"], "FAILED")
        arn = self.run_of(execution)["mapRunArn"]
        counts = self.run_of(execution)["itemCounts"]
        self.assertGreater(counts["failed"], 4)
        failed = counts["failed"] + counts["aborted"]  # one may have been under way
        self.s3("PUT", "/listed/k", b"K")
        self.call("RedriveExecution", executionArn=execution)
        wait_for(lambda: self.run_of(execution)["itemCounts"]["running"] == 2, what="two children")
        counts = self.run_of(execution)["itemCounts"]
        self.assertEqual(counts["pendingRedrive"], failed - 2)

        def listed(status):
            return self.call("ListExecutions", mapRunArn=arn, statusFilter=status)["executions"]
        # The run counts a child that it has begun before the child itself says so.
        wait_for(lambda: [len(listed(one)) for one in ("PENDING_REDRIVE", "FAILED", "RUNNING")] ==
                 [failed - 2, 0, 2], what="what the children say")
        child = listed("PENDING_REDRIVE")[0]
        self.assertEqual((child["status"], child["itemCount"]), ("PENDING_REDRIVE", 1))
        self.assertEqual(self.call("DescribeExecution",
                                   executionArn=child["executionArn"])["status"], "PENDING_REDRIVE")
        pages, token = [], {}
        while True:
            page = self.call("ListExecutions", mapRunArn=arn, statusFilter="PENDING_REDRIVE",
                             maxResults=1, **token)
            pages += [one["executionArn"] for one in page["executions"]]
            if "nextToken" not in page:
                break
            token = {"nextToken": page["nextToken"]}
        self.assertEqual(sorted(pages), sorted(one["executionArn"]
                                               for one in listed("PENDING_REDRIVE")))
        self.call("StopExecution", executionArn=execution)
        wait_for(lambda: self.run_of(execution)["status"] == "ABORTED", what="the run's end")

    def kill_while(self, execution, moments):
        for moment in moments:
            time.sleep(moment)
            self.server.process.send_signal(signal.SIGKILL)
            self.server.process.wait()
            self.server.process.stdout.close()
            self.server.restart()
            if self.call("DescribeExecution", executionArn=execution)["status"] != "RUNNING":
                return

    def test_results_survive_kills(self):
        chance = random.Random(7)
        for kind in ("STANDARD", "EXPRESS"):
            items = [{"out": {"n": n, "x": "x" * 50}, "fail": n % 10 == 3} for n in range(1500)]
            execution = self.start(
                ECHO, items, "C", kind, MaxConcurrency=50, ToleratedFailurePercentage=100,
                ResultWriter={"Resource": "arn:aws:states:::s3:putObject",
                              "Parameters": {"Bucket": "results", "Prefix": "killed"},
                              "WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSONL"}})
            self.kill_while(execution, [chance.uniform(0.02, 0.2) for _ in range(8)])
            self.assertEqual(self.end(execution, 60)["status"], "SUCCEEDED")
            files = self.files(execution)
            numbers = sorted(json.loads(line)["n"] for text in files["SUCCEEDED"]
                             for line in text.splitlines())
            self.assertEqual(numbers, [n for n in range(1500) if n % 10 != 3])
            failed = [json.loads(json.loads(line)["Input"])["out"]["n"]
                      for text in files["FAILED"] for line in text.splitlines()]
            self.assertEqual(sorted(failed), [n for n in range(1500) if n % 10 == 3])

    def test_redrives_survive_kills(self):
        chance = random.Random(8)
        task = {"T": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:headBucket",
                      "Parameters": {"Bucket": "for-redrives"}, "End": True,
                      "ResultPath": None}}
        for kind in ("STANDARD", "EXPRESS"):
            self.s3("DELETE", "/for-redrives", fine=False)
            items = list(range(300))
            execution = self.start(task, items, "T", kind, ToleratedFailurePercentage=50,
                                   MaxConcurrency=40)
            self.assertEqual(self.end(execution)["status"], "FAILED")
            self.s3("PUT", "/for-redrives")
            self.call("RedriveExecution", executionArn=execution)
            self.kill_while(execution, [chance.uniform(0.01, 0.1) for _ in range(6)])
            # What was with a service when the process ended has failed: it is redriven again.
            for _ in range(10):
                ended = self.end(execution, 60)
                if ended["status"] == "SUCCEEDED" and not self.run_of(execution)["itemCounts"][
                        "failed"]:
                    break
                if ended["status"] != "SUCCEEDED":
                    self.call("RedriveExecution", executionArn=execution)
            self.assertEqual(ended["status"], "SUCCEEDED", ended)
            counts = self.run_of(execution)["itemCounts"]
            self.assertEqual((counts["total"], counts["running"], counts["pending"],
                              counts["pendingRedrive"]), (300, 0, 0, 0))
            self.assertEqual(counts["succeeded"] + counts["failed"], 300)
            self.assertEqual(len(json.loads(ended["output"])), 300)


if __name__ == "__main__":
    suite.run(MapResultsTest)
