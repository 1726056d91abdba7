#!/usr/bin/python3
# budget: 60 s
"""Tests the conformance runner itself against a small fake server and a fake judge: what the judge
finds must become FAIL, an absent operation must become UNSUPPORTED, and nothing else may."""
import contextlib
import io
import json
import os
import sys
import tempfile
import textwrap
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import document  # noqa: E402
import player  # noqa: E402
import run  # noqa: E402

# Answers like a server that has the Step Functions of Pass states, and little else. What an
# execution returns is its state's Result; "die" ends the process, "lose" fails the request.
FAKE_SERVER = '''\
#!/usr/bin/python3
import http.server, json, os, sys
machines, executions = {}, {}

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *ignored): pass
    def do_GET(self):
        if self.path == "/health/ready": self.answer(200, {})
        else: self.answer(404, {"__type": "UnknownOperationException"})
    def do_PUT(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(404, None)
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        op = self.headers.get("X-Amz-Target", "").split(".")[-1]
        account = self.headers["Authorization"].split("Credential=")[1].split("/")[0]
        handler = getattr(self, "do_" + op, None)
        if not handler or self.headers["X-Amz-Target"].split(".")[0] != "AWSStepFunctions":
            return self.answer(400, {"__type": "com.amazonaws#UnknownOperationException"})
        handler(body, account)
    def answer(self, status, value):
        text = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
    def do_CreateStateMachine(self, body, account):
        try: definition = json.loads(body["definition"])
        except ValueError:
            return self.answer(400, {"__type": "InvalidDefinition", "message": "not JSON"})
        arn = "arn:aws:states:us-east-1:%s:stateMachine:%s" % (account, body["name"])
        if machines.get(arn, definition) != definition:
            return self.answer(400, {"__type": "StateMachineAlreadyExists", "message": "other"})
        machines[arn] = definition
        self.answer(200, {"stateMachineArn": arn, "creationDate": 1.5})
    def do_StartExecution(self, body, account):
        result = machines[body["stateMachineArn"]]["States"]["A"].get("Result")
        if result == "die": os._exit(7)
        arn = body["stateMachineArn"].replace("stateMachine", "execution") + ":%d" % len(executions)
        executions[arn] = json.dumps(result) if result is not None else body.get("input", "{}")
        self.answer(200, {"executionArn": arn, "startDate": 1.5})
    def do_DescribeExecution(self, body, account):
        self.answer(200, {"status": "SUCCEEDED", "output": executions[body["executionArn"]],
                          "stateMachineArn": "m"})
    def do_GetExecutionHistory(self, body, account):
        output = executions[body["executionArn"]]
        event = {"id": 2, "previousEventId": 1, "type": "ExecutionSucceeded",
                 "executionSucceededEventDetails": {"output": output}}
        if output == '"unserved"':
            event.update(type="TaskFailed", taskFailedEventDetails={
                "error": "Perdure.UnsupportedResourceException", "cause": "no route leads there"})
        if "nextToken" in body: return self.answer(200, {"events": [event]})
        self.answer(200, {"events": [{"id": 1, "type": "ExecutionStarted"}], "nextToken": "more"})
    def do_ListStateMachines(self, body, account):
        self.answer(200, {"stateMachines": sorted(machines)})

host, port = sys.argv[sys.argv.index("--listen") + 1].split(":")
http.server.ThreadingHTTPServer.daemon_threads = True
http.server.ThreadingHTTPServer((host, int(port)), Handler).serve_forever()
'''
# Agrees when the last event's output, or the whole answer, is what the case expects.
FAKE_JUDGE = '''\
def compare_case(case, actual, opt=None):
    if "steps" in case:
        pairs = [(s["expect"], a) for s, a in zip(case["steps"], actual) if "expect" in s]
    elif "runs" in case:
        pairs = [(r["expected"]["output"], output(a)) for r, a in zip(case["runs"], actual)]
    elif "history" in actual:
        pairs = [(case["expected"]["output"], output(actual))]
    else:
        pairs = [(case["expected"], actual)]
    return ["expected %r, got %r" % pair for pair in pairs if pair[0] != pair[1]]

def output(actual):
    return actual["history"]["events"][-1]["executionSucceededEventDetails"]["output"]
'''


def machine(result=None):
    state = {"Type": "Pass", "End": True}
    if result is not None:
        state["Result"] = result
    return {"StartAt": "A", "States": {"A": state}}


def execution_case(name, result, output, **more):
    return {"id": name, "category": "pure", "type": "STANDARD", "definition": machine(result),
            "input_text": '{"n":  1}', "state_machine_name": name, "features": ["state:Pass"],
            "expected": {"status": "SUCCEEDED", "output": output}, **more}


class RunnerTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="conformance-run-test-")
        self.addCleanup(self.folder.cleanup)
        self.cases = os.path.join(self.folder.name, "cases")
        os.mkdir(self.cases)
        self.write("compare.py", FAKE_JUDGE)
        self.program = self.write("fake-server", FAKE_SERVER)
        os.chmod(self.program, 0o755)

    def write(self, name, text):
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(textwrap.dedent(text))
        return path

    def play(self, *cases, options=()):
        """The lines of a run of these cases by the first word after the id, and the exit status."""
        for number, case in enumerate(cases):
            with open(os.path.join(self.cases, "%03d.json" % number), "w", encoding="utf-8") as f:
                json.dump(case, f)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            status = run.main([self.cases, "--program", self.program, "--jobs", "4", *options])
        return printed.getvalue().splitlines(), status

    def test_agreement_passes_and_a_difference_fails(self):
        lines, status = self.play(execution_case("a", {"x": 1}, '{"x": 1}'),
                                  execution_case("b", {"x": 1}, '{"x": 2}'))
        self.assertEqual(lines[0], "PASS a")
        self.assertTrue(lines[1].startswith("FAIL b expected"), lines)
        self.assertEqual(lines[-1], "1 passed, 1 failed, 0 unsupported")
        self.assertEqual(status, 1)

    def test_input_text_is_sent_unchanged(self):
        lines, status = self.play(execution_case("a", None, '{"n":  1}'))
        self.assertEqual((lines[0], status), ("PASS a", 0))

    def test_an_absent_service_or_operation_is_unsupported(self):
        setup = [{"id": "s0", "service": "sqs", "op": "CreateQueue", "params": {"QueueName": "q"}}]
        bucket = [{"id": "s0", "service": "s3", "op": "CreateBucket", "params": {"Bucket": "b"}}]
        test_state = {"id": "c", "category": "test_state", "definition": {}, "test_state": {},
                      "expected": {"result": {}}}
        steps = {"id": "d", "category": "api", "steps": [{"op": "CreateActivity", "params": {}}]}
        unknown = {"id": "e", "category": "api",
                   "steps": [{"op": "Send", "service": "quantum", "params": {}}]}
        lines, status = self.play(execution_case("a", 1, "1", setup=setup),
                                  execution_case("b", 1, "1", setup=bucket),
                                  test_state, steps, unknown)
        self.assertEqual([line.split()[0] for line in lines[:5]], ["UNSUPPORTED"] * 5, lines)
        self.assertEqual((lines[-1], status), ("0 passed, 0 failed, 5 unsupported", 0))

    def test_a_task_of_an_absent_service_is_unsupported(self):
        lines, status = self.play(execution_case("a", "unserved", "1"))
        self.assertTrue(lines[0].startswith("UNSUPPORTED a no route leads there"), lines)
        self.assertEqual(status, 0)

    def test_absent_logs_do_not_hide_a_wrong_history(self):
        setup = [{"service": "logs", "op": "CreateLogGroup", "params": {"logGroupName": "g"}}]
        lines, _ = self.play(execution_case("a", 1, "1", setup=setup),
                             execution_case("b", 1, "2", setup=setup))
        self.assertEqual([line.split()[0] for line in lines[:2]], ["UNSUPPORTED", "FAIL"])

    def test_a_refused_call_without_expectation_fails(self):
        steps = [{"id": "s0", "op": "CreateStateMachine", "params": {"name": "x",
                                                                     "definition": "{"}}]
        lines, _ = self.play({"id": "a", "category": "api", "steps": steps})
        self.assertTrue(lines[0].startswith("FAIL a step 0 CreateStateMachine: InvalidDefinition"))

    def test_errors_reach_the_judge_with_code_and_message(self):
        case = {"id": "a", "category": "validation", "operation": "CreateStateMachine",
                "definition_raw": "{", "expected": {"api_error": {
                    "code": "InvalidDefinition", "message": "not JSON", "http_status": 400}}}
        self.assertEqual(self.play(case)[0][0], "PASS a")

    def test_runs_get_fresh_machines_and_shared_names_do_not_collide(self):
        runs = [{"definition": machine(n), "input": {}, "expected": {"output": str(n)}}
                for n in range(3)]
        table = execution_case("same", None, "", runs=runs)
        lines, status = self.play({**table, "id": "a"}, {**table, "id": "b"},
                                  {**execution_case("same", 9, "9"), "id": "c"})
        self.assertEqual((lines[:3], status), (["PASS a", "PASS b", "PASS c"], 0))

    def test_cases_that_list_everything_see_only_their_own(self):
        steps = [{"id": "s0", "op": "CreateStateMachine", "params": {
                      "name": "mine", "definition": json.dumps(machine(1))}},
                 {"op": "ListStateMachines", "params": {},
                  "expect": {"stateMachines": ["{{s0.stateMachineArn}}"]}}]
        steps[1]["expect"]["stateMachines"] = [
            "arn:aws:states:us-east-1:111111111111:stateMachine:mine"]
        lines, _ = self.play(*[execution_case("x%d" % n, 1, "1") for n in range(4)],
                             {"id": "y", "category": "api", "steps": steps})
        self.assertEqual(lines[4], "PASS y")

    def test_the_case_that_ends_the_server_fails_and_the_others_do_not(self):
        lines, _ = self.play(*[execution_case("a%d" % n, n, str(n)) for n in range(6)],
                             execution_case("killer", "die", "1"))
        self.assertEqual([line.split()[0] for line in lines[:6]], ["PASS"] * 6, lines)
        self.assertIn("FAIL killer the server ended with status 7", lines[6])

    def test_selection_by_category_glob_and_feature(self):
        cases = [execution_case("a/one[x]", 1, "1"), execution_case("b/two", 1, "1"),
                 execution_case("b/three", 1, "1", features=["jsonata"]),
                 execution_case("b/four", 1, "1", category="lambda")]
        lines, _ = self.play(*cases, options=["--only", "b/*", "--category", "pure",
                                              "--without", "jsonata,assign"])
        self.assertEqual(lines, ["PASS b/two", "1 passed, 0 failed, 0 unsupported"])
        lines, _ = self.play(*cases, options=["--only", "one[x]"])
        self.assertEqual(lines[0], "PASS a/one[x]")
        self.assertEqual(self.play(*cases, options=["--only", "none"])[1], 2)

    def test_the_account_of_a_case_reaches_the_server(self):
        case = execution_case("a", 1, "1", account="222222222222")
        self.assertEqual(self.play(case)[0][0], "PASS a")

    def test_report_holds_differences_and_what_the_server_did(self):
        report = os.path.join(self.folder.name, "report.json")
        self.play(execution_case("a", 1, "2"), options=["--report", report])
        with open(report, encoding="utf-8") as f:
            verdict = json.load(f)[0]
        self.assertEqual((verdict["id"], verdict["verdict"]), ("a", "FAIL"))
        self.assertEqual(len(verdict["differences"]), 1)
        self.assertEqual(len(verdict["actual"][0]["history"]["events"]), 2)


    def test_document_counts_by_category_and_feature_and_names_what_fails(self):
        path = os.path.join(self.folder.name, "conformance.md")
        self.play(execution_case("a", 1, "1"), execution_case("b|c", 1, "2", features=["jsonata"]),
                  execution_case("d", 1, "1", category="lambda", other_services=["sqs"]),
                  options=["--document", path])
        with open(path, encoding="utf-8") as f:
            lines = f.read().splitlines()
        for line in ("3 cases: 2 passed, 1 failed, 0 unsupported.", "| lambda | 1 | 1 | 0 | 0 |",
                     "| pure | 2 | 1 | 1 | 0 |", "| jsonata | 1 | 0 | 1 | 0 |",
                     "| service:sqs | 1 | 1 | 0 | 0 |", "| state:Pass | 2 | 2 | 0 | 0 |"):
            self.assertIn(line, lines)
        failed = [line for line in lines if line.startswith("| `")]
        self.assertEqual(len(failed), 1)
        self.assertTrue(failed[0].endswith(" |  |"), failed)
        self.assertTrue(failed[0].startswith("| `b|c` | fail | expected "), failed)


    def test_document_says_why_a_known_failure_fails(self):
        path = os.path.join(self.folder.name, "conformance.md")
        name, why = next(iter(document.known_failures().items()))
        self.play(execution_case(name, 1, "2"), options=["--document", path])
        with open(path, encoding="utf-8") as f:
            self.assertIn(why[:100], f.read())


