"""The simulated organization over HTTP on 127.0.0.1: aiohttp in a thread of this process.

Latency is awaited, so a waiting request holds no thread here either. Faults of delivery (cut, reset, no response) are
applied here; everything else is in `control_plane`.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from aiohttp import web

from collector.simulator.control_plane import Clock, ControlPlane, TrafficCounts, utc_now
from collector.simulator.wire import Delivery, Response, read_call

if TYPE_CHECKING:
    from types import TracebackType

    from collector.simulator.iam_api import StoredReport
    from collector.simulator.organization import OrganizationSpec

LOOPBACK = "127.0.0.1"

# Not us-east-1: there, STS cannot be deactivated, and that fault would have no effect.
REGION = "eu-west-1"

# How long connections may take to end when the server stops; hung requests have been released before.
_SHUTDOWN_SECONDS = 0.2

# A connection closed with this option is reset: without sending or waiting for anything.
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Simulator:
    """Serves an organization while the `with` block runs.

    Args:
        organization: The organization and its caller.
        latency_seconds: How long every response takes at least.
        generation_seconds: How long a credential report takes to generate.
        clock: The time by which reports age and sessions expire; called from the server's thread.
        enforce_rate_limits: Whether Organizations limits calls as AWS does (facts F4.3).
        port: 0 for any free port.

    Raises:
        ValueError: The organization is inconsistent: an id that occurs twice, an administrator without an account.
    """

    def __init__(
        self,
        organization: OrganizationSpec,
        *,
        latency_seconds: float = 0.0,
        generation_seconds: float = 0.0,
        clock: Clock = utc_now,
        enforce_rate_limits: bool = False,
        port: int = 0,
    ) -> None:
        self._plane = ControlPlane(
            organization,
            clock=clock,
            generation_seconds=generation_seconds,
            enforce_rate_limits=enforce_rate_limits,
        )
        self._latency_seconds = latency_seconds
        self._port = port
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    def __enter__(self) -> Simulator:  # noqa: PYI034 - Self would say no more: the class is not subclassed
        """Start serving; returns once requests are accepted."""
        ready: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="simulator", daemon=True)
        self._thread.start()
        self._port = ready.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving: open requests end without a response."""
        if self._thread is None or self._loop is None or self._stopping is None:
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._thread = None

    @property
    def endpoint_url(self) -> str:
        """The one URL of all three services."""
        return f"http://{LOOPBACK}:{self._port}"

    def environment(self) -> dict[str, str]:
        """The environment variables with which any AWS client calls this organization, and nothing else.

        Credentials are made up. Variables that could lead a client elsewhere are overridden: endpoints of single
        services, a session token, the machine's own AWS configuration, instance metadata, a proxy.
        """
        credentials = self._plane.identities.base.credentials
        unproxied = ",".join(filter(None, [os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), LOOPBACK]))
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ENDPOINT_URL_IAM": self.endpoint_url,
            "AWS_ENDPOINT_URL_STS": self.endpoint_url,
            "AWS_ENDPOINT_URL_ORGANIZATIONS": self.endpoint_url,
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
            "AWS_ACCESS_KEY_ID": credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
            "AWS_SESSION_TOKEN": credentials.session_token or "",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": unproxied,
            "no_proxy": unproxied,
        }

    @property
    def calls(self) -> TrafficCounts:
        """The counts of calls at this moment."""
        return self._plane.traffic.counts()

    @property
    def requests_in_flight(self) -> int:
        """Requests without a response at this moment."""
        return self.calls.in_flight

    @property
    def peak_in_flight(self) -> int:
        """The most requests that ever were in flight at once."""
        return self.calls.peak_in_flight

    def reset_calls(self) -> None:
        """Set all counts to zero."""
        self._plane.traffic.reset()

    def stored_report(self, account_id: str) -> StoredReport | None:
        """The account's report as it is served: its bytes and time. None: none was generated."""
        return self._plane.stored_report(account_id)

    def _run(self, ready: Future[int]) -> None:
        try:
            asyncio.run(self._serve(ready))
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    async def _serve(self, ready: Future[int]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        # A client that disconnects ends its request here too, so that requests in flight are counted correctly.
        server = web.Server(self._handle, handler_cancellation=True, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=_SHUTDOWN_SECONDS)
        await runner.setup()
        try:
            site = web.TCPSite(runner, LOOPBACK, self._port, backlog=1024)
            await site.start()
            ready.set_result(runner.addresses[0][1])
            await self._stopping.wait()
        finally:
            await runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        with self._plane.traffic.request():
            call = read_call(request.headers, await request.read())
            if self._latency_seconds:
                await asyncio.sleep(self._latency_seconds)
            return await self._deliver(request, self._plane.respond(call))

    async def _deliver(self, request: web.BaseRequest, response: Response) -> web.StreamResponse:
        body = response.body
        if response.delivery is Delivery.HANG:
            await self._until_stopped()
        if response.delivery in {Delivery.RESET, Delivery.HANG}:
            _reset(request)
            return web.Response()
        if response.delivery is Delivery.CUT:
            return await _send_half(request, response)
        if response.delivery is Delivery.TRUNCATED:
            body = body[: len(body) // 2]
        return web.Response(status=response.status, body=body, headers={"Content-Type": response.content_type})

    async def _until_stopped(self) -> None:
        if self._stopping is not None:
            await self._stopping.wait()


async def _send_half(request: web.BaseRequest, response: Response) -> web.StreamResponse:
    """Announce the whole body, send half of it, and close."""
    headers = {"Content-Type": response.content_type, "Content-Length": str(len(response.body))}
    stream = web.StreamResponse(status=response.status, headers=headers)
    await stream.prepare(request)
    await stream.write(response.body[: len(response.body) // 2])
    if request.transport is not None:
        request.transport.close()
    return stream


def _reset(request: web.BaseRequest) -> None:
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    transport.abort()
