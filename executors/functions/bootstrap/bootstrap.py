"""Runs the handler of a function: asks the runtime endpoint for invocations, one at a time.

The routes are those of the Lambda Runtime API, spoken over a Unix socket by a client of a few
lines, because importing an HTTP library costs more than all the rest of a cold start. What user
code may need but mostly does not (logging, botocore) is looked after when it is imported.
"""
import os
import sys
import time

_ENV = os.environ
_WORKER = _SECRET = _SOCKET = _ROOT = ""  # see _take_environment
_snapshot = None  # the module of that name, where this process is to be one
_API = b"/2018-06-01/runtime/"
_LONG_SECONDS = 1_000_000
_RETRY_SECONDS = 30  # an answer is kept this long while the engine is away
_LONGEST_PAUSE = 0.25  # between two looks whether the engine is back, with an answer for it
_LONGEST_IDLE_PAUSE = 2  # without one: there may be many such workers
_OWN_FILE = os.path.abspath(__file__)


def _take_environment():
    global _WORKER, _SECRET, _SOCKET, _ROOT
    _WORKER = _ENV.pop("PERDURE_WORKER_ID")
    _SECRET = _ENV.pop("PERDURE_WORKER_SECRET")
    _SOCKET = _ENV["AWS_LAMBDA_RUNTIME_API"][len("unix:"):]
    _ROOT = _ENV["LAMBDA_TASK_ROOT"]


_early_connection = None  # of a process that was ready before its function was known


def _connect_to(path):
    import _socket
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    connection.connect(path)
    # Whoever waits in a plain recv() is woken when the other end has read, too; a wait with a limit
    # looks for what has come only.
    connection.settimeout(_LONG_SECONDS)
    return connection


class _Gone(Exception):
    """The engine does not want this worker (any more)."""


class _Client:
    """HTTP/1.1 over one connection that is made again when it is lost."""

    def __init__(self):
        self._socket = None
        self._rest = b""
        self._has_answer = False
        self._who = ("Host: runtime\r\nPerdure-Worker: %s\r\nPerdure-Secret: %s\r\n"
                     % (_WORKER, _SECRET)).encode()
        self._next = b"GET %binvocation/next HTTP/1.1\r\n%b\r\n" % (_API, self._who)

    def _connect(self):
        global _early_connection
        self._socket, self._rest = _early_connection or _connect_to(_SOCKET), b""
        _early_connection = None

    def _close(self):
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _read_response(self):
        """(status, head, body), of an engine that writes its headers in one way only."""
        data = self._rest
        while True:
            end = data.find(b"\r\n\r\n")
            if end >= 0:
                break
            data = self._more(data)
        at = data.find(b"\r\nContent-Length: ", 0, end) + 18
        length = int(data[at:data.find(b"\r", at)])
        head, body = data[:end], data[end + 4:]
        if len(body) < length:
            chunks, have = [body], len(body)
            while have < length:
                chunk = self._socket.recv(min(length - have, 1 << 20))
                if not chunk:
                    raise OSError("the connection was closed")
                chunks.append(chunk)
                have += len(chunk)
            body = b"".join(chunks)
        self._rest = body[length:]
        return int(head[9:12]), head, body[:length]

    def _more(self, data):
        chunk = self._socket.recv(8192)
        if not chunk:
            raise OSError("the connection was closed")
        return data + chunk

    def _persist(self, attempt):
        """Makes the attempt until it gets through or the engine has been away for too long."""
        deadline = None
        pause = 0.005
        while True:
            try:
                if self._socket is None:
                    self._connect()
                return attempt()
            except OSError:
                self._close()
                now = time.monotonic()
                deadline = deadline or now + _RETRY_SECONDS
                if now > deadline:
                    raise _Gone()
                time.sleep(pause * (1 + hash(_WORKER) % 64 / 128))  # not all at the same moment
                pause = min(pause * 2, _LONGEST_PAUSE if self._has_answer else _LONGEST_IDLE_PAUSE)

    def _post(self, path, body, then=b""):
        return b"POST %b%b HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n%b%b" % (
            _API, path.encode(), self._who, len(body), body, then)

    def first(self):
        """The first invocation: (headers, body)."""
        def attempt():
            self._socket.sendall(self._next)
            return self._read_response()
        return self._invocation(self._persist(attempt))

    def answer_and_next(self, request_id, what, body):
        """Answers, and asks for the next invocation in the same breath."""
        both = self._post("invocation/%s/%s" % (request_id, what), body, self._next)
        self._has_answer = True

        def attempt():
            if self._has_answer:
                self._socket.sendall(both)
                status = self._read_response()[0]
                if status == 403:
                    raise _Gone()
                self._has_answer = False  # taken, or no longer wanted: either way it is settled
            else:
                self._socket.sendall(self._next)
            return self._read_response()
        return self._invocation(self._persist(attempt))

    def init_error(self, body):
        def attempt():
            self._socket.sendall(self._post("init/error", body))
            return self._read_response()
        self._persist(attempt)

    @staticmethod
    def _invocation(response):
        status, head, body = response
        if status != 200:
            raise _Gone()
        lines = head.decode("latin-1").split("\r\n")
        return dict(line.split(": ", 1) for line in lines[1:]), body


