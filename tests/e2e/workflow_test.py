#!/usr/bin/python3
# budget: 60 s
"""`perdure test` as people use it: files in a folder, the report, exit codes, --watch."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import unittest
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import PROGRAM, ROOT, wait_for  # noqa: E402
import suite  # noqa: E402

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:F"


def task(resource=FUNCTION, **more):
    return {"Type": "Task", "Resource": resource, **more}


def machine(**states):
    return {"StartAt": next(iter(states)), "States": states}


class WorkflowTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="perdure-tests-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(textwrap.dedent(content) if isinstance(content, str) else json.dumps(content))

    def perdure(self, *arguments, code=0, **environment):
        done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60,
                              cwd=self.folder, env=dict(os.environ, **environment))
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def run_case(self, definition, case, code=0, name="m", **head):
        """One case of one definition; the failures that were told, as `what pointer: got`."""
        self.write(name + ".asl.json", definition)
        self.write(name + ".test.json", {**head, "cases": [{"name": "c", **case}]})
        out = self.perdure("test", "--json", code=code)
        lines = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        self.assertEqual(lines[-1], {"passed": 1 - code, "failed": code}, out)
        return lines[0]

    def failures(self, definition, case, **head):
        report = self.run_case(definition, case, code=1, **head)
        return ["%s %s: %s" % (f["what"], f.get("pointer", ""), f.get("actual", ""))
                for f in report["failures"]]

    def test_the_example(self):
        out = self.perdure("test", "--coverage", "--coverage-threshold", "100",
                           os.path.join(ROOT, "examples/order-fulfilment"))
        self.assertIn("5 passed, 0 failed", out)
        self.assertIn("14 of 14 (100 %)", out)
        self.assertNotIn("\x1b", out)

    def test_retries_take_no_time(self):
        retry = [{"ErrorEquals": ["E"], "IntervalSeconds": 3600, "MaxAttempts": 9,
                  "BackoffRate": 2}]
        flow = machine(A=task(Retry=retry, Next="W"),
                       W={"Type": "Wait", "Seconds": 200 * 24 * 3600, "End": True})
        report = self.run_case(flow, {
            "mocks": {"A": [{"error": "E", "times": 9}, {"result": 7}]},
            "expect": {"output": 7, "duration": "%ds" % (511 * 3600 + 200 * 24 * 3600),
                       "states": {"A": {"attempts": 10, "output": 7}}}})
        self.assertEqual(report["executionStatus"], "SUCCEEDED")

    def test_timeouts_and_heartbeats(self):
        flow = machine(A=task(TimeoutSeconds=60, HeartbeatSeconds=10,
                              Catch=[{"ErrorEquals": ["States.Timeout"], "Next": "B"}],
                              Next="C"),
                       B={"Type": "Pass", "Result": "late", "End": True},
                       C={"Type": "Pass", "Result": "in time", "End": True})
        for mock, output, seconds in (
                ({"result": 1, "takes": "50s", "heartbeat": "9s"}, "in time", 50),
                ({"result": 1, "takes": "50s"}, "late", 10),
                ({"takes": "forever", "heartbeat": 9}, "late", 60)):
            self.run_case(flow, {"mocks": {"A": mock},
                                 "expect": {"output": output, "duration": seconds}})

    def test_what_has_no_mock_fails_by_name(self):
        catch = [{"ErrorEquals": ["States.ALL"], "Next": "B"}]
        flow = machine(A=task(End=True, Catch=catch), B={"Type": "Pass", "End": True})
        told = self.failures(flow, {"input": {"x": 1}})
        self.assertIn("The state 'A' (%s) has no mock; it was called with {\"x\":1}" % FUNCTION,
                      told[0])
        ended = {"Variable": "$", "IsNull": True, "Next": "C"}
        loop = machine(A=task(Next="B"), C={"Type": "Succeed"},
                       B={"Type": "Choice", "Choices": [ended], "Default": "A"})
        told = self.failures(loop, {"mocks": {"A": [{"result": 1, "times": 3}]}})
        self.assertIn("no answer left", told[0])

    def test_differences_have_places(self):
        flow = machine(P={"Type": "Pass", "Result": {"a": [1, {"b": 2}]}, "End": True})
        told = self.failures(flow, {"expect": {"output": {"a": [1, {"b": 3}]}, "path": ["Q"],
                                               "duration": "1s", "states": {"P": {"entered": 2}}}})
        self.assertEqual(told, ["output /a/1/b: 2", "duration : 0 ms (0 ms)", 'path : ["P"]',
                                "state P, entered : 1"])
        fail = machine(F={"Type": "Fail", "Error": "E", "Cause": "why"})
        self.assertEqual(self.failures(fail, {}), ["status : FAILED, E: why"])
        self.run_case(fail, {"expect": {"error": "E", "cause": {"$like": "w*"}}})

    def test_called_with(self):
        flow = machine(A=task(Parameters={"id.$": "$.id", "n": 1}, End=True))
        case = {"input": {"id": 7}, "mocks": {"A": {"result": 1, "calledWith": {"id": 7}}}}
        self.run_case(flow, case)
        case["input"]["id"] = 8
        self.assertEqual(self.failures(flow, case),
                         ["The state 'A' was called with /id = 8, expected 7 : "])

    def test_children_callbacks_jobs_and_activities(self):
        child = {"StateMachineArn": "${StateMachineArn:child}", "Input": {"n": 1}}
        activity = "arn:aws:states:us-east-1:000000000000:activity:work"
        flow = machine(
            Child=task("arn:aws:states:::states:startExecution.sync:2", Parameters=child,
                       ResultSelector={"said.$": "$.Output"}, Next="Call"),
            Call=task("arn:aws:states:::lambda:invoke.waitForTaskToken", Next="Job", Parameters={
                "FunctionName": FUNCTION, "Payload": {"token.$": "$$.Task.Token"}}),
            Job=task("arn:aws:states:::batch:submitJob.sync", Parameters={"JobName": "j"},
                     Next="Work"),
            Work=task(activity, End=True))
        self.write("child.asl.json", machine(A=task(End=True)))
        mocks = {"A": {"result": "hello", "takes": "1d"}, "Call": {"result": "called"},
                 "Job": {"result": "done", "takes": "1h"}, "Work": {"result": "worked"}}
        expect = {"output": "worked", "duration": "25h", "states": {
            "Child": {"output": {"said": "hello"}}, "child/A": {"input": {"n": 1}},
            "Call": {"output": "called"}, "Job": {"output": "done"}}}
        self.run_case(flow, {"mocks": mocks, "expect": expect})
        del expect["states"]["child/A"]
        mocks = {**mocks, "Child": {"result": {"Output": "hello"}, "takes": "1d"}}
        self.run_case(flow, {"mocks": mocks, "expect": expect})
        flow["States"]["Call"]["Parameters"]["Payload"] = {}
        self.assertIn("do not hand it on", self.failures(flow, {"mocks": mocks})[0])

    def test_start_in_the_middle(self):
        flow = machine(A={"Type": "Fail"},
                       B={"Type": "Pass", "Assign": {"v.$": "$$.Execution.StartTime"}, "Next": "C"},
                       C={"Type": "Pass", "Parameters": {"w.$": "$w"}, "End": True})
        flow["States"]["A"] = {"Type": "Pass", "Next": "B"}
        self.run_case(flow, {
            "startAt": "B", "variables": {"w": [1, 2]},
            "context": {"Execution": {"StartTime": "2030-05-06T07:08:09Z", "Name": "n"}},
            "expect": {"output": {"w": [1, 2]}, "path": ["B", "C"],
                       "variables": {"v": "2030-05-06T07:08:09.000Z", "w": [1, 2]}}})

    def test_express(self):
        flow = machine(W={"Type": "Wait", "Seconds": 600, "End": True})
        self.run_case(flow, {"expect": {"status": "TIMED_OUT", "duration": "5m"}}, type="EXPRESS")
        self.run_case(flow, {"expect": {"duration": "10m"}})

    def test_distributed_maps(self):
        for kind in "STANDARD", "EXPRESS":
            flow = machine(M={"Type": "Map", "MaxConcurrency": 2, "Label": "L", "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind},
                **machine(T=task(End=True))}, "End": True})
            self.run_case(flow, {
                "input": [1, 2, 3], "mocks": {"T": {"result": "ok", "takes": "1m"}},
                "expect": {"output": ["ok", "ok", "ok"], "duration": "2m",
                           "states": {"T": {"entered": 3, "attempts": 3}}}})

    def test_mock_configuration(self):
        retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 3}]
        self.write("Flow.asl.json", machine(
            Call=task("arn:aws:states:::lambda:invoke", Retry=retry, Next="Send",
                      Parameters={"FunctionName": FUNCTION}, OutputPath="$.Payload"),
            Send=task("arn:aws:states:::sqs:sendMessage.waitForTaskToken", End=True,
                      Parameters={"QueueUrl": "q", "MessageBody.$": "$"})))
        busy = {"Error": "Busy", "Cause": "busy"}
        self.write("MockConfigFile.json", {
            "StateMachines": {"Flow": {"TestCases": {
                "Happy": {"Call": "Good", "Send": "Sent"},
                "Retry": {"Call": "Later", "Send": "Sent"},
                "Half": {"Call": "Good"}}}},
            "MockedResponses": {
                "Good": {"0": {"Return": {"Payload": {"n": 1}}}},
                "Later": {"0-1": {"Throw": busy}, "2": {"Throw": busy},
                          "3": {"Return": {"Payload": {"n": 4}}}},
                "Sent": {"0": {"Return": {"id": "1"}}}}})
        out = self.perdure("test", "--mock-config", "MockConfigFile.json", code=1)
        self.assertIn('✓ Retry  7.0 s\n      path    ["Call","Send"]\n      output  {"id":"1"}',
                      out)
        self.assertIn("✗ Half", out)
        self.assertIn("The state 'Send' (arn:aws:states:::sqs:sendMessage.waitForTaskToken) has no "
                      "mock", out)
        self.assertIn("1 passed, 0 failed", self.perdure(
            "test", "--mock-config", "MockConfigFile.json", "--case", "Happy"))
        self.perdure("test", "--mock-config", "MockConfigFile.json", "--case", "None", code=4)
        self.write("Flow.test.yaml", """\
            mockConfig: MockConfigFile.json
            cases:
              - {name: retries, mockCase: Retry, expect: {states: {Call: {attempts: 4}}}}
            """)
        self.assertIn("1 passed", self.perdure("test"))

    def test_mistakes_have_line_and_column(self):
        self.write("m.asl.yaml", "StartAt: A\nStates:\n  A: {Type: Succeed}\n")
        for text, told in (
                ("cases:\n  - name: c\n    inptu: {}\n", ":3:5: `inptu` is not known here"),
                ("cases:\n  - name: c\n    mocks: {A: {result: 1}}\n",
                 ":3:13: the state `A` is no Task"),
                ("cases:\n  - name: c\n    expect: {states: {X: {entered: 1}}}\n",
                 ":3:23: no state is called `X`"),
                ("cases: []\n", ": `cases` must be a list of at least one case"),
                ("cases:\n  - {name: c, mocks: {A: {result: 1, error: E}}}\n",
                 "a mock needs one of"),
                ("cases: [\n", "m.test.yaml:2:1: ")):
            self.write("m.test.yaml", text)
            self.assertIn(told, self.perdure("test", code=1))
        self.write("m.test.yaml", "cases: [{name: c}]\n")
        self.write("m.asl.yaml", "StartAt: A\nStates:\n  A: {Type: Succeed}\n  B: {Type: Fial}\n")
        self.assertIn("m.asl.yaml:4:7 /States/B/Type: error", self.perdure("test", code=1))
        self.write("empty/x.txt", "")
        self.perdure("test", "empty", code=4)
        self.perdure("test", "nowhere", code=4)
        self.perdure("test", "--coverage-threshold", "x", code=2)

    def test_yaml_for_every_verb(self):
        self.write("m.asl.yaml", "StartAt: A\nStates:\n  A: {Type: Pass, Result: 1.0, End: true}\n")
        self.assertIn("m.asl.yaml: ok", self.perdure("lint", "m.asl.yaml"))
        self.assertIn("1.0\n", self.perdure("run", "m.asl.yaml"))

    def test_junit_filter_and_threshold(self):
        self.write("m.asl.json", machine(A={"Type": "Choice", "Default": "B", "Choices": [
            {"Variable": "$.x", "IsPresent": True, "Next": "C"}]},
            B={"Type": "Succeed"}, C={"Type": "Fail", "Error": "<&>"}))
        self.write("m.test.yaml", "cases: [{name: one}, {name: two, input: {x: 1}}]\n")
        out = self.perdure("test", "--junit", "out.xml", code=1)
        self.assertIn("1 passed, 1 failed", out)
        tree = ElementTree.parse(os.path.join(self.folder, "out.xml")).getroot()
        self.assertEqual((tree.get("tests"), tree.get("failures")), ("2", "1"))
        self.assertIn("FAILED, <&>", tree.find(".//failure").text)
        self.assertIn("1 passed, 0 failed", self.perdure("test", "--filter", "o?e"))
        self.perdure("test", "--filter", "none", code=4)
        out = self.perdure("test", "--filter", "one", "--coverage-threshold", "90", code=1)
        self.assertIn("A -> C", out)
        self.assertIn("\x1b", self.perdure("test", "--filter", "one", CLICOLOR_FORCE="1"))
        self.assertNotIn("\x1b", self.perdure("test", "--filter", "one", CLICOLOR_FORCE="1",
                                              NO_COLOR="1"))

    def write_handler(self, answer):
        self.write("f/app.py", """\
            def handler(event, context):
                if event.get("broken"):
                    raise ValueError("no " + event["broken"])
                return {"said": "%s", "event": event}
            """ % answer)
        self.write("perdure.json", {"functions": [{
            "name": "F", "runtime": "python3.12", "handler": "app.handler", "folder": "f"}]})

    def test_local_functions_run_where_there_is_no_mock(self):
        self.write_handler("hello")
        catch = [{"ErrorEquals": ["ValueError"], "Next": "Caught"}]
        flow = machine(
            A=task(Next="B", Catch=catch),
            B=task("arn:aws:states:::lambda:invoke", ResultSelector={"b.$": "$.Payload.said"},
                   Parameters={"FunctionName": "F", "Payload.$": "$"}, Next="C"),
            C=task("arn:aws:states:::batch:submitJob", Parameters={"JobName": "j"}, End=True,
                   ResultPath="$.job"),
            Caught={"Type": "Pass", "End": True})
        head = {"functions": "local"}
        job = {"C": {"result": 1}}
        report = self.run_case(flow, {
            "input": {"x": 1}, "mocks": job,
            "expect": {"output": {"b": "hello", "job": 1}, "duration": 0, "states": {
                "A": {"output": {"said": "hello", "event": {"x": 1}}}}}}, **head)
        self.assertEqual(report["executionStatus"], "SUCCEEDED")
        self.run_case(flow, {"input": {"broken": "tea"}, "expect": {
            "path": ["A", "Caught"], "output": {"Error": "ValueError"}}}, **head)
        self.run_case(flow, {
            "mocks": {"A": {"result": {"event": 2}}, **job},
            "expect": {"states": {"A": {"output": {"$exact": {"event": 2}}}}}}, **head)
        self.assertIn("The state 'C' (arn:aws:states:::batch:submitJob) has no mock",
                      self.failures(flow, {}, **head)[0])
        self.assertIn("(%s) has no mock" % FUNCTION, self.failures(flow, {})[0])
        unknown = machine(A=task(FUNCTION[:-1] + "G", End=True))
        self.assertIn("perdure.json lists no function `G`", self.failures(unknown, {}, **head)[0])
        self.write("m.test.json", {"functions": "remote", "cases": [{"name": "c"}]})
        self.assertIn("`functions` can only be: local", self.perdure("test", code=1))

    def test_watch_sees_that_a_handler_has_changed(self):
        self.write_handler("hello")
        self.write("a.asl.json", machine(A=task(End=True)))
        self.write("a.test.json", {"functions": "local", "cases": [
            {"name": "c", "expect": {"output": {"said": "hello"}}}]})
        log = os.path.join(self.folder, "log.txt")
        with open(log, "w", encoding="utf-8") as f:
            watcher = subprocess.Popen([PROGRAM, "test", "--watch"], cwd=self.folder, stdout=f,
                                       stderr=subprocess.STDOUT)
        self.addCleanup(watcher.wait)
        self.addCleanup(watcher.kill)

        def said():
            with open(log, encoding="utf-8") as f:
                return f.read()
        wait_for(lambda: "1 passed, 0 failed" in said() and "watching" in said(), what="a run")
        self.write_handler("goodbye")
        wait_for(lambda: "0 passed, 1 failed" in said(), what="the second run")

    def test_watch_runs_again_what_changed(self):
        self.write("a.asl.json", machine(A={"Type": "Succeed"}))
        self.write("b.asl.json", machine(A={"Type": "Succeed"}))
        self.write("a.test.yaml", "cases: [{name: of a}]\n")
        self.write("b.test.yaml", "cases: [{name: of b}]\n")
        log = os.path.join(self.folder, "log.txt")
        with open(log, "w", encoding="utf-8") as f:
            watcher = subprocess.Popen([PROGRAM, "test", "--watch"], cwd=self.folder, stdout=f,
                                       stderr=subprocess.STDOUT,
                                       preexec_fn=lambda: signal.signal(signal.SIGINT,
                                                                        signal.SIG_DFL))
        self.addCleanup(watcher.kill)

        def said():
            with open(log, encoding="utf-8") as f:
                return f.read()
        wait_for(lambda: said().count("watching") == 1, what="the first run")
        self.write("a.asl.json", machine(A={"Type": "Fail"}))
        wait_for(lambda: "0 passed, 1 failed" in said(), what="the second run")
        self.assertEqual(said().count("of b"), 1)
        self.write("c.asl.json", machine(A={"Type": "Succeed"}))
        self.write("c.test.yaml", "cases: [{name: of c}]\n")
        wait_for(lambda: "of c" in said(), what="the run of a new file")
        watcher.send_signal(signal.SIGINT)
        self.assertEqual(watcher.wait(timeout=10), -signal.SIGINT)


if __name__ == "__main__":
    suite.run(WorkflowTest)
