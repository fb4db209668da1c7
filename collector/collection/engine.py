"""The engine: all accounts of a run at once, a bounded pool of threads for their calls, none for their waiting.

Every account is a task from the moment it is listed. Without a deadline calls queue in the order they come, so first
every account is asked to generate, and by the time the queue comes round AWS has made the reports. Measured on one
core: 90 accounts a second, where a thread per account does 8 (design, "Waiting costs nothing"). With a deadline, what
counts is how many accounts have come to their end when it falls: those under way go before those not asked yet.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import random
from typing import TYPE_CHECKING

from collector.collection.account import AccountCollection
from collector.collection.answers import AccountAnswers, Context
from collector.collection.threads import CallThreads

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from collector.aws.iam import AccountApi
    from collector.discovery.accounts import Account

# So many accounts are under way at once. It keeps 90 accounts a second busy with reports that take 20 s (most take 2,
# facts F2.4), bounds memory (some 20 KB each), and how long an account's 15-minute session waits for its turn.
_MOST_UNDER_WAY = 2_000
_NO_DEADLINE_SECONDS = 365 * 86_400.0


def utc_now() -> datetime:
    """The time of day, aware and in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Collects accounts. Deadlines are in seconds: the run's from when `collect` is called, an account's from its call.

    `sleep` and `chance` are passed in so that tests wait for nothing.
    """

    calls: AccountApi
    concurrency: int
    run_deadline_seconds: float | None
    account_deadline_seconds: float
    now: Callable[[], datetime] = utc_now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random
    most_under_way: int = field(default=_MOST_UNDER_WAY)

    async def collect(
        self, accounts: AsyncIterator[Account], deliver: Callable[[Account, AccountAnswers], Awaitable[None]]
    ) -> None:
        """Collect each account as it is listed, and deliver what came of it.

        What is delivered is delivered whole: the deadline ends the asking, never a delivery. A failure to list or to
        deliver ends the run.
        """
        loop = asyncio.get_running_loop()
        threads = CallThreads(self.concurrency, by_urgency=self.run_deadline_seconds is not None)
        admitted = asyncio.Semaphore(self.most_under_way)

        around = Context(
            calls=self.calls,
            in_thread=threads.call,
            in_loop=loop.call_soon_threadsafe,
            clock=loop.time,
            sleep=self.sleep,
            chance=self.chance,
            now=self.now,
            run_deadline=loop.time() + (self.run_deadline_seconds or _NO_DEADLINE_SECONDS),
            account_deadline_seconds=self.account_deadline_seconds,
        )

        async def one(account: Account) -> None:
            try:
                answers = await AccountCollection(account.account_id, around).run()
                await deliver(account, answers)
            finally:
                admitted.release()

        try:
            async with asyncio.TaskGroup() as tasks:
                async for account in accounts:
                    await admitted.acquire()
                    tasks.create_task(one(account))
        finally:
            # A call that hangs is left behind rather than waited for: the deadline has passed, or the run was stopped.
            threads.close()
