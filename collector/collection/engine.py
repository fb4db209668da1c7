"""The engine: all accounts of a run at once, a bounded pool of threads for their calls, none for their waiting.

Every account is a task from the moment it is listed. Without a deadline calls queue in the order they arrive, so the
reports of all accounts are requested first, and AWS has generated them by the time they are fetched. Measured on one
core: 90 accounts a second, where a thread per account does 8 (design, "Waiting costs nothing"). With a deadline, what
counts is how many accounts are finished when it passes: those under way go before those not started. The same holds
where AWS throttles: otherwise the time of each account would be up before its turn comes again. The same threads store
what was fetched, as many accounts at once as calls.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from random import random
from typing import TYPE_CHECKING

from collector.collection.account import AccountAnswers, AccountCollection, Context
from collector.collection.threads import CallThreads

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


def call_threads(calls: AccountApi, concurrency: int | None, run_deadline: float | None) -> CallThreads:
    """The threads for a run's calls; `concurrency` None: as many as the latency of the calls requires."""
    return CallThreads(
        calls.connections if concurrency is None else lambda: concurrency,
        by_urgency=lambda: run_deadline is not None or calls.is_slowed(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Collects accounts; clock and chance are passed in so that tests need no wait.

    Attributes:
        calls: the calls for one account.
        threads: the threads for these calls.
        run_deadline: on the loop's clock; None: no deadline.
        account_deadline_seconds: from an account's first call.
        now: the time of day, in UTC.
        sleep: waits so many seconds.
        chance: a random number in [0, 1).
        max_under_way: how many accounts are under way at once.
    """

    calls: AccountApi
    threads: CallThreads
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
        admitted = asyncio.Semaphore(self.max_under_way)

        context = Context(
            calls=self.calls,
            in_thread=self.threads.call,
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

        async with asyncio.TaskGroup() as tasks:
            async for account in accounts:
                await admitted.acquire()
                tasks.create_task(one(account))
