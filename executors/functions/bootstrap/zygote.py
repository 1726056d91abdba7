"""Keeps an interpreter ready, with what handlers import loaded, and forks workers from it.

Descriptor 3 brings the orders of the spawner: a message has the namespaces of the worker's sandbox
(CLONE_NEW*, 8 bytes) and four files: the order, a frame as docs/spawner.md describes it with the
calls of its sandbox behind it, those of the shepherd and those of the worker, each with their
length; the worker's stdout and stderr; the pipe for its shepherd's reports. The order is read by
the children alone, so that nothing of it stays here. The shepherd is
made with CLONE_PARENT: it is the spawner's child, as if that had forked it itself, and the worker
is the shepherd's. There is never more than one thread.
"""
import sys

# What a fresh interpreter has anyway once the bootstrap has begun: for the rest a module of the
# function's own comes first.
import importlib
import json
import os
import time

_BASE = frozenset(sys.modules)

import array
import ctypes
import gc
import io
import resource
import select
import signal
import socket
import struct
import types

_CONTROL = 3
_REPORT = struct.Struct("<ii48s")
_RUNNING, _FAILED, _ENDED = 0, 1, 2
_WORD = struct.Struct("<ii")
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NAME = 1, 4, 15
_PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 36, 38
_CLONE_PARENT = 0x8000
_SYS_CLONE = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
_LOADED = (
    "logging", "datetime", "decimal", "re", "uuid", "base64", "hashlib", "hmac", "math",
    "collections", "functools", "itertools", "typing", "dataclasses", "enum", "pathlib", "copy",
    "traceback", "string", "urllib.parse", "csv", "io", "contextlib", "operator", "_strptime")
# Of other packages only what the machine has for everybody, and only where the function brings no
# version of its own.
_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "certifi", "six",
             "charset_normalizer", "idna", "requests")

# PyDLL keeps the interpreter's lock, so that nothing of it changes hands in the clone.
_libc = ctypes.PyDLL(None, use_errno=True)


def _prctl(option, value):
    _libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0)


def _call_me(name):
    _libc.prctl(_PR_SET_NAME, ctypes.c_char_p(name), 0, 0, 0)


def _clone_beside(namespaces):
    """Like fork, but the child is the parent's and in new namespaces, if any: its id, 0 in the
    child, below 0 an errno."""
    flags = ctypes.c_long(namespaces | _CLONE_PARENT | signal.SIGCHLD)
    null = ctypes.c_long(0)
    pid = _libc.syscall(ctypes.c_long(_SYS_CLONE), flags, null, null, null, null)
    return pid if pid >= 0 else -ctypes.get_errno()


class _Order:
    """What the spawner wants, from a frame: its length, its type, then the members of Spawn."""

    def __init__(self, frame):
        self._frame, self._at = frame, 5
        self.worker, self.tag = self._text(), self._text()
        self.argv = [self._text() for _ in range(self._number("<I"))]
        self.env = [self._text() for _ in range(self._number("<I"))]
        self.folder = self._text()
        self.limits = [(self._number("<I"), self._number("<Q")) for _ in range(self._number("<I"))]

    def _number(self, form):
        value, = struct.unpack_from(form, self._frame, self._at)
        self._at += struct.calcsize(form)
        return value

    def _text(self):
        size = self._number("<I")
        self._at += size
        return self._frame[self._at - size:self._at]


def _read_order(file):
    """The frame, the calls of the shepherd, those of the worker."""
    data = b""
    while chunk := os.read(file, 1 << 18):
        data += chunk
    parts = []
    while data:
        end = 4 + struct.unpack_from("<I", data)[0]
        parts.append(data[:end])
        data = data[end:]
    return parts


def _run_calls(part):
    _run_plan(json.loads(part[4:]))


# ---- the sandbox: the calls of a plan, see executors/functions/sandbox/plan.h
class _CallFailed(Exception):
    def __init__(self, name, error):
        super().__init__(name, error)
        self.name, self.error = name, error


