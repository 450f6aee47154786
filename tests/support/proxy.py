"""A proxy that knows no websockets, as many a company has."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class PlainProxy(BaseHTTPRequestHandler):
    """Passes on requests, but for those to upgrade: what many a company's proxy does."""

    protocol_version = "HTTP/1.1"
    target = ""

    def pass_on(self):
        if self.headers.get("Upgrade"):
            self.answer(400, {}, b"no upgrades here")
            return
        parts = urlsplit(self.target)
        onward = HTTPConnection(parts.hostname, parts.port, timeout=30)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {
            name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")
        }
        onward.request(self.command, self.path, body or None, headers)
        answer = onward.getresponse()
        self.answer(answer.status, dict(answer.getheaders()), answer.read())
        onward.close()

    do_GET = do_POST = pass_on

    def answer(self, status, headers, body):
        self.send_response(status)
        for name in ("content-type",):
            if name in {key.lower() for key in headers}:
                self.send_header(name, {key.lower(): value for key, value in headers.items()}[name])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@contextmanager
def plain_proxy(target: str) -> Iterator[str]:
    """Runs one in front of ``target``; yields its address."""
    handler = type("Proxy", (PlainProxy,), {"target": target})
    door = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    door.daemon_threads = True
    thread = threading.Thread(target=door.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{door.server_address[1]}"
    door.shutdown()
    thread.join()
    door.server_close()