class _Fault(Exception):
    """An error of the package rather than of the handler: reported at every invocation."""

    def __init__(self, error_type, message, trace=()):
        super().__init__(message)
        self.error_type, self.message, self.trace = error_type, message, list(trace)


def _shown(path):
    """Code is at /var/task on AWS, and so in every trace, wherever it is here."""
    return "/var/task" + path[len(_ROOT):] if path.startswith(_ROOT + "/") else path


def _trace_of(error):
    import linecache
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append((code.co_filename, trace.tb_lineno, code.co_name, trace.tb_frame.f_globals))
        trace = trace.tb_next
    while frames and (frames[0][0] == _OWN_FILE or frames[0][0].startswith("<frozen importlib")):
        frames.pop(0)
    shown = []
    for path, line, name, module_globals in frames:
        if path.startswith("<frozen importlib"):
            path_shown = path
            text = ""
        else:
            path_shown = _shown(path)
            text = linecache.getline(path, line, module_globals).strip()
        entry = '  File "%s", line %d, in %s\n' % (path_shown, line, name)
        shown.append(entry + ("    %s\n" % text if text else ""))
    return shown


def _describe(error, request_id):
    """The error object that callers see."""
    if isinstance(error, _Fault):
        message, kind, trace = error.message, error.error_type, error.trace
    else:
        message, kind, trace = str(error), type(error).__name__, _trace_of(error)
    return {"errorMessage": message, "errorType": kind, "requestId": request_id,
            "stackTrace": trace}


def _logs_json():
    return _ENV.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"


def _moment(seconds):
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return "%s.%03dZ" % (whole, int(seconds * 1000) % 1000)


def _log_error(described):
    if _logs_json():
        line = {"timestamp": _moment(time.time()), "log_level": "ERROR"}
        line.update(described)
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        return
    # Carriage returns keep it one event in the log, as on AWS.
    message = ": " + described["errorMessage"] if described["errorMessage"] else ""
    lines = ["[ERROR] " + described["errorType"] + message]
    if described["stackTrace"]:
        lines.append("Traceback (most recent call last):")
        for entry in described["stackTrace"]:
            lines.extend(entry.rstrip("\n").split("\n"))
    sys.stdout.write("\r".join(lines) + "\n")


def _encode(value):
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _default(value):
    if type(value).__name__ == "Decimal":  # whole numbers as such, others as doubles
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


def _marshal(result):
    if isinstance(result, bytes):
        return result
    try:
        # Halves of a pair have no UTF-8: they stay escaped, which JSON knows too.
        return _encoder.encode(result).encode("utf-8", "backslashreplace")
    except Exception as error:  # whatever a user's object does when it is looked at
        raise _Fault("Runtime.MarshalError", "Unable to marshal response: %s" % error) from None


