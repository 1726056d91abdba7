"""What the benchmarks of large numbers share: a server on a folder of its own that can be killed
and started again, the program that fills folders, and the lines that results are told in."""
import http.client
import json
import os
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
PROGRAM = os.environ.get("PERDURE_PROGRAM", os.path.join(ROOT, "build", "release", "perdure"))
TICKS = os.sysconf("SC_CLK_TCK")
FAR_MS = 200 * 24 * 3600 * 1000

WAIT = {"StartAt": "Sleep", "States": {
    "Sleep": {"Type": "Wait", "TimestampPath": "$.until", "Next": "Woken"},
    "Woken": {"Type": "Succeed"}}}
HOP = {"StartAt": "P0", "States": dict(
    {"P%d" % i: {"Type": "Pass", "Next": "P%d" % (i + 1)} for i in range(9)},
    P9={"Type": "Pass", "End": True})}
# A Wait ends an execution at once if it is to last longer than some years.
BODY = {"until": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + FAR_MS / 1000)),
        "order": "A-1001",
        "customer": {"name": "Ada", "city": "London"},
        "items": [{"sku": "x1", "quantity": 2}, {"sku": "y7", "quantity": 1}], "total": 42.5}


def say(text):
    print(text, file=sys.stderr, flush=True)


def result(workload, metric, value, unit):
    text = "%.0f" % value if value >= 1000 else "%.4g" % value
    print("RESULT %s %s %s %s" % (workload, metric, text, unit), flush=True)


def now_ms():
    return int(time.time() * 1000)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def build_seeder():
    subprocess.run(["./pd", "build", "bench_seed"], cwd=ROOT, check=True, stdout=sys.stderr)
    return os.path.join(ROOT, "build", "release", "bench", "bench_seed")


class Bench:
    """A data folder and the server on it; both are gone when it ends."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="perdure-bench-")
        self.data = os.path.join(self.folder, "data")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = None
        self.seeder = build_seeder()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def spawn(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "serve", "--data", self.data, "--listen", "127.0.0.1:%d" % self.port],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def start(self, ready_seconds=60):
        """Returns the seconds until the server answered its first request."""
        began = time.perf_counter()
        self.spawn()
        while time.perf_counter() - began < ready_seconds:
            if self.call("GET", "/health/ready")[0] == 200:
                return time.perf_counter() - began
            if self.process.poll() is not None:
                break
            time.sleep(0.002)
        with open(os.path.join(self.folder, "log"), errors="replace") as log:
            raise SystemExit("the server did not start\n" + log.read()[-2000:])

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def call(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def create_machine(self, name, definition):
        status, text = self.call(
            "POST", "/", json.dumps({"name": name, "definition": json.dumps(definition),
                                     "roleArn": "arn:aws:iam::000000000000:role/r"}),
            {"X-Amz-Target": "AWSStepFunctions.CreateStateMachine",
             "Content-Type": "application/x-amz-json-1.0"})
        if status != 200:
            raise SystemExit("CreateStateMachine: %d %s" % (status, text.decode()))

    def seed(self, machine, count, from_ms=0, spread_ms=0):
        began = time.perf_counter()
        subprocess.run([self.seeder, self.data, machine, str(count), str(from_ms),
                        str(spread_ms)], check=True)
        say("%d executions of %s written in %.1f s" % (count, machine,
                                                       time.perf_counter() - began))

    def load(self, path, clients, seconds):
        """wrk: requests/s, p50 ms, p99 ms, requests, failures."""
        script = os.path.join(self.folder, "post.lua")
        with open(script, "w") as f:
            f.write("""wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '%s'
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("WRK %%f %%f %%f %%d %%d\\n",
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, summary.requests,
    e.status + e.connect + e.read + e.timeout))
end
""" % json.dumps(BODY))
        text = subprocess.run(
            ["wrk", "-t1", "-c%d" % clients, "-d%ds" % seconds, "--latency", "-s", script,
             "http://127.0.0.1:%d%s" % (self.port, path)],
            check=True, capture_output=True, text=True).stdout
        numbers = next(line for line in text.splitlines() if line.startswith("WRK")).split()[1:]
        return [float(n) for n in numbers]

    def database(self):
        path = os.path.join(self.data, "perdure.db")
        return sqlite3.connect("file:%s?mode=ro" % path, uri=True, isolation_level=None)

    def cpu_seconds(self):
        with open("/proc/%d/stat" % self.process.pid) as f:
            fields = f.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_mib(self):
        with open("/proc/%d/status" % self.process.pid) as f:
            line = next(line for line in f if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def database_bytes(self):
        return sum(os.path.getsize(os.path.join(self.data, name))
                   for name in os.listdir(self.data) if name.startswith("perdure.db"))


def median(values):
    return statistics.median(values)
