"""A server on a data folder that outlives it, for tests that are not gentle."""
import os
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
from server import PROGRAM, wait_for  # noqa: E402,F401


class Server:
    """Started at once; its log is a file of its own, never in the data folder."""
    running = []

    def __init__(self, data, *options, preexec=None):
        self.data = data
        self.log = tempfile.NamedTemporaryFile(prefix="perdure-log-", delete=False)
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--data", data, "--listen", "127.0.0.1:0", *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log,
            preexec_fn=preexec)
        line = self.process.stdout.readline().decode()
        if "listens on http://" not in line:
            raise SystemExit("the server did not start, status %s\n%s"
                             % (self.process.wait(), self.log_text()))
        self.endpoint = line.split("listens on ")[1].split(",")[0].strip()
        self.port = int(self.endpoint.rsplit(":", 1)[1])
        Server.running.append(self)

    def log_text(self):
        self.log.flush()
        with open(self.log.name, encoding="utf-8", errors="replace") as f:
            return f.read()

    def alive(self):
        return self.process.poll() is None

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds=30):
        """Ends the server gently; its exit status."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return self.process.returncode

    @classmethod
    def end_all(cls):
        """Nothing stays behind, whatever became of the test."""
        for server in cls.running:
            if server.alive():
                server.kill()
            server.process.stdout.close()
            server.log.close()
            os.unlink(server.log.name)
        cls.running.clear()