class _Identity:
    """Nobody's: callers have no way to say whose."""
    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    def __init__(self):
        self.cognito_identity_id = self.cognito_identity_pool_id = None

    def __repr__(self):
        return "CognitoIdentity([cognito_identity_id=None,cognito_identity_pool_id=None])"


class _ClientApplication:
    __slots__ = ("installation_id", "app_title", "app_version_name", "app_version_code",
                 "app_package_name")

    def __init__(self, values):
        for name in self.__slots__:
            setattr(self, name, values.get(name))


class _ClientContext:
    __slots__ = ("custom", "env", "client")

    def __init__(self, values):
        self.custom = values.get("custom")
        self.env = values.get("env")
        self.client = _ClientApplication(values["client"]) if values.get("client") else None


_about_function = (None,) * 5  # until it is known


def _look_at_function():
    global _about_function, _encoder
    _about_function = tuple(_ENV.get("AWS_LAMBDA_" + name) for name in (
        "FUNCTION_NAME", "FUNCTION_VERSION", "FUNCTION_MEMORY_SIZE", "LOG_GROUP_NAME",
        "LOG_STREAM_NAME"))
    # Runtimes from Python 3.12 on answer characters as they are, the older ones escape them.
    minor = _ENV.get("AWS_EXECUTION_ENV", "").rpartition(".")[2]
    if minor.isdigit() and int(minor) >= 12:
        _encoder = json.JSONEncoder(default=_default, ensure_ascii=False)


class LambdaContext:
    """The second argument of a handler."""

    def __init__(self, headers):
        self.aws_request_id = headers.get("Lambda-Runtime-Aws-Request-Id", "")
        self.invoked_function_arn = headers.get("Lambda-Runtime-Invoked-Function-Arn", "")
        (self.function_name, self.function_version, self.memory_limit_in_mb,
         self.log_group_name, self.log_stream_name) = _about_function
        self.client_context = None
        if headers.get("Lambda-Runtime-Client-Context"):
            text = headers["Lambda-Runtime-Client-Context"].encode("latin-1").decode("utf-8")
            self.client_context = _ClientContext(json.loads(text))
        self.identity = _Identity()
        self._deadline_ms = int(headers.get("Lambda-Runtime-Deadline-Ms", "0"))

    def get_remaining_time_in_millis(self):
        return max(self._deadline_ms - int(time.time() * 1000), 0)

    def log(self, message):
        sys.stdout.write(str(message))

    def __repr__(self):
        return "LambdaContext([%s])" % ",".join(
            "%s=%s" % item for item in vars(self).items() if not item[0].startswith("_"))


