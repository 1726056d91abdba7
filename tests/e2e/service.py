"""A small HTTP service for tests: answers as its `answer` function says, and keeps what came."""
import http.server
import ssl
import subprocess
import threading


class Service:
    def __init__(self, answer, certificate=None):
        """`answer(request)` gives (status, headers, body); a request has command, path, headers,
        body. None: the connection is closed without a word."""
        self.requests = []
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                length = int(self.headers.get("Content-Length", 0))
                self.body = self.rfile.read(length)
                service.requests.append(self)
                given = answer(self)
                self.close_connection = True
                if given is None:
                    return
                status, headers, body = given
                body = body.encode() if isinstance(body, str) else body
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_HEAD = handle_one

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *request: None  # a client that is gone is no news
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate + ".crt", certificate + ".key")
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = "%s://127.0.0.1:%d" % ("https" if certificate else "http", self.port)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def make_certificate(path, names="IP:127.0.0.1"):
    """A certificate that signs itself, PATH.crt and PATH.key."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=perdure test", "-addext", "subjectAltName=" + names,
                    "-keyout", path + ".key", "-out", path + ".crt"],
                   check=True, capture_output=True)