def _run_plan(calls):
    results = []
    for name, number, may_fail, arguments in calls:
        words, pointees = [], []
        for argument in arguments:
            if isinstance(argument, int):
                words.append(ctypes.c_long(argument))
            elif "result" in argument:
                words.append(ctypes.c_long(results[argument["result"]]))
            else:
                words.append(_bytes_of(argument, results, pointees))
        words += [ctypes.c_long(0)] * (6 - len(words))
        result = _libc.syscall(ctypes.c_long(number), *words)
        if result < 0 and not may_fail:
            raise _CallFailed(name, ctypes.get_errno())
        results.append(result)


def _bytes_of(argument, results, pointees):
    text = argument["bytes"].encode("latin-1")
    data = ctypes.create_string_buffer(text, len(text))
    for offset, what in argument["links"]:
        if isinstance(what, int):
            struct.pack_into("<i", data, offset, results[what])
        else:
            text = what.encode("latin-1")
            pointees.append(ctypes.create_string_buffer(text, len(text)))
            struct.pack_into("<Q", data, offset, ctypes.addressof(pointees[-1]))
    return data


# ---- the shepherd: the same as executors/functions/spawner/shepherd.cc ------------------------
def _children():
    try:
        with open("/proc/self/task/%d/children" % os.getpid(), "rb", buffering=0) as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return []


def _end_children():
    for _ in range(1000):
        pids = _children()
        if not pids:
            return
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except OSError:
                pass


def _watch_over(worker):
    """Until the worker ends or somebody wants it to: what wait() tells."""
    wanted = {signal.SIGCHLD, signal.SIGTERM}
    while signal.sigwaitinfo(wanted).si_signo != signal.SIGTERM:
        while True:
            try:
                child, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if child == 0:
                break
            if child == worker:
                return status
    return signal.SIGKILL


def _tell(report, what, status, step=""):
    os.write(report, _REPORT.pack(what, status, step.encode()[:47]))


def _fail(report, step, error):
    _tell(report, _FAILED, error or 1, step)
    os._exit(127)


def _is_orphan(report, parent):
    """The spawner has ended. Its number says nothing in another namespace (0); there it has when
    nobody can read the report any more."""
    if os.getppid() != 0:
        return os.getppid() != parent
    poll = select.poll()
    poll.register(report, 0)
    return any(events & select.POLLERR for _, events in poll.poll(0))


def _shepherd(files, apart, parent):
    """In the worker: the order. The shepherd does not come back."""
    order, out, err, report = files
    step = "setsid"
    try:
        os.setsid()
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL if apart else signal.SIGTERM)
        if _is_orphan(report, parent):
            os._exit(1)
        _call_me(b"shepherd")
        parts = None
        if apart:  # else it has nothing to do, and what it does not touch takes no memory
            step = "order"
            parts = _read_order(order)
            _run_calls(parts[1])
        _prctl(_PR_SET_DUMPABLE, 0)  # closed to the worker, which may be of the same user
        step = "fork"
        worker = os.fork()
    except OSError as error:
        _fail(report, step, error.errno)
    except _CallFailed as error:
        _fail(report, error.name, error.error)
    if worker == 0:
        return _worker(parts, order, out, err, report)
    _tell(report, _RUNNING, 0)
    report = os.dup2(report, 3)
    os.closerange(4, 1 << 20)
    for fd in range(3):
        os.close(fd)
        os.open("/dev/null", os.O_RDWR)
    status = _watch_over(worker)
    if not apart:
        _end_children()
    _tell(report, _ENDED, status)
    os._exit(0)


# ---- the worker ------------------------------------------------------------------------------
def _worker(parts, file, out, err, report):
    step = "order"
    try:
        frame, _, calls = parts or _read_order(file)
        order = _Order(frame)
        step = "dup"
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.dup2(out, 1)
        os.dup2(err, 2)
        step = "setpgid"
        os.setpgid(0, 0)
        step = "chdir"
        os.chdir(order.folder)
        step = "setrlimit"
        for name, value in order.limits:
            most = resource.getrlimit(name)[1]
            value = value if most == resource.RLIM_INFINITY else min(value, most)
            resource.setrlimit(name, (value, value))
        _run_calls(calls)
    except OSError as error:
        _fail(report, step, error.errno)
    except _CallFailed as error:
        _fail(report, error.name, error.error)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # which a change of user had taken back
    _prctl(_PR_SET_DUMPABLE, 1)  # as after an exec
    _call_me(b"python3")
    os.closerange(3, 1 << 20)
    return order