# ---- SnapStart -------------------------------------------------------------------------------
def _module_beside(name):
    import importlib.util
    path = os.path.join(_ENV["LAMBDA_RUNTIME_DIR"], name + ".py")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class _Provided:
    """Finds the module that AWS's runtime brings along, where the function has none of its own."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "snapshot_restore_py":
            return None
        import importlib.util
        folder = _ENV["LAMBDA_RUNTIME_DIR"]
        return importlib.util.spec_from_file_location(name, os.path.join(folder, name + ".py"))


def _run(hooks):
    for function, arguments, named in hooks:
        function(*arguments, **named)


def _before_snapshot(client):
    """Returns the client of who it is by then: where this process is the snapshot it comes back in
    each worker that is forked. Without one the hooks run all the same, these and those of after a
    restore, so that the function finds what it counts on."""
    hooks = sys.modules.get("snapshot_restore_py")
    if hooks:
        _run(reversed(hooks.get_before_snapshot()))
    if _snapshot is None:
        return client
    why = _snapshot.why_not()
    if why:
        client.init_error(_encode({"errorType": "Runtime.NoSnapshot", "errorMessage": why}))
        sys.exit(1)
    _snapshot.wait()
    _take_environment()
    return _Client()


def _after_restore():
    hooks = sys.modules.get("snapshot_restore_py")
    if hooks:
        _run(hooks.get_after_restore())


def _load_handler(name):
    """The function to call. Faults of the package are found out at each invocation; what user code
    raises while it is imported ends the worker."""
    module_name, dot, attribute = name.rpartition(".")
    if not dot or not module_name:
        return _fault(_Fault("Runtime.MalformedHandlerName",
                             "Bad handler '%s': not enough values to unpack (expected 2, got 1)"
                             % name))
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        return _fault(_Fault("Runtime.ImportModuleError",
                             "Unable to import module '%s': %s" % (module_name, error)))
    except SyntaxError as error:
        trace = ['  File "%s" Line %s\n    %s' % (_shown(error.filename or ""), error.lineno,
                                                  (error.text or "").rstrip("\n"))]
        message = str(error).replace(_ROOT, "/var/task")
        return _fault(_Fault("Runtime.UserCodeSyntaxError",
                             "Syntax error in module '%s': %s" % (module_name, message), trace))
    if not hasattr(module, attribute):
        return _fault(_Fault("Runtime.HandlerNotFound",
                             "Handler '%s' missing on module '%s'" % (attribute, module_name)))
    return getattr(module, attribute)


def _fault(fault):
    def handler(event, context):
        raise fault
    return handler


# ---- looking after modules when user code imports them ---------------------------------------
class _WhenImported:
    """A finder that finds nothing itself: it lets a module be loaded as usual, then calls back."""

    def __init__(self, callbacks):
        self._callbacks = callbacks
        # Loaded before we came. Not all of sys.modules is looked at: a zygote's workers share it.
        for name in [name for name in callbacks if name in sys.modules]:
            callbacks.pop(name)(sys.modules[name])

    def find_spec(self, name, path=None, target=None):
        callback = self._callbacks.pop(name, None)
        if callback is None:
            return None
        import importlib.util
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None or not hasattr(spec.loader, "exec_module"):
            return spec
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            callback(module)
        spec.loader.exec_module = exec_module
        return spec


def _set_up_logging(logging):
    """The root logger writes [LEVEL], time, request id and message, as on AWS."""
    class Handler(logging.Handler):
        def emit(self, record):
            try:
                sys.stdout.write(self.format(record) + "\n")
            except Exception:
                self.handleError(record)

    class WithRequest(logging.Filter):
        def filter(self, record):
            record.aws_request_id = _current_request
            return True

    handler = Handler()
    if _logs_json():
        handler.setFormatter(_json_formatter(logging))
        level = _ENV.get("AWS_LAMBDA_LOG_LEVEL", "INFO")
        logging.root.setLevel({"TRACE": "NOTSET", "FATAL": "CRITICAL"}.get(level, level))
    else:
        formatter = logging.Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s",
            "%Y-%m-%dT%H:%M:%S")
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
    handler.addFilter(WithRequest())
    logging.root.addHandler(handler)


def _json_formatter(logging):
    """A line is an object with what AWS's has, and what the caller gave as `extra`."""
    known = set(vars(logging.makeLogRecord({}))) | {"aws_request_id", "message", "asctime"}

    class Formatter(logging.Formatter):
        def format(self, record):
            line = {"timestamp": _moment(record.created), "level": record.levelname,
                    "message": record.getMessage(), "logger": record.name}
            if record.exc_info and record.exc_info[1] is not None:
                described = _describe(record.exc_info[1], "")
                line.update((name, described[name])
                            for name in ("errorType", "errorMessage", "stackTrace"))
            line["requestId"] = record.aws_request_id
            line.update(item for item in vars(record).items() if item[0] not in known)
            return json.dumps(line, ensure_ascii=False, default=str)
    return Formatter()


