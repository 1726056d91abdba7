#!/usr/bin/python3
# budget: 90 s
"""Runtimes that packages bring, layers and streamed answers, as callers see them."""
import base64
import binascii
import io
import json
import os
import re
import signal
import struct
import sys
import unittest
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import ACCOUNT, AWS, AwsFailed, ServerCase, authorization, wait_for  # noqa: E402
import suite  # noqa: E402

ROLE = "arn:aws:iam::%s:role/r" % ACCOUNT
API = "/2015-03-31/functions"

# Streams what the event lists, a piece each; "!" breaks off with an error, "?" without a word. It
# asks first: who has closed a connection before it is looked at cannot be told from a stranger.
STREAMER = """#!/usr/bin/python3
import base64, http.client, json, os, socket, time
host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
while True:
    api = http.client.HTTPConnection(host, int(port))
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    response = api.getresponse()
    event = json.loads(response.read())
    own = ("/2018-06-01/runtime/invocation/%s/response"
           % response.getheader("Lambda-Runtime-Aws-Request-Id"))
    print("streams %d" % len(event), flush=True)
    out = socket.create_connection((host, int(port)))
    out.sendall(("POST %s HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: chunked\\r\\n"
                 "Lambda-Runtime-Function-Response-Mode: streaming\\r\\n"
                 "Trailer: Lambda-Runtime-Function-Error-Type\\r\\n"
                 "Expect: 100-continue\\r\\n\\r\\n" % own).encode())
    assert b" 100 " in out.recv(65536)
    trailers = b""
    for piece in event:
        if piece == "?":
            out.close()
            break
        if piece == "!":
            body = base64.b64encode(b'{"errorType":"Oops","errorMessage":"in the middle"}')
            trailers = (b"Lambda-Runtime-Function-Error-Type: Function.Oops\\r\\n"
                        b"Lambda-Runtime-Function-Error-Body: " + body + b"\\r\\n")
            continue
        out.sendall(b"%x\\r\\n%b\\r\\n" % (len(piece), piece.encode()))
        time.sleep(0.05)
    else:
        out.sendall(b"0\\r\\n" + trailers + b"\\r\\n")
        assert b" 202 " in out.recv(65536)
"""


def package(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name.replace("__", "/").replace("_py", ".py"))
            info.external_attr = (0o100755 if content.startswith("#!") else 0o100644) << 16
            archive.writestr(info, content)
    return out.getvalue()


def events_of(body):
    """[(event type, payload)] of an event stream, its checksums checked."""
    events = []
    while body:
        total, head = struct.unpack(">II", body[:8])
        message, body = body[:total], body[total:]
        assert struct.unpack(">I", message[8:12])[0] == binascii.crc32(message[:8])
        assert struct.unpack(">I", message[-4:])[0] == binascii.crc32(message[:-4])
        fields, headers = message[12:12 + head], {}
        while fields:
            name = fields[1:1 + fields[0]].decode()
            fields = fields[1 + fields[0]:]
            assert fields[0] == 7
            size = struct.unpack(">H", fields[1:3])[0]
            headers[name] = fields[3:3 + size].decode()
            fields = fields[3 + size:]
        assert headers[":message-type"] == "event"
        events.append((headers[":event-type"], message[12 + head:-4]))
    return events


