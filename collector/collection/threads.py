"""The threads of a run's calls to AWS, and whose call the next free one takes: the most urgent, then the first to come.

A thread is never held in waiting: what waits for its turn lies in a queue, and leaves it when nobody wants it any more.
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
    """What a call is to an account. The lower goes first, so that what is under way is finished before more begins."""

    DUE = 0  # the account was asked, and has waited: its report may be there
    BESIDE = 1  # the account reads, in the time in which the report is made
    NEW = 2  # the account was not asked yet


class CallThreads:
    """So many threads for blocking calls. `by_urgency` False lets the calls go in the order they come."""

    def __init__(self, number: int, *, by_urgency: bool) -> None:
        self._pool = ThreadPoolExecutor(number, thread_name_prefix="aws-call")
        self._by_urgency = by_urgency
        self._order = count()
        self._waiting: PriorityQueue[tuple[int, int, Future[Any], Callable[[], Any]]] = PriorityQueue()

    def call(self, urgency: Urgency, call: Callable[[], Any]) -> Awaitable[Any]:
        """What the call returns or raises. Cancelling gives up its turn, or, where it has begun, leaves it behind."""
        done: Future[Any] = Future()
        self._waiting.put((urgency if self._by_urgency else 0, next(self._order), done, call))
        # As many turns as there are calls; which call a turn is for is seen when a thread is free for it.
        self._pool.submit(self._take_turn)
        return asyncio.wrap_future(done)

    def close(self) -> None:
        """Let go of the threads, also of those whose call hangs. Nobody may be waiting for a turn any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _take_turn(self) -> None:
        _, _, done, call = self._waiting.get_nowait()
        if not done.set_running_or_notify_cancel():
            return
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001 -- whoever waits for the call raises it
            done.set_exception(error)
        else:
            done.set_result(result)
