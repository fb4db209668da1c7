"""The retry policy of one account as a pure function: how long to wait, when to stop."""

from __future__ import annotations

import pytest
from tenacity import RetryCallState

from collector.collection.retry import BACKOFFS, Backoff, ReportTimes, RetryPolicy
from collector.errors import CallFault, FaultKind


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def state_of(fault: BaseException) -> RetryCallState:
    state = RetryCallState(None, None, (), {})
    state.set_exception((type(fault), fault, None))
    return state


def fault(kind):
    return CallFault(kind, "Code", "text", "iam:GetCredentialReport")


def waits_until_stop(policy, kind, clock, *, most=10_000):
    """What tenacity does with a policy: wait, ask whether to stop, sleep."""
    waits = []
    for _ in range(most):
        state = state_of(fault(kind))
        state.upcoming_sleep = policy.wait(state)
        if policy.stop(state):
            return waits
        waits.append(state.upcoming_sleep)
        clock.now += state.upcoming_sleep
    raise AssertionError("it never stops")


def test_a_wait_grows_up_to_its_longest_and_leaves_a_share_to_chance():
    backoff = Backoff(9, first=1.0, longest=5.0, growth=2.0, jitter=0.5)

    assert [backoff.wait(nth, 0.0) for nth in (1, 2, 3, 4, 5)] == [0.5, 1.0, 2.0, 2.5, 2.5]
    assert [backoff.wait(nth, 1.0) for nth in (1, 2, 3, 4, 5)] == [1.0, 2.0, 4.0, 5.0, 5.0]
    assert backoff.wait(10_000, 1.0) == 5.0


@pytest.mark.parametrize("kind", [kind for kind in FaultKind if kind not in BACKOFFS])
def test_a_permanent_failure_is_not_retried(kind):
    assert not RetryPolicy(Clock(), lambda: 0.5, 1000.0).is_retryable(fault(kind))


def test_an_internal_error_is_not_retried():
    assert not RetryPolicy(Clock(), lambda: 0.5, 1000.0).is_retryable(RuntimeError())


@pytest.mark.parametrize(
    ("kind", "times"),
    [
        (FaultKind.THROTTLED, 8),
        (FaultKind.LIMIT_EXCEEDED, 8),
        (FaultKind.NOT_PRESENT, 4),
        (FaultKind.REPORT_EXPIRED, 4),
        (FaultKind.SERVICE_FAILURE, 5),
        (FaultKind.CONNECTION, 5),
        (FaultKind.TOKEN_EXPIRED, 2),
        (FaultKind.REGION_DISABLED, 1),
    ],
)
def test_each_kind_is_retried_so_many_times(kind, times):
    clock = Clock()

    assert len(waits_until_stop(RetryPolicy(clock, lambda: 0.5, 10_000.0), kind, clock)) == times


def test_only_the_deadline_ends_the_wait_for_a_report_and_the_last_call_is_right_before_it():
    clock = Clock()

    waits = waits_until_stop(RetryPolicy(clock, lambda: 0.5, 300.0), FaultKind.IN_PROGRESS, clock)

    assert 298 <= clock.now <= 299
    assert max(waits) <= 15
    # Some twenty looks in five minutes: waiting costs few calls.
    assert 20 <= len(waits) <= 30


def test_kinds_do_not_share_their_retries():
    clock = Clock()
    policy = RetryPolicy(clock, lambda: 0.5, 10_000.0)

    waits_until_stop(policy, FaultKind.THROTTLED, clock)

    assert len(waits_until_stop(policy, FaultKind.CONNECTION, clock)) == 5


def test_no_wait_goes_beyond_the_deadline():
    clock = Clock()

    waits = waits_until_stop(RetryPolicy(clock, lambda: 1.0, 1.5), FaultKind.LIMIT_EXCEEDED, clock)

    assert waits == []


def test_a_thousand_accounts_that_were_throttled_do_not_come_back_at_the_same_moment():
    chances = iter([0.0, 0.25, 0.999])
    policy = [RetryPolicy(Clock(), lambda: next(chances), 1000.0) for _ in range(3)]

    waits = [each.wait(state_of(fault(FaultKind.THROTTLED))) for each in policy]

    assert waits == pytest.approx([0.0, 0.25, 0.999])


def test_the_first_accounts_are_looked_at_early_and_all_others_as_before():
    times = ReportTimes()

    assert [times.first_look() for _ in range(150)] == [0.5] * 100 + [3.0] * 50


def test_once_enough_reports_were_there_a_report_is_looked_for_when_half_of_them_were():
    times = ReportTimes()
    for seconds in [0.6] * 11 + [1.4] * 9:
        assert times.first_look() == 0.5
        times.ready(seconds)

    assert times.first_look() == 0.6


def test_slow_reports_are_looked_for_no_later_than_before():
    times = ReportTimes()
    for _ in range(20):
        times.ready(12.0)

    assert times.first_look() == 3.0


def test_what_is_looked_at_later_does_not_make_the_next_look_later_still():
    times = ReportTimes()
    for _ in range(100):
        times.ready(1.0)
    for _ in range(1000):
        times.ready(1.2)

    assert times.first_look() == 1.0
