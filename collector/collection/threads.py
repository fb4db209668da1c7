"""The threads for the blocking calls of a run, and which call gets the next free one."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from concurrent.futures import Future
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from collector.collection.account import Urgency

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class _Waiting(NamedTuple):
    """A call that waits for its turn."""

    order: int  # its place among all calls
    done: Future[Any]  # what is awaited
    call: Callable[[], Any]


class CallThreads:
    """At most `number()` threads. The next free one takes the most urgent call, then the oldest.

    No thread is held while a call waits for its turn: the call is in a queue, and leaves it when it is cancelled. A
    thread whose call is given up is replaced, so accounts whose answers never come do not hold up the others; it ends
    with its call. Where `by_urgency()` is False, calls are made in the order they arrive; what was fetched is stored
    first in any case, so that reports do not wait in memory.
    """

    def __init__(self, number: Callable[[], int], *, by_urgency: Callable[[], bool]) -> None:
        self._number = number
        self._threads = 0  # those that were started, without those whose call was given up
        self._by_urgency = by_urgency
        self._order = count()
        self._queues: tuple[deque[_Waiting], ...] = tuple(deque() for _ in Urgency)
        self._given_up: set[Future[Any]] = set()
        self._changed = threading.Condition()  # guards all of the above and below
        self._idle = 0  # threads that wait for a call, and were not woken yet
        self._is_closed = False

    def call(self, urgency: Urgency, call: Callable[[], Any]) -> Awaitable[Any]:
        """What the call returns or raises. Cancelling removes it from the queue, or gives up the call under way."""
        done: Future[Any] = Future()
        with self._changed:
            self._queues[urgency].append(_Waiting(next(self._order), done, call))
            self._wake_one()
        awaited = asyncio.wrap_future(done)
        awaited.add_done_callback(lambda awaited: self._give_up(done, awaited) if awaited.cancelled() else None)
        return awaited

    def close(self) -> None:
        """Release the threads without waiting for calls that hang. No call may be in the queue any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _wake_one(self) -> None:
        if self._idle:
            self._idle -= 1
            self._changed.notify()
        elif self._threads < self._number():
            self._threads += 1
            # A daemon: a call that hangs must not keep the process from exiting.
            threading.Thread(target=self._work, name="aws-call", daemon=True).start()

    def _give_up(self, done: Future[Any], awaited: asyncio.Future[Any]) -> None:
        with self._changed:
            if not done.running():
                return
            self._given_up.add(done)
            self._threads -= 1
        # A deadline ends many calls at once: only when all of them have left the queue is it known who is next.
        awaited.get_loop().call_soon(self._replace)

    def _replace(self) -> None:
        with self._changed:
            if any(self._queues):
                self._wake_one()

    def _work(self) -> None:
        while (waiting := self._next()) is not None:
            _, done, call = waiting
            try:
                result = call()
            except BaseException as error:  # noqa: BLE001 -- raised again where the call is awaited
                done.set_exception(error)
            else:
                done.set_result(result)
            with self._changed:
                if done in self._given_up:
                    # Another thread has its place.
                    self._given_up.remove(done)
                    return

    def _next(self) -> _Waiting | None:
        """The call whose turn it is, as soon as there is one; None: the thread ends."""
        with self._changed:
            while True:
                while filled := [queue for queue in self._queues if queue]:
                    first = self._queues[Urgency.STORE] or self._by_urgency()
                    queue = filled[0] if first else min(filled, key=lambda queue: queue[0].order)
                    waiting = queue.popleft()
                    if waiting.done.set_running_or_notify_cancel():
                        return waiting
                if self._is_closed or self._threads > self._number():
                    self._threads -= 1
                    return None
                self._idle += 1
                self._changed.wait()
