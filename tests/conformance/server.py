"""Starts, watches and stops the program under test."""
import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

READY_SECONDS = 20
STOP_SECONDS = 15
DYING_SECONDS = 1


class ServerFailed(Exception):
    pass


def ended(process, after_no_answer):
    """The exit status of a process that has ended by itself, else nothing. The connection of a
    dying process breaks a moment before its exit status is there."""
    if after_no_answer:
        try:
            return process.wait(DYING_SECONDS)
        except subprocess.TimeoutExpired:
            return None
    return process.poll()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """One process on a data folder of its own, removed with it."""

    def __init__(self, program):
        self.program = program
        self.lock = threading.Lock()
        self.folder = tempfile.mkdtemp(prefix="perdure-conformance-")
        self.log_path = os.path.join(self.folder, "server.log")
        self.process = None
        self.aborted = False  # by an assertion of its own, however often it was started again
        self.port = 0
        self.start()

    def start(self):
        self.port = free_port()
        data = tempfile.mkdtemp(prefix="data-", dir=self.folder)
        command = [self.program, "serve", "--check-replay", "--data", data,
                   "--listen", "127.0.0.1:%d" % self.port]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=subprocess.STDOUT)
        deadline = time.monotonic() + READY_SECONDS
        while not self.ready():
            if self.process.poll() is not None:
                raise ServerFailed("the server ended at once (status %s)\n%s"
                                   % (self.process.returncode, self.log_tail()))
            if time.monotonic() > deadline:
                raise ServerFailed("the server was not ready after %d s" % READY_SECONDS)
            time.sleep(0.02)

    def ready(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


    def revive(self):
        """The running process: a fresh one if the last has ended."""
        with self.lock:
            if self.process.poll() is not None:
                self.aborted |= self.process.returncode == -signal.SIGABRT
                self.start()
            return self.process

    def log_tail(self, lines=15):
        with open(self.log_path, errors="replace") as f:
            return "".join(f.readlines()[-lines:])

    def stop(self):
        """Ends the process and returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.aborted |= self.process.returncode == -signal.SIGABRT
        shutil.rmtree(self.folder, ignore_errors=True)
        return self.process.returncode
