#!/usr/bin/python3
# budget: 180 s
"""S3 by Debian's AWS CLI against the real server: its high-level commands and s3api; bodies larger
than memory should hold; kill -9 in the middle of a put."""
import hashlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import ACCOUNT, Server, wait_for  # noqa: E402
import suite  # noqa: E402

AWS = "/usr/bin/aws"


class AwsFailed(Exception):
    pass


class S3TestCase(unittest.TestCase):
    def setUp(self):
        self.server = Server()

    def tearDown(self):
        self.assertEqual(self.server.stop(), 0)

    def run_aws(self, *arguments, check=True):
        done = subprocess.run([AWS, "--endpoint-url", self.server.endpoint, *arguments],
                              env=self.server.environment(), capture_output=True, timeout=120)
        if check and done.returncode != 0:
            raise AwsFailed(done.stderr.decode().strip())
        return done.stdout.decode(errors="replace")

    def s3(self, *arguments):
        return self.run_aws("s3", *arguments)

    def api(self, operation, *arguments):
        text = self.run_aws("--output", "json", "s3api", operation, *arguments)
        return json.loads(text) if text.strip() else {}

    def file(self, name, content):
        path = os.path.join(self.server.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(content)
        return path

    def peak_mib(self):
        with open("/proc/%d/status" % self.server.process.pid, encoding="ascii") as f:
            return int(re.search(r"VmHWM:\s+(\d+)", f.read())[1]) // 1024


@unittest.skipUnless(os.path.exists(AWS), "%s is not installed" % AWS)
class CliTest(S3TestCase):
    def test_buckets_and_files(self):
        self.assertIn("make_bucket: box", self.s3("mb", "s3://box"))
        with self.assertRaisesRegex(AwsFailed, "NoSuchBucket"):
            self.s3("ls", "s3://nothing")
        big = os.urandom(20 << 20)  # in several parts
        source = self.file("big.bin", big)
        self.s3("cp", source, "s3://box/folder/big.bin")
        self.s3("cp", self.file("small.txt", b"small"), "s3://box/small.txt")
        listing = self.s3("ls", "s3://box")
        self.assertIn("PRE folder/", listing)
        self.assertIn("5 small.txt", listing)
        back = os.path.join(self.server.folder, "back.bin")
        self.s3("cp", "s3://box/folder/big.bin", back)
        with open(back, "rb") as f:
            self.assertEqual(hashlib.md5(f.read()).digest(), hashlib.md5(big).digest())
        self.assertRegex(self.api("head-object", "--bucket", "box", "--key",
                                  "folder/big.bin")["ETag"], r'^"[0-9a-f]{32}-3"$')
        self.s3("mv", "s3://box/small.txt", "s3://box/moved.txt")
        self.assertEqual(self.s3("cp", "s3://box/moved.txt", "-"), "small")
        with self.assertRaisesRegex(AwsFailed, "BucketNotEmpty"):
            self.s3("rb", "s3://box")
        self.s3("rb", "--force", "s3://box")
        self.assertEqual(self.s3("ls"), "")

    def test_sync(self):
        self.s3("mb", "s3://mirror")
        for name in ("tree/a.txt", "tree/b/c d.txt", "tree/b/\u00e4+&.txt"):
            self.file(name, name.encode())
        tree = os.path.join(self.server.folder, "tree")
        self.assertEqual(self.s3("sync", tree, "s3://mirror/t").count("upload:"), 3)
        self.assertNotIn("upload:", self.s3("sync", tree, "s3://mirror/t"))
        os.remove(os.path.join(tree, "a.txt"))
        self.assertIn("delete:", self.s3("sync", "--delete", tree, "s3://mirror/t"))
        copy = os.path.join(self.server.folder, "copy")
        self.s3("sync", "s3://mirror/t", copy)
        self.assertEqual(sorted(os.listdir(os.path.join(copy, "b"))), ["c d.txt", "\u00e4+&.txt"])

    def test_presigned_urls(self):
        self.s3("mb", "s3://shared")
        self.s3("cp", self.file("x.txt", b"for everybody"), "s3://shared/x.txt")
        url = self.s3("presign", "s3://shared/x.txt").strip()
        path = url[len(self.server.endpoint):]
        self.assertEqual(self.server.request("GET", path)[2], b"for everybody")

    def test_api(self):
        self.api("create-bucket", "--bucket", "api", "--create-bucket-configuration",
                 "LocationConstraint=eu-central-1")
        self.assertEqual(self.api("get-bucket-location", "--bucket", "api"),
                         {"LocationConstraint": "eu-central-1"})
        body = self.file("body", b"0123456789")
        self.api("put-object", "--bucket", "api", "--key", "k", "--body", body, "--metadata",
                 "colour=red", "--content-type", "text/x", "--tagging", "a=1")
        head = self.api("head-object", "--bucket", "api", "--key", "k")
        self.assertEqual((head["Metadata"], head["ContentType"], head["ContentLength"]),
                         ({"colour": "red"}, "text/x", 10))
        out = os.path.join(self.server.folder, "out")
        got = self.api("get-object", "--bucket", "api", "--key", "k", "--range", "bytes=2-4", out)
        self.assertEqual(got["ContentRange"], "bytes 2-4/10")
        self.assertEqual(self.api("get-object-tagging", "--bucket", "api", "--key", "k"),
                         {"TagSet": [{"Key": "a", "Value": "1"}]})
        self.api("copy-object", "--bucket", "api", "--key", "c", "--copy-source", "api/k")
        listed = self.api("list-objects-v2", "--bucket", "api", "--max-items", "1")
        self.assertEqual([c["Key"] for c in listed["Contents"]], ["c"])
        self.assertEqual(len(self.api("delete-objects", "--bucket", "api", "--delete",
                                      "Objects=[{Key=c},{Key=k}]")["Deleted"]), 2)
        self.assertEqual(self.api("get-bucket-versioning", "--bucket", "api"), {})
        with self.assertRaisesRegex(AwsFailed, "NoSuchKey"):
            self.api("get-object", "--bucket", "api", "--key", "k", out)
        with self.assertRaisesRegex(AwsFailed, "NotImplemented"):
            self.api("put-bucket-policy", "--bucket", "api", "--policy", "{}")


class BodyTest(S3TestCase):
    AUTHORIZATION = ("AWS4-HMAC-SHA256 Credential=%s/20260101/us-east-1/s3/aws4_request, "
                     "SignedHeaders=host, Signature=x" % ACCOUNT)

    def call(self, method, path, body=b"", **headers):
        headers = dict(headers, Authorization=self.AUTHORIZATION)
        return self.server.request(method, path, body, headers, timeout=120)

    def test_a_body_that_memory_does_not_hold(self):
        mib = 300
        piece = os.urandom(1 << 20)
        self.assertEqual(self.call("PUT", "/large")[0], 200)
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=120)
        connection.request("PUT", "/large/k", (piece for _ in range(mib)),
                           {"Authorization": self.AUTHORIZATION,
                            "Content-Length": str(mib << 20)}, encode_chunked=False)
        response = connection.getresponse()
        response.read()
        self.assertEqual(response.status, 200)
        connection.request("GET", "/large/k", headers={"Authorization": self.AUTHORIZATION})
        response = connection.getresponse()
        self.assertEqual(response.getheader("Content-Length"), str(mib << 20))
        received = hashlib.md5()
        while chunk := response.read(1 << 20):
            received.update(chunk)
        self.assertEqual('"%s"' % received.hexdigest(), response.getheader("ETag"))
        connection.close()
        self.assertLess(self.peak_mib(), 150)

    def test_a_put_that_the_server_does_not_survive(self):
        self.assertEqual(self.call("PUT", "/crash")[0], 200)
        self.assertEqual(self.call("PUT", "/crash/old", b"old " * 200_000)[0], 200)
        half = socket.create_connection(("127.0.0.1", self.server.port))
        half.sendall(("PUT /crash/old HTTP/1.1\r\nHost: localhost\r\nAuthorization: %s\r\n"
                      "Content-Length: 4000000\r\n\r\n" % self.AUTHORIZATION).encode())
        half.sendall(b"new " * 500_000)
        blobs = os.path.join(self.server.folder, "data", "blobs", "unfinished")
        wait_for(lambda: os.path.isdir(blobs) and os.listdir(blobs))
        self.server.process.send_signal(signal.SIGKILL)
        self.server.process.wait()
        half.close()
        again = subprocess.Popen(
            self.server.process.args, stdout=subprocess.PIPE, stderr=self.server.log)
        line = again.stdout.readline().decode()
        self.server.process = again
        self.server.endpoint = line.split("listens on ")[1].split(",")[0].strip()
        self.server.port = int(self.server.endpoint.rsplit(":", 1)[1])
        self.assertEqual(self.call("GET", "/crash/old")[2], b"old " * 200_000)
        self.assertEqual(self.call("PUT", "/crash/old", b"new")[0], 200)
        self.assertEqual(self.call("GET", "/crash/old")[2], b"new")

    def test_wrong_requests(self):
        self.assertEqual(self.call("PUT", "/wrong")[0], 200)
        for status, method, path, body, headers in (
                (400, "PUT", "/wrong/k", b"x", {"Content-MD5": "AAAA"}),
                (400, "PUT", "/wrong/" + "k" * 1025, b"x", {}),
                (400, "POST", "/wrong?delete", b"<Delete><", {}),
                (400, "POST", "/wrong?delete", b"<!DOCTYPE a><a/>", {}),
                (400, "PUT", "/wrong/k", b"zz\r\n",
                 {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}),
                (400, "GET", "/wrong/%zz", b"", {}),
                (404, "PUT", "/wrong/k?partNumber=1&uploadId=none", b"x", {}),
                (400, "PUT", "/wrong/k?partNumber=0&uploadId=none", b"x", {}),
                (501, "PUT", "/wrong?lifecycle", b"<a/>", {}),
                (405, "PATCH", "/wrong/k", b"", {})):
            answer = self.call(method, path, body, **headers)
            self.assertEqual(answer[0], status, (method, path, answer))
            self.assertIn(b"<Error><Code>", answer[2])


if __name__ == "__main__":
    suite.run(CliTest, BodyTest)
