#!/usr/bin/python3
# budget: 90 s
"""Tasks of services that are elsewhere: at a second server of ours that stands for AWS, at small
fake services, and at plugins. The models are those of Debian's awscli or botocore."""
import base64
import hashlib
import hmac
import io
import json
import os
import signal
import sys
import tempfile
import unittest
import urllib.parse
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from http_task_test import ROLE, Tasks  # noqa: E402
from server import ACCOUNT, Server, wait_for  # noqa: E402
from service import Service  # noqa: E402
import suite  # noqa: E402

FOLDERS = ("/usr/lib/python3/dist-packages/botocore/data",
           "/usr/lib/python3/dist-packages/awscli/botocore/data")
MODELS = next((folder for folder in FOLDERS if os.path.isdir(folder)), None)
KEY = {"accessKeyId": ACCOUNT, "secretAccessKey": "secret"}
PASS = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})


def package(text):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("app.py", text)
    return base64.b64encode(data.getvalue()).decode()


def settings_file(settings):
    handle, path = tempfile.mkstemp(suffix=".json")
    with os.fdopen(handle, "w") as f:
        json.dump(settings, f)
    return path


class ForwardCase(unittest.TestCase):
    """A server whose routes the test chooses."""

    def fake(self, answer):
        service = Service(answer)
        self.addCleanup(service.stop)
        return service

    def serve(self, routes, **settings):
        settings.update(routes=routes, pollSeconds=0.1)
        settings.setdefault("credentials", KEY)
        path = settings_file(settings)
        self.addCleanup(os.unlink, path)
        self.options = ("--integrations", path)
        self.server = Server(*self.options)
        self.addCleanup(self.server.stop)
        return Tasks(self.server)

    def to(self, answer, *resources, **settings):
        """(tasks, service): the resources go to a fake service."""
        service = self.fake(answer)
        return self.serve([{"resource": one, "endpoint": service.url} for one in resources],
                          **settings), service


