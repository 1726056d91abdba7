"""The snapshot of a version: a process that has loaded its function and forks workers from then on.

Descriptor 3 brings the orders of the spawner, each a message with four files: a socket on which the
worker says that it is there and is told who it is, its stdout and stderr, and the folder that is to
be its root. What one worker is told is never read here, so it is not in the memory of the next. The
worker is forked twice: its parent is then the shepherd of this sandbox, which tells how it ended
and lives for as long as any worker does.
"""
import _socket
import ctypes
import fcntl
import gc
import os
import stat
import struct
import sys

_CONTROL = 3
_PR_CAP_AMBIENT, _CLEAR_ALL = 47, 4
# What each worker has of its own in its environment; the rest is as the function has left it.
_OWN = frozenset((b"AWS_ACCESS_KEY_ID", b"AWS_SECRET_ACCESS_KEY", b"AWS_SESSION_TOKEN",
                  b"AWS_LAMBDA_LOG_STREAM_NAME", b"PERDURE_WORKER_ID", b"PERDURE_WORKER_SECRET"))

# Before any of the function's code: programs that it starts have neither the socket nor the right
# to change their root, which is for workers.
os.set_inheritable(_CONTROL, False)
ctypes.PyDLL(None).prctl(_PR_CAP_AMBIENT, _CLEAR_ALL, 0, 0, 0)
_forker = ctypes.PyDLL(os.path.join(os.path.dirname(__file__), "forker.so"))
_forker.perdure_calls.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p]


# ---- whether it can be one -------------------------------------------------------------------
def _threads():
    count = len(os.listdir("/proc/self/task")) - 1
    if count == 0:
        return ""
    threading = sys.modules.get("threading")
    known = threading.enumerate() if threading else []
    names = [each.name for each in known if each is not threading.main_thread()]
    return "%d thread%s beside the first run%s once it is loaded (%s)" % (
        count, "s" * (count > 1), "s" * (count == 1), ", ".join(names[:5]) or "of a library")


def _children():
    with open("/proc/self/task/%d/children" % os.getpid(), "rb") as file:
        return "processes that it has started still run" if file.read().strip() else ""


def _files():
    left = sorted(os.listdir("/tmp"))
    return "it has left files in /tmp (%s)" % ", ".join(left[:5]) if left else ""


def _open_descriptors():
    """(number, what it is) of those beyond the first four."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            found.append((int(name), os.readlink("/proc/self/fd/" + name)))
        except OSError:
            pass  # that of the listing
    return [each for each in found if each[0] > _CONTROL]


def _shared():
    """What workers would have in common: an event loop, a pipe, a file of /tmp, memory."""
    for fd, target in _open_descriptors():
        if target.startswith(("anon_inode:", "pipe:", "/memfd:", "/tmp/")):
            name = target.partition(":")[2] or target
            return "it has %s open, which its workers would share" % name
    with open("/proc/self/maps", "rb") as file:
        for line in file:
            allowed = line.split(b" ", 2)[1]  # rwxs
            if allowed[1:2] == b"w" and allowed[3:] == b"s":
                return "it has memory that its workers would share"
    return ""


def why_not():
    """Empty: nothing is in the way."""
    gc.collect()
    return _threads() or _children() or _files() or _shared()


# ---- waiting ---------------------------------------------------------------------------------
def _end_connections():
    """Every socket becomes one whose other end is closed, as after a restore on AWS: two workers
    never speak on one connection."""
    ended, other = _socket.socketpair()
    other.close()
    for fd, target in _open_descriptors():
        if target.startswith("socket:") and fd != ended.fileno():
            os.dup2(ended.fileno(), fd, os.get_inheritable(fd))
    ended.close()


def _received(connection, count):
    """A message and the files that came with it."""
    message, parts, _, _ = connection.recvmsg(64, _socket.CMSG_SPACE(count * 4))
    files = []
    for level, kind, data in parts:
        if level == _socket.SOL_SOCKET and kind == _socket.SCM_RIGHTS:
            files.extend(each for each, in struct.iter_unpack("<i", data[:len(data) // 4 * 4]))
    return message, files


def wait():
    """Returns in each worker."""
    _end_connections()
    gc.collect()
    gc.freeze()  # so that no collection touches what workers share
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    control = _socket.socket(fileno=_CONTROL)
    control.send(b"taken")
    while True:
        message, files = _received(control, 4)
        if not message:
            os._exit(0)  # the spawner is gone
        forked = os.fork()
        if forked == 0:
            if os.fork() != 0:
                os._exit(0)
            control.close()
            return _become(*files)
        for file in files:
            os.close(file)
        try:
            os.waitpid(forked, 0)
        except ChildProcessError:
            pass  # the function does not want to hear of children


# ---- the worker ------------------------------------------------------------------------------
def _parts_of(data):
    """The order's frame, the calls of its walls, those of its limits: each with its length."""
    parts = []
    while data:
        end = 4 + struct.unpack_from("<I", data)[0]
        parts.append(data[4:end])
        data = data[end:]
    return parts


def _texts_of(frame):
    """The members of Spawn up to its environment (docs/spawner.md)."""
    at = 1

    def number():
        nonlocal at
        at += 4
        return struct.unpack_from("<I", frame, at - 4)[0]

    def text():
        nonlocal at
        size = number()
        at += size
        return frame[at - size:at]
    text(), text()
    argv = [text() for _ in range(number())]
    return argv, [text() for _ in range(number())]


def _put_up_walls(connection, calls):
    buffer = ctypes.create_string_buffer(calls, len(calls))  # they are written to
    failed = ctypes.c_char_p()
    error = _forker.perdure_calls(buffer, len(calls), ctypes.byref(failed))
    if failed.value:
        connection.send(failed.value + b": " + os.strerror(error).encode())
        os._exit(1)


def _open_files_again():
    """Each worker has its own place in them."""
    for fd, _ in _open_descriptors():
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            continue
        own = os.open("/proc/self/fd/%d" % fd, fcntl.fcntl(fd, fcntl.F_GETFL))
        os.lseek(own, os.lseek(fd, 0, os.SEEK_CUR), os.SEEK_SET)
        os.dup2(own, fd, os.get_inheritable(fd))
        os.close(own)


def _become(order, out, err, root):
    os.setpgid(0, 0)
    _open_files_again()
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.fchdir(root)
    for file in (out, err, root):
        os.close(file)
    connection = _socket.socket(fileno=order)
    connection.send(b"is there")
    _, files = _received(connection, 1)  # by then it is in its own control group
    if not files:
        os._exit(1)  # nobody wants it
    with open(files[0], "rb") as file:
        frame, walls, limits = _parts_of(file.read())
    _put_up_walls(connection, walls)
    _put_up_walls(connection, limits)
    for entry in _texts_of(frame)[1]:
        name, _, value = entry.partition(b"=")
        if name in _OWN:
            os.environb[name] = value
    connection.send(b"runs")
    connection.close()
