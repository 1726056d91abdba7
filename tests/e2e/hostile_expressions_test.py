#!/usr/bin/python3
# budget: 90 s
"""Expressions that would go on for ever, or swallow the memory: each ends with AWS's error name,
the memory stays bounded, and other clients' executions go past those that are still computing."""
import json
import os
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import ACCOUNT, Server  # noqa: E402
import suite  # noqa: E402

ROLE = "arn:aws:iam::%s:role/r" % ACCOUNT
ENDLESS = "($f := function($n) { $f($n + 1) }; $f(0))"
HOSTILE = {
    "a loop of tail calls": ENDLESS,
    "a recursion": "($f := function($n) { 1 + $f($n + 1) }; $f(0))",
    "two that call each other": "($f := function($n) { $g($n) & 'x' }; "
                                "$g := function($n) { $f($n) & 'y' }; $f(0))",
    "a step for each of many": "[1..9999999].($ & 'x')",
    "a sum over a range": "$sum([1..9999999])",
    "a long text": "$pad('x', 100000000)",
    "a text that doubles": "($d := function($s) { $d($s & $s) }; $d('0123456789abcdef'))",
    "an array that doubles": "($d := function($a) { $d($append($a, $a)) }; $d([1..1000]))",
    "a regular expression": "$match('%s!', /^(a+)+$/)" % ("a" * 60),
    "another": "$split('%s!', /(a|aa)+$/)" % ("a" * 80),
    "a sort without an order": "$sort([1..200000], function($a, $b) { $random() > 0.5 })",
    "a product": "[1..3000].($x := $; [1..3000].($x * $))",
}
# An expression may use 64 MiB; a shard may try it before the compute thread does.
MOST_KIB = 160 * 1024
HOSTILE_RUNS = 20


def machine(state):
    return json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True, **state}}})


def jsonata(expression):
    return {"QueryLanguage": "JSONata", "Output": "{%% %s %%}" % expression}


class HostileExpressionsTest(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.made = 0

    def create(self, state, kind):
        self.made += 1
        status, answer = self.server.states("CreateStateMachine", {
            "name": "m%d" % self.made, "definition": machine(state), "roleArn": ROLE,
            "type": kind})
        self.assertEqual(status, 200, answer)
        return answer["stateMachineArn"]

    def run_now(self, arn):
        status, answer = self.server.states("StartSyncExecution", {"stateMachineArn": arn})
        self.assertEqual(status, 200, answer)
        return answer

    def peak_kib(self):
        with open("/proc/%d/status" % self.server.process.pid, encoding="ascii") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmHWM"))

    def test_each_ends_with_its_error_and_bounded_memory(self):
        before = self.peak_kib()
        for name, expression in HOSTILE.items():
            with self.subTest(name):
                answer = self.run_now(self.create(jsonata(expression), "EXPRESS"))
                self.assertEqual(answer["status"], "FAILED")
                self.assertEqual(answer["error"], "States.QueryEvaluationError", answer)
                status, answer = self.server.states("TestState", {
                    "definition": json.dumps({"Type": "Pass", "End": True, **jsonata(expression)}),
                    "roleArn": ROLE})
                self.assertEqual((status, answer.get("error")),
                                 (200, "States.QueryEvaluationError"), answer)
        self.assertLess(self.peak_kib() - before, MOST_KIB)

    def test_others_go_past_those_that_are_computing(self):
        hostile = self.create(jsonata(ENDLESS), "EXPRESS")
        plain = self.create({}, "EXPRESS")
        ended = []

        def run_hostile():
            for _ in range(HOSTILE_RUNS):
                ended.append(self.run_now(hostile)["status"])

        client = threading.Thread(target=run_hostile)
        client.start()
        passed = 0
        while client.is_alive():
            self.assertEqual(self.run_now(plain)["status"], "SUCCEEDED")
            passed += 1
        client.join()
        self.assertEqual(ended, ["FAILED"] * HOSTILE_RUNS)
        # Behind one another they would take turns.
        self.assertGreater(passed, 2 * HOSTILE_RUNS)


if __name__ == "__main__":
    suite.run(HostileExpressionsTest)
