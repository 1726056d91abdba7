#!/usr/bin/python3
# budget: 120 s
"""The command line against a real server, and `run` and `lint` without one."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import PROGRAM, ROOT, Server, wait_for  # noqa: E402
import suite  # noqa: E402

FLOW = {"StartAt": "Both", "States": {
    "Both": {"Type": "Parallel", "End": True, "Branches": [
        {"StartAt": "Left", "States": {"Left": {"Type": "Pass", "Result": 1, "End": True}}},
        {"StartAt": "Right", "States": {"Right": {"Type": "Wait", "Seconds": 1, "Next": "Two"},
                                        "Two": {"Type": "Pass", "Result": 2, "End": True}}}]}}}
FAILS = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Bad", "Cause": "why"}}}
WAITS = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}}


class CliTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        for name, definition in (("flow", FLOW), ("fails", FAILS), ("waits", WAITS)):
            status, answer = cls.server.states("CreateStateMachine", {
                "name": name, "definition": json.dumps(definition),
                "roleArn": "arn:aws:iam::111111111111:role/r"})
            assert status == 200, answer

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        assert status == 0, "the server ended with status %s" % status

    def perdure(self, *arguments, code=0, stdin=None, **environment):
        done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60,
                              input=stdin, env=dict(self.server.environment(), **environment))
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertNotIn("\x1b", done.stdout)
        return done.stdout

    def write(self, text):
        f = tempfile.NamedTemporaryFile("w", suffix=".asl.json", dir=self.server.folder,
                                        delete=False)
        with f:
            f.write(text if isinstance(text, str) else json.dumps(text))
        return f.name

    def test_run(self):
        self.assertEqual(self.perdure("run", self.write(FLOW)), "[1,2]\n")
        self.assertEqual(self.perdure("run", self.write(FAILS), code=1), "")
        end = json.loads(self.perdure("run", self.write(FAILS), "--json", code=1))
        self.assertEqual(end, {"status": "FAILED", "error": "Bad", "cause": "why"})
        echo = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
        self.assertEqual(self.perdure("run", self.write(echo), "-i", "-", stdin='{"a":1}'),
                         '{"a":1}\n')
        self.perdure("run", self.write("{"), code=1)
        self.perdure("run", "/nowhere.json", code=2)
        self.perdure("run", self.write(echo), "-i", "{", code=1)

    def test_start_show_history(self):
        out = self.perdure("start", "flow", "--name", "cli-1", "--wait", "-i", "{}")
        self.assertEqual(out, "[1,2]\n")
        shown = self.perdure("show", "cli-1")
        self.assertIn("SUCCEEDED", shown)
        self.assertIn("  ✓ Left", shown)
        self.assertEqual(json.loads(self.perdure("show", "cli-1", "--json"))["output"], [1, 2])
        events = [json.loads(line) for line in
                  self.perdure("history", "cli-1", "--json").splitlines()]
        self.assertEqual([e["id"] for e in events], list(range(1, len(events) + 1)))
        self.assertEqual(events[-1]["type"], "ExecutionSucceeded")
        self.assertIn("cli-1", self.perdure("ls", "--machine", "flow"))
        self.assertIn("flow", self.perdure("ls", "machines"))

    def test_data_keeps_the_order_of_its_keys(self):
        text = '{"zoo":1.0,"ant":{"y":1,"b":2}}'
        echo = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
        self.server.states("CreateStateMachine", {"name": "echo", "definition": json.dumps(echo),
                                                  "roleArn": "arn:aws:iam::111111111111:role/r"})
        self.assertEqual(self.perdure("start", "echo", "--name", "cli-order", "--wait", "-i", text),
                         text + "\n")
        self.assertIn("output  " + text, self.perdure("show", "cli-order"))
        self.assertIn('"input":' + text, self.perdure("show", "cli-order", "--json"))

    def test_exit_codes(self):
        self.perdure("start", "fails", "--wait", code=1)
        self.perdure("show", "none", code=4)
        self.perdure("start", "none", code=4)
        self.perdure("ls", "--endpoint-url", "http://127.0.0.1:1", code=3)
        self.perdure("ls", "--endpoint-url", "nonsense://x", code=2)
        self.perdure("nonsense", code=2)
        self.perdure("serve", "--listen", "0.0.0.0:4566", code=2)
        self.perdure("serve", "--listen", "nonsense", code=2)

    def test_stop_and_follow(self):
        arn = self.perdure("start", "waits", "--name", "cli-stop").strip()
        follower = subprocess.Popen([PROGRAM, "history", "-f", "--json", arn],
                                    stdout=subprocess.PIPE, text=True,
                                    env=self.server.environment())
        self.assertEqual(json.loads(follower.stdout.readline())["type"], "ExecutionStarted")
        self.perdure("stop", "cli-stop", "--error", "E")
        rest = follower.communicate(timeout=20)[0].splitlines()
        self.assertEqual(json.loads(rest[-1])["type"], "ExecutionAborted")
        self.assertEqual(follower.returncode, 0)

    def test_redrive(self):
        machine = {"name": "again", "definition": json.dumps(FAILS),
                   "roleArn": "arn:aws:iam::111111111111:role/r"}
        arn = self.server.states("CreateStateMachine", machine)[1]["stateMachineArn"]
        self.perdure("start", "again", "--name", "cli-again", "--wait", "-i", '{"n":1}', code=1)
        execution = self.perdure("redrive", "cli-again").strip()
        self.assertTrue(execution.endswith(":execution:again:cli-again"))
        wait_for(lambda: self.server.states("DescribeExecution", {"executionArn": execution})[1]
                 ["status"] == "FAILED", what="the same end")
        self.perdure("show", execution, "--json", code=1)
        fixed = {"StartAt": "G", "States": {"G": {"Type": "Pass", "Next": "F"},
                                            "F": {"Type": "Pass", "End": True}}}
        self.server.states("UpdateStateMachine", {"stateMachineArn": arn,
                                                  "definition": json.dumps(fixed)})
        self.perdure("redrive", "cli-again", "--from", "X", code=1)
        self.perdure("redrive", "cli-again", "--definition", "latest", "--from", "G",
                     "-i", '{"n":1.0}')
        wait_for(lambda: "SUCCEEDED" in self.perdure("show", "cli-again"), what="a better end")
        shown = self.perdure("show", "cli-again")
        self.assertIn('output  {"n":1.0}', shown)
        self.assertIn("redriven  2 times", shown)
        self.assertIn("SUCCEEDED (redrive 2)", self.perdure("ls", "--machine", "again"))
        self.perdure("redrive", "cli-again", code=1)
        self.perdure("redrive", "none", code=4)
        described = self.server.states("DescribeStateMachineForExecution",
                                       {"executionArn": execution})[1]
        self.assertEqual(json.loads(described["definition"]), fixed)

    def test_versions_and_aliases(self):
        example = os.path.join(ROOT, "examples/order-fulfilment")
        for _ in range(2):
            out = self.perdure("deploy", example, "--publish")
            self.assertIn("version 1  state machine OrderFulfilment", out)
        out = self.perdure("ls", "versions", "--machine", "OrderFulfilment")
        version = out.splitlines()[1].strip()
        self.assertTrue(version.endswith(":stateMachine:OrderFulfilment:1"), out)
        self.server.states("CreateStateMachineAlias", {
            "name": "live", "routingConfiguration": [{"stateMachineVersionArn": version,
                                                      "weight": 100}]})
        self.assertIn("1 (100 %)", self.perdure("ls", "aliases", "--machine", "OrderFulfilment"))
        self.perdure("ls", "aliases", code=1)

    def test_lint(self):
        self.perdure("lint", self.write(FLOW))
        out = self.perdure("lint", self.write({"StartAt": "A", "States": {}}), "--json", code=1)
        self.assertTrue(all(json.loads(line)["severity"] for line in out.splitlines()))

    def test_env_and_doctor(self):
        out = self.perdure("env")
        self.assertIn("export AWS_ENDPOINT_URL=%s\n" % self.server.endpoint, out)
        self.assertIn("AWS_DISABLE_HOST_PREFIX_INJECTION=true", out)
        checks = [json.loads(line) for line in self.perdure("doctor", "--json").splitlines()]
        self.assertTrue(checks[0]["ok"], checks)
        said = {check["check"]: check["said"] for check in checks}
        # What functions get, not what PATH has.
        self.assertIn(", /usr/bin/python3", said["python3"])
        self.assertIn("boto3 for functions", said)
        self.assertIn("@aws-sdk for functions", said)

    def test_deploy(self):
        example = os.path.join(ROOT, "examples/order-fulfilment")
        first = self.perdure("deploy", example)
        self.assertIn("created  function CheckStock", first)
        self.assertIn("created  state machine OrderFulfilment", first)
        second = self.perdure("deploy", example, "--json")
        self.assertEqual({json.loads(line)["done"] for line in second.splitlines()}, {"unchanged"})
        order = {"id": "1", "customer": "Ada", "card": "4242",
                 "items": [{"article": "tea", "count": 1}]}
        self.perdure("start", "OrderFulfilment", "--wait", "-i", json.dumps(order))
        out = self.perdure("invoke", "CheckStock", "-i", json.dumps(order), "--json")
        self.assertFalse(json.loads(out)["functionError"])
        wait_for(lambda: "REPORT RequestId" in self.perdure("logs", "CheckStock"), what="the log")
        self.perdure("logs", "none", code=4)


if __name__ == "__main__":
    suite.run(CliTest)
