"""One account's way through a run: credentials, Generate, Get, and the two account reads beside them.

Generate and Get are one loop, not two: another caller of the account can replace our report between them, so a
`ReportInProgress` or `ReportNotPresent` may follow a `COMPLETE` (facts F2.3). While the account waits it holds no
thread.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from tenacity import AsyncRetrying, retry_if_exception

from collector.budgets import FIRST_LOOK_SECONDS, RetryBudget
from collector.evidence import UNKNOWN
from collector.faults import CallFault, FaultKind
from collector.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

T = TypeVar("T")

# Credentials that end sooner than this are not used for another call.
_CREDENTIAL_MARGIN = timedelta(seconds=60)
_COMPLETE = "COMPLETE"
_DEADLINE_PASSED = "DeadlinePassed"


class AccountCalls(Protocol):
    """The blocking calls for one account; every failure is a CallFault (`aws.account_api`)."""

    def is_own(self, account_id: str) -> bool: ...  # noqa: D102 -- said there
    def credentials(self, account_id: str, *, regional: bool = True) -> Any: ...  # noqa: D102 -- said there
    def generate_report(self, credentials: Any) -> str: ...  # noqa: D102 -- said there
    def fetch_report(self, credentials: Any) -> tuple[bytes, datetime]: ...  # noqa: D102 -- said there
    def account_summary(self, credentials: Any) -> dict[str, int]: ...  # noqa: D102 -- said there
    def password_policy(self, credentials: Any) -> dict[str, Any] | None: ...  # noqa: D102 -- said there


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an account's collection needs from the run. Times are on `clock`'s scale, in seconds.

    `in_thread` runs a blocking call in the run's bounded pool of threads; the rest is passed in so that tests wait for
    nothing.
    """

    calls: AccountCalls
    in_thread: Callable[..., Awaitable[Any]]
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    chance: Callable[[], float]
    now: Callable[[], datetime]
    run_deadline: float
    account_deadline_seconds: float


@dataclass(slots=True)
class Answers:
    """What came of one account. `report` is None unless it was fetched."""

    outcome: Outcome
    error_code: str | None = None
    error_message: str | None = None
    attempts: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    report: bytes | None = None
    report_generated_at: datetime | None = None
    password_policy_state: str = UNKNOWN
    password_policy: dict[str, Any] | None = None
    password_policy_error: str | None = None
    summary: dict[str, int] | None = None
    summary_error: str | None = None


