"""The collection of one account: credentials, Generate, Get, and in the meantime summary and password policy.

Generate and Get are one loop, not two: another caller of the account can replace our report between them, so a
`ReportInProgress` or `ReportNotPresent` may follow a `COMPLETE` (facts F2.3). While the account waits it holds no
thread.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeVar

from collector.collection.retry import LAST_LOOK_SECONDS, ReportTimes, RetryPolicy
from collector.errors import CallFault, FaultKind
from collector.evidence import UNKNOWN
from collector.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from collector.aws.credentials import SessionCredentials
    from collector.aws.iam import AccountApi

T = TypeVar("T")

# Credentials that expire sooner than this are not used for another call.
_CREDENTIAL_MARGIN = timedelta(seconds=60)
# One call may take so much of an account's time, and always so many seconds.
_CALLS_BY_DEADLINE = 4
_SHORTEST_CALL_SECONDS = 1.0
_COMPLETE = "COMPLETE"
_DEADLINE_PASSED = "DeadlinePassed"


class Urgency(IntEnum):
    """Why a call is made. The lower goes first, so that accounts under way are finished before more are started."""

    STORE = 0  # what AWS returned for an account is in memory, and goes to the lake
    DUE = 1  # the report was requested some time ago, so it may be ready
    READ = 2  # summary and policy, while AWS generates the report
    NEW = 3  # the first call for an account


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the collection of an account needs from its run; clock and chance are passed in so that tests need no wait.

    Attributes:
        calls: the calls for one account.
        in_thread: runs a blocking call in one of the run's few threads, the more urgent first.
        in_loop: calls back from such a thread.
        clock: seconds of a monotonic clock.
        sleep: waits so many seconds.
        chance: a random number in [0, 1).
        now: the time of day, in UTC.
        run_deadline: on the scale of `clock`.
        account_deadline_seconds: for one account, from its first call.
        report_times: how long the reports of the run take.
    """

    calls: AccountApi
    in_thread: Callable[[Urgency, Callable[[], Any]], Awaitable[Any]]
    in_loop: Callable[[Callable[[], None]], object]
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    chance: Callable[[], float]
    now: Callable[[], datetime]
    run_deadline: float
    account_deadline_seconds: float
    report_times: ReportTimes = field(default_factory=ReportTimes)


@dataclass(slots=True)
class AccountAnswers:
    """What AWS returned for one account, and the outcome; named as in `AccountEvidence`."""

    outcome: Outcome
    error_code: str | None = None
    error_message: str | None = None
    attempts: int = 0  # calls made, AssumeRole included
    started_at: datetime | None = None  # null where no call was made
    finished_at: datetime | None = None
    report: bytes | None = None  # the credential report; null unless it was fetched
    report_generated_at: datetime | None = None
    password_policy_state: str = UNKNOWN  # `custom`, `default` (the account has none) or `unknown`
    password_policy: dict[str, Any] | None = None
    password_policy_error: str | None = None
    summary: dict[str, int] | None = None  # GetAccountSummary's SummaryMap
    summary_error: str | None = None
    origin_run_id: str | None = None  # the earlier run that collected it; null where this run did


