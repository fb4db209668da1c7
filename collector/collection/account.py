"""One account's way through a run: credentials, Generate, Get, and the two account reads beside them.

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
from typing import TYPE_CHECKING, TypeVar

from collector.collection.answers import AccountAnswers
from collector.collection.retry import FIRST_LOOK_SECONDS, LAST_LOOK_SECONDS, RetryPolicy
from collector.collection.threads import Urgency
from collector.errors import CallFault, FaultKind
from collector.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from collector.aws.credentials import SessionCredentials
    from collector.collection.answers import Context

T = TypeVar("T")

# Credentials that end sooner than this are not used for another call.
_CREDENTIAL_MARGIN = timedelta(seconds=60)
_COMPLETE = "COMPLETE"
_DEADLINE_PASSED = "DeadlinePassed"


@dataclass(slots=True)
class AccountCollection:
    """Collects one account. `run` never raises, but for being cancelled.

    Calls that follow each other without a wait share one turn of a thread, for handing over costs CPU: one turn asks
    (AssumeRole, Generate), one does the account reads, one fetches.
    """

    account_id: str
    around: Context
    answers: AccountAnswers = field(default_factory=lambda: AccountAnswers(Outcome.NOT_REACHED))
    _deadline: float = 0.0
    _credentials: SessionCredentials | None = None
    # Guards the credentials and the count of calls: the reads and the report may be called for at the same time.
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _is_regional: bool = True
    _is_asked: bool = False
    _is_settled: bool = False
    _last_fault: CallFault | None = None
    _reads: asyncio.Task[None] | None = None

    async def run(self) -> AccountAnswers:
        """Ask until there is an outcome, at the latest at the account's or the run's deadline."""
        self._deadline = self.around.run_deadline
        try:
            async with asyncio.timeout_at(self.around.run_deadline) as scope:
                await self._collect(scope)
        except TimeoutError:
            self._settle_at_deadline()
        finally:
            if self._reads is not None:
                self._reads.cancel()
        if self.answers.started_at is not None:
            self.answers.finished_at = self.around.now()
        return self.answers

    async def _collect(self, scope: asyncio.Timeout) -> None:
        def start() -> None:
            self._deadline = min(self.around.run_deadline, self.around.clock() + self.around.account_deadline_seconds)
            # The run's deadline may have come first, while a thread was already taking this account up.
            with suppress(RuntimeError):
                scope.reschedule(self._deadline)

        try:
            report, generated_at = await self._retrying(lambda: self._ask_and_fetch(start))
        except CallFault as fault:
            self._settle(fault)
        else:
            self.answers.outcome = Outcome.COLLECTED
            self.answers.report, self.answers.report_generated_at = report, generated_at
        self._is_settled = True
        if self._reads is not None:
            await self._reads

    async def _ask_and_fetch(self, start: Callable[[], None]) -> tuple[bytes, datetime]:
        """One pass of the loop. What an earlier pass has reached is not done again."""
        try:
            if not self._is_asked:
                try:
                    urgency = Urgency.NEW if self.answers.started_at is None else Urgency.DUE
                    state = await self.around.in_thread(urgency, lambda: self._ask(start))
                finally:
                    # Use the time in which the report is made.
                    if self._reads is None and self._credentials is not None:
                        self._reads = asyncio.create_task(self._read_beside())
                self._is_asked, self._last_fault = True, None
                if state != _COMPLETE:
                    await self._sleep(FIRST_LOOK_SECONDS + self.around.chance() * FIRST_LOOK_SECONDS / 4)
            answer: tuple[bytes, datetime] = await self.around.in_thread(Urgency.DUE, self._fetch)
        except CallFault as fault:
            self._last_fault = fault
            if fault.kind in (FaultKind.NOT_PRESENT, FaultKind.REPORT_EXPIRED):
                self._is_asked = False
            raise
        return answer

    def _ask(self, start: Callable[[], None]) -> str:
        """In a thread: the account's first calls. Its own deadline runs from here, not from when it was listed."""
        if self.answers.started_at is None:
            self.answers.started_at = self.around.now()
            self.around.in_loop(start)
        return self._call(self.around.calls.generate_report)

    def _fetch(self) -> tuple[bytes, datetime]:
        return self._call(self.around.calls.fetch_report)

    async def _read_beside(self) -> None:
        """Both account reads. A fault of theirs leaves their columns unknown, and the account collected."""
        self.answers.summary_error = self.answers.password_policy_error = _DEADLINE_PASSED
        faults = await self.around.in_thread(Urgency.BESIDE, self._read_both)
        await asyncio.gather(*(self._read_again(read, fault) for read, fault in faults))

    def _read_both(self) -> list[tuple[Callable[[], None], CallFault]]:
        """In a thread: each read once; those that failed, and how."""
        faults = []
        for read in (self._read_summary, self._read_policy):
            try:
                read()
            except CallFault as fault:
                faults.append((read, fault))
        return faults

    async def _read_again(self, read: Callable[[], None], first: CallFault) -> None:
        try:
            await self._retrying(lambda: self.around.in_thread(Urgency.BESIDE, read), first)
        except CallFault as fault:
            error = f"{fault.code}: {fault.message}"
            if read == self._read_summary:
                self.answers.summary_error = error
            else:
                self.answers.password_policy_error = error

    def _read_summary(self) -> None:
        self.answers.summary = self._call(self.around.calls.account_summary)
        self.answers.summary_error = None

    def _read_policy(self) -> None:
        policy = self._call(self.around.calls.password_policy)
        self.answers.password_policy = policy
        self.answers.password_policy_state = "default" if policy is None else "custom"
        self.answers.password_policy_error = None

    async def _retrying(self, step: Callable[[], Awaitable[T]], first: CallFault | None = None) -> T:
        """The step's result, tried again as the budget allows. `first` is a fault that the step has met already."""
        if first is None:
            # Most accounts meet no fault at all, and pay nothing for what would happen if they did.
            try:
                return await step()
            except CallFault as fault:
                first = fault
        met: list[CallFault] = [first]

        async def again() -> T:
            if met:
                raise met.pop()
            return await step()

        budget = RetryPolicy(self.around.clock, self.around.chance, self._deadline)
        return await budget.retrying(self.around.sleep)(again)

    def _call(self, call: Callable[[SessionCredentials], T]) -> T:
        """In a thread: one call, with credentials that last."""
        credentials = self._usable_credentials()
        with self._lock:
            self.answers.attempts += 1
        try:
            return call(credentials)
        except CallFault as fault:
            if fault.kind is FaultKind.TOKEN_EXPIRED:
                with self._lock:
                    if self._credentials is credentials:
                        self._credentials = None
            raise

    def _usable_credentials(self) -> SessionCredentials:
        with self._lock:
            held = self._credentials
            if held is not None and (
                held.expires_at is None or held.expires_at - self.around.now() > _CREDENTIAL_MARGIN
            ):
                return held
            self.answers.attempts += not self.around.calls.is_own(self.account_id)
            try:
                self._credentials = self.around.calls.credentials(self.account_id, regional=self._is_regional)
            except CallFault as fault:
                self._is_regional = self._is_regional and fault.kind is not FaultKind.REGION_DISABLED
                raise
            return self._credentials

    async def _sleep(self, seconds: float) -> None:
        await self.around.sleep(max(0.0, min(seconds, self._deadline - self.around.clock() - LAST_LOOK_SECONDS)))

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
