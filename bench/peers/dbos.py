"""DBOS on a PostgreSQL of its own: ten and three durable steps of a workflow, and a step for each
of 1,000 items. PostgreSQL is Debian's; without it DBOS is skipped."""
import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

from frame import say

READY_SECONDS = 60


def programs():
    """The folder of the newest PostgreSQL's; None: there is none."""
    found = glob.glob("/usr/lib/postgresql/*/bin/initdb")
    return os.path.dirname(max(found, key=lambda path: int(path.split("/")[4]))) if found else None


class Database:
    """Everything at its default: what is committed is on the disk."""

    def __init__(self, port):
        self.folder = tempfile.mkdtemp(prefix="perdure-postgres-")
        self.url = "postgresql://bench@127.0.0.1:%d/postgres" % port
        data = os.path.join(self.folder, "data")
        quiet = {"stdout": subprocess.DEVNULL, "cwd": self.folder}
        if os.geteuid() == 0:  # as whom it does not run
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            quiet.update(user=owner.pw_uid, group=owner.pw_gid, extra_groups=[])
        initdb = os.path.join(programs(), "initdb")
        subprocess.run([initdb, "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8",
                        "--locale=C.UTF-8"], check=True, **quiet)
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(
                [os.path.join(programs(), "postgres"), "-D", data, "-p", str(port),
                 "-c", "listen_addresses=127.0.0.1",
                 "-c", "unix_socket_directories=" + self.folder],
                stderr=log, **quiet)
        ready = [os.path.join(programs(), "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        deadline = time.monotonic() + READY_SECONDS
        while subprocess.run(ready, check=False).returncode != 0:
            if time.monotonic() > deadline:
                raise SystemExit("DBOS: PostgreSQL does not answer, see %s/log" % self.folder)
            time.sleep(0.1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)  # with all its processes, soon
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def measure(node, script, ports, wait_for, measure_workflows):
    """`ports`: two free ones; `measure_workflows(port)` once it answers there."""
    if programs() is None:
        return say("DBOS: skipped, PostgreSQL is not installed (Debian: postgresql)")
    say("DBOS: ten and three durable steps")
    with Database(ports[0]) as database:
        app = subprocess.Popen([node, script, str(ports[1]), database.url],
                               env=dict(os.environ, NODE_ENV="production"),
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            wait_for(ports[1], "POST", "/hop", "1")
            measure_workflows(ports[1])
        finally:
            app.kill()
            app.wait()
