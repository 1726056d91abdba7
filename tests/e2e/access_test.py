#!/usr/bin/python3
# budget: 60 s
"""What a function may do with the credentials it is given, tried by a real function."""
import base64
import io
import json
import os
import sys
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


if __name__ == "__main__":
    suite.run(AccessTest)