@dataclass(slots=True)
class AccountCollection:
    """Collects one account. `run` never raises, except when it is cancelled.

    Calls that follow each other without a wait share one turn of a thread, because handing over costs CPU: one turn
    requests the report (AssumeRole, Generate), one reads summary and policy, one fetches the report.
    """

    account_id: str
    context: Context
    answers: AccountAnswers = field(default_factory=lambda: AccountAnswers(Outcome.NOT_REACHED))
    _deadline: float = 0.0  # the earlier of the run's deadline and the account's own, which runs from its first call
    _credentials: SessionCredentials | None = (
        None  # the role's session; null before it is made, and once it has expired
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)  # Guards credentials and count of calls.
    _is_regional: bool = True  # Whether AssumeRole uses the Region's own STS, which may be off in opt-in Regions.
    _requested_at: float | None = None  # on the clock: when AWS began to generate the report; null where it was there
    _is_requested: bool = False  # whether a report has been requested and not been lost since
    _is_settled: bool = False  # whether the outcome is final, so that only the reads are still waited for
    _last_fault: CallFault | None = None  # why the last attempt at the report failed
    _no_request: CallFault | None = None  # the denial of GenerateCredentialReport, after which only Get is tried
    _reads: asyncio.Task[None] | None = None  # the reads of summary and policy, once they have begun

    async def run(self) -> AccountAnswers:
        """Collect until there is an outcome, at the latest at the account's or the run's deadline."""
        self._deadline = self.context.run_deadline
        try:
            async with asyncio.timeout_at(self.context.run_deadline) as scope:
                await self._collect(scope)
        except TimeoutError:
            self._settle_at_deadline()
        finally:
            if self._reads is not None:
                self._reads.cancel()
        if self.answers.started_at is not None:
            self.answers.finished_at = self.context.now()
        return self.answers

    async def _collect(self, scope: asyncio.Timeout) -> None:
        def start() -> None:
            own_deadline = self.context.clock() + self.context.account_deadline_seconds
            self._deadline = min(self.context.run_deadline, own_deadline)
            # The run's deadline may have passed first, while a thread was already starting on this account.
            with suppress(RuntimeError):
                scope.reschedule(self._deadline)

        try:
            report, generated_at = await self._retrying(lambda: self._request_and_fetch(start))
        except CallFault as fault:
            self._settle(self._no_request or fault)
        else:
            self.answers.outcome = Outcome.COLLECTED
            self.answers.report, self.answers.report_generated_at = report, generated_at
        self._is_settled = True
        if self._reads is not None:
            await self._reads

    async def _request_and_fetch(self, start: Callable[[], None]) -> tuple[bytes, datetime]:
        """One pass of the loop. What an earlier pass achieved is not repeated."""
        try:
            if not self._is_requested:
                try:
                    urgency = Urgency.NEW if self.answers.started_at is None else Urgency.DUE
                    state = await self.context.in_thread(urgency, lambda: self._request(start))
                finally:
                    # Use the time in which AWS generates the report.
                    if self._reads is None and self._credentials is not None:
                        self._reads = asyncio.create_task(self._read_account())
                self._is_requested, self._last_fault = True, None
                if state != _COMPLETE:
                    self._requested_at = self.context.clock()
                    wait = self.context.report_times.first_look() * (1 + self.context.chance() / 4)
                    left = self._deadline - self._requested_at - LAST_LOOK_SECONDS
                    await self.context.sleep(max(0.0, min(wait, left)))
            fetch = self.context.calls.fetch_report
            answer: tuple[bytes, datetime] = await self.context.in_thread(Urgency.DUE, lambda: self._call(fetch))
        except CallFault as fault:
            self._last_fault = fault
            if fault.kind in (FaultKind.NOT_PRESENT, FaultKind.REPORT_EXPIRED):
                if self._no_request is not None:
                    raise self._no_request from fault
                self._is_requested = False
            raise
        if self._requested_at is not None:
            self.context.report_times.ready(self.context.clock() - self._requested_at)
        return answer

    def _request(self, start: Callable[[], None]) -> str:
        """In a thread: the account's first calls. Its own deadline runs from here, not from its listing."""
        if self.answers.started_at is None:
            self.answers.started_at = self.context.now()
            self.context.in_loop(start)
        try:
            return self._call(self.context.calls.generate_report)
        except CallFault as fault:
            if fault.kind is not FaultKind.DENIED or fault.operation != "iam:GenerateCredentialReport":
                raise
            # Another tool may have requested a report in the last four hours, which Get returns to anyone it allows.
            self._no_request = fault
            return _COMPLETE

    async def _read_account(self) -> None:
        """Read summary and policy. Where that fails their columns are unknown, and the account is collected anyway."""
        self.answers.summary_error = self.answers.password_policy_error = _DEADLINE_PASSED
        faults = await self.context.in_thread(Urgency.READ, self._read_once)
        await asyncio.gather(*(self._read_again(read, fault) for read, fault in faults))

    def _read_once(self) -> list[tuple[Callable[[], None], CallFault]]:
        """In a thread: each read once; returns those that failed, and how."""
        faults = []
        for read in (self._read_summary, self._read_policy):
            try:
                read()
            except CallFault as fault:
                faults.append((read, fault))
        return faults

    async def _read_again(self, read: Callable[[], None], first: CallFault) -> None:
        try:
            await self._retrying(lambda: self.context.in_thread(Urgency.READ, read), first)
        except CallFault as fault:
            error = f"{fault.code}: {fault.message}"
            if read == self._read_summary:
                self.answers.summary_error = error
            else:
                self.answers.password_policy_error = error

    def _read_summary(self) -> None:
        self.answers.summary = self._call(self.context.calls.account_summary)
        self.answers.summary_error = None

    def _read_policy(self) -> None:
        policy = self._call(self.context.calls.password_policy)
        self.answers.password_policy = policy
        self.answers.password_policy_state = "default" if policy is None else "custom"
        self.answers.password_policy_error = None

    async def _retrying(self, step: Callable[[], Awaitable[T]], first: CallFault | None = None) -> T:
        """The step's result, retried as the policy allows. `first` is a failure that has already happened."""
        if first is None:
            # Most accounts never fail, and do not pay for the machinery of retries.
            try:
                return await step()
            except CallFault as fault:
                first = fault
        already_failed: list[CallFault] = [first]

        async def again() -> T:
            if already_failed:
                raise already_failed.pop()
            return await step()

        policy = RetryPolicy(self.context.clock, self.context.chance, self._deadline)
        return await policy.retrying(self.context.sleep)(again)

    def _call(self, call: Callable[[SessionCredentials], T]) -> T:
        """In a thread: one call, with credentials that do not expire during it."""
        with self.context.calls.within(self._call_seconds()):
            credentials = self._usable_credentials()
        with self._lock:
            self.answers.attempts += 1
        try:
            with self.context.calls.within(self._call_seconds()):
                return call(credentials)
        except CallFault as fault:
            if fault.kind is FaultKind.TOKEN_EXPIRED:
                with self._lock:
                    if self._credentials is credentials:
                        self._credentials = None
            raise

    def _call_seconds(self) -> float:
        """For how long one call may hold its thread: an answer that never comes leaves time to try again."""
        left = self._deadline - self.context.clock()
        return max(min(left, self.context.account_deadline_seconds / _CALLS_BY_DEADLINE), _SHORTEST_CALL_SECONDS)

    def _usable_credentials(self) -> SessionCredentials:
        with self._lock:
            held, soon = self._credentials, self.context.now() + _CREDENTIAL_MARGIN
            if held is not None and (held.expires_at is None or held.expires_at > soon):
                return held
            self.answers.attempts += not self.context.calls.is_own(self.account_id)
            try:
                self._credentials = self.context.calls.credentials(self.account_id, regional=self._is_regional)
            except CallFault as fault:
                self.answers.attempts -= fault.kind is FaultKind.CALLER_EXPIRED and fault.operation != "sts:AssumeRole"
                self._is_regional = self._is_regional and fault.kind is not FaultKind.REGION_DISABLED
                raise
            return self._credentials

    def _settle(self, fault: CallFault) -> None:
        """Set the outcome for a failure that is not retried any more."""
        match fault.kind:
            case FaultKind.DENIED if fault.operation == "sts:AssumeRole":
                outcome = Outcome.ASSUME_DENIED
            case FaultKind.DENIED:
                outcome = Outcome.REPORT_DENIED
            case FaultKind.IN_PROGRESS:
                outcome = Outcome.REPORT_TIMEOUT
            case FaultKind.THROTTLED | FaultKind.LIMIT_EXCEEDED:
                outcome = Outcome.THROTTLED
            case _:
                outcome = Outcome.FAILED
        self._end(outcome, fault.code, fault.message)

    def _end(self, outcome: Outcome, error_code: str, error_message: str) -> None:
        self.answers.outcome, self.answers.error_code, self.answers.error_message = outcome, error_code, error_message

    def _settle_at_deadline(self) -> None:
        """Set the outcome where time ran out, perhaps during a call that hangs."""
        if self._is_settled:
            return
        if self._no_request is not None:
            self._settle(self._no_request)
            return
        fault = self._last_fault
        if self._is_requested and (fault is None or fault.kind is not FaultKind.THROTTLED):
            message = "The report was requested and was not available by the deadline."
            self._end(Outcome.REPORT_TIMEOUT, fault.code if fault else _DEADLINE_PASSED, message)
        elif fault is not None:
            self._settle(fault)
        elif self.answers.started_at is not None and self._credentials is not None:
            message = "The deadline passed while the report was being requested."
            self._end(Outcome.FAILED, _DEADLINE_PASSED, message)
        else:
            message = "The deadline passed before the account was called."
            self._end(Outcome.NOT_REACHED, _DEADLINE_PASSED, message)
