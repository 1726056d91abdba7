"""What the benchmarks of functions share: functions made and called through the API."""
import base64
import io
import json
import os
import re
import shutil
import time
import zipfile

ROLE = "arn:aws:iam::000000000000:role/r"
PAYLOAD = json.dumps({"order": "A-1001", "items": [{"sku": "x1", "n": 2}] * 4})
RUNTIMES = {
    "python": ("python3.11", "app.py", "def handler(event, context):\n    return event\n",
               ["/usr/bin/python3", "-I", "-c", "import json"]),
    "node": ("nodejs20.x", "app.js", "exports.handler = async (event) => event;\n",
             ["node", "-e", "0"]),
}
# A variable that only a process of its own can follow (docs/functions.md).
PLAIN = {"LC_ALL": "C.UTF-8"}


def installed():
    return [name for name, row in RUNTIMES.items() if shutil.which(row[3][0])]


class Functions:
    def __init__(self, server):
        self.server = server
        self.connection = server.connection()

    def call(self, method, path, body=None, headers=None):
        self.connection.request(method, path, body,
                                {"Content-Type": "application/json", **(headers or {})})
        response = self.connection.getresponse()
        text = response.read()
        if response.status >= 300:
            raise SystemExit("%s %s: %d %s" % (method, path, response.status, text.decode()))
        return response, text

    def create(self, name, runtime, variables=None, source=None, snap_start=False):
        version, file, usual, _ = RUNTIMES[runtime]
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr(file, source or usual)
        self.call("POST", "/2015-03-31/functions", json.dumps({
            "FunctionName": name, "Runtime": version, "Handler": "app.handler", "Timeout": 30,
            "SnapStart": {"ApplyOn": "PublishedVersions" if snap_start else "None"},
            "Role": ROLE, "Environment": {"Variables": variables or {}},
            "Code": {"ZipFile": base64.b64encode(package.getvalue()).decode()}}))

    def publish(self, name, runtime, source, snap_start):
        """Version 1 of a function with this source."""
        self.create(name, runtime, source=source, snap_start=snap_start)
        self.call("POST", "/2015-03-31/functions/%s/versions" % name, "{}")

    def path(self, name):
        return "/2015-03-31/functions/%s/invocations" % name

    def invoke(self, name):
        """Milliseconds as the client sees them."""
        began = time.perf_counter()
        _, answer = self.call("POST", self.path(name), PAYLOAD)
        took = (time.perf_counter() - began) * 1000
        if json.loads(answer) != json.loads(PAYLOAD):
            raise SystemExit("wrong answer: %s" % answer.decode())
        return took

    def report(self, name, qualifier="$LATEST"):
        """Duration and init or restore (0: warm) of a call in ms, as its REPORT line has them: from
        dispatch to response, and from the order of the worker until it asks for work."""
        response, _ = self.call("POST", "%s?Qualifier=%s" % (self.path(name), qualifier), PAYLOAD,
                                {"X-Amz-Log-Type": "Tail"})
        line = base64.b64decode(response.headers["X-Amz-Log-Result"]).decode()
        found = re.search(r"\tDuration: ([\d.]+) ms", line)
        init = re.search(r"\t(?:Init|Restore) Duration: ([\d.]+) ms", line)
        return float(found.group(1)), float(init.group(1)) if init else 0.0

    def durations(self, name):
        """Those of the REPORT lines in its log, in ms: from dispatch to response."""
        found, token = [], {}
        while token is not None and len(found) < 20000:
            _, text = self.call("POST", "/", json.dumps({
                "logGroupName": "/aws/lambda/" + name, "filterPattern": "REPORT", **token}),
                {"X-Amz-Target": "Logs_20140328.FilterLogEvents",
                 "Content-Type": "application/x-amz-json-1.1"})
            answer = json.loads(text)
            found += [float(re.search(r"\tDuration: ([\d.]+) ms", event["message"]).group(1))
                      for event in answer["events"]]
            token = {"nextToken": answer["nextToken"]} if answer.get("nextToken") else None
        return found

    def used(self, name):
        """What `perdure stats` says of the function."""
        used = json.loads(self.call("GET", "/stats")[1])["functions"]["used"]
        return next((each for each in used if each["function"].endswith(":" + name)), {})

    def tiers(self, name):
        """How often workers of the function came from where."""
        return self.used(name).get("byTier", {})

    def restart(self, name):
        """The next call needs a new worker."""
        self.call("PUT", "/2015-03-31/functions/%s/configuration" % name,
                  json.dumps({"Description": os.urandom(4).hex()}))


def tree_of(pid):
    """A process and all below it."""
    found = [pid]
    for each in found:
        try:
            with open("/proc/%d/task/%d/children" % (each, each)) as f:
                found.extend(int(child) for child in f.read().split())
        except OSError:
            pass
    return found


def pss_kib(pids):
    total = 0
    for pid in pids:
        try:
            with open("/proc/%d/smaps_rollup" % pid) as f:
                total += next(int(line.split()[1]) for line in f if line.startswith("Pss:"))
        except (OSError, StopIteration):
            pass
    return total


def spawner_of(server):
    """The process id of the server's spawner."""
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/cmdline" % name, "rb") as f:
                words = f.read().split(b"\0")
        except OSError:
            continue
        if b"spawner" in words and server.data.encode() in words:
            return int(name)
    raise SystemExit("no spawner of %s" % server.data)
