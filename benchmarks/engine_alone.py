"""The collection engine without the lake: the same calls as the bare loop, with discovery's list at hand.

Prints the seconds of wall clock and CPU that asking every account and fetching its report took.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

from collector.collection.engine import Engine, call_threads
from collector.collection.run import account_calls, open_discovery
from collector.outcome import Outcome
from collector.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from collector.collection.account import AccountAnswers
    from collector.discovery.accounts import Account


async def collect(connections: int, outcomes: Counter[Outcome]) -> tuple[float, float]:
    """Collect every account, and count their outcomes; the seconds of wall clock and CPU."""
    settings = Settings(concurrency=connections)
    discovery, identity = await open_discovery(settings)
    _, pages = await discovery.first_page()
    listed = [account async for account in pages]
    calls = account_calls(settings, identity, "benchmark", {})
    engine = Engine(
        calls=calls,
        threads=call_threads(calls, connections, None),
        run_deadline=None,
        account_deadline_seconds=settings.account_deadline,
    )

    async def accounts() -> AsyncIterator[Account]:
        for account in listed:
            yield account

    async def deliver(_: Account, answers: AccountAnswers) -> None:
        outcomes[answers.outcome] += 1

    begun, cpu = time.perf_counter(), time.process_time()
    await engine.collect(accounts(), deliver)
    return time.perf_counter() - begun, time.process_time() - cpu


if __name__ == "__main__":
    ended: Counter[Outcome] = Counter()
    print(*asyncio.run(collect(int(sys.argv[1]), ended)))
    assert set(ended) == {Outcome.COLLECTED}, ended
