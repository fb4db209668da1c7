"""A request and its answer on a connection that is open already: a sixth of the CPU time of the usual layers.

botocore and urllib3 open the connections, check certificates, go through proxies and keep the pool. What is done here
is only what most requests of a run are: some lines out, then a head and as many bytes of body as it announces. Anything
else is left to them, or to the standard library: the first request of a connection, a proxy, an answer in chunks.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse, RemoteDisconnected
from typing import TYPE_CHECKING, Any, cast

from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ConnectionClosedError, HTTPClientError, ReadTimeoutError

from collector.aws.call_time import watch_connection

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from botocore.awsrequest import HTTPHeaders
    from botocore.httpsession import URLLib3Session

_BYTES = 2**16
_STATUS = re.compile(rb"HTTP/1\.1 ([2-5][0-9]{2})(?: |$)")
# Between the lines of one header.
_FOLD = re.compile(r"\r\n[ \t]+")
# What would end a line of the head, and begin another.
_LINE_END = re.compile(r"[\r\n]")


class LeanRequest(AWSPreparedRequest):
    """A POST that may be sent here; its body is bytes, and `Content-Length` is among its headers."""

    def __init__(self, url: str, host: str, target: str, headers: Mapping[str, str], body: bytes) -> None:
        """Name the URL, and of it the host and the path as they stand in a request."""
        super().__init__("POST", url, cast("HTTPHeaders", headers), body, stream_output=False)
        self._host = host
        self._target = target
        self._content = body

    def message(self) -> bytes:
        """The whole request.

        Raises:
            ValueError: a header cannot be sent.
        """
        if any(map(_LINE_END.search, self.headers.values())):
            raise ValueError("a header with a line end")
        lines = [f"POST {self._target} HTTP/1.1", f"Host: {self._host}", "Accept-Encoding: identity"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join((*lines, "", "")).encode("latin-1") + self._content


@dataclass(frozen=True, slots=True)
class LeanAnswer:
    """An answer, with the names of botocore's."""

    status_code: int
    headers: dict[str, str]  # their names in lower case
    content: bytes
    is_last: bool  # whether the connection ends with it


class LeanSession:
    """botocore's HTTP session; a `LeanRequest` uses an open connection of its pool, where there is one."""

    def __init__(self, session: URLLib3Session) -> None:
        """Take the session of a client."""
        self._session: Any = session  # its pools are not public
        self._pools: dict[str, Any] = {}  # by URL; None where there is a proxy

    def send(self, request: AWSPreparedRequest) -> Any:  # noqa: ANN401 -- botocore's answer, or a LeanAnswer
        """Botocore's `send`."""
        if not isinstance(request, LeanRequest) or (pool := self._pool(request.url)) is None:
            return self._session.send(request)
        connection = pool._get_conn()  # noqa: SLF001 -- closed where the other end has closed it
        if connection.sock is None:
            pool._put_conn(connection)  # noqa: SLF001
            return self._session.send(request)
        try:
            answer = _exchange(connection.sock, request, pool.timeout.read_timeout)
        except BaseException:
            connection.close()
            raise
        else:
            if answer.is_last:
                connection.close()
            return answer
        finally:
            pool._put_conn(connection)  # noqa: SLF001

    def close(self) -> None:
        """Botocore's `close`."""
        self._session.close()

    def _pool(self, url: str) -> Any:  # noqa: ANN401 -- of urllib3
        """The connections to the host of a URL; None where requests go through a proxy."""
        if url not in self._pools:
            through_proxy = self._session._proxy_config.proxy_url_for(url)  # noqa: SLF001
            self._pools[url] = None if through_proxy else self._session._manager.connection_from_url(url)  # noqa: SLF001
        return self._pools[url]


def _exchange(connection: socket.socket, request: LeanRequest, read_timeout: float | None) -> LeanAnswer:
    """The answer to a request, with botocore's exceptions."""
    url = request.url
    try:
        message = request.message()
        watch_connection(connection)
        connection.settimeout(read_timeout)
        connection.sendall(message)
        return _read(connection)
    except TimeoutError as error:
        raise ReadTimeoutError(endpoint_url=url, error=error) from error
    except (OSError, HTTPException) as error:
        raise ConnectionClosedError(error=error, request=request, endpoint_url=url) from error
    except ValueError as error:
        raise HTTPClientError(error=error) from error


def _read(connection: socket.socket) -> LeanAnswer:
    """The answer; of one that ends too early, what there is, as from botocore: its parser finds out."""
    received = b""
    while (end := received.find(b"\r\n\r\n")) < 0:
        more = connection.recv(_BYTES)
        if not more and not received:
            raise RemoteDisconnected("the connection was closed without an answer")
        received += more
        if not more or len(received) > _BYTES:
            return _read_by_library(received, connection)
    found = _plain_head(received[:end])
    if found is None:
        return _read_by_library(received, connection)
    status, headers = found
    length, body = int(headers["content-length"]), received[end + 4 :]
    pieces, missing = [body], length - len(body)
    while missing > 0 and (more := connection.recv(min(missing, _BYTES))):
        pieces.append(more)
        missing -= len(more)
    is_last = missing != 0 or headers.get("connection", "").lower() == "close"
    return LeanAnswer(status, headers, b"".join(pieces)[:length], is_last)


def _plain_head(head: bytes) -> tuple[int, dict[str, str]] | None:
    """Status and headers; None where there is more to it than a body of known length."""
    first, *lines = head.split(b"\r\n")
    status = _STATUS.match(first)
    if status is None or status[1] in {b"204", b"304"} or b"\n" in head.replace(b"\r\n", b""):
        return None
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not name or name.strip() != name or name.lower() in headers:
            return None
        headers[name.lower()] = value.lstrip(" \t")
    length = headers.get("content-length", "")
    if "transfer-encoding" in headers or not (length.isascii() and length.isdigit()):
        return None
    return int(status[1]), headers


def _read_by_library(received: bytes, connection: socket.socket) -> LeanAnswer:
    """The answer of which this much was received already, whatever its form."""
    response = HTTPResponse(cast("socket.socket", _Received(received, connection)), method="POST")
    response.begin()
    pieces = []
    while more := response.read(_BYTES):
        pieces.append(more)
    headers: dict[str, str] = {}
    for name, folded in response.headers.items():
        value, before = _FOLD.sub(" ", folded), headers.get(name.lower())
        headers[name.lower()] = value if before is None else f"{before}, {value}"
    if "," in headers.get("content-length", ""):
        raise ValueError("an answer of two lengths")
    is_last = response.will_close or not response.isclosed()
    return LeanAnswer(response.status, headers, b"".join(pieces), is_last)


class _Received(io.RawIOBase):
    """Bytes that were received, then what else is; a connection as far as `HTTPResponse` needs one."""

    def __init__(self, received: bytes, connection: socket.socket) -> None:
        self._received = io.BytesIO(received)
        self._connection = connection

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 -- any writable buffer
        return self._received.readinto(buffer) or self._connection.recv_into(buffer)