def _forget_shadowed(paths):
    """Modules of the function's own come before those that were loaded for it."""
    own = set()
    for path in paths:
        try:
            own.update(name.partition(".")[0] for name in os.listdir(path))
        except OSError:
            pass
    hidden = {name for name in own if name in sys.modules and name not in _BASE}
    if hidden.intersection(_PACKAGES):
        hidden.update(_PACKAGES)
    if not hidden:
        return
    for name in list(sys.modules):
        if name.partition(".")[0] in hidden and name not in _BASE:
            del sys.modules[name]


def _writer(fd, name):
    raw = io.FileIO(fd, "w", closefd=False)
    raw.name = name
    return io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", "backslashreplace", "\n",
                            line_buffering=True)


def _prepare_output():
    """The writers of all workers, made while 1 and 2 are pipes as theirs will be: a writer knows
    what kind of file it has. What this process itself has to say at its end is for the log."""
    reader, writer = os.pipe()
    log = os.dup(2)
    os.dup2(writer, 1)
    os.dup2(writer, 2)
    sys.stdout = sys.__stdout__ = _writer(1, "<stdout>")
    sys.stderr = sys.__stderr__ = _writer(2, "<stderr>")
    os.close(writer)
    os.close(reader)
    os.dup2(log, 2)
    os.close(log)


def _set_environment(entries):
    env = os.environb
    wanted = dict(entry.split(b"=", 1) for entry in entries)
    for name in [name for name in env if name not in wanted]:
        del env[name]
    for name, value in wanted.items():
        if env.get(name) != value:
            env[name] = value
            if name == b"TZ":
                time.tzset()


def _load_bootstrap(path):
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec")
    module = types.ModuleType("bootstrap")
    module.__file__ = path
    exec(code, module.__dict__)
    return module


def _become(order, bootstrap):
    """The bootstrap runs as if this process had been started for it."""
    _set_environment(order.env)
    for argument in order.argv:
        if argument.startswith(b"pycache_prefix="):
            sys.pycache_prefix = os.fsdecode(argument.partition(b"=")[2])
    env = os.environ
    _forget_shadowed([env["LAMBDA_TASK_ROOT"], *filter(None, env.get("PYTHONPATH", "").split(":"))])
    sys.argv[:] = [bootstrap.__file__]
    bootstrap.__name__ = "__main__"
    sys.modules["__main__"] = bootstrap
    bootstrap.run()


# ---- waiting ---------------------------------------------------------------------------------
def _serve(control, parent):
    """Makes one worker: its order, there; nothing, here."""
    message, parts, _, _ = control.recvmsg(8, socket.CMSG_SPACE(4 * 4))
    if not message:
        os._exit(0)  # the spawner is gone
    files = array.array("i")
    for level, kind, data in parts:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            files.frombytes(data)
    namespaces, = struct.unpack("<Q", message)
    pid = _clone_beside(namespaces)
    if pid == 0:
        return _shepherd(files, namespaces != 0, parent)
    for file in files:
        os.close(file)
    control.send(_WORD.pack(1, pid))
    return None


def _load(name):
    try:
        importlib.import_module(name)
    except Exception:  # a package of the machine that is broken is no reason to serve nobody
        pass


def _wait():
    """Until this process is a worker: its order."""
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    control = socket.socket(fileno=_CONTROL)
    parent = os.getppid()
    os.set_inheritable(_CONTROL, False)
    _call_me(b"zygote")
    _prepare_output()
    control.send(_WORD.pack(0, 0))
    # Serves while it still loads: a worker that comes early loads the rest itself.
    waiting = [*_LOADED, *_PACKAGES[:2], "botocore.session", "boto3.session"]
    waiting.reverse()
    while True:
        if waiting and not select.select([control], [], [], 0)[0]:
            _load(waiting.pop())
            if not waiting:
                gc.collect()
                gc.freeze()
            continue
        order = _serve(control, parent)
        if order is not None:
            control.detach()
            return order


def main():
    bootstrap = _load_bootstrap(sys.argv[1])
    _become(_wait(), bootstrap)


main()