@dataclass(slots=True)
class AccountCollection:
    """Collects one account. `run` never raises, but for being cancelled."""

    account_id: str
    around: Surroundings
    answers: Answers = field(default_factory=lambda: Answers(Outcome.NOT_REACHED))
    _deadline: float = 0.0
    _credentials: Any = None
    _assuming: asyncio.Lock = field(default_factory=asyncio.Lock)
    _is_regional: bool = True
    _is_asked: bool = False
    _is_settled: bool = False
    _last_fault: CallFault | None = None
    _reads: list[asyncio.Task[None]] = field(default_factory=list)

    async def run(self) -> Answers:
        """Ask until there is an outcome, at the latest at the account's or the run's deadline."""
        self._deadline = self.around.run_deadline
        try:
            async with asyncio.timeout_at(self.around.run_deadline) as scope:
                await self._start(scope)
                await self._collect()
        except TimeoutError:
            self._settle_at_deadline()
        finally:
            for read in self._reads:
                read.cancel()
        if self.answers.started_at is not None:
            self.answers.finished_at = self.around.now()
        return self.answers

    async def _start(self, scope: asyncio.Timeout) -> None:
        """Let the account's own deadline run from its first call, not from when it was listed."""

        def start() -> None:
            self.answers.started_at = self.around.now()

        await self.around.in_thread(start)
        self._deadline = min(self.around.run_deadline, self.around.clock() + self.around.account_deadline_seconds)
        scope.reschedule(self._deadline)

    async def _collect(self) -> None:
        try:
            report, generated_at = await self._retrying(self._ask_and_fetch)
        except CallFault as fault:
            self._settle(fault)
        else:
            self.answers.outcome = Outcome.COLLECTED
            self.answers.report, self.answers.report_generated_at = report, generated_at
        self._is_settled = True
        if self._reads:
            await asyncio.gather(*self._reads)

    async def _ask_and_fetch(self) -> tuple[bytes, datetime]:
        """One pass of the loop. What an earlier pass has reached is not done again."""
        calls = self.around.calls
        try:
            if not self._is_asked:
                await self._usable_credentials()
                try:
                    state = await self._call(calls.generate_report)
                finally:
                    self._start_reads()
                self._is_asked, self._last_fault = True, None
                if state != _COMPLETE:
                    await self._sleep(FIRST_LOOK_SECONDS + self.around.chance() * FIRST_LOOK_SECONDS / 4)
            answer: tuple[bytes, datetime] = await self._call(calls.fetch_report)
        except CallFault as fault:
            self._last_fault = fault
            if fault.kind in (FaultKind.NOT_PRESENT, FaultKind.REPORT_EXPIRED):
                self._is_asked = False
            raise
        return answer

    def _start_reads(self) -> None:
        """Use the time in which the report is made for the two reads beside it."""
        if not self._reads and self._credentials is not None:
            self._reads = [asyncio.create_task(self._read_summary()), asyncio.create_task(self._read_policy())]

    async def _read_summary(self) -> None:
        self.answers.summary_error = _DEADLINE_PASSED
        try:
            self.answers.summary = await self._retrying(self._ask_summary)
            self.answers.summary_error = None
        except CallFault as fault:
            self.answers.summary_error = f"{fault.code}: {fault.message}"

    async def _read_policy(self) -> None:
        self.answers.password_policy_error = _DEADLINE_PASSED
        try:
            policy = await self._retrying(self._ask_policy)
        except CallFault as fault:
            self.answers.password_policy_error = f"{fault.code}: {fault.message}"
        else:
            self.answers.password_policy = policy
            self.answers.password_policy_state = "default" if policy is None else "custom"
            self.answers.password_policy_error = None

    async def _ask_summary(self) -> dict[str, int]:
        return await self._call(self.around.calls.account_summary)

    async def _ask_policy(self) -> dict[str, Any] | None:
        return await self._call(self.around.calls.password_policy)

    async def _retrying(self, step: Callable[[], Awaitable[T]]) -> T:
        budget = RetryBudget(self.around.clock, self.around.chance, self._deadline)
        retrying = AsyncRetrying(
            retry=retry_if_exception(budget.is_worth_retrying),
            stop=budget.stop,
            wait=budget.wait,
            sleep=self.around.sleep,
            reraise=True,
        )
        return await retrying(step)

    async def _call(self, call: Callable[[Any], T]) -> T:
        """One call with credentials that last."""
        credentials = await self._usable_credentials()
        self.answers.attempts += 1
        try:
            answer: T = await self.around.in_thread(call, credentials)
        except CallFault as fault:
            if fault.kind is FaultKind.TOKEN_EXPIRED and self._credentials is credentials:
                self._credentials = None
            raise
        return answer

    async def _usable_credentials(self) -> Any:
        async with self._assuming:
            held = self._credentials
            if held is not None and (
                held.expires_at is None or held.expires_at - self.around.now() > _CREDENTIAL_MARGIN
            ):
                return held
            self.answers.attempts += not self.around.calls.is_own(self.account_id)
            try:
                self._credentials = await self.around.in_thread(self._assume)
            except CallFault as fault:
                self._is_regional = self._is_regional and fault.kind is not FaultKind.REGION_DISABLED
                raise
            return self._credentials

    def _assume(self) -> Any:
        return self.around.calls.credentials(self.account_id, regional=self._is_regional)

    async def _sleep(self, seconds: float) -> None:
        await self.around.sleep(max(0.0, min(seconds, self._deadline - self.around.clock() - 1.0)))

    def _settle(self, fault: CallFault) -> None:
        """The outcome that a fault leads to once it is not retried any more."""
        self.answers.error_code, self.answers.error_message = fault.code, fault.message
        match fault.kind:
            case FaultKind.DENIED if fault.operation == "sts:AssumeRole":
                self.answers.outcome = Outcome.ASSUME_DENIED
            case FaultKind.DENIED:
                self.answers.outcome = Outcome.REPORT_DENIED
            case FaultKind.IN_PROGRESS:
                self.answers.outcome = Outcome.REPORT_TIMEOUT
            case FaultKind.THROTTLED | FaultKind.LIMIT_EXCEEDED:
                self.answers.outcome = Outcome.THROTTLED
            case _:
                self.answers.outcome = Outcome.FAILED

    def _settle_at_deadline(self) -> None:
        """The outcome where time ran out, perhaps within a call that hangs."""
        if self._is_settled:
            return
        fault = self._last_fault
        if self._is_asked and (fault is None or fault.kind is not FaultKind.THROTTLED):
            self.answers.outcome = Outcome.REPORT_TIMEOUT
            self.answers.error_code = fault.code if fault else _DEADLINE_PASSED
            self.answers.error_message = "The report was asked for and had not been fetched at the deadline."
        elif fault is not None:
            self._settle(fault)
        elif self.answers.started_at is not None and self._credentials is not None:
            self.answers.outcome = Outcome.FAILED
            self.answers.error_code = _DEADLINE_PASSED
            self.answers.error_message = "The deadline passed while the report was being asked for."
        else:
            self.answers.outcome = Outcome.NOT_REACHED
            self.answers.error_code = _DEADLINE_PASSED
            self.answers.error_message = "The deadline passed before the account was asked."