@unittest.skipUnless(MODELS, "no botocore data on this machine")
class OwnServerTest(ForwardCase):
    """A second server stands for AWS."""

    def setUp(self):
        self.aws = Server()
        self.addCleanup(self.aws.stop)
        self.tasks = self.serve([{"resource": "aws-sdk:*", "endpoint": self.aws.endpoint,
                                  "instead": True}])

    def sdk(self, action, **parameters):
        return self.tasks.run("arn:aws:states:::aws-sdk:" + action, parameters)

    def test_step_functions(self):
        made = self.sdk("sfn:createStateMachine", Name="there", Definition=PASS, RoleArn=ROLE)
        arn = "arn:aws:states:us-east-1:%s:stateMachine:there" % ACCOUNT
        self.assertEqual(made["StateMachineArn"], arn)
        self.assertRegex(made["CreationDate"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        started = self.sdk("sfn:startExecution", StateMachineArn=arn, Input={"a": 1}, Name="e")
        self.assertTrue(started["ExecutionArn"].endswith(":there:e"))
        # It is there and not here.
        self.assertEqual(self.aws.states("DescribeStateMachine", {"stateMachineArn": arn})[0], 200)
        self.assertEqual(self.server.states("DescribeStateMachine", {"stateMachineArn": arn})[0],
                         400)
        error, cause = self.sdk("sfn:sendTaskSuccess", TaskToken="none", Output="{}")
        self.assertEqual(error, "Sfn.InvalidTokenException")
        self.assertRegex(cause, r"^Invalid Token: 'Invalid token' \(Service: Sfn, Status Code: "
                                r"400, Request ID: [-0-9a-f]{36}\) \(SDK Attempt Count: 1\)$")

    def test_lambda(self):
        made = self.sdk("lambda:createFunction", FunctionName="f", Runtime="python3.11",
                        Handler="app.handler", Role=ROLE,
                        Code={"ZipFile": package("def handler(e, c):\n    return {'got': e}\n")})
        self.assertEqual(made["FunctionName"], "f")
        called = self.sdk("lambda:invoke", FunctionName="f", Payload={"x": 1})
        self.assertEqual(json.loads(called["Payload"]), {"got": {"x": 1}})
        self.assertEqual(called["StatusCode"], 200)
        self.assertEqual(self.sdk("lambda:getFunction", FunctionName="none")[0],
                         "Lambda.ResourceNotFoundException")

    def test_scheduler_and_sts(self):
        self.assertEqual(self.sdk("sts:getCallerIdentity")["Account"], ACCOUNT)
        made = self.sdk("scheduler:createScheduleGroup", Name="g")
        self.assertTrue(made["ScheduleGroupArn"].endswith("schedule-group/g"))
        self.assertEqual(self.sdk("scheduler:getScheduleGroup", Name="none")[0],
                         "Scheduler.ResourceNotFoundException")


@unittest.skipUnless(MODELS, "no botocore data on this machine")
class FakeServiceTest(ForwardCase):
    def test_dynamodb(self):
        answers = iter([(200, {"x-amzn-RequestId": "r1"}, '{"Item":{"id":{"S":"1"}}}'),
                        (200, {"x-amzn-RequestId": "r2"}, '{"Item":{"id":{"S":"1"}}}'),
                        (400, {"x-amzn-RequestId": "r3"}, json.dumps(
                            {"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
                             "message": "Requested resource not found"})),
                        (400, {"x-amzn-RequestId": "r4"}, json.dumps(
                            {"__type": "com.amazon.coral.validate#ValidationException",
                             "message": "no"}))])
        tasks, service = self.to(lambda request: next(answers), "dynamodb:*", "aws-sdk:dynamodb:*")
        parameters = {"TableName": "t", "Key": {"id": {"S": "1"}}}
        optimised = tasks.run("arn:aws:states:::dynamodb:getItem", parameters)
        self.assertEqual(optimised["Item"], {"id": {"S": "1"}})
        self.assertEqual(optimised["SdkResponseMetadata"], {"RequestId": "r1"})
        self.assertEqual(optimised["SdkHttpMetadata"]["HttpStatusCode"], 200)
        sdk = tasks.run("arn:aws:states:::aws-sdk:dynamodb:getItem", parameters)
        self.assertEqual(sdk, {"Item": {"id": {"S": "1"}}})
        self.assertEqual(
            tasks.run("arn:aws:states:::dynamodb:getItem", parameters),
            ("DynamoDB.ResourceNotFoundException",
             "Requested resource not found (Service: AmazonDynamoDBv2; Status Code: 400; Error "
             "Code: ResourceNotFoundException; Request ID: r3; Proxy: null)"))
        self.assertEqual(
            tasks.run("arn:aws:states:::aws-sdk:dynamodb:getItem", parameters),
            ("DynamoDb.DynamoDbException", "no (Service: DynamoDb, Status Code: 400, Request ID: "
                                           "r4) (SDK Attempt Count: 1)"))
        request = service.requests[0]
        self.assertEqual(request.headers["X-Amz-Target"], "DynamoDB_20120810.GetItem")
        self.assertEqual(json.loads(request.body), parameters)

    def test_the_signature_is_right(self):
        """Computed anew from what arrived."""
        tasks, service = self.to(lambda request: (200, {}, "{}"), "aws-sdk:dynamodb:*",
                                 credentials=dict(KEY, sessionToken="token"))
        tasks.run("arn:aws:states:::aws-sdk:dynamodb:listTables", {"Limit": 5})
        request = service.requests[0]
        given = request.headers["Authorization"]
        names = given.split("SignedHeaders=")[1].split(",")[0].split(";")
        date = request.headers["X-Amz-Date"]
        scope = given.split("Credential=")[1].split(",")[0].split("/", 1)[1]
        self.assertEqual(scope, date[:8] + "/us-east-1/dynamodb/aws4_request")
        self.assertEqual(request.headers["X-Amz-Security-Token"], "token")
        canonical = "\n".join(
            ["POST", "/", ""] + ["%s:%s" % (name, request.headers[name]) for name in names]
            + ["", ";".join(names), hashlib.sha256(request.body).hexdigest()])
        to_sign = "\n".join(["AWS4-HMAC-SHA256", date, scope,
                             hashlib.sha256(canonical.encode()).hexdigest()])
        key = b"AWS4secret"
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        self.assertTrue(given.endswith(
            "Signature=" + hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()))

    def test_query_services(self):
        good = ("<PublishResponse xmlns='http://sns.amazonaws.com/doc/2010-03-31/'><PublishResult>"
                "<MessageId>m</MessageId></PublishResult><ResponseMetadata><RequestId>r</RequestId>"
                "</ResponseMetadata></PublishResponse>")
        bad = ("<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>Topic does "
               "not exist</Message></Error><RequestId>r</RequestId></ErrorResponse>")
        answers = iter([(200, {"Content-Type": "text/xml"}, good), (404, {}, bad)])
        tasks, service = self.to(lambda request: next(answers), "sns:publish*")
        parameters = {"TopicArn": "arn:aws:sns:us-east-1:1:t", "Message": {"a": 1}}
        result = tasks.run("arn:aws:states:::sns:publish", parameters)
        self.assertEqual(result["MessageId"], "m")
        self.assertIn(b"Message=%7B%22a%22%3A1%7D", service.requests[0].body)
        self.assertEqual(
            tasks.run("arn:aws:states:::sns:publish", parameters),
            ("SNS.NotFoundException",
             "Topic does not exist (Service: AmazonSNS; Status Code: 404; Error Code: NotFound; "
             "Request ID: r; Proxy: null)"))

    def test_s3(self):
        missing = ("<?xml version='1.0'?><Error><Code>NoSuchKey</Code><Message>The specified key "
                   "does not exist.</Message><Key>k</Key><RequestId>r</RequestId></Error>")
        answers = iter([(200, {"ETag": '"e"', "x-amz-meta-own": "v"}, "content"),
                        (404, {"x-amz-request-id": "r", "x-amz-id-2": "x"}, missing),
                        (200, {}, "<ListBucketResult><Name>b</Name><KeyCount>1</KeyCount><Contents>"
                                  "<Key>k</Key><Size>3</Size></Contents></ListBucketResult>")])
        service = self.fake(lambda request: next(answers))
        tasks = self.serve([{"resource": "aws-sdk:s3:*", "endpoint": service.url,
                             "instead": True}])
        got = tasks.run("arn:aws:states:::aws-sdk:s3:getObject", {"Bucket": "b", "Key": "a b/c"})
        self.assertEqual((got["Body"], got["ETag"], got["Metadata"]),
                         ("content", '"e"', {"own": "v"}))
        self.assertEqual(service.requests[0].path, "/b/a%20b/c")
        self.assertEqual(
            tasks.run("arn:aws:states:::aws-sdk:s3:getObject", {"Bucket": "b", "Key": "k"}),
            ("S3.NoSuchKeyException",
             "The specified key does not exist. (Service: S3, Status Code: 404, Request ID: r, "
             "Extended Request ID: x) (SDK Attempt Count: 1)"))
        listed = tasks.run("arn:aws:states:::aws-sdk:s3:listObjectsV2", {"Bucket": "b"})
        self.assertEqual(listed["Contents"], [{"Key": "k", "Size": 3}])

    def test_events(self):
        answers = iter(['{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}',
                        '{"FailedEntryCount":1,"Entries":[{"ErrorCode":"MalformedDetail"}]}'])
        tasks, service = self.to(lambda request: (200, {}, next(answers)), "events:putEvents*")
        parameters = {"Entries": [{"Detail": {"a": 1}, "DetailType": "d", "Source": "s"}]}
        self.assertEqual(tasks.run("arn:aws:states:::events:putEvents", parameters),
                         {"Entries": [{"EventId": "1"}], "FailedEntryCount": 0})
        entry = json.loads(service.requests[0].body)["Entries"][0]
        self.assertEqual(entry["Detail"], '{"a":1}')
        self.assertEqual([arn.split(":")[5] for arn in entry["Resources"]],
                         ["execution", "stateMachine"])
        error, cause = tasks.run("arn:aws:states:::events:putEvents", parameters)
        self.assertEqual(error, "EventBridge.FailedEntry")
        self.assertEqual(json.loads(cause)["FailedEntryCount"], 1)

    def test_a_token_comes_back(self):
        tasks, service = self.to(
            lambda request: (200, {}, "<SendMessageResponse><SendMessageResult><MessageId>m"
                                      "</MessageId></SendMessageResult></SendMessageResponse>"
                             if b"Action=" in request.body else '{"MessageId":"m"}'), "sqs:*")
        execution = tasks.start(
            "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            {"QueueUrl": service.url + "/q", "MessageBody": {"Token.$": "$$.Task.Token"}})

        def submitted():
            return [e for e in tasks.history(execution) if e["type"] == "TaskSubmitted"]
        event = wait_for(submitted)[0]["taskSubmittedEventDetails"]
        self.assertEqual(json.loads(event["output"])["MessageId"], "m")
        body = service.requests[0].body.decode()
        form = urllib.parse.parse_qs(body)
        message = form["MessageBody"][0] if form else json.loads(body)["MessageBody"]
        self.server.states("SendTaskSuccess", {"taskToken": json.loads(message)["Token"],
                                               "output": '"back"'})
        self.assertEqual(tasks.end(execution)["output"], '"back"')

    def job(self, statuses, restart=False):
        statuses = iter(statuses)

        def answer(request):
            if request.headers["X-Amz-Target"].endswith("StartJobRun"):
                return 200, {}, '{"JobRunId":"run"}'
            status = next(statuses)
            return 200, {}, json.dumps({"JobRun": {"Id": "run", "JobRunState": status}})
        tasks, service = self.to(answer, "glue:startJobRun*")
        execution = tasks.start("arn:aws:states:::glue:startJobRun.sync", {"JobName": "j"})
        if restart:
            wait_for(lambda: len(service.requests) > 2)
            self.server.process.send_signal(signal.SIGKILL)
            self.server.process.wait()
            self.server.process.stdout.close()
            self.server.restart(*self.options)
        return tasks.end(execution), service

    def test_a_job_is_followed_to_its_end(self):
        end, service = self.job(["RUNNING", "RUNNING", "SUCCEEDED"])
        self.assertEqual(json.loads(end["output"])["JobRunState"], "SUCCEEDED")
        self.assertEqual(json.loads(service.requests[1].body), {"JobName": "j", "RunId": "run"})
        end, _ = self.job(["RUNNING", "FAILED"])
        self.assertEqual(end["error"], "States.TaskFailed")
        self.assertEqual(json.loads(end["cause"])["JobRunState"], "FAILED")

    def test_a_job_is_followed_over_a_crash(self):
        end, service = self.job(["RUNNING"] * 20 + ["SUCCEEDED"], restart=True)
        self.assertEqual(end["status"], "SUCCEEDED")
        starts = [r for r in service.requests if r.headers["X-Amz-Target"].endswith("StartJobRun")]
        self.assertEqual(len(starts), 1)

    def emr(self, states):
        """A cluster whose state is another one with each question."""
        states = iter(states)

        def answer(request):
            operation = request.headers["X-Amz-Target"].split(".")[1]
            if operation == "RunJobFlow":
                return 200, {}, '{"JobFlowId":"j-1","ClusterArn":"arn:c"}'
            if operation == "AddJobFlowSteps":
                return 200, {}, '{"StepIds":["s-1"]}'
            status = {"Status": {"State": next(states)}}
            one = {"Id": "j-1", **status}
            return 200, {}, json.dumps({"DescribeStep": {"Step": one},
                                        "DescribeCluster": {"Cluster": one}}.get(operation, {}))
        return self.to(answer, "elasticmapreduce:*")

    def test_a_cluster_and_its_steps(self):
        tasks, service = self.emr(["STARTING", "WAITING", "RUNNING", "COMPLETED", "TERMINATING",
                                   "TERMINATED", "FAILED"])

        def run(action, parameters):
            return tasks.end(tasks.start("arn:aws:states:::elasticmapreduce:" + action,
                                         parameters))
        made = json.loads(run("createCluster.sync", {"Name": "n", "Instances": {}})["output"])
        self.assertEqual((made["ClusterId"], made["Cluster"]["Status"]["State"]),
                         ("j-1", "WAITING"))
        step = {"ClusterId": "j-1", "Step": {"Name": "s", "HadoopJarStep": {"Jar": "x"}}}
        done = json.loads(run("addStep.sync", step)["output"])
        self.assertEqual(done["Step"]["Status"]["State"], "COMPLETED")
        added = next(r for r in service.requests
                     if r.headers["X-Amz-Target"].endswith("AddJobFlowSteps"))
        self.assertEqual(json.loads(added.body), {"JobFlowId": "j-1", "Steps": [step["Step"]]})
        ended = json.loads(run("terminateCluster.sync", {"ClusterId": "j-1"})["output"])
        self.assertEqual(ended["Cluster"]["Status"]["State"], "TERMINATED")
        self.assertEqual(run("addStep.sync", step)["error"], "States.TaskFailed")
        self.assertEqual(json.loads(run("addStep", step)["output"])["StepId"], "s-1")

    def test_a_deletion_ends_when_it_is_gone(self):
        answers = iter([(200, {"cluster": {"name": "c", "status": "ACTIVE"}}),
                        (200, {"cluster": {"name": "c", "status": "DELETING"}}),
                        (404, {"message": "No cluster found"})])

        def answer(request):
            status, body = next(answers)
            headers = {"x-amzn-ErrorType": "ResourceNotFoundException"} if status == 404 else {}
            return status, headers, json.dumps(body)
        tasks, _ = self.to(answer, "eks:*")
        end = tasks.end(tasks.start("arn:aws:states:::eks:deleteCluster.sync", {"Name": "c"}))
        self.assertEqual((end["status"], json.loads(end["output"])["Cluster"]["Name"]),
                         ("SUCCEEDED", "c"))

    def test_what_cannot_be_called(self):
        tasks, service = self.to(lambda request: (200, {}, "no json"), "*")
        self.assertEqual(tasks.run("arn:aws:states:::aws-sdk:dynamodb:listTables", {})[0],
                         "DynamoDb.SdkClientException")
        for resource, parameters, word in (
                ("aws-sdk:nosuchservice:doIt", {}, "nosuchservice"),
                ("eks:runJob.sync", {}, "not known"),
                ("aws-sdk:dynamodb:brewCoffee", {}, "BrewCoffee")):
            error, cause = tasks.run("arn:aws:states:::" + resource, parameters)
            self.assertIn(word, cause)
        service.stop()
        error, cause = tasks.run("arn:aws:states:::sqs:sendMessage",
                                 {"QueueUrl": "q", "MessageBody": "b"})
        self.assertEqual(error, "SQS.SdkClientException")
        self.assertIn("Unable to execute HTTP request", cause)


class PluginTest(ForwardCase):
    def plugin(self, answer):
        service = self.fake(answer)
        return self.serve([{"resource": "*", "plugin": service.url + "/do"}]), service

    def test_contract(self):
        tasks, service = self.plugin(lambda request: (200, {}, '{ "z": 1.0, "a": [] }'))
        execution = tasks.start("arn:aws:states:::ecs:runTask.waitForTaskToken",
                                {"Cluster": "c", "T.$": "$$.Task.Token"}, TimeoutSeconds=50,
                                HeartbeatSeconds=20)
        wait_for(lambda: service.requests)
        task = json.loads(service.requests[0].body)
        self.assertEqual(service.requests[0].path, "/do")
        self.assertEqual(task["resource"], "arn:aws:states:::ecs:runTask.waitForTaskToken")
        self.assertEqual((task["stateName"], task["attempt"], task["timeoutSeconds"],
                          task["heartbeatSeconds"]), ("T", 0, 50, 20))
        self.assertEqual(task["executionArn"], execution)
        self.assertEqual(task["parameters"]["T"], task["taskToken"])
        wait_for(lambda: self.server.states("SendTaskSuccess", {
            "taskToken": task["taskToken"], "output": "7"})[0] == 200)
        self.assertEqual(tasks.end(execution)["output"], "7")

    def test_results_and_errors(self):
        answers = iter([(200, '{"z":1.0,"a":[]}'), (200, ""),
                        (400, '{"error":"My.Error","cause":"c"}'), (503, "busy"),
                        (200, "no json"), (200, '"%s"' % ("x" * 300000))])
        tasks, _ = self.plugin(lambda request: (lambda one: (one[0], {}, one[1]))(next(answers)))
        resource = "arn:aws:states:::batch:submitJob"
        execution = tasks.start(resource, {})
        self.assertEqual(tasks.end(execution)["output"], '{"z":1.0,"a":[]}')
        self.assertEqual(tasks.run(resource, {}), {})
        self.assertEqual(tasks.run(resource, {}), ("My.Error", "c"))
        error, cause = tasks.run(resource, {})
        self.assertEqual(error, "Perdure.PluginException")
        self.assertIn("503", cause)
        self.assertEqual(tasks.run(resource, {})[0], "Perdure.PluginException")
        self.assertEqual(tasks.run(resource, {})[0], "States.DataLimitExceeded")

    def test_sync(self):
        polls = iter([(202, "{}"), (202, "{}"), (200, '{"done":true}')])

        def answer(request):
            if request.path == "/do":
                return 202, {}, '{"poll":"/jobs/1"}'
            status, body = next(polls)
            return status, {}, body
        tasks, service = self.plugin(answer)
        self.assertEqual(tasks.run("arn:aws:states:::emr-serverless:startJobRun.sync", {}),
                         {"done": True})
        self.assertEqual([r.path for r in service.requests], ["/do"] + ["/jobs/1"] * 3)

    def test_a_poll_url_does_not_lead_elsewhere(self):
        tasks, _ = self.plugin(lambda request: (202, {}, '{"poll":"http://169.254.169.254/"}'))
        self.assertEqual(tasks.run("arn:aws:states:::glue:startJobRun.sync", {})[0],
                         "Perdure.PluginException")


class NoRouteTest(ForwardCase):
    def test_says_which_setting_is_missing(self):
        tasks = self.serve([])
        for resource in ("sqs:sendMessage", "aws-sdk:dynamodb:listTables", "glue:startJobRun.sync"):
            error, cause = tasks.run("arn:aws:states:::" + resource,
                                     {"QueueUrl": "q", "MessageBody": "b"})
            self.assertEqual(error, "Perdure.UnsupportedResourceException")
            self.assertIn("--integrations", cause)
            self.assertIn(resource, cause)

    def test_bad_settings_stop_the_start(self):
        for settings in ("{", '{"routes":[{}]}', '{"unknown":1}'):
            handle, path = tempfile.mkstemp()
            os.write(handle, settings.encode())
            os.close(handle)
            self.addCleanup(os.unlink, path)
            with self.assertRaises(SystemExit):
                Server("--integrations", path)

    def test_built_in_calls_need_no_route(self):
        tasks = self.serve([])
        sdk = "arn:aws:states:::aws-sdk:"
        identity = tasks.run(sdk + "sts:getCallerIdentity", {})
        self.assertEqual(identity["Account"], ACCOUNT)
        tasks.run(sdk + "eventbridge:createConnection", {
            "Name": "c", "AuthorizationType": "API_KEY", "AuthParameters": {
                "ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "hidden"}}})
        shown = tasks.run(sdk + "eventbridge:describeConnection", {"Name": "c"})
        self.assertEqual(shown["AuthParameters"], {"ApiKeyAuthParameters": {"ApiKeyName": "k"}})
        listed = tasks.run(sdk + "sfn:listStateMachines", {"MaxResults": 1})
        self.assertEqual(set(listed["StateMachines"][0]),
                         {"CreationDate", "Name", "StateMachineArn", "Type"})
        tasks.run(sdk + "s3:createBucket", {"Bucket": "tasks-own"})
        put = tasks.run(sdk + "s3:putObject", {"Bucket": "tasks-own", "Key": "a/b",
                                               "Body": ["List", 1]})
        self.assertEqual(put["ETag"], '"%s"' % hashlib.md5(b'["List",1]').hexdigest())
        got = tasks.run(sdk + "s3:getObject", {"Bucket": "tasks-own", "Key": "a/b"})
        self.assertEqual((got["Body"], got["ContentLength"]), ('["List",1]', 10))
        self.assertRegex(got["LastModified"], r"^20\d\d-\d\d-\d\dT")
        listed = tasks.run(sdk + "s3:listObjectsV2", {"Bucket": "tasks-own"})
        self.assertEqual([one["Key"] for one in listed["Contents"]], ["a/b"])
        error, cause = tasks.run(sdk + "s3:getObject", {"Bucket": "tasks-own", "Key": "none"})
        self.assertEqual(error, "S3.NoSuchKeyException")
        self.assertIn("(Service: S3, Status Code: 404, Request ID: ", cause)
        self.assertIn(", Extended Request ID: ", cause)
        other = "arn:aws:states:us-east-1:222222222222:stateMachine:x"
        self.assertEqual(tasks.run(sdk + "sfn:describeStateMachine", {"StateMachineArn": other})[0],
                         "Sfn.SfnException")
        self.assertEqual(tasks.run(sdk + "sfn:describeStateMachine", {})[0],
                         "Sfn.ValidationException")


if __name__ == "__main__":
    suite.run(OwnServerTest, FakeServiceTest, PluginTest, NoRouteTest)
