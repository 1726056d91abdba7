#!/usr/bin/python3
# budget: 180 s
"""Debian's AWS CLI against the real server, unchanged but for --endpoint-url."""
import io
import json
import os
import sys
import unittest
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import ACCOUNT, AWS, AwsFailed, ServerCase, wait_for  # noqa: E402
import suite  # noqa: E402

ROLE = "arn:aws:iam::%s:role/r" % ACCOUNT
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"n": 1.0}, "End": True}}}
WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}}


@unittest.skipUnless(os.path.exists(AWS), "%s is not installed" % AWS)
class AwsCliTest(ServerCase):
    def states(self, operation, *arguments):
        return self.aws("stepfunctions", operation, *arguments)

    def create(self, name, definition=PASS, *more):
        return self.states("create-state-machine", "--name", name, "--definition",
                           json.dumps(definition), "--role-arn", ROLE, *more)["stateMachineArn"]

    def test_identity(self):
        self.assertEqual(self.aws("sts", "get-caller-identity")["Account"], ACCOUNT)

    def test_state_machine_life(self):
        arn = self.create("life")
        self.assertEqual(arn, "arn:aws:states:us-east-1:%s:stateMachine:life" % ACCOUNT)
        self.assertEqual(self.create("life"), arn)
        with self.assertRaisesRegex(AwsFailed, "StateMachineAlreadyExists"):
            self.create("life", WAIT)
        described = self.states("describe-state-machine", "--state-machine-arn", arn)
        self.assertEqual(json.loads(described["definition"]), PASS)
        self.assertEqual(described["status"], "ACTIVE")
        self.states("update-state-machine", "--state-machine-arn", arn, "--definition",
                    json.dumps(WAIT))
        described = self.states("describe-state-machine", "--state-machine-arn", arn)
        self.assertEqual(json.loads(described["definition"]), WAIT)
        listed = self.states("list-state-machines")["stateMachines"]
        self.assertIn(arn, [m["stateMachineArn"] for m in listed])
        self.states("delete-state-machine", "--state-machine-arn", arn)
        with self.assertRaisesRegex(AwsFailed, "StateMachineDoesNotExist"):
            self.states("describe-state-machine", "--state-machine-arn", arn)

    def test_execution_life(self):
        machine = self.create("runs")
        started = self.states("start-execution", "--state-machine-arn", machine, "--name", "one",
                              "--input", '{"a": 1}')
        arn = started["executionArn"]

        def ended():
            described = self.states("describe-execution", "--execution-arn", arn)
            return described if described["status"] != "RUNNING" else None
        described = wait_for(ended, what="the end of the execution")
        self.assertEqual(described["status"], "SUCCEEDED")
        self.assertEqual(described["input"], '{"a": 1}')
        self.assertEqual(described["output"], '{"n":1.0}')
        events = self.states("get-execution-history", "--execution-arn", arn)["events"]
        self.assertEqual([e["type"] for e in events],
                         ["ExecutionStarted", "PassStateEntered", "PassStateExited",
                          "ExecutionSucceeded"])
        self.assertEqual([e["id"] for e in events], [1, 2, 3, 4])
        back = self.states("get-execution-history", "--execution-arn", arn, "--reverse-order",
                           "--max-items", "1")["events"]
        self.assertEqual(back[0]["type"], "ExecutionSucceeded")
        listed = self.states("list-executions", "--state-machine-arn", machine,
                             "--status-filter", "SUCCEEDED")["executions"]
        self.assertEqual([e["executionArn"] for e in listed], [arn])

    def test_pages(self):
        machine = self.create("pages")
        for i in range(5):
            self.states("start-execution", "--state-machine-arn", machine, "--name", "e%d" % i)
        seen = self.states("list-executions", "--state-machine-arn", machine, "--page-size", "2")
        self.assertEqual(sorted(e["name"] for e in seen["executions"]),
                         ["e0", "e1", "e2", "e3", "e4"])

    def test_stop(self):
        machine = self.create("stops", WAIT)
        arn = self.states("start-execution", "--state-machine-arn", machine)["executionArn"]
        self.states("stop-execution", "--execution-arn", arn, "--error", "E", "--cause", "why")
        described = self.states("describe-execution", "--execution-arn", arn)
        self.assertEqual(described["status"], "ABORTED")
        last = self.states("get-execution-history", "--execution-arn", arn)["events"][-1]
        self.assertEqual(last["executionAbortedEventDetails"], {"error": "E", "cause": "why"})

    def test_names_run_once(self):
        machine = self.create("once", WAIT)

        def start(text):
            return self.states("start-execution", "--state-machine-arn", machine, "--name", "n",
                               "--input", text)
        first = start("{}")
        self.assertEqual(start("{}"), first)
        with self.assertRaisesRegex(AwsFailed, "ExecutionAlreadyExists"):
            start('{"other": true}')

    def test_express_is_answered_at_once(self):
        machine = self.create("express", PASS, "--type", "EXPRESS")
        # The old CLI has no switch for the sync- prefix, so this goes by plain HTTP.
        status, answer = self.server.states("StartSyncExecution", {"stateMachineArn": machine})
        self.assertEqual((status, answer["status"], answer["output"]),
                         (200, "SUCCEEDED", '{"n":1.0}'))

    def test_definitions_are_checked(self):
        with self.assertRaisesRegex(AwsFailed, "InvalidDefinition.*SCHEMA_VALIDATION_FAILED"):
            self.create("bad", {"StartAt": "A", "States": {}})

    def test_tags(self):
        arn = self.create("tagged")
        self.states("tag-resource", "--resource-arn", arn, "--tags", "key=k,value=v")
        self.assertEqual(self.states("list-tags-for-resource", "--resource-arn", arn)["tags"],
                         [{"key": "k", "value": "v"}])
        self.states("untag-resource", "--resource-arn", arn, "--tag-keys", "k")
        self.assertEqual(self.states("list-tags-for-resource", "--resource-arn", arn)["tags"], [])

    def package(self, name, text):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            archive.writestr(name, text)
        path = os.path.join(self.server.folder, "package.zip")
        with open(path, "wb") as f:
            f.write(data.getvalue())
        return "fileb://" + path

    def invoke(self, function, payload, *more):
        path = os.path.join(self.server.folder, "answer.json")
        answer = self.aws("lambda", "invoke", "--function-name", function, "--payload",
                          json.dumps(payload), "--cli-binary-format", "raw-in-base64-out",
                          *more, path)
        with open(path, encoding="utf-8") as f:
            return answer, f.read()

    def test_function_life(self):
        code = self.package("app.py", "def handler(event, context):\n"
                                      "    if event.get('fail'):\n"
                                      "        raise ValueError('no')\n"
                                      "    return {'got': event, 'name': context.function_name}\n")
        self.aws("lambda", "create-function", "--function-name", "echo", "--runtime", "python3.11",
                 "--handler", "app.handler", "--role", ROLE, "--zip-file", code)
        self.aws("lambda", "wait", "function-active-v2", "--function-name", "echo")
        self.aws("lambda", "wait", "function-updated-v2", "--function-name", "echo")
        answer, payload = self.invoke("echo", {"a": 1}, "--log-type", "Tail")
        self.assertEqual(answer["StatusCode"], 200)
        self.assertEqual(answer["ExecutedVersion"], "$LATEST")
        self.assertIn("LogResult", answer)
        self.assertEqual(json.loads(payload), {"got": {"a": 1}, "name": "echo"})
        answer, payload = self.invoke("echo", {"fail": True})
        self.assertEqual(answer["FunctionError"], "Unhandled")
        self.assertEqual(json.loads(payload)["errorType"], "ValueError")
        answer, _ = self.invoke("echo", {}, "--invocation-type", "DryRun")
        self.assertEqual(answer["StatusCode"], 204)
        changed = self.aws("lambda", "update-function-configuration", "--function-name", "echo",
                           "--timeout", "7", "--environment", "Variables={KEY=value}")
        self.assertEqual((changed["Timeout"], changed["Environment"]["Variables"]),
                         (7, {"KEY": "value"}))
        self.aws("lambda", "update-function-code", "--function-name", "echo", "--zip-file",
                 self.package("app.py", "def handler(event, context):\n    return 'new'\n"))
        self.assertEqual(self.invoke("echo", {})[1], '"new"')
        listed = self.aws("lambda", "list-functions")["Functions"]
        self.assertIn("echo", [f["FunctionName"] for f in listed])
        self.aws("lambda", "delete-function", "--function-name", "echo")
        with self.assertRaisesRegex(AwsFailed, "ResourceNotFoundException"):
            self.aws("lambda", "get-function", "--function-name", "echo")

    def test_versions_aliases_and_limits(self):
        def code(word):
            body = "def handler(e, c):\n    return ['%s', c.function_version]\n" % word
            return self.package("app.py", body)
        self.aws("lambda", "create-function", "--function-name", "many", "--runtime", "python3.11",
                 "--handler", "app.handler", "--role", ROLE, "--zip-file", code("one"), "--publish")
        self.aws("lambda", "update-function-code", "--function-name", "many", "--zip-file",
                 code("two"))
        second = self.aws("lambda", "publish-version", "--function-name", "many")
        self.assertEqual(second["Version"], "2")
        self.assertTrue(second["FunctionArn"].endswith(":many:2"))
        listed = self.aws("lambda", "list-versions-by-function", "--function-name", "many")
        self.assertEqual([v["Version"] for v in listed["Versions"]], ["$LATEST", "1", "2"])
        alias = self.aws("lambda", "create-alias", "--function-name", "many", "--name", "live",
                         "--function-version", "1")
        self.assertEqual(self.invoke("many:live", {})[1], '["one", "1"]')
        self.assertEqual(self.invoke("many", {}, "--qualifier", "2")[0]["ExecutedVersion"], "2")
        self.aws("lambda", "update-alias", "--function-name", "many", "--name", "live",
                 "--function-version", "2", "--revision-id", alias["RevisionId"])
        self.assertEqual(self.invoke("many:live", {})[1], '["two", "2"]')
        with self.assertRaisesRegex(AwsFailed, "PreconditionFailedException"):
            self.aws("lambda", "update-alias", "--function-name", "many", "--name", "live",
                     "--function-version", "1", "--revision-id", alias["RevisionId"])
        with self.assertRaisesRegex(AwsFailed, "ResourceConflictException"):
            self.aws("lambda", "delete-function", "--function-name", "many", "--qualifier", "2")
        self.aws("lambda", "put-function-concurrency", "--function-name", "many",
                 "--reserved-concurrent-executions", "0")
        with self.assertRaisesRegex(AwsFailed, "TooManyRequestsException.*Rate Exceeded"):
            self.invoke("many", {})
        self.aws("lambda", "delete-function-concurrency", "--function-name", "many")
        self.assertEqual(self.invoke("many:live", {})[1], '["two", "2"]')

        arn = second["FunctionArn"].rsplit(":", 1)[0]
        self.aws("lambda", "tag-resource", "--resource", arn, "--tags", "team=a,stage=b")
        self.aws("lambda", "untag-resource", "--resource", arn, "--tag-keys", "stage")
        self.assertEqual(self.aws("lambda", "list-tags", "--resource", arn)["Tags"], {"team": "a"})
        self.aws("lambda", "add-permission", "--function-name", "many", "--statement-id", "s3",
                 "--action", "lambda:InvokeFunction", "--principal", "s3.amazonaws.com")
        policy = json.loads(self.aws("lambda", "get-policy", "--function-name", "many")["Policy"])
        self.assertEqual(policy["Statement"][0]["Principal"], {"Service": "s3.amazonaws.com"})
        self.aws("lambda", "remove-permission", "--function-name", "many", "--statement-id", "s3")
        with self.assertRaisesRegex(AwsFailed, "ResourceNotFoundException"):
            self.aws("lambda", "get-policy", "--function-name", "many")

    def test_events_are_handed_over(self):
        self.aws("lambda", "create-function", "--function-name", "later", "--runtime",
                 "python3.11", "--handler", "app.handler", "--role", ROLE, "--zip-file",
                 self.package("app.py", "def handler(event, context):\n"
                                        "    print('got', event['mark'])\n"))
        answer, payload = self.invoke("later", {"mark": "m-17"}, "--invocation-type", "Event")
        self.assertEqual((answer["StatusCode"], payload), (202, ""))

        def logged():
            try:
                events = self.aws("logs", "filter-log-events", "--log-group-name",
                                  "/aws/lambda/later")["events"]
            except AwsFailed:
                return False  # the group comes with its first line
            return [e for e in events if "got m-17" in e["message"]]
        wait_for(logged, what="the handed-over invocation")
        streams = self.aws("logs", "describe-log-streams", "--log-group-name", "/aws/lambda/later")
        self.assertEqual(len(streams["logStreams"]), 1)

    def test_executions_are_logged(self):
        group = "arn:aws:logs:us-east-1:%s:log-group:/states/logged:*" % ACCOUNT
        logging = json.dumps({"level": "ALL", "includeExecutionData": True, "destinations": [
            {"cloudWatchLogsLogGroup": {"logGroupArn": group}}]})
        with self.assertRaisesRegex(AwsFailed, "Log Destination not found"):
            self.create("logged", PASS, "--logging-configuration", logging)
        self.aws("logs", "create-log-group", "--log-group-name", "/states/logged")
        machine = self.create("logged", PASS, "--logging-configuration", logging)
        self.states("start-execution", "--state-machine-arn", machine, "--name", "one")

        def records():
            events = self.aws("logs", "filter-log-events", "--log-group-name", "/states/logged",
                              "--log-stream-name-prefix", "states/logged/one")["events"]
            found = [json.loads(e["message"]) for e in events]
            return found if found and found[-1]["type"] == "ExecutionSucceeded" else None
        found = wait_for(records, what="the execution's log")
        self.assertEqual([r["id"] for r in found], ["1", "2", "3", "4"])
        self.assertEqual(found[-1]["details"]["output"], '{"n":1.0}')
        self.aws("logs", "delete-log-group", "--log-group-name", "/states/logged")

    def test_schedules_start_executions(self):
        machine = self.create("scheduled")
        self.aws("scheduler", "create-schedule", "--name", "often", "--schedule-expression",
                 "rate(1 minute)", "--flexible-time-window", "Mode=OFF", "--target",
                 json.dumps({"Arn": machine, "RoleArn": ROLE, "Input": '{"from": "schedule"}'}))

        def started():
            return self.states("list-executions", "--state-machine-arn", machine)["executions"]
        execution = wait_for(started, seconds=75, what="the schedule's first firing")[0]
        described = self.states("describe-execution", "--execution-arn", execution["executionArn"])
        self.assertEqual(described["input"], '{"from": "schedule"}')
        self.aws("scheduler", "delete-schedule", "--name", "often")

    def test_packages_stay_in_their_folder(self):
        with self.assertRaisesRegex(AwsFailed, "InvalidParameterValueException"):
            self.aws("lambda", "create-function", "--function-name", "slip", "--runtime",
                     "python3.11", "--handler", "app.handler", "--role", ROLE, "--zip-file",
                     self.package("../app.py", "x = 1\n"))


if __name__ == "__main__":
    suite.run(AwsCliTest)
