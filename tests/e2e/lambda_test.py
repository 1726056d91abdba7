#!/usr/bin/python3
# budget: 120 s
"""Functions through Debian's AWS CLI and plain HTTP: events and their destinations, logs, URLs,
schedules. Some of it around a kill of the server."""
import datetime
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import ACCOUNT, AWS, AwsFailed, ServerCase, authorization, wait_for  # noqa: E402
import suite  # noqa: E402

ROLE = "arn:aws:iam::%s:role/r" % ACCOUNT
ARN = "arn:aws:lambda:us-east-1:%s:function:" % ACCOUNT
CODE = """
import json
def handler(event, context):
    print(json.dumps({"saw": event, "level": "INFO"}))
    if isinstance(event, dict) and event.get("fail"):
        raise ValueError("as told")
    if isinstance(event, dict) and "requestContext" in event and "http" in event["requestContext"]:
        return {"statusCode": 201, "headers": {"X-Path": event["rawPath"]}, "cookies": ["a=1"],
                "body": json.dumps([event.get("body"), event["requestContext"]["accountId"]])}
    return {"n": 1.0}
"""


# Two pieces with a pause between them.
STREAM = """
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  const head = { statusCode: 202, headers: { 'Content-Type': 'text/event-stream' } };
  const response = awslambda.HttpResponseStream.from(stream, head);
  response.write('one');
  await new Promise((resolve) => setTimeout(resolve, 500));
  response.write('two');
  response.end();
});
"""


