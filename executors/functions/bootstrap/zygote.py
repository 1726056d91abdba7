"""Keeps an interpreter ready, with what handlers import loaded, and forks workers from it.

Descriptor 3 brings the orders of the spawner: a message has the namespaces of the worker's sandbox
(CLONE_NEW*, 8 bytes) and four files: the order, a frame as docs/spawner.md describes it with the
calls of its sandbox behind it, those of the shepherd and those of the worker, each with their
length; the worker's stdout and stderr; the pipe for its shepherd's reports. A fifth file makes the
worker a cell: it waits at descriptor 3 for the order that tells whose it is. Orders are read by
the children alone, so that nothing of one stays here. The shepherd is made by a library beside this
file (executors/functions/forker), with CLONE_PARENT: it is the spawner's child, as if that had
forked it itself, and the worker is the shepherd's. There is never more than one thread.
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
import select
import signal
import socket
import struct
import types

_CONTROL = 3
_WORD = struct.Struct("<ii")
_READY, _FORKED, _LOADED_ALL = 0, 1, 2
_PR_SET_NAME = 15
# What has to be mended after each fork (threads with logging, random) costs every worker a third of
# a MiB: those that want it load it, from what it stands on.
_LOADED = (
    "datetime", "decimal", "re", "uuid", "base64", "hashlib", "hmac", "math",
    "collections", "functools", "itertools", "typing", "dataclasses", "enum", "pathlib", "copy",
    "traceback", "string", "urllib.parse", "csv", "io", "contextlib", "operator", "_strptime",
    "weakref", "warnings")
# Of other packages only what the machine has for everybody, and only where the function brings no
# version of its own.
_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "certifi", "six",
             "charset_normalizer", "idna", "requests")


class _ToldOrder(ctypes.Structure):
    """Where the library has put a worker's order."""
    _fields_ = [("frame", ctypes.c_void_p), ("size", ctypes.c_uint64),
                ("mapped", ctypes.c_void_p), ("mapped_size", ctypes.c_uint64)]


# PyDLL keeps the interpreter's lock, so that nothing of it changes hands in a fork.
_forker = ctypes.PyDLL(os.path.join(os.path.dirname(os.path.abspath(__file__)), "forker.so"))
_forker.perdure_fork.argtypes = [ctypes.c_uint64, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
_forker.perdure_calls.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p]
_python = ctypes.pythonapi
_told = _ToldOrder()


class _Order:
    """What the spawner wants, from a frame without its length: its type, the members of Spawn."""

    def __init__(self, frame):
        self._frame, self._at = frame, 1
        self._text(), self._text()  # whose it is: for the spawner
        self.argv = [self._text() for _ in range(self._number())]
        self.env = [self._text() for _ in range(self._number())]

    def _number(self):
        value, = struct.unpack_from("<I", self._frame, self._at)
        self._at += 4
        return value

    def _text(self):
        size = self._number()
        self._at += size
        return self._frame[self._at - size:self._at]


# ---- the worker ------------------------------------------------------------------------------
def _told_order():
    order = _Order(ctypes.string_at(_told.frame, _told.size))
    _forker.perdure_forget(ctypes.byref(_told))
    return order


def _wait_as_cell(bootstrap, order):
    """Uses once what every worker uses, so that it is here and not shared any more: the pages of
    this process are the zygote's until they are touched. Then the order of the worker, with those
    of its walls that name what is the function's own."""
    env = dict(entry.split(b"=", 1) for entry in order.env)
    bootstrap.warm_up(os.path.dirname(os.fsdecode(order.argv[-1])),
                      os.fsdecode(env[b"AWS_LAMBDA_RUNTIME_API"]))
    for others in [b"REHEARSAL_%d=%d" % (i, i) for i in range(32)], []:
        _set_environment(order.env + others)
    _forget_shadowed(["/"])
    _make_calls(bytes(4))  # none
    data = b""
    while chunk := os.read(_CONTROL, 1 << 16):
        data += chunk
    if not data:
        os._exit(0)  # the spawner has no use for it
    os.close(_CONTROL)
    frame, _, calls = _parts_of(data)
    _make_calls(calls)
    return _Order(frame)


def _make_calls(calls):
    failed = ctypes.c_char_p()
    calls = ctypes.create_string_buffer(calls, len(calls))  # they are written to
    error = _forker.perdure_calls(calls, len(calls), ctypes.byref(failed))
    if failed.value:
        sys.exit("sandbox: %s: %s" % (failed.value.decode(), os.strerror(error)))


def _parts_of(data):
    """The frame, the calls of the shepherd, those of the worker."""
    parts = []
    while data:
        end = 4 + struct.unpack_from("<I", data)[0]
        parts.append(data[4:end])
        data = data[end:]
    return parts


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
def _serve(control):
    """Makes one worker: how many files it was given, there; nothing, here."""
    message, parts, _, _ = control.recvmsg(8, socket.CMSG_SPACE(5 * 4))
    if not message:
        os._exit(0)  # the spawner is gone
    files = array.array("i")
    for level, kind, data in parts:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            files.frombytes(data)
    namespaces, = struct.unpack("<Q", message)
    _python.PyOS_BeforeFork()
    pid = _forker.perdure_fork(namespaces, files.buffer_info()[0], len(files),
                               ctypes.byref(_told))
    if pid == 0:
        _python.PyOS_AfterFork_Child()
        return len(files)
    _python.PyOS_AfterFork_Parent()
    for file in files:
        os.close(file)
    control.send(_WORD.pack(_FORKED, pid))
    return None


def _load(name):
    try:
        importlib.import_module(name)
    except Exception:  # a package of the machine that is broken is no reason to serve nobody
        pass


def _wait():
    """Until this process is a worker: true if it is to be a cell."""
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    control = socket.socket(fileno=_CONTROL)
    os.set_inheritable(_CONTROL, False)
    ctypes.PyDLL(None).prctl(_PR_SET_NAME, ctypes.c_char_p(b"zygote"))
    _prepare_output()
    control.send(_WORD.pack(_READY, 0))
    # Serves while it still loads: a worker that comes early loads the rest itself.
    waiting = [*_LOADED, *_PACKAGES[:2], "botocore.session", "boto3.session"]
    waiting.reverse()
    while True:
        if waiting and not select.select([control], [], [], 0)[0]:
            _load(waiting.pop())
            if not waiting:
                gc.collect()
                gc.freeze()
                control.send(_WORD.pack(_LOADED_ALL, 0))
            continue
        files = _serve(control)
        if files is not None:
            control.detach()
            return files > 4


def main():
    bootstrap = _load_bootstrap(sys.argv[1])
    is_cell = _wait()
    order = _told_order()
    if is_cell:
        order = _wait_as_cell(bootstrap, order)
    _become(order, bootstrap)


main()
