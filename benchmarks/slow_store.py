"""An S3 server with latency: a seaweedfs behind a relay that holds back each of its answers."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.fixtures.s3_servers import S3Server, weed_server

if TYPE_CHECKING:
    from collections.abc import Iterator

# A put is two answers, `100 Continue` and the result, and each is held back so long.
PUT_SECONDS = 0.06
_ANSWERS_OF_A_PUT = 2
_CHUNK = 2**16


@contextmanager
def slow_store(access_key: str, secret_key: str) -> Iterator[S3Server]:
    """The server, for who has that key; a put takes 60 ms."""
    with weed_server(access_key, secret_key) as server, _relay(server, PUT_SECONDS / _ANSWERS_OF_A_PUT) as url:
        yield S3Server(url, access_key, secret_key)


@contextmanager
def _relay(server: S3Server, seconds: float) -> Iterator[str]:
    ready: Future[int] = Future()
    loop = asyncio.new_event_loop()
    to = urlsplit(server.url)

    async def pass_on(client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        upstream, requests = await asyncio.open_connection(to.hostname, to.port)

        async def requested() -> None:
            while chunk := await client.read(_CHUNK):
                requests.write(chunk)
            requests.close()

        sending = asyncio.ensure_future(requested())
        while chunk := await upstream.read(_CHUNK):
            loop.call_later(seconds, answers.write, chunk)
        loop.call_later(2 * seconds, answers.close)
        await asyncio.wait([sending])

    async def serve() -> None:
        listening = await asyncio.start_server(pass_on, "127.0.0.1", 0, backlog=1024)
        ready.set_result(listening.sockets[0].getsockname()[1])

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.set_exception_handler(lambda *_: None)  # connections that the collector's end has cut
        loop.run_until_complete(serve())
        loop.run_forever()

    threading.Thread(target=run, name="relay", daemon=True).start()
    yield f"http://127.0.0.1:{ready.result(10)}"
    loop.call_soon_threadsafe(loop.stop)
