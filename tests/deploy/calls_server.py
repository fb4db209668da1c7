"""A server on loopback for calls of AWS's JSON and query protocols, answered by a function."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


@contextmanager
def serving(answer):
    """Serve on loopback; its address. `answer(operation, body, is_json)` gives the body of the answer; with `__type` it
    is an error.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            target = self.headers.get("X-Amz-Target")
            operation = target.rpartition(".")[2] if target else parse_qs(body)["Action"][0]
            answered = answer(operation, body, target is not None).encode()
            self.send_response(400 if b'"__type"' in answered else 200)
            self.send_header("Content-Type", "application/x-amz-json-1.1" if target else "text/xml")
            self.send_header("Content-Length", str(len(answered)))
            self.end_headers()
            self.wfile.write(answered)

        def log_message(self, *_):
            """Say nothing."""

    with running(Handler) as url:
        yield url


@contextmanager
def running(handler):
    """Serve with that handler on loopback; the server's address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
