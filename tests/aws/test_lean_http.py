"""Answers of any form on a connection that is open already: what botocore makes of each, the lean session makes too."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from contextlib import contextmanager

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ConnectionClosedError, HTTPClientError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

from collector.aws.lean_http import LeanAnswer, LeanRequest, LeanSession

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
RESET = None
BIG = bytes(range(256)) * 1000


def plain(body, *lines, status=b"200 OK"):
    return b"\r\n".join([b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *lines, b"", b""]) + body


def chunked(*chunks):
    parts = [b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in (*chunks, b"")]
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(parts)


class Server(socketserver.ThreadingTCPServer):
    """Answers each request with the next of some bytes. The first connection ends after so many, or stays open."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, answers, *, stays, of_first):
        self.answers, self.stays, self.of_first, self.requests, self.connections = answers, stays, of_first, [], 0
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/a/path?q=1"


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.server.connections += 1
        left = self.server.of_first if self.server.connections == 1 else 1000
        while left and self.server.answers and (first := self.rfile.readline()):
            headers = {}
            while line := self.rfile.readline().strip():
                name, _, value = line.decode().partition(": ")
                headers[name.lower()] = value
            body = self.rfile.read(int(headers["content-length"]))
            self.server.requests.append((first, headers, body))
            left -= 1
            for piece in self.server.answers.pop(0):
                if piece is RESET:
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                self.wfile.write(piece)
        if self.server.stays:
            self.rfile.read()


@contextmanager
def serving(*answers, stays=False, of_first=1000):
    """A server of these answers, each given in pieces."""
    pieces = [one if isinstance(one, list) else [one] for one in answers]
    with Server(pieces, stays=stays, of_first=of_first) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def lean(server, headers=None):
    body = b"Action=X"
    own = {"Content-Type": "text/plain", "User-Agent": "tests", "Content-Length": str(len(body)), **(headers or {})}
    return LeanRequest(server.url, server.url.split("/")[2], "/a/path?q=1", own, body)


def whole(server):
    request = lean(server)
    return AWSPreparedRequest("POST", request.url, dict(request.headers), request.body, stream_output=False)


def outcome(session, request):
    """What a session makes of a request: an answer, or an exception's class."""
    try:
        answer = session.send(request)
    except HTTPClientError as error:
        return type(error)
    return answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content


