#!/usr/bin/python3
# budget: 90 s
"""HTTP tasks and connections through the real server, against services that behave and some that
do not."""
import base64
import json
import os
import signal
import socket
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import ACCOUNT, Server, wait_for  # noqa: E402
from service import Service, make_certificate  # noqa: E402
import suite  # noqa: E402

ROLE = "arn:aws:iam::%s:role/r" % ACCOUNT
HTTP = "arn:aws:states:::http:invoke"


def api(server, operation, parameters):
    """(status, answer) of an EventBridge operation."""
    status, _, body = server.request(
        "POST", "/", json.dumps(parameters),
        {"X-Amz-Target": "AWSEvents." + operation, "Content-Type": "application/x-amz-json-1.1",
         "Authorization": "AWS4-HMAC-SHA256 Credential=%s/20260101/us-east-1/events/aws4_request, "
                          "SignedHeaders=host, Signature=x" % ACCOUNT})
    return status, json.loads(body)


class Tasks:
    """Machines of one task each, and their ends."""

    def __init__(self, server):
        self.server, self.count = server, 0

    def start(self, resource, parameters, **fields):
        self.count += 1
        name = "t%d" % self.count
        state = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}
        state.update(fields)
        status, made = self.server.states("CreateStateMachine", {
            "name": name, "roleArn": ROLE,
            "definition": json.dumps({"StartAt": "T", "States": {"T": state}})})
        assert status == 200, made
        status, started = self.server.states("StartExecution",
                                             {"stateMachineArn": made["stateMachineArn"]})
        assert status == 200, started
        return started["executionArn"]

    def end(self, execution, seconds=20):
        def closed():
            _, found = self.server.states("DescribeExecution", {"executionArn": execution})
            return found if found["status"] != "RUNNING" else None
        return wait_for(closed, seconds, execution)

    def run(self, resource, parameters, **fields):
        """The output as a value, or (error, cause)."""
        end = self.end(self.start(resource, parameters, **fields))
        if end["status"] == "SUCCEEDED":
            return json.loads(end["output"])
        return end.get("error"), end.get("cause")

    def history(self, execution):
        _, found = self.server.states("GetExecutionHistory", {"executionArn": execution})
        return found["events"]


def echo(request):
    body = json.dumps({"method": request.command, "path": request.path,
                       "headers": dict(request.headers.items()), "body": request.body.decode()})
    return 200, {"Content-Type": "application/json"}, body


class HttpTaskTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="perdure-http-")
        make_certificate(cls.folder + "/trusted")
        make_certificate(cls.folder + "/unknown")
        make_certificate(cls.folder + "/other", "DNS:other.example")
        settings = cls.folder + "/integrations.json"
        with open(settings, "w") as f:
            json.dump({"caFile": cls.folder + "/trusted.crt"}, f)
        cls.server = Server("--integrations", settings)
        cls.tasks = Tasks(cls.server)

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        assert status == 0, "the server ended with status %s" % status

    def service(self, answer, certificate=None):
        service = Service(answer, certificate and os.path.join(self.folder, certificate))
        self.addCleanup(service.stop)
        return service

    def connect(self, name, kind, parameters):
        status, made = api(self.server, "CreateConnection", {
            "Name": name, "AuthorizationType": kind, "AuthParameters": parameters})
        self.assertEqual(status, 200, made)
        return made["ConnectionArn"]

    def call(self, service, path="/", method="GET", **parameters):
        return self.tasks.run(HTTP, {"ApiEndpoint": service.url + path, "Method": method,
                                     **parameters})

    def test_request_and_result(self):
        service = self.service(echo)
        result = self.call(service, "/a?x=1", "POST", Headers={"X-One": "1"},
                           QueryParameters={"q": "a b"}, RequestBody={"n": 1.5})
        self.assertEqual((result["StatusCode"], result["StatusText"]), (200, "OK"))
        self.assertEqual(result["Headers"]["Content-Type"], ["application/json"])
        sent = result["ResponseBody"]
        self.assertEqual((sent["method"], sent["path"]), ("POST", "/a?x=1&q=a%20b"))
        self.assertEqual(sent["body"], '{"n":1.5}')
        self.assertEqual(sent["headers"]["X-One"], "1")
        self.assertEqual(sent["headers"]["User-Agent"],
                         "Amazon|StepFunctions|HttpInvoke|us-east-1")

    def test_methods(self):
        service = self.service(lambda request: (204, {}, ""))
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"):
            self.assertEqual(self.call(service, method=method)["StatusCode"], 204)
        self.assertEqual([r.command for r in service.requests][-1], "HEAD")

    def test_history(self):
        service = self.service(echo)
        execution = self.tasks.start(HTTP, {"ApiEndpoint": service.url, "Method": "GET"})
        self.tasks.end(execution)
        events = self.tasks.history(execution)
        self.assertEqual([e["type"] for e in events][2:5],
                         ["TaskScheduled", "TaskStarted", "TaskSucceeded"])
        self.assertEqual(events[2]["taskScheduledEventDetails"]["resourceType"], "http")

    def test_statuses_are_errors(self):
        statuses = iter([503, 418, 302, 200])
        service = self.service(lambda request: (next(statuses), {"Location": "http://x"}, "{}"))
        self.assertEqual(self.call(service), ("States.Http.StatusCode.503", "Service Unavailable"))
        self.assertEqual(self.call(service)[0], "States.Http.StatusCode.418")
        self.assertEqual(self.call(service)[0], "States.Http.StatusCode.302")
        self.assertEqual(self.call(service)["StatusCode"], 200)

    def test_retry_takes_an_error(self):
        statuses = iter([503, 200])
        service = self.service(lambda request: (next(statuses), {}, ""))
        result = self.tasks.run(
            HTTP, {"ApiEndpoint": service.url, "Method": "GET"},
            Retry=[{"ErrorEquals": ["States.Http.StatusCode.503"], "IntervalSeconds": 1}])
        self.assertEqual(result["StatusCode"], 200)

    def test_bodies_that_are_no_text(self):
        answers = iter([({"Content-Type": "image/png"}, b"x"), ({}, b"\xff\xfe"),
                        ({"Content-Type": "text/plain"}, b"x" * 300000)])
        service = self.service(lambda request: (200, *next(answers)))
        self.assertEqual(self.call(service)[0], "States.Runtime")
        self.assertEqual(self.call(service)[0], "States.Runtime")
        self.assertEqual(self.call(service)[0], "States.DataLimitExceeded")

    def test_broken_connections(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
        refused = self.tasks.run(HTTP, {"ApiEndpoint": "http://127.0.0.1:%d" % port,
                                        "Method": "GET"})
        self.assertEqual(refused[0], "States.Http.Socket")
        self.assertIn("Connection refused", refused[1])
        service = self.service(lambda request: None)
        self.assertEqual(self.call(service)[0], "States.Http.Socket")
        unknown = self.tasks.run(HTTP, {"ApiEndpoint": "http://nowhere.invalid/", "Method": "GET"})
        self.assertEqual(unknown[0], "States.Http.Socket")

    def test_addresses_that_are_never_reached(self):
        for host in ("169.254.169.254", "[::ffff:169.254.169.254]", "10.0.0.1", "0.0.0.0"):
            error, cause = self.tasks.run(HTTP, {"ApiEndpoint": "http://%s/latest" % host,
                                                 "Method": "GET"})
            self.assertEqual(error, "States.Http.Socket", host)
            self.assertIn("reach", cause)

    def test_bad_parameters(self):
        for parameters in ({"Method": "GET"}, {"ApiEndpoint": "x", "Method": "GET"},
                           {"ApiEndpoint": "http://h", "Method": "BREW"},
                           {"ApiEndpoint": "http://h", "Method": "GET",
                            "Headers": {"Host": "x"}}):
            self.assertEqual(self.tasks.run(HTTP, parameters)[0], "States.Runtime", parameters)

    def test_tls(self):
        service = self.service(echo, "trusted")
        self.assertEqual(self.call(service)["StatusCode"], 200)
        for untrusted in ("unknown", "other"):
            error, cause = self.call(self.service(echo, untrusted))
            self.assertEqual(error, "States.Http.Socket")
            self.assertIn("TLS", cause)

    def test_basic_and_key(self):
        service = self.service(echo)
        basic = self.connect("basic", "BASIC", {
            "BasicAuthParameters": {"Username": "ada", "Password": "hidden-word"},
            "InvocationHttpParameters": {
                "HeaderParameters": [{"Key": "X-One", "Value": "theirs"}],
                "QueryStringParameters": [{"Key": "q", "Value": "theirs"}],
                "BodyParameters": [{"Key": "k", "Value": "hidden-body", "IsValueSecret": True}]}})
        result = self.call(service, "/", "POST", Authentication={"ConnectionArn": basic},
                           Headers={"x-one": "mine"}, QueryParameters={"q": "mine"},
                           RequestBody={"k": "mine", "own": 1})["ResponseBody"]
        self.assertEqual(result["headers"]["Authorization"],
                         "Basic " + base64.b64encode(b"ada:hidden-word").decode())
        self.assertEqual(result["headers"]["X-One"], "theirs")
        self.assertEqual(result["path"], "/?q=theirs")
        self.assertEqual(json.loads(result["body"]), {"k": "hidden-body", "own": 1})
        key = self.connect("key", "API_KEY", {
            "ApiKeyAuthParameters": {"ApiKeyName": "X-Api-Key", "ApiKeyValue": "hidden-key"}})
        result = self.call(service, InvocationConfig={"ConnectionArn": key})["ResponseBody"]
        self.assertEqual(result["headers"]["X-Api-Key"], "hidden-key")

    def trace(self, service, status, **parameters):
        """What TestState tells of one request."""
        state = {"Type": "Task", "Resource": HTTP, "End": True,
                 "Parameters": dict({"ApiEndpoint": service.url + "/t", "Method": "POST",
                                     "RequestBody": {"n": 1}}, **parameters.pop("call", {}))}
        http, answer = self.server.states("TestState", dict(
            {"definition": json.dumps(state), "roleArn": ROLE, "inspectionLevel": "TRACE"},
            **parameters))
        self.assertEqual((http, answer["status"]), (200, status), answer)
        return answer["inspectionData"]

    def test_trace(self):
        service = self.service(lambda request: (200, {"X-Their": "field"}, "told"))
        key = self.connect("traced", "API_KEY", {
            "ApiKeyAuthParameters": {"ApiKeyName": "X-Api-Key", "ApiKeyValue": "hidden-trace"}})
        call = {"InvocationConfig": {"ConnectionArn": key}}
        data = self.trace(service, "SUCCEEDED", call=call)
        request, response = data["request"], data["response"]
        self.assertEqual((request["protocol"], request["method"], request["url"], request["body"]),
                         ("http", "POST", service.url + "/t", '{"n":1}'))
        self.assertTrue(request["headers"].startswith("["), request)
        self.assertIn("X-Api-Key: <SECRET>", request["headers"])
        self.assertNotIn("hidden-trace", json.dumps(data))
        self.assertEqual((response["protocol"], response["statusCode"], response["statusMessage"],
                          response["body"]), ("http", "200", "OK", "told"))
        self.assertIn("X-Their: field", response["headers"])
        self.assertEqual(json.loads(data["result"])["ResponseBody"], "told")
        shown = self.trace(service, "SUCCEEDED", call=call, revealSecrets=True)
        self.assertIn("X-Api-Key: hidden-trace", shown["request"]["headers"])
        self.assertNotIn("request", self.trace(service, "SUCCEEDED", inspectionLevel="DEBUG"))
        broken = self.service(lambda request: (503, {}, "no"))
        data = self.trace(broken, "FAILED")
        self.assertEqual((data["response"]["statusCode"], data["response"]["body"]), ("503", "no"))
        unsent = self.trace(service, "FAILED", call={"ApiEndpoint": "ftp://x"})
        self.assertNotIn("request", unsent)
        closed = self.service(echo)
        closed.stop()
        self.assertNotIn("response", self.trace(closed, "FAILED"))

    def test_connections_that_cannot_be_used(self):
        service = self.service(echo)
        arn = self.connect("gone", "API_KEY", {
            "ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}})
        api(self.server, "DeauthorizeConnection", {"Name": "gone"})
        self.assertEqual(self.call(service, Authentication={"ConnectionArn": arn})[0],
                         "Events.ConnectionResource.InvalidConnectionState")
        api(self.server, "DeleteConnection", {"Name": "gone"})
        self.assertEqual(self.call(service, Authentication={"ConnectionArn": arn})[0],
                         "Events.ConnectionResource.ResourceNotFound")
        other = arn.replace(ACCOUNT, "222222222222")
        self.assertEqual(self.call(service, Authentication={"ConnectionArn": other})[0],
                         "Events.ConnectionResource.AccessDenied")
        self.assertEqual(service.requests, [])

    def test_oauth(self):
        tokens = iter(["first", "second", "third"])
        accepted = {"token": "first"}

        def authorize(request):
            return 200, {}, json.dumps({"access_token": next(tokens), "expires_in": 3600})

        def guarded(request):
            good = request.headers["Authorization"] == "Bearer " + accepted["token"]
            return (200 if good else 401), {}, ""
        authority, service = self.service(authorize), self.service(guarded)
        arn = self.connect("oauth", "OAUTH_CLIENT_CREDENTIALS", {"OAuthParameters": {
            "ClientParameters": {"ClientID": "me", "ClientSecret": "hidden-secret"},
            "AuthorizationEndpoint": authority.url + "/token", "HttpMethod": "POST",
            "OAuthHttpParameters": {"BodyParameters": [{"Key": "scope", "Value": "all"}]}}})
        wait_for(lambda: api(self.server, "DescribeConnection", {"Name": "oauth"})[1]
                 ["ConnectionState"] == "AUTHORIZED", what="the authorization")
        for _ in range(2):  # one token serves both
            self.assertEqual(self.call(service, InvocationConfig={"ConnectionArn": arn})
                             ["StatusCode"], 200)
        self.assertEqual(len(authority.requests), 1)
        self.assertEqual(authority.requests[0].body, b"scope=all&grant_type=client_credentials")
        self.assertEqual(authority.requests[0].headers["Authorization"],
                         "Basic " + base64.b64encode(b"me:hidden-secret").decode())
        accepted["token"] = "second"  # a 401 brings a new one
        self.assertEqual(self.call(service, InvocationConfig={"ConnectionArn": arn})
                         ["StatusCode"], 200)
        accepted["token"] = "none"  # but only once
        self.assertEqual(self.call(service, InvocationConfig={"ConnectionArn": arn})[0],
                         "States.Http.StatusCode.401")

    def test_oauth_that_is_refused(self):
        authority = self.service(lambda request: (403, {}, "no"))
        arn = self.connect("refused", "OAUTH_CLIENT_CREDENTIALS", {"OAuthParameters": {
            "ClientParameters": {"ClientID": "me", "ClientSecret": "hidden-secret"},
            "AuthorizationEndpoint": authority.url, "HttpMethod": "POST"}})
        wait_for(lambda: api(self.server, "DescribeConnection", {"Name": "refused"})[1]
                 ["ConnectionState"] == "DEAUTHORIZED", what="the refusal")
        service = self.service(echo)
        self.assertEqual(self.call(service, InvocationConfig={"ConnectionArn": arn})[0],
                         "Events.ConnectionResource.InvalidConnectionState")

    def test_timeout_ends_the_request(self):
        ended = threading.Event()

        def slow(request):
            request.connection.settimeout(15)
            if request.connection.recv(1) == b"":
                ended.set()
        service = self.service(slow)
        error, _ = self.tasks.run(HTTP, {"ApiEndpoint": service.url, "Method": "GET"},
                                  TimeoutSeconds=1)
        self.assertEqual(error, "States.Timeout")
        self.assertTrue(ended.wait(10), "the request went on")

    def test_zz_nothing_secret_is_told(self):
        told = self.server.log_text()
        folder = os.path.join(self.server.folder, "data", "logs")
        for path, _, names in os.walk(folder):
            for name in names:
                with open(os.path.join(path, name), "rb") as f:
                    told += f.read().decode("utf-8", "replace")
        self.assertNotIn("hidden-word", told)
        self.assertNotIn("hidden-secret", told)


class CrashTest(unittest.TestCase):
    """kill -9 while a request is under way: what has been started is not sent again unseen."""

    def run_case(self, *options):
        served = threading.Semaphore(0)
        go_on = threading.Event()

        def hold(request):
            served.release()
            if len(service.requests) == 1:
                go_on.wait(30)
            return 200, {}, "done"
        service = Service(hold)
        server = Server(*options)
        tasks = Tasks(server)
        try:
            execution = tasks.start(HTTP, {"ApiEndpoint": service.url, "Method": "GET"})
            self.assertTrue(served.acquire(timeout=10))
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
            server.process.stdout.close()
            server.restart(*options)
            return tasks.end(execution), len(service.requests)
        finally:
            go_on.set()
            server.stop()
            service.stop()

    def test_the_attempt_is_lost(self):
        end, requests = self.run_case()
        self.assertEqual((end["status"], end["error"], requests),
                         ("FAILED", "States.Http.Socket", 1))
        self.assertIn("restarted", end["cause"])

    def test_or_run_again_where_the_operator_says_so(self):
        end, requests = self.run_case("--after-crash", "rerun")
        self.assertEqual((end["status"], requests), ("SUCCEEDED", 2))


if __name__ == "__main__":
    suite.run(HttpTaskTest, CrashTest)
