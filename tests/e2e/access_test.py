#!/usr/bin/python3
# budget: 60 s
"""What a function may do with the credentials it is given, tried by a real function."""
import base64
import io
import json
import os
import sys
import time
import unittest
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import ACCOUNT, Server  # noqa: E402
import suite  # noqa: E402

# Asks the server for what its event says, signed with what it was given.
CODE = """
import json, os, urllib.error, urllib.request

def handler(event, context):
    scope = "%s/20260101/us-east-1/%s/aws4_request" % (os.environ["AWS_ACCESS_KEY_ID"],
                                                       event["service"])
    headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=host, Signature=x"
                                % scope,
               "Content-Type": "application/json"}
    headers.update(event.get("headers", {}))
    body = json.dumps(event["body"]).encode() if "body" in event else None
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + event["path"], body,
                                     headers, method=event["method"])
    try:
        with urllib.request.urlopen(request) as response:
            return {"status": response.status}
    except urllib.error.HTTPError as error:
        return {"status": error.code, "message": json.loads(error.read())["message"]}
"""
FUNCTIONS = "/2015-03-31/functions"


def package():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("app.py", CODE)
    return base64.b64encode(data.getvalue()).decode()


class AccessTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        status, answer = cls.call("POST", FUNCTIONS, {
            "FunctionName": "prober", "Runtime": "python3.11", "Handler": "app.handler",
            "Role": "arn:aws:iam::%s:role/service/prober" % ACCOUNT,
            "Code": {"ZipFile": package()}})
        assert status == 201, answer

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        assert status == 0, "the server ended with status %s" % status

    @classmethod
    def call(cls, method, path, body=None):
        headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=%s/20260101/us-east-1/lambda/"
                                    "aws4_request, SignedHeaders=host, Signature=x" % ACCOUNT}
        status, _, answer = cls.server.request(
            method, path, json.dumps(body).encode() if body is not None else b"", headers)
        return status, json.loads(answer) if answer else {}

    def probe(self, service, method, path, body=None, **headers):
        event = {"service": service, "method": method, "path": path, "headers": headers}
        if body is not None:
            event["body"] = body
        status, answer = self.call("POST", FUNCTIONS + "/prober/invocations", event)
        self.assertEqual(status, 200, answer)
        return answer

    def test_code_is_closed_to_functions(self):
        code = {"ZipFile": package()}
        attempts = {
            "CreateFunction": ("POST", FUNCTIONS, {
                "FunctionName": "other", "Runtime": "python3.11", "Handler": "app.handler",
                "Role": "arn:aws:iam::%s:role/r" % ACCOUNT, "Code": code}),
            "UpdateFunctionCode": ("PUT", FUNCTIONS + "/prober/code", code),
            "UpdateFunctionConfiguration": ("PUT", FUNCTIONS + "/prober/configuration",
                                            {"Timeout": 9}),
            "DeleteFunction": ("DELETE", FUNCTIONS + "/prober", None),
        }
        for operation, (method, path, body) in attempts.items():
            with self.subTest(operation):
                answer = self.probe("lambda", method, path, body)
                self.assertEqual(answer["status"], 403, answer)
                self.assertIn("User: arn:aws:sts::%s:assumed-role/prober/prober is not authorized "
                              "to perform: lambda:%s on resource: arn:aws:lambda:us-east-1:%s:"
                              "function:" % (ACCOUNT, operation, ACCOUNT), answer["message"])
        self.assertEqual(self.call("GET", FUNCTIONS + "/other")[0], 404)
        self.assertEqual(self.call("GET", FUNCTIONS + "/prober")[1]["Configuration"]["Timeout"], 3)

    def test_what_functions_need_is_open(self):
        self.assertEqual(self.probe("lambda", "GET", FUNCTIONS)["status"], 200)
        answer = self.probe("states", "POST", "/", {}, **{
            "X-Amz-Target": "AWSStepFunctions.ListStateMachines"})
        self.assertEqual(answer["status"], 200, answer)

    def test_other_accounts_are_closed(self):
        answer = self.probe("states", "POST", "/", {
            "stateMachineArn": "arn:aws:states:us-east-1:222222222222:stateMachine:m"}, **{
            "X-Amz-Target": "AWSStepFunctions.StartExecution"})
        self.assertEqual(answer["status"], 400, answer)
        self.assertIn("is not authorized to perform: states:StartExecution", answer["message"])

    def test_looking_after_the_server_is_closed_to_functions(self):
        folder = os.path.join(self.server.folder, "copy")
        attempts = {"/admin/backup": ("POST", {"to": folder}), "/stats": ("GET", None),
                    "/executions?quarantined=true": ("GET", None)}
        for path, (method, body) in attempts.items():
            with self.subTest(path):
                answer = self.probe("states", method, path, body)
                self.assertEqual(answer["status"], 403, answer)
                self.assertIn("assumed-role/prober/prober is not authorized to perform: %s %s"
                              % (method, path.split("?")[0]), answer["message"])
        self.assertFalse(os.path.exists(folder))
        self.assertEqual(self.probe("states", "GET", "/health/live")["status"], 200)

    def test_plain_routes_are_of_the_own_account(self):
        machine = self.machine("plain", {"Type": "Pass", "End": True})
        arn = self.server.states("StartExecution", {"stateMachineArn": machine})[1]["executionArn"]
        self.assertEqual(self.probe("states", "GET", "/executions/" + arn)["status"], 200)
        self.assertEqual(self.probe("states", "POST", "/run/plain?wait", {})["status"], 200)
        other = arn.replace(ACCOUNT, "222222222222")
        for path in ("/executions/" + other, "/executions/%s/history" % other):
            answer = self.probe("states", "GET", path)
            self.assertEqual(answer["status"], 403, answer)
        answer = self.probe("states", "POST", "/run/" + machine.replace(ACCOUNT, "222222222222"),
                            {})
        self.assertEqual(answer["status"], 403, answer)

    def test_task_tokens_are_of_the_own_account_and_region(self):
        machine = self.machine("asks", {
            "Type": "Task", "End": True,
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {"FunctionName": "prober", "Payload": {
                "service": "sts", "method": "GET", "path": "/health/live",
                "token.$": "$$.Task.Token"}}})
        arn = self.server.states("StartExecution", {"stateMachineArn": machine})[1]["executionArn"]
        token = self.wait_for(lambda: self.token_of(arn))
        attempts = {"SendTaskSuccess": {"taskToken": token, "output": '"stolen"'},
                    "SendTaskFailure": {"taskToken": token, "error": "Stolen"},
                    "SendTaskHeartbeat": {"taskToken": token}}
        for account, region in (("222222222222", "us-east-1"), (ACCOUNT, "eu-west-1")):
            scope = "AWS4-HMAC-SHA256 Credential=%s/20260101/%s/states/aws4_request, " \
                    "SignedHeaders=host, Signature=x" % (account, region)
            for operation, parameters in attempts.items():
                with self.subTest(operation, account=account, region=region):
                    status, answer = self.server.states(operation, parameters, Authorization=scope)
                    self.assertEqual((status, answer), (400, {
                        "__type": "InvalidToken", "message": "Invalid Token: 'Invalid token'"}))
        # A function answers with the credentials that it was given.
        answer = self.probe("states", "POST", "/", {"taskToken": token, "output": '"own"'}, **{
            "X-Amz-Target": "AWSStepFunctions.SendTaskSuccess"})
        self.assertEqual(answer["status"], 200, answer)
        view = self.wait_for(lambda: self.ended(arn))
        self.assertEqual((view["status"], view["output"]), ("SUCCEEDED", '"own"'))

    def machine(self, name, state):
        status, answer = self.server.states("CreateStateMachine", {
            "name": name, "roleArn": "arn:aws:iam::%s:role/r" % ACCOUNT,
            "definition": json.dumps({"StartAt": "S", "States": {"S": state}})})
        self.assertEqual(status, 200, answer)
        return answer["stateMachineArn"]

    def token_of(self, arn):
        events = self.server.states("GetExecutionHistory", {"executionArn": arn})[1]["events"]
        details = {event["type"]: event.get("taskScheduledEventDetails") for event in events}
        if "TaskSubmitted" not in details:
            return None
        return json.loads(details["TaskScheduled"]["parameters"])["Payload"]["token"]

    def ended(self, arn):
        view = self.server.states("DescribeExecution", {"executionArn": arn})[1]
        return view if view["status"] != "RUNNING" else None

    def wait_for(self, find, seconds=20):
        deadline = time.monotonic() + seconds
        while not (found := find()):
            self.assertLess(time.monotonic(), deadline, "it did not happen")
            time.sleep(0.05)
        return found


if __name__ == "__main__":
    suite.run(AccessTest)