class TokenTest(unittest.TestCase):
    def test_answers_of_earlier_steps(self):
        one = player.Player({"category": "api"}, 1, "n")
        one.answers["s5"] = {"mapRuns": [{"mapRunArn": "arn"}]}
        self.assertEqual(one.fill({"a": ["{{s5.mapRuns[0].mapRunArn}}!"]}), {"a": ["arn!"]})
        self.assertEqual(one.fill("{{body.x}}"), "{{body.x}}")
        with self.assertRaises(player.PlayFailed):
            one.fill("{{s5.nothing}}")

    def test_days_from_now(self):
        one = player.Player({"category": "api"}, 1, "n")
        self.assertRegex(one.fill("{{now+24855d}}"), r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d$")

    def test_worker_tokens(self):
        values = {"body": {"Message": '{"Token": "t"}', "x": {"y": 1}}}
        self.assertEqual(player.worker_token("parse(body.Message).Token", values, "raw"), "t")
        self.assertEqual(player.worker_token("json(body.x)", values, "raw"), '{"y": 1}')
        self.assertEqual(player.worker_token("raw_body", values, "raw"), "raw")


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=1).result
    bad = len(result.failures) + len(result.errors)
    print("%d passed, %d failed" % (result.testsRun - bad, bad))
    sys.exit(1 if bad else 0)
