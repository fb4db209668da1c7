"""The engine: all accounts of a run at once, a bounded pool of threads for their calls, none for their waiting.

Every account is a task from the moment it is listed. Without a deadline calls queue in the order they arrive, so the
reports of all accounts are requested first, and AWS has generated them by the time they are fetched. Measured on one
core: 90 accounts a second, where a thread per account does 8 (design, "Waiting costs nothing"). With a deadline, what
counts is how many accounts are finished when it passes: those under way go before those not started.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from queue import PriorityQueue
from random import random
from typing import TYPE_CHECKING, Any

from collector.collection.account import AccountAnswers, AccountCollection, Context, Urgency

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from collector.aws.iam import AccountApi
    from collector.discovery.accounts import Account

# At most so many accounts are under way at once. It keeps 90 accounts a second busy with reports that take 20 s (most
# take 2, facts F2.4), bounds memory (some 20 KB each), and limits how long an account's 15-minute session waits.
_MAX_UNDER_WAY = 2_000
_NO_DEADLINE_SECONDS = 365 * 86_400.0


def utc_now() -> datetime:
    """The time of day, aware and in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Collects accounts; clock and chance are passed in so that tests need no wait.

    Attributes:
        calls: the calls for one account.
        concurrency: how many calls are under way at once.
        run_deadline: on the loop's clock; None: no deadline.
        account_deadline_seconds: from an account's first call.
        now: the time of day, in UTC.
        sleep: waits so many seconds.
        chance: a random number in [0, 1).
        max_under_way: how many accounts are under way at once.
    """

    calls: AccountApi
    concurrency: int
    run_deadline: float | None
    account_deadline_seconds: float
    now: Callable[[], datetime] = utc_now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random
    max_under_way: int = _MAX_UNDER_WAY

    async def collect(
        self, accounts: AsyncIterator[Account], deliver: Callable[[Account, AccountAnswers], Awaitable[None]]
    ) -> None:
        """Collect each account as it is listed, and hand its answers to `deliver`.

        The deadline ends the calls, never a delivery. A failure to list or to deliver ends the run.
        """
        loop = asyncio.get_running_loop()
        threads = CallThreads(self.concurrency, by_urgency=self.run_deadline is not None)
        admitted = asyncio.Semaphore(self.max_under_way)

        context = Context(
            calls=self.calls,
            in_thread=threads.call,
            in_loop=loop.call_soon_threadsafe,
            clock=loop.time,
            sleep=self.sleep,
            chance=self.chance,
            now=self.now,
            run_deadline=loop.time() + _NO_DEADLINE_SECONDS if self.run_deadline is None else self.run_deadline,
            account_deadline_seconds=self.account_deadline_seconds,
        )

        async def one(account: Account) -> None:
            try:
                answers = await AccountCollection(account.account_id, context).run()
                await deliver(account, answers)
            finally:
                admitted.release()

        try:
            async with asyncio.TaskGroup() as tasks:
                async for account in accounts:
                    await admitted.acquire()
                    tasks.create_task(one(account))
        finally:
            # A call that hangs is not waited for: the deadline has passed, or the run was stopped.
            threads.close()


class CallThreads:
    """A fixed number of threads for blocking calls. The next free thread takes the most urgent call, then the oldest.

    No thread is held while a call waits for its turn: the call is in a queue, and leaves it when it is cancelled.
    `by_urgency` False: calls are made in the order they arrive.
    """

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
