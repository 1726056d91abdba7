"""What the benchmarks of large numbers share beside bench/frame.py: data folders filled with many
executions by bench_seed while no server holds them, and a look into their database."""
import os
import sqlite3
import subprocess
import time

from frame import PROGRAMS, say

# A Wait ends an execution at once if it is to last longer than some years.
FAR_MS = 200 * 24 * 3600 * 1000
WAIT = {"StartAt": "Sleep", "States": {
    "Sleep": {"Type": "Wait", "TimestampPath": "$.until", "Next": "Woken"},
    "Woken": {"Type": "Succeed"}}}
SLEEPER = ('{"until":"%s","order":"A-1001","customer":{"name":"Ada","city":"London"},'
           '"items":[{"sku":"x1","quantity":2},{"sku":"y7","quantity":1}],"total":42.5}'
           % time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + FAR_MS / 1000)))


def now_ms():
    return int(time.time() * 1000)


def seed(server, machine, count, from_ms=0, spread_ms=0):
    """Writes executions into the folder of a server that is stopped."""
    began = time.perf_counter()
    subprocess.run([os.path.join(PROGRAMS, "bench_seed"), server.data, machine, str(count),
                    str(from_ms), str(spread_ms)], check=True)
    say("    %d executions of %s written in %.1f s" % (count, machine,
                                                       time.perf_counter() - began))


def database(server):
    path = os.path.join(server.data, "perdure.db")
    return sqlite3.connect("file:%s?mode=ro" % path, uri=True, isolation_level=None)
