#!/usr/bin/python3
# budget: 120 s
"""Bad input of every kind: each gets an error of AWS's kind, and the server goes on."""
import base64
import io
import json
import os
import socket
import sys
import unittest
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import ACCOUNT, Server  # noqa: E402
import suite  # noqa: E402

ROLE = "arn:aws:iam::%s:role/r" % ACCOUNT
PASS = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
FORBIDDEN = "<>{}[]?*\"#%\\^|~`$&,;:/ \t\n\x00\x1f\x7f\x85\u2003\ufffe\uffff"


def packaged(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return base64.b64encode(data.getvalue()).decode()


class BadInputTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        status, answer = cls.server.states("CreateStateMachine",
                                           {"name": "m", "definition": PASS, "roleArn": ROLE})
        assert status == 200, answer
        cls.machine = answer["stateMachineArn"]

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        assert status == 0, "the server ended with status %s" % status

    def tearDown(self):
        self.assertTrue(self.server.alive())
        self.assertEqual(self.server.request("GET", "/health/ready")[0], 200)

    def refused(self, operation, parameters, code, status=400):
        got, answer = self.server.states(operation, parameters)
        self.assertEqual((got, answer.get("__type")), (status, code), answer)
        return answer["message"]

    def raw(self, data):
        """Sends bytes, closes our side, returns what comes back."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as s:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            answer = b""
            while True:
                piece = s.recv(65536)
                if not piece:
                    return answer
                answer += piece

    def test_truncated_body(self):
        self.raw(b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AWSStepFunctions."
                 b"ListStateMachines\r\nContent-Length: 100\r\n\r\n{\"a\":")

    def test_no_http(self):
        for data in (b"\x00" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
                     b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
                     b"POST / HTTP/1.1\r\nHost: localhost\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"):
            answer = self.raw(data)
            self.assertTrue(answer == b"" or b" 400 " in answer.split(b"\r\n")[0], answer[:200])

    def test_long_head(self):
        answer = self.raw(b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertIn(b" 431 ", answer.split(b"\r\n")[0])

    def test_oversized_bodies(self):
        status, answer = self.server.states("ListStateMachines", b" " * ((4 << 20) + 1))
        self.assertEqual(status, 413, answer)
        status, _, _ = self.server.request(
            "POST", "/2015-03-31/functions/f/invocations", b"x" * ((6 << 20) + 1))
        self.assertEqual(status, 413)

    def test_not_json(self):
        for body in (b"", b"{", b"{\"a\":1", b"[]", b"\"x\"", b"{} {}", b"{\"a\":\"\xff\xfe\"}",
                     b"{\"name\":\"\xc0\xaf\"}", b"[" * 100000, b"{\"a\":" * 100000, b"nul",
                     b"{'a':1}", b"{\"a\":1e999999}x"):
            status, answer = self.server.states("DescribeStateMachine", body)
            self.assertEqual(status, 400, body[:20])
            self.assertIn(answer["__type"], ("SerializationException", "ValidationException"))

    def test_wrong_types(self):
        message = self.refused("DescribeStateMachine", {"stateMachineArn": 5},
                               "SerializationException")
        self.assertEqual(message, "NUMBER_VALUE can not be converted to a String")
        self.refused("ListStateMachines", {"maxResults": "many"}, "SerializationException")
        self.refused("ListStateMachines", {"maxResults": 1 << 70}, "SerializationException")

    def test_constraints(self):
        message = self.refused("ListStateMachines", {"maxResults": 1001}, "ValidationException")
        self.assertEqual(message,
                         "1 validation error detected: Value '1001' at 'maxResults' failed to "
                         "satisfy constraint: Member must have value less than or equal to 1000")
        message = self.refused("CreateStateMachine", {}, "ValidationException")
        self.assertTrue(message.startswith("3 validation errors detected: Value null at 'name'"))

    def test_unknown_fields_are_ignored(self):
        status, _ = self.server.states("ListStateMachines", {"unknown": {"deep": [1, 2]}})
        self.assertEqual(status, 200)

    def test_unknown_operations(self):
        self.refused("CreateRobot", {}, "UnknownOperationException")
        status, _, body = self.server.request("POST", "/", b"{}", {"X-Amz-Target": "Kinesis.Put"})
        self.assertEqual(status, 400)
        self.assertIn(b"UnknownOperationException", body)

    def test_names(self):
        for character in FORBIDDEN:
            self.refused("CreateStateMachine",
                         {"name": "a" + character, "definition": PASS, "roleArn": ROLE},
                         "InvalidName")
            self.refused("StartExecution", {"stateMachineArn": self.machine, "name": character},
                         "InvalidName")
        self.refused("CreateStateMachine", {"name": "x" * 81, "definition": PASS, "roleArn": ROLE},
                     "ValidationException")
        self.refused("CreateStateMachine", {"name": "", "definition": PASS, "roleArn": ROLE},
                     "ValidationException")

    def test_execution_input(self):
        for text in ("", "x", "{", "[1,", "\"", "{\"a\":1}}", "[" * 100000, "{\"a\":" * 50000, "01",
                     "1e", "'a'"):
            self.refused("StartExecution", {"stateMachineArn": self.machine, "input": text},
                         "InvalidExecutionInput")
        self.refused("StartExecution", {"stateMachineArn": self.machine,
                                        "input": "\"" + "x" * 262144 + "\""}, "ValidationException")
        status, _, _ = self.server.request("POST", "/run/m", b"{")
        self.assertEqual(status, 400)
        status, _, _ = self.server.request("POST", "/run/m", b"{\"a\":\"\xff\"}")
        self.assertEqual(status, 400)
        status, _, _ = self.server.request("POST", "/run/m", b"[" * 100000)
        self.assertEqual(status, 400)

    def test_definitions(self):
        for text in ("x", "{", "[]", "{}", "[" * 100000, "{\"States\":" * 20000, "null", "5",
                     "{\"StartAt\": 5, \"States\": []}"):
            self.refused("CreateStateMachine", {"name": "d", "definition": text, "roleArn": ROLE},
                         "InvalidDefinition")

    def test_foreign_pages(self):
        for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"},
                        {"Host": "evil.example"}, {"Origin": "null"}):
            status, answer = self.server.states("ListStateMachines", {}, **headers)
            self.assertEqual(status, 403, headers)
            status, _, _ = self.server.request(
                "POST", "/2015-03-31/functions", b"{}", headers)
            self.assertEqual(status, 403, headers)

    def create_function(self, name, code, handler="app.handler"):
        body = json.dumps({"FunctionName": name, "Runtime": "python3.11", "Handler": handler,
                           "Role": ROLE, "Timeout": 3, "Code": code})
        status, _, answer = self.server.request("POST", "/2015-03-31/functions", body)
        return status, json.loads(answer)

    def invoke(self, name, payload=b"{}"):
        status, headers, answer = self.server.request(
            "POST", "/2015-03-31/functions/%s/invocations" % name, payload)
        return status, headers.get("X-Amz-Function-Error"), json.loads(answer)

    def test_broken_packages(self):
        for zip_file in (base64.b64encode(b"no zip").decode(), "", "!!!",
                         packaged({"../app.py": "x"}), packaged({"/etc/app.py": "x"})):
            status, answer = self.create_function("b", {"ZipFile": zip_file})
            self.assertEqual(status, 400, answer)
        status, answer = self.create_function("b", {})
        self.assertEqual((status, answer["message"]),
                         (400, "Please provide a source for function code."))

    def test_missing_handler_and_syntax_error(self):
        self.create_function("missing", {"ZipFile": packaged({"app.py": "x = 1\n"})})
        self.assertEqual(self.invoke("missing")[:2], (200, "Unhandled"))
        self.assertEqual(self.invoke("missing")[2]["errorType"], "Runtime.HandlerNotFound")
        self.create_function("nomodule", {"ZipFile": packaged({"other.py": "x = 1\n"})})
        self.assertEqual(self.invoke("nomodule")[2]["errorType"], "Runtime.ImportModuleError")
        self.create_function("syntax", {"ZipFile": packaged({"app.py": "def handler(:\n"})})
        self.assertEqual(self.invoke("syntax")[2]["errorType"], "Runtime.UserCodeSyntaxError")

    def test_handler_that_never_returns(self):
        self.create_function("sleeps", {"ZipFile": packaged(
            {"app.py": "import time\ndef handler(e, c):\n    time.sleep(60)\n"})})
        status, error, answer = self.invoke("sleeps")
        self.assertEqual((status, error, answer["errorType"]),
                         (200, "Unhandled", "Sandbox.Timedout"))

    def test_bad_invocations(self):
        self.create_function("good", {"ZipFile": packaged(
            {"app.py": "def handler(e, c):\n    return e\n"})})
        status, _, answer = self.invoke("good", b"{")
        self.assertEqual((status, answer["__type"]), (400, "InvalidRequestContentException"))
        status, _, answer = self.invoke("none")
        self.assertEqual((status, answer["__type"]), (404, "ResourceNotFoundException"))
        status, _, answer = self.invoke("a%20b")
        self.assertEqual((status, answer["__type"]), (400, "ValidationException"))


if __name__ == "__main__":
    suite.run(BadInputTest)
