"""What the benchmarks share: a server of their own on an empty data folder, load from wrk, and the
lines that `./pd bench all` reads:

    RESULT <workload> <metric> <value> <unit>

on stdout, one a figure, medians where there are several runs. Everything for people goes to stderr.
Every benchmark understands --quick: the same figures from shorter runs.
"""
import argparse
import http.client
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.environ.get("PERDURE_PROGRAM", os.path.join(ROOT, "build/release/perdure"))
PROGRAMS = os.path.join(ROOT, "build/release/bench")  # what bench/*_bench.cc became
# About 200 bytes: an order, as the peers get it too.
ORDER = ('{"order":"A-1001","customer":{"name":"Ada","city":"London"},'
         '"items":[{"sku":"x1","quantity":2},{"sku":"y7","quantity":1}],"total":42.5,'
         '"note":"leave at the door, ring twice, thank you"}')
ROLE = "arn:aws:iam::000000000000:role/r"


def arguments(description, *more):
    """The parsed command line; `more` are (name, keyword arguments) of a benchmark's own. From here
    on SIGTERM ends the program in good order: servers and folders go with it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="shorter runs")
    for name, options in more:
        parser.add_argument(name, **options)
    return parser.parse_args()


def say(text):
    print(text, file=sys.stderr, flush=True)


def result(workload, metric, value, unit):
    print("RESULT %s %s %s %s" % (workload, metric, "%.6g" % value, unit), flush=True)
    say("  %-14s %-22s %12.6g %s" % (workload, metric, value, unit))


def percentile(sorted_values, share):
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]


def pass_states(count):
    """A definition of `count` Pass states in a row."""
    states = {"P%d" % i: {"Type": "Pass", "Next": "P%d" % (i + 1)} for i in range(count - 1)}
    states["P%d" % (count - 1)] = {"Type": "Pass", "End": True}
    return {"StartAt": "P0", "States": states}


def process_cpu_s(pid):
    """CPU seconds that a process has used so far."""
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def process_rss_mib(pid):
    with open("/proc/%d/status" % pid) as f:
        for line in f:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0


class Server:
    """A server on a data folder of its own; both are gone at the end of the `with` block."""

    def __init__(self, *options):
        self.folder = tempfile.mkdtemp(prefix="perdure-bench-")
        self.data = os.path.join(self.folder, "data")
        self.options = options
        self.process = None
        self.port = 0

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        # Functions' workers outlive a server for a minute, for the next one on the folder.
        subprocess.run(["pkill", "-TERM", "-f", "^perdure spawner --data %s$" % self.data],
                       check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self):
        """In good order; the folder stays."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def start(self):
        """Also after a kill: the folder stays, the port may change."""
        log = open(os.path.join(self.folder, "log"), "ab")
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--data", self.data, "--listen", "127.0.0.1:0", *self.options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        log.close()
        line = self.process.stdout.readline().decode()
        if "listens on http://" not in line:
            with open(os.path.join(self.folder, "log"), errors="replace") as text:
                raise SystemExit("the server did not start: %r\n%s" % (line, text.read()[-2000:]))
        self.endpoint = line.split("listens on ")[1].split(",")[0].strip()
        self.port = int(self.endpoint.rsplit(":", 1)[1])

    @property
    def pid(self):
        return self.process.pid

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def states(self, operation, parameters):
        """One call in AWS's protocol; its answer."""
        connection = self.connection()
        try:
            connection.request("POST", "/", json.dumps(parameters), {
                "X-Amz-Target": "AWSStepFunctions." + operation,
                "Content-Type": "application/x-amz-json-1.0"})
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        if response.status != 200:
            raise SystemExit("%s: %d %s" % (operation, response.status, body.decode()))
        return json.loads(body)

    def create(self, name, definition, type_="STANDARD"):
        """Creates a state machine; its ARN."""
        return self.states("CreateStateMachine", {
            "name": name, "roleArn": ROLE, "type": type_,
            "definition": json.dumps(definition)})["stateMachineArn"]

    def post(self, path, body):
        """The status of one request on a connection of its own; 0 if there is no answer."""
        connection = self.connection()
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
            return response.status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def cpu_s(self):
        return process_cpu_s(self.pid)

    def database_bytes(self):
        return sum(os.path.getsize(os.path.join(folder, name))
                   for folder, _, names in os.walk(self.data) for name in names if ".db" in name)


WRK_SCRIPT = """
local function read(name)
  local file = io.open(os.getenv("PERDURE_BENCH_REQUEST") .. name)
  local text = file:read("*a")
  file:close()
  return text
end
wrk.method = "POST"
wrk.body = read(".body")
for name, value in read(".headers"):gmatch("([^:\\n]+): ([^\\n]+)") do wrk.headers[name] = value end
done = function(summary, latency)
  io.write(string.format("LOAD %d %d %d %f %f %f\\n", summary.duration, summary.requests,
    summary.errors.status + summary.errors.connect + summary.errors.read +
    summary.errors.write + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99), latency.max))
end
"""


class Load:
    """What one run of wrk saw."""

    def __init__(self, line):
        duration_us, requests, errors, p50, p99, longest = (float(x) for x in line.split()[1:])
        self.requests = int(requests)
        self.errors = int(errors)
        self.per_s = requests / duration_us * 1e6
        self.p50_ms, self.p99_ms, self.max_ms = p50 / 1e3, p99 / 1e3, longest / 1e3


def load(url, clients, seconds, body=ORDER, headers=None):
    """`clients` keep-alive connections, each with one request after the other."""
    with tempfile.TemporaryDirectory(prefix="perdure-load-") as folder:
        script = os.path.join(folder, "post.lua")
        with open(script, "w") as f:
            f.write(WRK_SCRIPT)
        with open(os.path.join(folder, "request.body"), "w") as f:
            f.write(body)
        with open(os.path.join(folder, "request.headers"), "w") as f:
            for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                f.write("%s: %s\n" % (name, value))
        environment = dict(os.environ, PERDURE_BENCH_REQUEST=os.path.join(folder, "request"))
        run = subprocess.run(["wrk", "-t1", "-c%d" % clients, "-d%ds" % seconds, "--timeout", "30s",
                              "-s", script, url],
                             capture_output=True, text=True, env=environment)
    for line in run.stdout.splitlines():
        if line.startswith("LOAD "):
            seen = Load(line)
            say("    %d clients: %.0f/s, p50 %.2f ms, p99 %.2f ms, max %.1f ms, %d errors" % (
                clients, seen.per_s, seen.p50_ms, seen.p99_ms, seen.max_ms, seen.errors))
            return seen
    raise SystemExit("wrk failed: %s%s" % (run.stdout, run.stderr))


def median_of(loads, name):
    return statistics.median(getattr(one, name) for one in loads)


def fdatasync_us(folder, count=1000):
    """What the disk needs for 4 KiB appended and synced, sorted."""
    block, took = b"x" * 4096, []
    path = os.path.join(folder, "probe")
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for _ in range(count):
        os.write(file, block)
        began = time.perf_counter()
        os.fdatasync(file)
        took.append((time.perf_counter() - began) * 1e6)
    os.close(file)
    os.unlink(path)
    took.sort()
    return took
