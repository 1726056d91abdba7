"""A real server for a test: its own data folder, its own port, gone at the end."""
import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("PERDURE_PROGRAM", os.path.join(ROOT, "build/release/perdure"))
ACCOUNT = "111111111111"
AWS = "/usr/bin/aws"


class AwsFailed(Exception):
    """What the AWS CLI says on its way out."""


def authorization(service, key=ACCOUNT):
    """A signature's header; nobody verifies it on loopback."""
    return ("AWS4-HMAC-SHA256 Credential=%s/20260101/us-east-1/%s/aws4_request, "
            "SignedHeaders=host, Signature=x" % (key, service))


class Server:
    def __init__(self, *options, user=None):
        """With `user`, a number, the program runs as that user; only root may ask for it."""
        self.folder = tempfile.mkdtemp(prefix="perdure-e2e-")
        self.log = open(os.path.join(self.folder, "server.log"), "wb")
        self.program, self.user = PROGRAM, {}
        if user is not None:
            # Where it lies may be closed to others.
            self.program = shutil.copy(PROGRAM, self.folder)
            os.chown(self.folder, user, user)
            self.user = {"user": user, "group": user, "extra_groups": []}
        self.restart(*options)

    def restart(self, *options):
        """Starts the program on the folder; it does not run."""
        self.process = subprocess.Popen(
            [self.program, "serve", "--data", os.path.join(self.folder, "data"),
             "--listen", "127.0.0.1:0", *options],
            stdout=subprocess.PIPE, stderr=self.log, **self.user)
        line = self.process.stdout.readline().decode()
        if "listens on http://" not in line:
            raise SystemExit("the server did not start: %r\n%s" % (line, self.log_text()))
        self.endpoint = line.split("listens on ")[1].split(",")[0].strip()
        self.port = int(self.endpoint.rsplit(":", 1)[1])

    def log_text(self):
        self.log.flush()
        with open(self.log.name, encoding="utf-8", errors="replace") as f:
            return f.read()

    def environment(self):
        """What AWS's tools need; nothing of the machine's own configuration."""
        home = os.path.join(self.folder, "home")
        os.makedirs(home, exist_ok=True)
        return dict(os.environ, HOME=home, AWS_ACCESS_KEY_ID=ACCOUNT, AWS_SECRET_ACCESS_KEY="x",
                    AWS_DEFAULT_REGION="us-east-1", AWS_REGION="us-east-1",
                    AWS_EC2_METADATA_DISABLED="true", AWS_PAGER="",
                    AWS_DISABLE_HOST_PREFIX_INJECTION="true",
                    AWS_ENDPOINT_URL=self.endpoint, PERDURE_ENDPOINT=self.endpoint)

    def package(self, name, source):
        """A zip file in the server's folder with this one in it; returns its path."""
        path = os.path.join(self.folder, name + ".zip")
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, source)
        return path

    def aws(self, *arguments, timeout=60):
        """What a command of the AWS CLI prints: JSON, or its text where it is none."""
        done = subprocess.run([AWS, "--endpoint-url", self.endpoint, "--output", "json",
                               *arguments], env=self.environment(), capture_output=True, text=True,
                              timeout=timeout)
        if done.returncode != 0:
            raise AwsFailed(done.stderr.strip())
        try:
            return json.loads(done.stdout) if done.stdout.strip() else {}
        except json.JSONDecodeError:
            return done.stdout

    def request(self, method, path, body=b"", headers=None, timeout=30):
        """(status, headers, body) of one plain request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    def states(self, operation, parameters, **more_headers):
        """(status, answer) of one Step Functions operation; text parameters go out as they are."""
        body = parameters if isinstance(parameters, (bytes, str)) else json.dumps(parameters)
        headers = {"X-Amz-Target": "AWSStepFunctions." + operation,
                   "Content-Type": "application/x-amz-json-1.0",
                   "Authorization": authorization("states")}
        headers.update(more_headers)
        status, _, answer = self.request("POST", "/", body, headers)
        return status, json.loads(answer)

    def alive(self):
        return self.process.poll() is None

    def spawners(self):
        """The processes that keep this folder's functions: one, or none."""
        data = os.path.join(self.folder, "data").encode()
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/comm" % pid) as name, \
                        open("/proc/%s/cmdline" % pid, "rb") as command:
                    if (name.read().strip() == "perdure-spawner"
                            and data in command.read().split(b"\0")):
                        found.append(int(pid))
            except OSError:
                pass  # it has just ended
        return found

    def stop(self):
        """Ends the server gently; its exit status."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.process.stdout.close()
        if status != 0:
            print("the server's last words:\n" + self.log_text()[-16000:])
        self.log.close()
        for spawner in self.spawners():
            os.kill(spawner, signal.SIGTERM)  # it would wait a minute for the next server
        shutil.rmtree(self.folder, ignore_errors=True)
        return status


class ServerCase(unittest.TestCase):
    """Tests that share one server, which must end well."""
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        assert status == 0, "the server ended with status %s" % status

    def aws(self, *arguments):
        return self.server.aws(*arguments)


def wait_for(check, seconds=30, what="it"):
    """Asks again and again until `check` gives something true."""
    deadline = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("%s did not happen within %s s" % (what, seconds))
        time.sleep(0.05)
