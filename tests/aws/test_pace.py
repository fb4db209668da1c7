"""The pace that all accounts keep together: lowered by throttling that it can end, and by no other."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from collector.aws.pace import Pace
from collector.simulator import Simulator
from collector.simulator.organizations_api import TokenBucket
from collector.simulator.wire import THROTTLING, write_error
from tests.fixtures.runs import at, collection, member, organization


class Service:
    """A service of which calls are made as fast as the pace allows, a thousand a second at most."""

    def __init__(self, is_throttled):
        self.now, self.made, self.throttled, self.slept = 1000.0, 0, 0, 0.0
        self.is_throttled = is_throttled
        self.pace = Pace(clock=lambda: self.now, sleep=self._sleep)

    def _sleep(self, seconds):
        self.now += seconds
        self.slept += seconds

    def call(self):
        self.pace.wait()
        self.now += 0.001
        throttled = self.is_throttled(self.now)
        self.made += 1
        self.throttled += throttled
        self.pace.answered(is_throttled=throttled)

    def call_until(self, seconds):
        until = self.now + seconds
        while self.now < until:
            self.call()


def above(rate, burst=20):
    bucket = TokenBucket(rate, burst)
    return lambda now: not bucket.take(datetime.fromtimestamp(now, UTC))


def at_random(share):
    chance = random.Random(1)  # noqa: S311 -- the same calls each time
    return lambda _: chance.random() < share


def test_without_throttling_there_is_no_pace_and_no_wait():
    service = Service(lambda _: False)
    service.call_until(10)

    assert (service.slept, service.pace.rate) == (0.0, None)


@pytest.mark.parametrize(("limit", "burst"), [(20, 20), (100, 20), (100, 300), (400, 100)])
def test_at_a_limit_few_calls_are_wasted_and_nearly_all_that_it_allows_are_made(limit, burst):
    service = Service(above(limit, burst))
    service.call_until(5)
    made, throttled = service.made, service.throttled
    service.call_until(60)
    made, throttled = service.made - made, service.throttled - throttled

    assert throttled < made * 0.06
    assert made - throttled > limit * 60 * 0.85


def test_successes_raise_the_pace_until_there_is_none():
    limited = above(50)
    service = Service(limited)
    service.call_until(20)
    assert service.pace.rate < 60
    service.is_throttled = lambda _: False
    service.call_until(60)

    assert service.pace.rate is None


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_throttling_that_no_pace_helps_against_costs_little_time(share):
    """As where another tool uses up the limits of some member accounts, which are their own (facts F2.5)."""
    service = Service(at_random(share))
    service.call_until(60)

    assert service.made > 1000 * 60 * 0.8


def test_of_a_service_that_refuses_everything_only_probes_are_made():
    service = Service(lambda _: True)
    service.call_until(25)
    assert service.made < 300

    refused = 0
    for _ in range(1000):
        try:
            service.call()
        except ClientError:
            refused += 1
            service.now += 0.05
    assert service.slept < 40
    assert refused > 500
    # As soon as calls succeed, accounts wait for their turn again.
    service.is_throttled = lambda _: False
    service.now += 1
    for _ in range(100):
        service.call()


def test_a_turn_that_comes_too_late_is_not_waited_for():
    service = Service(lambda _: False)
    service.pace.rate = 0.1
    service.pace.wait(longest=5)
    with pytest.raises(ClientError, match="could not be made in time"):
        service.pace.wait(longest=5)
    assert service.slept == 0.0


def test_all_accounts_share_the_pace(lake):
    """Of 400 calls above a limit of 60 a second; accounts that back off alone waste some 600 more."""
    members = [member(number) for number in range(100)]
    bucket, throttled = TokenBucket(60, 10), []
    with Simulator(organization(*members)) as server, at(server):
        correctly = server._plane.respond

        def respond(call):
            if call.service != "iam" or bucket.take(datetime.now(UTC)):
                return correctly(call)
            throttled.append(call.action)
            return write_error(call, THROTTLING)

        server._plane.respond = respond
        run = collection(lake, pace=1.0)
        asyncio.run(run.run())

    assert run.result.counts == {"collected": 101}
    assert 0 < len(throttled) < 200


def test_the_latency_is_that_of_the_quickest_recent_call():
    pace = Pace()
    assert pace.latency is None
    for _ in range(31):
        pace.answered(is_throttled=False, seconds=2.0)
    assert pace.latency is None
    pace.answered(is_throttled=False, seconds=0.15)

    assert pace.latency == 0.15
    for _ in range(32):
        pace.answered(is_throttled=False, seconds=0.2)
    assert pace.latency == 0.2
