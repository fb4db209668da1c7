"""A proxy on loopback that lets requests through to a real server, and spoils those it is told to."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Callable

_NOT_PASSED_ON = {"transfer-encoding", "content-length", "connection", "keep-alive", "expect", "content-encoding"}
_START_SECONDS = 10


class Fault(Enum):
    """What happens to a request."""

    # Refused before anything happened.
    SLOW_DOWN = (503, "SlowDown", "Please reduce your request rate.")
    INTERNAL_ERROR = (500, "InternalError", "We encountered an internal error. Please try again.")
    CONFLICT = (409, "ConditionalRequestConflict", "A conflicting conditional operation is under way.")
    DENIED = (403, "AccessDenied", "Access Denied")
    KEY_DENIED = (
        403,
        "AccessDenied",
        "User is not authorized to perform: kms:GenerateDataKey on the resource associated with this ciphertext",
    )
    KEY_DISABLED = (400, "KMS.DisabledException", "the key is disabled.")
    BAD_DIGEST = (400, "BadDigest", "The SHA256 you specified did not match the calculated checksum.")
    # Cut before the server has the whole request.
    CUT_UPLOAD = "cut upload"
    # Done, and then the answer is lost, or is a 500.
    LOST_ANSWER = "lost answer"
    ERROR_AFTER_ALL = "error after all"
    # Half of the answer's body, then nothing.
    CUT_ANSWER = "cut answer"
    # One bit of the answer's body is flipped.
    FLIPPED_BIT = "flipped bit"
    # The server is asked as if there were no condition.
    CONDITION_OVERLOOKED = "condition overlooked"


@dataclass
class _Rule:
    fault: Fault
    method: str
    part: str
    times: int


@dataclass
class FaultyWire:
    """The proxy: `spoil` says what happens to which requests, `seen` counts what came through."""

    upstream: str
    url: str = ""
    rules: list[_Rule] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    # Says of any request what happens to it, where no rule does; None: nothing.
    whim: Callable[[str, str], Fault | None] | None = None

    def spoil(self, fault: Fault, *, method: str = "PUT", part: str = "", times: int = 1) -> None:
        """Spoil the next `times` requests of that method whose path and query hold `part`."""
        self.rules.append(_Rule(fault, method, part, times))

    def clear(self) -> None:
        self.rules.clear()
        self.seen.clear()

    def _fault_for(self, request):
        for rule in self.rules:
            if rule.times and rule.method == request.method and rule.part in request.raw_path:
                rule.times -= 1
                return rule.fault
        return self.whim(request.method, request.raw_path) if self.whim is not None else None

    async def _handle(self, request):
        self.seen.append(f"{request.method} {request.raw_path}")
        fault = self._fault_for(request)
        if fault is Fault.CUT_UPLOAD:
            await request.content.read(10)
            request.transport.abort()
            return web.Response()
        body = await request.read()
        if fault is not None and isinstance(fault.value, tuple):
            return _refusal(*fault.value)
        status, headers, content = await self._forward(request, body, fault)
        if fault is Fault.LOST_ANSWER:
            request.transport.abort()
        if fault is Fault.ERROR_AFTER_ALL:
            return _refusal(*Fault.INTERNAL_ERROR.value)
        if fault is Fault.FLIPPED_BIT:
            content = bytes([content[0] ^ 1]) + content[1:]
        if fault is Fault.CUT_ANSWER:
            answer = web.StreamResponse(status=status, headers={**headers, "Content-Length": str(len(content))})
            await answer.prepare(request)
            await answer.write(content[: len(content) // 2])
            request.transport.close()
            return answer
        if request.method == "HEAD":
            return web.Response(status=status, headers=headers)
        return web.Response(status=status, headers=headers, body=content)

    async def _forward(self, request, body, fault):
        # The signature covers the Host header, so it is passed on as it came.
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _NOT_PASSED_ON}
        if fault is Fault.CONDITION_OVERLOOKED:
            headers = {name: value for name, value in headers.items() if not name.lower().startswith("if-")}
        url = URL(self.upstream + request.raw_path, encoded=True)
        async with self._session.request(
            request.method, url, headers=headers, data=body, allow_redirects=False
        ) as answer:
            content = await answer.read()
            kept = {n: v for n, v in answer.headers.items() if n.lower() not in _NOT_PASSED_ON}
            if request.method == "HEAD" and "Content-Length" in answer.headers:
                kept["Content-Length"] = answer.headers["Content-Length"]
            return answer.status, kept, content

    async def _serve(self, started: threading.Event, stop: asyncio.Event) -> None:
        async with aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=("Content-Type",)) as self._session:
            application = web.Application(client_max_size=2**30)
            application.router.add_route("*", "/{path:.*}", self._handle)
            runner = web.AppRunner(application, access_log=None)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            started.set()
            await stop.wait()
            await runner.cleanup()


def _refusal(status, code, message):
    text = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return web.Response(status=status, body=text.encode(), content_type="application/xml")


@contextmanager
def faulty_wire(server):
    """A proxy in front of a server; yields the proxy, and the server as it is reached through it."""
    wire = FaultyWire(server.url)
    started = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    def run():
        asyncio.set_event_loop(loop)
        loop.run_until_complete(wire._serve(started, stop))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(_START_SECONDS)
    try:
        yield wire, replace(server, url=wire.url)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(_START_SECONDS)
