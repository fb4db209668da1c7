"""How often and how long one account may be tried again, for each kind of fault apart.

The budget serves as tenacity's `stop` and `wait`. Kinds have counters of their own: an account that was throttled five
times has not used up its patience with cut answers. Clock and chance are passed in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenacity import AsyncRetrying, retry_if_exception

from collector.errors import CallFault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tenacity import RetryCallState


@dataclass(frozen=True, slots=True)
class Patience:
    """With one kind of fault: how many times to come back, and after how many seconds.

    The wait grows from `first` by `growth` up to `longest`; of it a share of `jitter` (0 to 1) is left to chance, so
    that a thousand accounts do not come back at the same moment.
    """

    times: int
    first: float
    longest: float
    growth: float = 2.0
    jitter: float = 0.5

    def wait(self, nth: int, chance: float) -> float:
        """Seconds before the `nth` return (from 1), with `chance` in [0, 1)."""
        full = min(self.longest, self.first * self.growth ** min(nth - 1, 64))
        return full * (1 - self.jitter) + full * self.jitter * chance


_UNLIMITED = 1_000_000

# Reports take AWS under 2 s in small accounts and minutes in the largest (facts F2.4): only the deadline ends that
# waiting. Its first wait is `FIRST_LOOK_SECONDS`, for the report is asked for before it is looked at.
PATIENCE: dict[FaultKind, Patience] = {
    FaultKind.IN_PROGRESS: Patience(_UNLIMITED, first=2.0, longest=15.0, growth=1.5, jitter=0.25),
    # Full jitter: botocore's own budget is switched off for these calls.
    FaultKind.THROTTLED: Patience(8, first=1.0, longest=20.0, jitter=1.0),
    # "No more capacity to launch new report generation tasks": AWS's shortage, so give it time (facts F2.5).
    FaultKind.LIMIT_EXCEEDED: Patience(8, first=2.0, longest=30.0),
    # Both only say that the report must be asked for again.
    FaultKind.NOT_PRESENT: Patience(4, first=0.5, longest=5.0),
    FaultKind.REPORT_EXPIRED: Patience(4, first=0.5, longest=5.0),
    FaultKind.SERVICE_FAILURE: Patience(5, first=0.5, longest=10.0),
    FaultKind.CONNECTION: Patience(5, first=0.2, longest=5.0),
    FaultKind.TOKEN_EXPIRED: Patience(2, first=0.0, longest=0.0),
    FaultKind.REGION_DISABLED: Patience(1, first=0.0, longest=0.0),
}

# How long after asking a report is looked at for the first time: most are ready by then, and an early look is a call
# for nothing.
FIRST_LOOK_SECONDS = 3.0
# How long before the deadline there is time for one more call.
LAST_LOOK_SECONDS = 1.0


@dataclass(slots=True)
class RetryPolicy:
    """What is left of the patience with one account. `deadline` is on the clock's scale, in seconds."""

    clock: Callable[[], float]
    chance: Callable[[], float]
    deadline: float
    met: dict[FaultKind, int] = field(default_factory=dict)

    def retrying(self, sleep: Callable[[float], Awaitable[None]]) -> AsyncRetrying:
        """Tries a step again as long as the budget allows, then raises what it met last."""
        return AsyncRetrying(
            retry=retry_if_exception(self.is_worth_retrying), stop=self.stop, wait=self.wait, sleep=sleep, reraise=True
        )

    def is_worth_retrying(self, fault: BaseException) -> bool:
        """Tenacity's `retry`: whether the fault is of a kind that time can mend."""
        return isinstance(fault, CallFault) and fault.kind in PATIENCE

    def wait(self, state: RetryCallState) -> float:
        """Tenacity's `wait`: counts the fault, and says how long to wait before coming back."""
        fault = _fault_of(state)
        nth = self.met.get(fault.kind, 0) + 1
        self.met[fault.kind] = nth
        wait = PATIENCE[fault.kind].wait(nth, self.chance())
        left = self.deadline - self.clock()
        # A wait that would outlast the deadline ends in time for one last look.
        return left - LAST_LOOK_SECONDS if wait >= left > 2 * LAST_LOOK_SECONDS else wait

    def stop(self, state: RetryCallState) -> bool:
        """Tenacity's `stop`, asked after `wait`: the kind's patience is used up, or the deadline falls in the wait."""
        kind = _fault_of(state).kind
        return self.met[kind] > PATIENCE[kind].times or self.clock() + state.upcoming_sleep >= self.deadline


def _fault_of(state: RetryCallState) -> CallFault:
    if state.outcome is not None and isinstance(fault := state.outcome.exception(), CallFault):
        return fault
    raise TypeError("a retry without a CallFault")
