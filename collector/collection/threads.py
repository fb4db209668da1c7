"""The threads for a run's calls to AWS. The next free thread takes the most urgent call, then the oldest.

No thread is held while a call waits for its turn: the call is in a queue, and leaves it when it is cancelled.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from enum import IntEnum
from itertools import count
from queue import PriorityQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Urgency(IntEnum):
    """Why a call is made. The lower goes first, so that accounts under way are finished before more are started."""

    DUE = 0  # the report was requested some time ago, so it may be ready
    READ = 1  # summary and policy, while AWS generates the report
    NEW = 2  # the first call for an account


class CallThreads:
    """A fixed number of threads for blocking calls. `by_urgency` False: calls are made in the order they arrive."""

    def __init__(self, number: int, *, by_urgency: bool) -> None:
        self._pool = ThreadPoolExecutor(number, thread_name_prefix="aws-call")
        self._by_urgency = by_urgency
        self._order = count()
        self._waiting: PriorityQueue[tuple[int, int, Future[Any], Callable[[], Any]]] = PriorityQueue()

    def call(self, urgency: Urgency, call: Callable[[], Any]) -> Awaitable[Any]:
        """What the call returns or raises. Cancelling removes it from the queue; a call under way is not waited for."""
        done: Future[Any] = Future()
        self._waiting.put((urgency if self._by_urgency else 0, next(self._order), done, call))
        # As many turns as there are calls; which call gets the turn is decided when a thread is free.
        self._pool.submit(self._take_turn)
        return asyncio.wrap_future(done)

    def close(self) -> None:
        """Release the threads without waiting for calls that hang. No call may be in the queue any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _take_turn(self) -> None:
        _, _, done, call = self._waiting.get_nowait()
        if not done.set_running_or_notify_cancel():
            return
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001 -- raised again where the call is awaited
            done.set_exception(error)
        else:
            done.set_result(result)
