"""A total time for each call: past it the connection is shut down, and the thread that waits for the answer is free.

The timeouts of a socket count from one read to the next. An answer of which a byte arrives every two seconds never
meets them: four such accounts once kept all threads of a run for ever.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
    AWSPreparedRequest,
)
from botocore.exceptions import ReadTimeoutError

if TYPE_CHECKING:
    from botocore.awsrequest import AWSResponse
    from botocore.client import BaseClient
    from botocore.httpsession import URLLib3Session

# How often calls are looked at: a call may take so much longer.
_TICK_SECONDS = 0.5


class CallTimeoutError(ReadTimeoutError):
    """The answer was not complete when the time of the call was up."""

    fmt = 'No complete answer within {seconds:.0f} s from "{endpoint_url}"'


@dataclass(slots=True, eq=False)
class _Call:
    """A request under way."""

    ends_at: float  # On the monotonic clock.
    connection: socket.socket | None = None  # The connection it uses, once there is one.
    streamed: AWSResponse | None = None  # The answer whose body is still to be read, where the caller reads it.
    is_over: bool = False  # Whether its time was up, and its connection was shut down.

    def shut_down(self) -> None:
        self.is_over = True
        if self.connection is not None:
            with suppress(OSError):
                # Not the method of SSLSocket, which the thread that reads may be using.
                socket.socket.shutdown(self.connection, socket.SHUT_RDWR)


class _Thread(threading.local):
    call: _Call | None = None
    ends_at: float = float("inf")


_thread = _Thread()
_calls: set[_Call] = set()
_lock = threading.Lock()
_watcher: threading.Thread | None = None


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let each call that this thread makes within the block end after so many seconds at the latest."""
    before, _thread.ends_at = _thread.ends_at, time.monotonic() + seconds
    try:
        yield
    finally:
        _thread.ends_at = before


def seconds_left() -> float:
    """The seconds until the end of the block `within` which this thread is; infinite outside one."""
    return _thread.ends_at - time.monotonic()


def watch_connection(connection: socket.socket) -> None:
    """Let the call that this thread makes end with the time of the call, by an end of that connection."""
    if _thread.call is not None:
        _thread.call.connection = connection


def limit_calls(client: BaseClient, seconds: float) -> None:
    """Let no request of the client take longer than so many seconds, the body of a streamed answer included."""
    # botocore has no setting for the class of its HTTP session, nor for those of its connections.
    endpoint: Any = client._endpoint  # type: ignore[attr-defined]  # noqa: SLF001
    session = endpoint.http_session
    session._pool_classes_by_scheme |= {"http": _HttpPool, "https": _HttpsPool}  # noqa: SLF001
    endpoint.http_session = _LimitedSession(session, seconds)


@dataclass(slots=True)
class _LimitedSession:
    """botocore's HTTP session with a total time."""

    session: URLLib3Session  # or what stands in for one
    seconds: float

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """Botocore's `send`, which ends in time."""
        began = time.monotonic()
        call = _Call(min(began + self.seconds, _thread.ends_at))
        _thread.call = call
        _watch(call)
        try:
            answer = self.session.send(request)
            if request.stream_output:
                call.streamed = answer
        except Exception:
            if not call.is_over:
                raise
        finally:
            _thread.call = None
            if call.streamed is None:
                _calls.discard(call)
        if call.is_over:
            # A connection that ends in the middle looks like the end of the answer.
            raise CallTimeoutError(endpoint_url=request.url, seconds=call.ends_at - began)
        return answer

    def close(self) -> None:
        """Botocore's `close`."""
        self.session.close()


class _Watched:
    """A connection that is known to the call that uses it."""

    sock: socket.socket | None

    def _new_conn(self) -> socket.socket:
        opened: socket.socket = super()._new_conn()  # type: ignore[misc]  # of urllib3's connection
        if _thread.call is not None:
            # TLS takes this socket over for its handshake; another handle reaches the connection in the meantime.
            _thread.call.connection = opened.dup()
        return opened

    def connect(self) -> None:
        call = _thread.call
        try:
            super().connect()  # type: ignore[misc]  # of urllib3's connection
        finally:
            if call is not None and call.connection is not None:
                handle, call.connection = call.connection, self.sock
                handle.close()

    def request(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 -- passed on
        if self.sock is not None:
            watch_connection(self.sock)
        super().request(*args, **options)  # type: ignore[misc]  # of botocore's connection


class _HttpConnection(_Watched, AWSHTTPConnection):  # type: ignore[misc]  # the stubs know no mixin
    pass


class _HttpsConnection(_Watched, AWSHTTPSConnection):  # type: ignore[misc]  # the stubs know no mixin
    pass


class _HttpPool(AWSHTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(AWSHTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


def _watch(call: _Call) -> None:
    global _watcher  # noqa: PLW0603 -- one for the process
    _calls.add(call)
    if _watcher is None:
        with _lock:
            if _watcher is None:
                _watcher = threading.Thread(target=_end_calls, name="call-time", daemon=True)
                _watcher.start()


def _end_calls() -> None:
    while True:
        time.sleep(_TICK_SECONDS)
        now = time.monotonic()
        for call in _calls.copy():
            if call.streamed is not None and call.streamed.raw.closed:
                _calls.discard(call)
            elif now >= call.ends_at:
                call.shut_down()
                if call.streamed is not None:
                    _calls.discard(call)
