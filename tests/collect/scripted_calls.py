"""The calls for an account without AWS: each account answers by a script, and every call is written down."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from collector.accounts import Account
from collector.engine import Engine
from collector.faults import CallFault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

GENERATED_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)

_CODES = {
    FaultKind.IN_PROGRESS: "ReportInProgress",
    FaultKind.NOT_PRESENT: "ReportNotPresent",
    FaultKind.REPORT_EXPIRED: "ReportExpired",
    FaultKind.THROTTLED: "Throttling",
    FaultKind.LIMIT_EXCEEDED: "LimitExceeded",
    FaultKind.SERVICE_FAILURE: "ServiceFailure",
    FaultKind.CONNECTION: "ReadTimeoutError",
    FaultKind.TOKEN_EXPIRED: "ExpiredToken",
    FaultKind.REGION_DISABLED: "RegionDisabledException",
    FaultKind.DENIED: "AccessDenied",
    FaultKind.NO_SUCH_ENTITY: "NoSuchEntity",
    FaultKind.OTHER: "SomethingElse",
}

ASSUME, GENERATE, GET = "sts:AssumeRole", "iam:GenerateCredentialReport", "iam:GetCredentialReport"
SUMMARY, POLICY = "iam:GetAccountSummary", "iam:GetAccountPasswordPolicy"


@dataclass(frozen=True)
class Session:
    account_id: str
    number: int
    is_regional: bool
    expires_at: datetime | None


@dataclass
class ScriptedCalls:
    """`scripts`: (account, operation) → faults to meet, one a call, before it answers. A callable may do anything."""

    scripts: dict[tuple[str, str], list] = field(default_factory=dict)
    seconds_a_call: float = 0.0
    takes: Callable[[float], None] = time.sleep
    generation_seconds: float = 0.0
    own: str | None = None
    session_length: timedelta | None = timedelta(minutes=15)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    made: list[tuple[str, str]] = field(default_factory=list)
    sessions: dict[str, list[Session]] = field(default_factory=lambda: defaultdict(list))
    used: list[tuple[str, str, Session]] = field(default_factory=list)
    under_way: int = 0
    peak: int = 0
    most_accounts_under_way: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _asked_at: dict[str, float] = field(default_factory=dict)

    def count(self, account_id: str) -> Counter:
        return Counter(operation for account, operation in self.made if account == account_id)

    def is_own(self, account_id):
        return account_id == self.own

    def credentials(self, account_id, *, regional=True):
        if not self.is_own(account_id):
            self._call(account_id, ASSUME)
        expires_at = None if self.session_length is None else self.now() + self.session_length
        session = Session(account_id, len(self.sessions[account_id]), regional, expires_at)
        self.sessions[account_id].append(session)
        return session

    def generate_report(self, credentials):
        self._call(credentials.account_id, GENERATE, credentials)
        self._asked_at.setdefault(credentials.account_id, time.monotonic())
        return "STARTED"

    def fetch_report(self, credentials):
        self._call(credentials.account_id, GET, credentials)
        if time.monotonic() - self._asked_at[credentials.account_id] < self.generation_seconds:
            raise CallFault(FaultKind.IN_PROGRESS, "ReportInProgress", "Unknown", GET)
        return f"report of {credentials.account_id}".encode(), GENERATED_AT

    def account_summary(self, credentials):
        self._call(credentials.account_id, SUMMARY, credentials)
        return {"Users": 1}

    def password_policy(self, credentials):
        self._call(credentials.account_id, POLICY, credentials)

    def _call(self, account_id: str, operation: str, session: Session | None = None) -> None:
        with self._lock:
            self.made.append((account_id, operation))
            if session is not None:
                self.used.append((account_id, operation, session))
            self.under_way += 1
            self.peak = max(self.peak, self.under_way)
            script = self.scripts.get((account_id, operation))
            step = script.pop(0) if script else None
        try:
            self.takes(self.seconds_a_call)
            if isinstance(step, FaultKind):
                raise CallFault(step, _CODES[step], "as scripted", operation)
            if step is not None:
                step()
        finally:
            with self._lock:
                self.under_way -= 1


def always(step, times: int = 100_000) -> list:
    """A script that never ends."""
    return [step] * times


def ids(count: int) -> list[str]:
    return [f"{number:012d}" for number in range(1, count + 1)]


async def collect(calls: ScriptedCalls, account_ids: Iterable[str], **options) -> dict:
    """Run the engine over these accounts; what was delivered, by account. No wait takes longer than said by `pace`."""
    pace = options.pop("pace", 0.001)
    delivered: dict = {}
    most = 0

    async def listed():
        nonlocal most
        for number, account_id in enumerate(account_ids):
            most = max(most, number - len(delivered))
            yield Account(account_id=account_id, state="ACTIVE", partition="aws")

    async def deliver(account, answers):
        assert account.account_id not in delivered
        delivered[account.account_id] = answers

    async def sleep(seconds):
        await asyncio.sleep(seconds * pace)

    settings = {
        "concurrency": 4,
        "run_deadline_seconds": None,
        "account_deadline_seconds": 300.0,
        "now": calls.now,
        "sleep": sleep,
        "chance": lambda: 0.5,
    } | options
    await Engine(calls=calls, **settings).collect(listed(), deliver)
    calls.most_accounts_under_way = most
    return delivered


def outcomes(delivered: dict) -> Counter:
    return Counter(answers.outcome for answers in delivered.values())