class RuntimesTest(ServerCase):
    def call(self, method, path, body=None, **headers):
        signed = {"Authorization": authorization("lambda")}
        signed.update({name.replace("_", "-"): value for name, value in headers.items()})
        content = body if isinstance(body, bytes) else json.dumps(body) if body is not None else ""
        return self.server.request(method, path, content, signed)

    def create(self, name, runtime, code, **more):
        status, _, answer = self.call("POST", API, dict(
            FunctionName=name, Runtime=runtime, Handler="f.handler", Role=ROLE,
            Code={"ZipFile": base64.b64encode(code).decode()}, **more))
        self.assertEqual(status, 201, answer)
        return json.loads(answer)

    def stream(self, name, event, **headers):
        status, head, body = self.call(
            "POST", "/2021-11-15/functions/%s/response-streaming-invocations" % name, event,
            **headers)
        self.assertEqual(status, 200, body)
        self.assertEqual(head["Content-Type"], "application/vnd.amazon.eventstream")
        return events_of(body)

    def test_a_streamed_answer_comes_in_pieces(self):
        self.create("streamer", "provided.al2023", package(bootstrap=STREAMER))
        events = self.stream("streamer", ["one", "two", "three"], X_Amz_Log_Type="Tail")
        self.assertEqual([e[0] for e in events[:-1]], ["PayloadChunk"] * (len(events) - 1))
        self.assertGreaterEqual(len(events), 3, "they do not come all at once")
        self.assertEqual(b"".join(e[1] for e in events[:-1]), b"onetwothree")
        self.assertEqual(events[-1][0], "InvokeComplete")
        complete = json.loads(events[-1][1])
        self.assertNotIn("ErrorCode", complete)
        self.assertIn(b"streams 3\n", base64.b64decode(complete["LogResult"]))

        _, head, body = self.call("POST", API + "/streamer/invocations", ["one", "two"])
        self.assertEqual(body, b"onetwo", "a plain call gathers them")
        self.assertNotIn("X-Amz-Function-Error", head)

    def test_a_stream_that_breaks_says_why(self):
        self.create("breaker", "provided.al2023", package(bootstrap=STREAMER))
        events = self.stream("breaker", ["one", "!"])
        self.assertEqual(events[0], ("PayloadChunk", b"one"))
        complete = json.loads(events[-1][1])
        self.assertEqual(complete["ErrorCode"], "Unhandled")
        self.assertEqual(json.loads(complete["ErrorDetails"]),
                         {"errorType": "Oops", "errorMessage": "in the middle"})
        events = self.stream("breaker", ["one", "?"])
        complete = json.loads(events[-1][1])
        self.assertEqual(json.loads(complete["ErrorDetails"])["errorType"],
                         "Runtime.TruncatedResponse")
        self.assertEqual(self.stream("breaker", ["fine"])[0], ("PayloadChunk", b"fine"))

    def test_a_spawner_that_is_told_to_end_takes_all_with_it(self):
        self.create("left", "python3.12", package(f_py=(
            "import os\n"
            "def handler(event, context):\n"
            "    return open('/proc/self/cgroup').read()\n")))
        groups = json.loads(self.call("POST", API + "/left/invocations")[2])
        spawner, = self.server.spawners()
        os.kill(spawner, signal.SIGTERM)
        wait_for(lambda: spawner not in self.server.spawners(), 10, "the spawner's end")
        group = re.search(r"/(perdure-[0-9a-f]+/[\w-]+)", groups)
        for folder, _, _ in os.walk("/sys/fs/cgroup") if group else ():
            self.assertFalse(folder.endswith(group.group(1)), folder)
        _, head, body = self.call("POST", API + "/left/invocations")
        self.assertNotIn("X-Amz-Function-Error", head, "another one is started: %r" % body)

    def test_functions_that_do_not_stream_can_be_called_so(self):
        self.create("plain", "python3.12", package(f_py=(
            "def handler(event, context):\n"
            "    if event: raise ValueError('no')\n"
            "    return {'n': 1}\n")))
        self.assertEqual(self.stream("plain", 0), [("PayloadChunk", b'{"n": 1}'),
                                                   ("InvokeComplete", b"{}")])
        (kind, complete), = self.stream("plain", 1)
        self.assertEqual(kind, "InvokeComplete")
        self.assertEqual(json.loads(json.loads(complete)["ErrorDetails"])["errorType"],
                         "ValueError")
        path = "/2021-11-15/functions/%s/response-streaming-invocations"
        status, _, answer = self.call("POST", path % "missing", 1)
        self.assertEqual((status, json.loads(answer)["__type"]),
                         (404, "ResourceNotFoundException"))
        self.assertEqual(self.call("POST", path % "plain", 1, X_Amz_Invocation_Type="DryRun")[0],
                         204)

    @unittest.skipUnless(os.path.exists(AWS), "%s is not installed" % AWS)
    def test_layers_from_the_command_line(self):
        def aws(*arguments):
            try:
                return self.aws("lambda", *arguments)
            except AwsFailed as failed:
                return str(failed)

        path = os.path.join(self.server.folder, "layer.zip")
        for text in ("first", "second"):
            with open(path, "wb") as f:
                f.write(package(python__dep_py="name = '%s'\n" % text))
            made = aws("publish-layer-version", "--layer-name", "dep", "--zip-file",
                       "fileb://" + path, "--compatible-runtimes", "python3.11", "python3.12",
                       "--license-info", "MIT", "--description", text)
        self.assertEqual(made["Version"], 2)
        self.assertEqual(made["LayerVersionArn"],
                         "arn:aws:lambda:us-east-1:%s:layer:dep:2" % ACCOUNT)
        self.assertEqual(made["CompatibleRuntimes"], ["python3.11", "python3.12"])
        self.assertEqual(aws("get-layer-version", "--layer-name", "dep", "--version-number", "2"),
                         made)
        self.assertEqual(aws("get-layer-version-by-arn", "--arn", made["LayerVersionArn"]), made)
        listed = aws("list-layers", "--compatible-runtime", "python3.12")["Layers"]
        self.assertEqual([(e["LayerName"], e["LatestMatchingVersion"]["Version"]) for e in listed],
                         [("dep", 2)])
        self.assertEqual(aws("list-layers", "--compatible-runtime", "nodejs20.x")["Layers"], [])
        versions = aws("list-layer-versions", "--layer-name", "dep")["LayerVersions"]
        self.assertEqual([e["Version"] for e in versions], [2, 1])

        self.create("user", "python3.12", package(f_py=(
            "import dep\ndef handler(event, context):\n    return dep.name\n")),
            Layers=[made["LayerVersionArn"]])
        self.assertEqual(self.call("POST", API + "/user/invocations", 1)[2], b'"second"')
        first = made["LayerVersionArn"][:-1] + "1"
        shown = aws("update-function-configuration", "--function-name", "user", "--layers", first)
        self.assertEqual([e["Arn"] for e in shown["Layers"]], [first])
        self.assertEqual(self.call("POST", API + "/user/invocations", 1)[2], b'"first"')
        self.assertNotIn("Layers", aws("update-function-configuration", "--function-name", "user",
                                       "--layers", "[]"))

        granted = aws("add-layer-version-permission", "--layer-name", "dep", "--version-number",
                      "1", "--statement-id", "all", "--action", "lambda:GetLayerVersion",
                      "--principal", "*")
        statement = json.loads(granted["Statement"])
        self.assertEqual((statement["Sid"], statement["Principal"]), ("all", "*"))
        policy = aws("get-layer-version-policy", "--layer-name", "dep", "--version-number", "1")
        self.assertEqual(json.loads(policy["Policy"])["Statement"], [statement])
        self.assertEqual(policy["RevisionId"], granted["RevisionId"])
        aws("remove-layer-version-permission", "--layer-name", "dep", "--version-number", "1",
            "--statement-id", "all")
        self.assertIn("ResourceNotFoundException", aws(
            "get-layer-version-policy", "--layer-name", "dep", "--version-number", "1"))
        self.assertEqual(aws("delete-layer-version", "--layer-name", "dep", "--version-number",
                             "1"), {})
        self.assertIn("ResourceNotFoundException", aws(
            "get-layer-version", "--layer-name", "dep", "--version-number", "1"))
        self.assertIn("does not exist", aws("update-function-configuration", "--function-name",
                                            "user", "--layers", first))


if __name__ == "__main__":
    suite.run(RuntimesTest)
