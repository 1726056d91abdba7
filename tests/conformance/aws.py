"""AWS's wire protocols with Python's standard library only: as much of them as the cases need.

One Client speaks for one account and region on one connection; it is not shared between threads.
"""
import base64
import http.client
import json
import urllib.parse

# Service: X-Amz-Target prefix and JSON version of the protocols that post to "/".
JSON_TARGETS = {
    "states": ("AWSStepFunctions", "1.0"),
    "sqs": ("AmazonSQS", "1.0"),
    "dynamodb": ("DynamoDB_20120810", "1.0"),
    "logs": ("Logs_20140328", "1.1"),
    "events": ("AWSEvents", "1.1"),
    "secretsmanager": ("secretsmanager", "1.1"),
}
QUERY_VERSIONS = {"sns": "2010-03-31", "cloudformation": "2010-05-15", "sts": "2011-06-15"}
# (method, path) of the REST operations in use; {Name} takes a parameter out of the body.
LAMBDA_PATHS = {
    "CreateFunction": ("POST", "/2015-03-31/functions"),
    "GetFunctionConfiguration": ("GET", "/2015-03-31/functions/{FunctionName}/configuration"),
    "DeleteFunction": ("DELETE", "/2015-03-31/functions/{FunctionName}"),
    "CreateEventSourceMapping": ("POST", "/2015-03-31/event-source-mappings/"),
}
S3_PATHS = {
    "CreateBucket": ("PUT", "/{Bucket}"),
    "PutObject": ("PUT", "/{Bucket}/{Key}"),
    "GetObject": ("GET", "/{Bucket}/{Key}"),
}
# How a server says that it does not have an operation or a service at all.
NOT_THERE = {"UnknownOperationException", "UnknownOperation", "InvalidAction", "NotImplemented",
             "UnsupportedOperation", "UnsupportedOperationException"}
SLOW_SECONDS = {"GetActivityTask": 75, "StartSyncExecution": 330}


class ApiError(Exception):
    """An answer that is an error. `not_there`: the operation or the service is unknown there."""

    def __init__(self, code, message, status):
        super().__init__("%s: %s" % (code, message))
        self.code, self.message, self.status = code, message, status
        self.operation = ""
        self.not_there = code in NOT_THERE or status == 501

    def as_json(self):
        return {"code": self.code, "message": self.message, "http_status": self.status}


class NotSpoken(Exception):
    """A call that this client has no words for."""


class Client:
    def __init__(self, port, account="111111111111", region="us-east-1"):
        self.port, self.account, self.region = port, account, region
        self.connection = None

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    def states(self, op, params):
        return self.call("states", op, params)

    def call(self, service, op, params):
        """The parsed response of an operation. Raises ApiError for an error answer and OSError or
        http.client.HTTPException if there is no answer."""
        service = service or "states"
        if service in JSON_TARGETS:
            return self.call_json(service, op, params)
        if service == "lambda" and op in LAMBDA_PATHS:
            method, path, rest = fill_path(*LAMBDA_PATHS[op], params)
            body = json.dumps(rest).encode() if method == "POST" else b""
            return parse_json(self.send(service, op, method, path, body,
                                        {"Content-Type": "application/json"})[1])
        if service == "s3" and op in S3_PATHS:
            return self.call_s3(op, params)
        if service in QUERY_VERSIONS:
            return self.call_query(service, op, params)
        raise NotSpoken("%s %s is not spoken by this runner" % (service, op))

    def call_json(self, service, op, params):
        prefix, version = JSON_TARGETS[service]
        headers = {"X-Amz-Target": prefix + "." + op,
                   "Content-Type": "application/x-amz-json-" + version}
        body = json.dumps(params, ensure_ascii=False).encode()
        return parse_json(self.send(service, op, "POST", "/", body, headers)[1])

    def call_s3(self, op, params):
        method, path, rest = fill_path(*S3_PATHS[op], params)
        content = rest.get("Body", "")
        content = content.encode() if isinstance(content, str) else content
        headers, body = self.send("s3", op, method, path, content, {})
        return {"Body": body.decode()} if op == "GetObject" else dict(headers)

    def call_query(self, service, op, params):
        fields = [("Action", op), ("Version", QUERY_VERSIONS[service])] + flatten(params)
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        body = self.send(service, op, "POST", "/", urllib.parse.urlencode(fields).encode(),
                         headers)[1]
        return {"xml": body.decode()}

    def send(self, service, op, method, path, body, headers):
        headers = {**headers, "Authorization": self.authorization(service),
                   "X-Amz-Date": "20260101T000000Z"}
        timeout = SLOW_SECONDS.get(op, 60)
        for attempt in (1, 2):
            fresh = self.connection is None
            if fresh:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                             timeout=timeout)
            try:
                if self.connection.sock:
                    self.connection.sock.settimeout(timeout)
                self.connection.request(method, path, body, headers)
                response = self.connection.getresponse()
                text = response.read()
                break
            except (OSError, http.client.HTTPException):
                self.close()
                # A kept-alive connection may have been closed while it was idle.
                if fresh or attempt == 2:
                    raise
        if response.status >= 300:
            error = read_error(response, text)
            error.operation = service + " " + op
            raise error
        return response.getheaders(), text

    def authorization(self, service):
        scope = "%s/20260101/%s/%s/aws4_request" % (self.account, self.region, service)
        return ("AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=host;x-amz-date, Signature=%s"
                % (scope, "0" * 64))


def fill_path(method, path, params):
    rest = dict(params)
    for name in list(params):
        if "{" + name + "}" in path:
            value = urllib.parse.quote(str(rest.pop(name)), safe="/" if name == "Key" else "")
            path = path.replace("{" + name + "}", value)
    return method, path, rest


def flatten(value, prefix=""):
    """AWS query parameters: lists as .member.N, maps as .entry.N.key and .value."""
    if isinstance(value, dict):
        return [pair for key, item in value.items()
                for pair in flatten(item, prefix + "." + key if prefix else key)]
    if isinstance(value, list):
        return [pair for number, item in enumerate(value, 1)
                for pair in flatten(item, "%s.member.%d" % (prefix, number))]
    return [(prefix, json.dumps(value) if isinstance(value, bool) else str(value))]


def parse_json(body):
    return json.loads(body) if body.strip() else {}


def read_error(response, body):
    code = response.getheader("x-amzn-ErrorType") or response.getheader("x-amzn-errortype") or ""
    message = None
    try:
        fields = json.loads(body)
        code = fields.get("__type") or fields.get("code") or fields.get("Code") or code
        message = fields.get("message", fields.get("Message"))
    except (ValueError, AttributeError):
        text = body.decode("utf-8", "replace")
        code = between(text, "<Code>", "</Code>") or code
        message = between(text, "<Message>", "</Message>") or text[:200]
    code = code.split("#")[-1].split(":")[0] or "HTTP %d" % response.status
    error = ApiError(code, message, response.status)
    # A path that nobody serves is answered with a bare 404.
    error.not_there = error.not_there or (response.status == 404 and code == "HTTP 404")
    return error


def between(text, start, end):
    return text.split(start, 1)[1].split(end, 1)[0] if start in text and end in text else ""


def zip_text(files):
    """A function's package, base64: the same bytes whenever the files are the same."""
    import io
    import zipfile
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, source in sorted(files.items()):
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            package.writestr(entry, source)
    return base64.b64encode(buffer.getvalue()).decode()