def _set_up_botocore(session_module):
    """Clients talk to AWS_ENDPOINT_URL, which old versions of botocore do not know of, and never
    put a prefix before its host name, which would not resolve."""
    create = session_module.Session.create_client

    def create_client(self, service_name, *arguments, **named):
        if _ENV.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() != "true":
            own = "AWS_ENDPOINT_URL_" + service_name.upper().replace("-", "_")
            url = _ENV.get(own) or _ENV.get("AWS_ENDPOINT_URL")
            # Arguments by position: region, api version, ssl, verify, endpoint, key, secret,
            # token, config.
            if url and len(arguments) < 5 and not named.get("endpoint_url"):
                named["endpoint_url"] = url
        if len(arguments) < 9:
            from botocore.config import Config
            plain = Config(inject_host_prefix=False)
            given = named.get("config")
            named["config"] = plain if given is None else plain.merge(given)
        return create(self, service_name, *arguments, **named)
    session_module.Session.create_client = create_client


_current_request = ""


def main():
    global _current_request
    client = _Client()
    try:
        handler = _load_handler(_ENV.get("_HANDLER", ""))
        if _ENV.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
            client = _before_snapshot(client)
            _after_restore()
    except BaseException as error:
        if isinstance(error, SystemExit):
            raise
        described = _describe(error, "")
        _log_error(described)
        sys.stdout.flush()
        client.init_error(_encode(described))
        sys.exit(1)
    _look_at_function()
    trace = None
    headers, body = client.first()
    while True:
        _current_request = headers.get("Lambda-Runtime-Aws-Request-Id", "")
        had_trace, trace = trace, headers.get("Lambda-Runtime-Trace-Id")
        if trace:
            _ENV["_X_AMZN_TRACE_ID"] = trace
        elif had_trace:
            _ENV.pop("_X_AMZN_TRACE_ID", None)
        try:
            try:
                event = json.loads(body)
            except ValueError as error:
                raise _Fault("Runtime.UnmarshalError",
                             "Unable to unmarshal input: %s" % error) from None
            what, answer = "response", _marshal(handler(event, LambdaContext(headers)))
        except Exception as error:
            described = _describe(error, _current_request)
            _log_error(described)
            what, answer = "error", _encode(described)
            del error
        sys.stdout.flush()
        sys.stderr.flush()
        headers, body = client.answer_and_next(_current_request, what, answer)


def _load_modules():
    """Before the function's folder is searched: a module of the same name there is not for us."""
    global importlib, json, _encoder
    import importlib
    import json
    _encoder = json.JSONEncoder(default=_default)


def warm_up(folder, runtime_api):
    """Does once what a worker does until it has its first invocation, with the handler of warm.py
    in the folder. For a process that will be a worker; nothing of it stays."""
    global _early_connection
    _load_modules()
    try:
        _early_connection = _connect_to(runtime_api[len("unix:"):])
    except OSError:
        pass  # the first question connects
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, folder)
    handler = _load_handler("warm.handler")
    try:
        _marshal(handler(json.loads('{"b": {"c": [1.5, "d", null]}}'), LambdaContext({})))
    except _Fault:
        pass  # the file is not there: that costs time and nothing else
    sys.modules.pop("warm", None)
    sys.path.remove(folder)
    sys.path_importer_cache.pop(folder, None)
    sys.dont_write_bytecode = writes


def run():
    """All that a worker is; a zygote has this module loaded and calls it in a child."""
    global _snapshot
    _take_environment()
    _load_modules()
    if _ENV.pop("PERDURE_SNAPSHOT", None):
        _snapshot = _module_beside("snapshot")
    # As if Python had been started in the code's folder with the function's own PYTHONPATH, which
    # isolated mode leaves out; the module of this file is not the user's __main__.
    paths = [_ROOT]
    for entry in _ENV.get("PYTHONPATH", "").split(":"):
        if entry and entry not in paths:
            paths.append(entry)
    sys.path[0:0] = paths
    sys.meta_path.insert(0, _WhenImported({"logging": _set_up_logging,
                                           "botocore.session": _set_up_botocore}))
    sys.meta_path.append(_Provided)
    try:
        main()
    except _Gone:
        sys.exit(0)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    sys.stderr.reconfigure(errors="backslashreplace")
    run()
