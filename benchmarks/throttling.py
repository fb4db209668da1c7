"""Calls made and wasted where AWS throttles: with one pace for all accounts, and with each account backing off alone.

Two kinds of throttling. At a limit, the services accept so many calls a second; the limits are shares of the calls a
second that the run makes without one, so that at full speed 10 or 50 % would be refused. At random, a share of calls is
refused whatever the pace, as where other tools use up the limits of the member accounts: there, no pace helps, and none
may cost time.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from unittest import mock

from benchmarks.engine_alone import collect
from benchmarks.figures import Figure, print_figures
from collector.aws.pace import Pace
from collector.outcome import Outcome
from collector.simulator import Simulator
from collector.simulator.organizations_api import TokenBucket
from collector.simulator.uniform import uniform_organization
from collector.simulator.wire import THROTTLING, Call, Response, write_error

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNTS = 300
CONNECTIONS = 32
LATENCY_SECONDS = 0.03
# Calls that the limit accepts at once, before it counts.
BURST = 20


@dataclass
class Run:
    """What one run took."""

    seconds: float
    calls: int  # to STS and IAM
    wasted: int  # of those, throttled
    collected: int  # accounts


def measure() -> list[Figure]:
    """Collect 300 accounts at 0, 10 and 50 %."""
    free = _run(lambda: False)
    figures = _figures("0 %", free, _run(lambda: False, alone=True))
    for share in (0.1, 0.5):
        limit = free.calls / free.seconds * (1 - share)
        paced, alone = _run(_above(limit)), _run(_above(limit), alone=True)
        assert paced.collected == ACCOUNTS, f"{paced.collected} accounts collected"
        figures += _figures(f"{share:.0%} above the limit", paced, alone, aim=10)
    for share in (0.1, 0.5):
        paced, alone = _run(_at_random(share)), _run(_at_random(share), alone=True)
        figures += _figures(f"{share:.0%} at random", paced, alone)
    return figures


def _figures(name: str, paced: Run, alone: Run, aim: float | None = None) -> list[Figure]:
    figures = []
    for how, run, most in (("one pace", paced, aim), ("each account alone", alone, None)):
        title = f"throttling: {name}, {how}"
        figures += [
            Figure(f"{title}: calls", run.calls),
            Figure(f"{title}: wasted", run.wasted / run.calls * 100, " %", most),
            Figure(f"{title}: time", run.seconds, " s"),
        ]
    return figures


def _above(limit: float) -> Callable[[], bool]:
    bucket = TokenBucket(limit, BURST)
    return lambda: not bucket.take(datetime.now(UTC))


def _at_random(share: float) -> Callable[[], bool]:
    chance = random.Random(1)  # noqa: S311 -- the same calls in each run
    return lambda: chance.random() < share


def _run(is_throttled: Callable[[], bool], *, alone: bool = False) -> Run:
    calls: Counter[bool] = Counter()
    outcomes: Counter[Outcome] = Counter()
    with Simulator(uniform_organization(ACCOUNTS, 5), latency_seconds=LATENCY_SECONDS) as server:
        plane = server._plane  # noqa: SLF001 -- the simulator's own faults pass after so many calls
        correctly = plane.respond

        def respond(call: Call) -> Response:
            if call.service == "organizations" or call.action == "sts:GetCallerIdentity":
                return correctly(call)
            refused = is_throttled()
            calls[refused] += 1
            return write_error(call, THROTTLING) if refused else correctly(call)

        never = mock.patch.object(Pace, "answered", return_value=None) if alone else mock.patch.dict({})
        with mock.patch.object(plane, "respond", respond), mock.patch.dict(os.environ, server.environment()), never:
            seconds, _ = asyncio.run(collect(CONNECTIONS, outcomes))
    return Run(seconds, calls.total(), calls[True], outcomes[Outcome.COLLECTED])


if __name__ == "__main__":
    print_figures("throttling", measure())
