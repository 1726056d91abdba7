"""serverless-offline: the functions of `bench functions`, called through its Lambda endpoint."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

from frame import load, median_of, result, say
from function_calls import PAYLOAD, RUNTIMES

READY_SECONDS = 60
# Nothing of it calls home or asks questions.
QUIET = {"SLS_TELEMETRY_DISABLED": "1", "SLS_NOTIFICATIONS_MODE": "off",
         "SLS_INTERACTIVE_SETUP_ENABLE": "0", "NODE_NO_WARNINGS": "1",
         "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}


def write_service(folder, modules, http_port, lambda_port):
    """Its configuration (YAML, of which JSON is a part) beside the functions' code."""
    functions = {}
    for language, (runtime, file, source, _) in RUNTIMES.items():
        name = "%s_%s" % (language, file)
        with open(os.path.join(folder, name), "w") as f:
            f.write(source)
        functions[language] = {"handler": name.rsplit(".", 1)[0] + ".handler", "runtime": runtime}
    settings = {"host": "127.0.0.1", "httpPort": http_port, "lambdaPort": lambda_port,
                "reloadHandler": False, "terminateIdleLambdaTime": 600}
    service = {"service": "bench", "frameworkVersion": "3",
               "provider": {"name": "aws", "runtime": "nodejs20.x", "stage": "dev",
                            "region": "us-east-1"},
               "plugins": ["serverless-offline"], "custom": {"serverless-offline": settings},
               "functions": functions}
    with open(os.path.join(folder, "serverless.yml"), "w") as f:
        json.dump(service, f)
    os.symlink(modules, os.path.join(folder, "node_modules"))


def measure(modules, node, seconds, ports, wait_for):
    """`ports`: two free ones; `wait_for(port, method, path, body)` returns once it answers."""
    say("serverless-offline: the functions of `bench functions`")
    folder = tempfile.mkdtemp(prefix="perdure-serverless-")
    write_service(folder, modules, *ports)
    with open(os.path.join(folder, "log"), "ab") as log:
        process = subprocess.Popen(
            [shutil.which("node") or node, "node_modules/serverless/bin/serverless.js", "offline",
             "start"], cwd=folder, env=dict(os.environ, **QUIET), start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    try:
        for language in RUNTIMES:
            path = "/2015-03-31/functions/bench-dev-%s/invocations" % language
            began = time.perf_counter()
            wait_for(ports[1], "POST", path, PAYLOAD)
            say("  %s answers after %.1f s" % (language, time.perf_counter() - began))
            url = "http://127.0.0.1:%d%s" % (ports[1], path)
            load(url, 4, 1, PAYLOAD)  # warm
            for clients in (1, 4):
                seen = [load(url, clients, seconds, PAYLOAD) for _ in range(3)]
                workload = "serverless_offline_" + language
                result(workload, "requests_%d" % clients, median_of(seen, "per_s"), "1/s")
                result(workload, "errors_%d" % clients, sum(one.errors for one in seen),
                       "requests")
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # its Python workers are of its group
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)