@unittest.skipUnless(os.path.exists(AWS), "%s is not installed" % AWS)
class LambdaTest(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.code = tempfile.TemporaryDirectory(prefix="perdure-code-")
        os.chmod(cls.code.name, 0o755)  # at level A workers are other users
        with open(os.path.join(cls.code.name, "app.py"), "w", encoding="utf-8") as f:
            f.write(CODE)
        with open(os.path.join(cls.code.name, "stream.js"), "w", encoding="utf-8") as f:
            f.write(STREAM)

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.code.cleanup()

    def command(self, *arguments):
        return [AWS, "--endpoint-url", self.server.endpoint, "--output", "json", *arguments]

    def lambda_call(self, path, body, **headers):
        """Plain HTTP where the CLI is not what is tested: it takes its time to start."""
        headers["Authorization"] = authorization("lambda")
        status, _, answer = self.server.request("POST", path, json.dumps(body), headers)
        return status, answer

    def function(self, name, **more):
        status, answer = self.lambda_call("/2015-03-31/functions", {
            "FunctionName": name, "Runtime": "python3.11", "Handler": "app.handler", "Role": ROLE,
            "Timeout": 10, "Code": {"S3Bucket": "hot-reload", "S3Key": self.code.name}, **more})
        self.assertEqual(status, 201, answer)

    def event(self, name, payload):
        status, answer = self.lambda_call("/2015-03-31/functions/%s/invocations" % name, payload,
                                          **{"X-Amz-Invocation-Type": "Event"})
        self.assertEqual(status, 202, answer)

    def lines(self, name, pattern=""):
        """Messages of the function's log that the pattern wants."""
        answer = self.logs("FilterLogEvents", {"logGroupName": "/aws/lambda/" + name,
                                               "filterPattern": pattern})
        return [e["message"] for e in answer.get("events", [])]

    def logs(self, operation, body):
        _, _, answer = self.server.request(
            "POST", "/", json.dumps(body), {"X-Amz-Target": "Logs_20140328." + operation,
                                            "Authorization": authorization("logs")})
        return json.loads(answer)

    def wait_for_record(self, name, condition):
        pattern = '{ $.saw.requestContext.condition = "%s" }' % condition
        found = wait_for(lambda: self.lines(name, pattern), what="a record in the log of " + name)
        self.assertEqual(len(found), 1)
        return json.loads(found[0])["saw"]

    def test_destinations(self):
        for name in ("worker", "listener"):
            self.function(name)
        to = {"Destination": ARN + "listener"}
        config = self.aws("lambda", "put-function-event-invoke-config", "--function-name",
                          "worker", "--maximum-retry-attempts", "0", "--destination-config",
                          json.dumps({"OnSuccess": to, "OnFailure": to}))
        self.assertEqual(config["FunctionArn"], ARN + "worker:$LATEST")
        self.event("worker", {"fail": True, "n": 1.0})
        record = self.wait_for_record("listener", "RetriesExhausted")
        self.assertEqual(record["requestPayload"], {"fail": True, "n": 1.0})
        self.assertEqual(record["responseContext"]["functionError"], "Unhandled")
        self.assertEqual(record["responsePayload"]["errorType"], "ValueError")
        self.assertEqual(record["requestContext"]["approximateInvokeCount"], 1)
        self.event("worker", {})
        record = self.wait_for_record("listener", "Success")
        self.assertEqual(record["responsePayload"], {"n": 1.0})
        self.assertEqual(record["responseContext"],
                         {"statusCode": 200, "executedVersion": "$LATEST"})
        listed = self.aws("lambda", "list-function-event-invoke-configs", "--function-name",
                          "worker")
        self.assertEqual(len(listed["FunctionEventInvokeConfigs"]), 1)
        updated = self.aws("lambda", "update-function-event-invoke-config", "--function-name",
                           "worker", "--maximum-event-age-in-seconds", "60")
        self.assertEqual(updated["MaximumRetryAttempts"], 0)
        self.aws("lambda", "delete-function-event-invoke-config", "--function-name", "worker")
        with self.assertRaisesRegex(AwsFailed, "doesn't have an EventInvokeConfig"):
            self.aws("lambda", "get-function-event-invoke-config", "--function-name", "worker")

    def test_failures_go_to_a_bucket_and_survive_a_kill(self):
        self.function("doomed")
        self.aws("s3api", "create-bucket", "--bucket", "records")
        self.aws("lambda", "put-function-event-invoke-config", "--function-name", "doomed",
                 "--maximum-retry-attempts", "0", "--destination-config",
                 json.dumps({"OnFailure": {"Destination": "arn:aws:s3:::records"}}))
        for i in range(5):
            self.event("doomed", {"fail": True, "i": i})
        self.server.process.send_signal(signal.SIGKILL)
        self.server.process.wait()
        self.server.process.stdout.close()
        self.server.restart()

        def listed(path):
            status, _, answer = self.server.request(
                "GET", path, headers={"Authorization": authorization("s3")})
            return answer.decode() if status == 200 else ""

        def records():
            keys = re.findall("<Key>(.*?)</Key>", listed("/records"))
            return keys if len(keys) == 5 else None
        keys = wait_for(records, what="five records")
        self.assertRegex(keys[0], r"^aws/lambda/async/doomed/\d{4}/\d\d/\d\d/"
                                  r"\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f-]{36}$")
        seen = {json.loads(listed("/records/" + key))["requestPayload"]["i"] for key in keys}
        self.assertEqual(seen, {0, 1, 2, 3, 4})

    def test_logs(self):
        self.function("talker")
        self.event("talker", {"n": 7})
        wait_for(lambda: self.lines("talker", "REPORT"), what="a REPORT line")
        group = "/aws/lambda/talker"
        tail = self.aws("logs", "tail", group, "--format", "short", "--filter-pattern",
                        "{ $.saw.n = 7 }")
        self.assertIn('"saw": {"n": 7}', tail)
        streams = self.aws("logs", "describe-log-streams", "--log-group-name", group,
                           "--order-by", "LastEventTime", "--descending")["logStreams"]
        events = self.aws("logs", "get-log-events", "--log-group-name", group,
                          "--log-stream-name", streams[0]["logStreamName"],
                          "--start-from-head")["events"]
        self.assertTrue(events[0]["message"].startswith(("INIT_START", "START")))
        arn = "arn:aws:logs:us-east-1:%s:log-group:%s" % (ACCOUNT, group)
        self.aws("logs", "tag-log-group", "--log-group-name", group, "--tags", "team=a")
        self.assertEqual(self.aws("logs", "list-tags-for-resource", "--resource-arn",
                                  arn)["tags"], {"team": "a"})
        self.aws("logs", "delete-log-stream", "--log-group-name", group, "--log-stream-name",
                 streams[0]["logStreamName"])
        self.assertEqual(self.lines("talker"), [])
        with self.assertRaisesRegex(AwsFailed, "Invalid filter pattern"):
            self.aws("logs", "filter-log-events", "--log-group-name", group, "--filter-pattern",
                     "{ $.a")

    def test_follow(self):
        stream = {"logGroupName": "own", "logStreamName": "s"}
        self.logs("CreateLogGroup", {"logGroupName": "own"})
        self.logs("CreateLogStream", stream)
        with subprocess.Popen(self.command("logs", "tail", "own", "--follow"), text=True,
                              env=self.server.environment(), stdout=subprocess.PIPE) as tail:
            patience = threading.Timer(60, tail.kill)
            patience.start()
            try:
                for i in range(3):
                    event = {"timestamp": int(time.time() * 1000), "message": "line %d" % i}
                    self.logs("PutLogEvents", dict(stream, logEvents=[event]))
                seen = [tail.stdout.readline() for _ in range(3)]
            finally:
                patience.cancel()
                tail.kill()
        self.assertEqual([line.split()[-2:] for line in seen],
                         [["line", str(i)] for i in range(3)])

    def test_live_tail(self):
        self.function("seen")
        self.lambda_call("/2015-03-31/functions/seen/invocations", {"early": 1})
        group = "arn:aws:logs:us-east-1:%s:log-group:/aws/lambda/seen" % ACCOUNT
        wait_for(lambda: self.lines("seen"), what="the group")
        tail = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        tail.request("POST", "/", json.dumps({"logGroupIdentifiers": [group],
                                              "logEventFilterPattern": "START"}),
                     {"X-Amz-Target": "Logs_20140328.StartLiveTail",
                      "Authorization": authorization("logs"),
                      "Host": "streaming-localhost:%d" % self.server.port})
        response = tail.getresponse()
        self.assertEqual(response.getheader("Content-Type"), "application/vnd.amazon.eventstream")
        text = b""
        while b"sessionStart" not in text:
            text += response.read1()
        self.assertIn(b"initial-response", text)
        self.lambda_call("/2015-03-31/functions/seen/invocations", {})
        while b"START RequestId" not in text:
            text += response.read1()
        self.assertIn(b"sessionUpdate", text)
        self.assertNotIn(b"REPORT", text)
        # It is still open when the server ends, which does not wait for it.

    def test_url(self):
        self.function("site")
        url = self.aws("lambda", "create-function-url-config", "--function-name", "site",
                       "--auth-type", "NONE", "--cors", "AllowOrigins=*")["FunctionUrl"]
        host = url[len("http://"):].strip("/")
        self.assertEqual(host.rsplit(":", 1)[1], str(self.server.port))
        status, headers, body = self.server.request(
            "POST", "/a/b?x=1", '{"n":1}', {"Host": host, "Content-Type": "application/json",
                                            "Origin": "http://page.example"})
        self.assertEqual(status, 201, body)
        self.assertEqual(json.loads(body), ['{"n":1}', "anonymous"])
        self.assertEqual(headers["X-Path"], "/a/b")
        self.assertEqual(headers["Set-Cookie"], "a=1")
        self.assertEqual(headers["Access-Control-Allow-Origin"], "*")
        self.aws("lambda", "update-function-url-config", "--function-name", "site",
                 "--auth-type", "AWS_IAM")
        self.assertEqual(self.server.request("GET", "/", headers={"Host": host})[0], 403)
        status, _, body = self.server.request(
            "GET", "/", headers={"Host": host, "Authorization": authorization("lambda")})
        self.assertEqual((status, json.loads(body)), (201, [None, ACCOUNT]))
        self.assertEqual(self.aws("lambda", "get-function-url-config", "--function-name",
                                  "site")["AuthType"], "AWS_IAM")
        self.aws("lambda", "delete-function-url-config", "--function-name", "site")
        self.assertEqual(self.server.request("GET", "/", headers={"Host": host})[0], 404)

    def test_packages_can_be_fetched(self):
        archive = self.server.package("app.py", CODE)
        with open(archive, "rb") as f:
            content = f.read()
        self.aws("lambda", "create-function", "--function-name", "packed", "--role", ROLE,
                 "--runtime", "python3.11", "--handler", "app.handler", "--publish",
                 "--zip-file", "fileb://" + archive)
        self.aws("lambda", "publish-layer-version", "--layer-name", "packed",
                 "--zip-file", "fileb://" + archive)
        layer = self.aws("lambda", "get-layer-version", "--layer-name", "packed",
                         "--version-number", "1")["Content"]["Location"]
        latest = self.aws("lambda", "get-function", "--function-name", "packed")["Code"]["Location"]
        version = self.aws("lambda", "get-function", "--function-name",
                           "packed:1")["Code"]["Location"]
        for location in (layer, latest, version):
            path = location.split(":%d" % self.server.port, 1)[1]
            status, headers, body = self.server.request("GET", path)
            self.assertEqual((status, headers["Content-Type"]), (200, "application/zip"))
            self.assertEqual(body, content)
            for wrong in (path[:-1], path.split("?")[0], path.replace("packed", "none")):
                self.assertEqual(self.server.request("GET", wrong)[0], 404)

    def test_url_of_a_stream(self):
        self.function("live", Runtime="nodejs20.x", Handler="stream.handler")
        status, answer = self.lambda_call("/2021-10-31/functions/live/url", {
            "AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM"})
        self.assertEqual(status, 201, answer)
        host = json.loads(answer)["FunctionUrl"][len("http://"):].strip("/")
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        connection.request("GET", "/", headers={"Host": host})
        response = connection.getresponse()
        self.assertEqual((response.status, response.getheader("Content-Type")),
                         (202, "text/event-stream"))
        self.assertEqual(response.read1(), b"one")
        self.assertEqual(response.read(), b"two")

    def test_schedules(self):
        self.function("due")
        soon = datetime.datetime.utcnow() + datetime.timedelta(seconds=5)
        targets = {"plain": {"Arn": ARN + "due", "RoleArn": ROLE},
                   "universal": {"Arn": "arn:aws:scheduler:::aws-sdk:lambda:invoke",
                                 "RoleArn": ROLE, "Input": json.dumps(
                                     {"FunctionName": "due", "InvocationType": "Event",
                                      "Payload": json.dumps({"by": "universal"})})}}
        for name, target in targets.items():
            schedule = {"ScheduleExpression": soon.strftime("at(%Y-%m-%dT%H:%M:%S)"),
                        "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target}
            status, _, answer = self.server.request(
                "POST", "/schedules/" + name, json.dumps(schedule),
                {"Authorization": authorization("scheduler")})
            self.assertEqual(status, 200, answer)
        wait_for(lambda: self.lines("due", '{ $.saw.source = "aws.scheduler" }'),
                 what="the schedule's own event")
        wait_for(lambda: self.lines("due", "{ $.saw.by = universal }"),
                 what="the universal target's payload")

    def test_what_is_not_there(self):
        self.function("alone")
        with self.assertRaisesRegex(AwsFailed, "NonExistentQueue"):
            self.aws("lambda", "create-event-source-mapping", "--function-name", "alone",
                     "--event-source-arn", "arn:aws:sqs:us-east-1:%s:q" % ACCOUNT)
        self.assertEqual(self.aws("lambda", "list-event-source-mappings"),
                         {"EventSourceMappings": []})


if __name__ == "__main__":
    suite.run(LambdaTest)
