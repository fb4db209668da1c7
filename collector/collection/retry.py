"""How often and how long one account is retried, for each kind of failure separately.

A `RetryPolicy` serves as tenacity's `stop` and `wait`. Each kind has a counter of its own: an account that was
throttled five times still has all retries left for broken connections. Clock and chance are passed in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from tenacity import AsyncRetrying, retry_if_exception

from collector.errors import CallFault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tenacity import RetryCallState


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often one kind of failure is retried, and after how many seconds.

    Attributes:
        retries: how many there are.
        first: the first wait, in seconds.
        longest: the longest wait, in seconds.
        growth: each wait is so many times the one before.
        jitter: the share of a wait that is random (0 to 1), so that a thousand accounts do not come back at once.
    """

    retries: int
    first: float
    longest: float
    growth: float = 2.0
    jitter: float = 0.5

    def wait(self, nth: int, chance: float) -> float:
        """Seconds before the `nth` retry (from 1), with `chance` in [0, 1)."""
        full = min(self.longest, self.first * self.growth ** min(nth - 1, 64))
        return full * (1 - self.jitter) + full * self.jitter * chance


_UNLIMITED = 1_000_000

# Reports take AWS under 2 s in small accounts and minutes in the largest (facts F2.4): only the deadline ends that
# wait. It begins after the first look (`ReportTimes`).
BACKOFFS: dict[FaultKind, Backoff] = {
    FaultKind.IN_PROGRESS: Backoff(_UNLIMITED, first=0.5, longest=15.0, growth=1.5, jitter=0.25),
    # Full jitter: botocore's own retries are switched off for these calls.
    FaultKind.THROTTLED: Backoff(8, first=1.0, longest=20.0, jitter=1.0),
    # "No more capacity to launch new report generation tasks": AWS's shortage, so wait longer (facts F2.5).
    FaultKind.LIMIT_EXCEEDED: Backoff(8, first=2.0, longest=30.0),
    # Both only mean that the report must be requested again.
    FaultKind.NOT_PRESENT: Backoff(4, first=0.5, longest=5.0),
    FaultKind.REPORT_EXPIRED: Backoff(4, first=0.5, longest=5.0),
    FaultKind.SERVICE_FAILURE: Backoff(5, first=0.5, longest=10.0),
    FaultKind.CONNECTION: Backoff(5, first=0.2, longest=5.0),
    FaultKind.TOKEN_EXPIRED: Backoff(2, first=0.0, longest=0.0),
    FaultKind.REGION_DISABLED: Backoff(1, first=0.0, longest=0.0),
}

# How long before the deadline there is still time for one more call.
LAST_LOOK_SECONDS = 1.0


# How long after its request a report is fetched for the first time, unless this run's reports are ready sooner: most
# are ready by then, and each earlier look is a wasted call.
_USUAL_FIRST_LOOK = 3.0
# The first accounts of a run show how long its reports take: they are looked at early. That costs some 200 calls.
_EARLY_FIRST_LOOK = 0.5
_EARLY_ACCOUNTS = 100
_ENOUGH_TIMES = 20


@dataclass(slots=True)
class ReportTimes:
    """How long the reports of a run take AWS. A report of half a second is not waited for as if it took three."""

    _early: int = 0  # accounts that were looked at early
    _ready: list[float] = field(default_factory=list)  # after how many seconds the first reports were there

    def first_look(self) -> float:
        """Seconds from the request of a report to the first look."""
        if len(self._ready) >= _ENOUGH_TIMES:
            return min(median(self._ready), _USUAL_FIRST_LOOK)
        self._early += 1
        return _EARLY_FIRST_LOOK if self._early <= _EARLY_ACCOUNTS else _USUAL_FIRST_LOOK

    def ready(self, seconds: float) -> None:
        """A report was there so long after its request. The first ones count: later ones were looked at later."""
        if len(self._ready) < _EARLY_ACCOUNTS:
            self._ready.append(seconds)


@dataclass(slots=True)
class RetryPolicy:
    """The retries of one account or call. `deadline` is on the scale of `clock`, in seconds."""

    clock: Callable[[], float]
    chance: Callable[[], float]  # a random number in [0, 1)
    deadline: float
    failures: dict[FaultKind, int] = field(default_factory=dict)  # how many of each kind there have been

    def retrying(self, sleep: Callable[[float], Awaitable[None]]) -> AsyncRetrying:
        """Repeats a step as long as the policy allows, then raises its last failure."""
        return AsyncRetrying(
            retry=retry_if_exception(self.is_retryable), stop=self.stop, wait=self.wait, sleep=sleep, reraise=True
        )

    def is_retryable(self, fault: BaseException) -> bool:
        """Tenacity's `retry`: whether the failure is of a kind that may pass."""
        return isinstance(fault, CallFault) and fault.kind in BACKOFFS

    def wait(self, state: RetryCallState) -> float:
        """Tenacity's `wait`: counts the failure; seconds before the next attempt."""
        fault = _fault_of(state)
        nth = self.failures.get(fault.kind, 0) + 1
        self.failures[fault.kind] = nth
        wait = BACKOFFS[fault.kind].wait(nth, self.chance())
        left = self.deadline - self.clock()
        # A wait that would outlast the deadline ends in time for one last attempt.
        return left - LAST_LOOK_SECONDS if wait >= left > 2 * LAST_LOOK_SECONDS else wait

    def stop(self, state: RetryCallState) -> bool:
        """Tenacity's `stop`, called after `wait`: whether the retries are used up or the deadline is too near."""
        kind = _fault_of(state).kind
        return self.failures[kind] > BACKOFFS[kind].retries or self.clock() + state.upcoming_sleep >= self.deadline


def _fault_of(state: RetryCallState) -> CallFault:
    if state.outcome is not None and isinstance(fault := state.outcome.exception(), CallFault):
        return fault
    raise TypeError("a retry without a CallFault")