ANSWERS = {
    "plain": PLAIN,
    "without a body": plain(b""),
    "large": plain(BIG),
    "an error": plain(b"<Code>x</Code>", status=b"403 Forbidden"),
    "no reason": plain(b"ok", status=b"200 "),
    "neither reason nor space": plain(b"ok", status=b"200"),
    "in single bytes": [bytes([byte]) for byte in PLAIN],
    "head and body apart": [PLAIN[:-2], PLAIN[-2:]],
    "in chunks": chunked(b"ab", BIG, b"c"),
    "no chunks": chunked(),
    "chunks with a trailer": chunked(b"ab")[:-2] + b"X-Trailer: 1\r\n\r\n",
    "a chunk cut": chunked(b"abcdef")[:-10],
    "a chunk of no length": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "until the end": b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\nall that follows",
    "of HTTP 1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "continue first": b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN,
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "a header twice": plain(b"ok", b"X-Odd: a", b"X-Odd: b"),
    "a folded header": plain(b"ok", b"X-Odd: a", b"  b"),
    "spaces around a value": plain(b"ok", b"X-Odd:   a\t", b"X-None:"),
    "an odd character": plain(b"ok", b"X-Odd: caf\xe9"),
    "lines that end in LF": PLAIN.replace(b"\r\n", b"\n"),
    "a body too short": plain(b"0123456789")[:-4],
    "no body at all": plain(b"0123456789")[:-10],
    "a body too long": PLAIN + b"more",
    "a length that is none": PLAIN.replace(b": 2", b": two"),
    "a negative length": PLAIN.replace(b": 2", b": -2"),
    "two lengths": PLAIN.replace(b"\r\n\r\n", b"\r\nContent-Length: 3\r\n\r\n"),
    "nothing": b"",
    "half a head": PLAIN[:20],
    "no HTTP": b"SSH-2.0-OpenSSH\r\n\r\n",
    "garbage": BIG,
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_each_form_of_an_answer_gives_what_botocore_makes_of_it(answer):
    with serving(PLAIN, answer) as server:
        session = URLLib3Session()
        session.send(whole(server))
        expected = outcome(session, whole(server))
    with serving(PLAIN, answer) as server:
        session = LeanSession(URLLib3Session())
        session.send(lean(server))

        assert outcome(session, lean(server)) == expected
        assert server.connections == 1


@pytest.mark.parametrize(
    "answer", [PLAIN, chunked(b"ab"), plain(b""), plain(BIG)], ids=["plain", "chunks", "empty", "big"]
)
def test_a_connection_is_kept_for_the_next_request(answer):
    with serving(PLAIN, answer, answer, answer) as server:
        session = LeanSession(URLLib3Session())
        session.send(lean(server))
        answers = [session.send(lean(server)) for _ in range(3)]

        assert all(isinstance(one, LeanAnswer) for one in answers)
        assert server.connections == 1


@pytest.mark.parametrize(
    "name", ["until the end", "of HTTP 1.0", "a body too long", "a body too short", "nothing", "no HTTP"]
)
def test_a_connection_that_may_hold_anything_else_is_not_used_again(name):
    with serving(PLAIN, ANSWERS[name], PLAIN, of_first=2) as server:
        session = LeanSession(URLLib3Session())
        session.send(lean(server))
        outcome(session, lean(server))

        assert outcome(session, lean(server))[2] == b"ok"
        assert server.connections == 2


def test_what_an_answer_says_of_its_connection_is_heeded():
    with serving(PLAIN, plain(b"ok", b"Connection: close"), PLAIN, stays=True) as server:
        session = LeanSession(URLLib3Session())
        for _ in range(3):
            assert outcome(session, lean(server))[2] == b"ok"
        assert server.connections == 2


def test_a_connection_that_was_closed_meanwhile_is_opened_again():
    with serving(PLAIN, of_first=1) as server:
        session = LeanSession(URLLib3Session())
        session.send(lean(server))
        server.answers += [[PLAIN]]
        threading.Event().wait(0.1)

        assert outcome(session, lean(server))[2] == b"ok"
        assert server.connections == 2


def test_the_request_is_the_one_that_botocore_sends():
    with serving(PLAIN, PLAIN, PLAIN) as server:
        session = LeanSession(URLLib3Session())
        for request in (whole(server), lean(server), lean(server)):
            session.send(request)
        [first, *others] = server.requests

    assert others == [first, first]


def test_an_answer_that_does_not_come_is_a_timeout():
    with serving(PLAIN, stays=True) as server:
        session = LeanSession(URLLib3Session(timeout=0.2))
        session.send(lean(server))

        with pytest.raises(ReadTimeoutError, match="Read timeout on endpoint URL"):
            session.send(lean(server))


def test_a_connection_that_is_reset_is_closed():
    with serving(PLAIN, [RESET]) as server:
        session = LeanSession(URLLib3Session())
        session.send(lean(server))

        with pytest.raises(ConnectionClosedError, match="Connection was closed before we received a valid response"):
            session.send(lean(server))


@pytest.mark.parametrize("value", ["two\r\nX-Lines: 1", "half\na line", "\N{PILE OF POO}"])
def test_a_header_that_would_be_another_one_is_not_sent(value):
    with serving(PLAIN, PLAIN, PLAIN) as server:
        session = LeanSession(URLLib3Session())
        session.send(lean(server))
        with pytest.raises(HTTPClientError):
            session.send(lean(server, {"X-Amz-Security-Token": value}))

        assert outcome(session, lean(server))[2] == b"ok"
        assert len(server.requests) == 2


def test_through_a_proxy_the_session_of_botocore_sends():
    with serving(PLAIN, PLAIN) as proxy:
        session = LeanSession(URLLib3Session(proxies={"http": proxy.url}))
        request = LeanRequest("http://iam.example.org/", "iam.example.org", "/", {"Content-Length": "0"}, b"")
        for _ in range(2):
            assert not isinstance(session.send(request), LeanAnswer)
    assert [first for first, _, _ in proxy.requests] == [b"POST http://iam.example.org/ HTTP/1.1\r\n"] * 2
