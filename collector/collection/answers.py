"""What an account's collection needs from the run, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from collector.evidence import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from collector.aws.iam import AccountApi
    from collector.collection.threads import Urgency
    from collector.outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What an account's collection needs from the run. Times are on `clock`'s scale, in seconds.

    `in_thread` runs a blocking call in one of the run's few threads, the more urgent first; `in_loop` calls back from
    there; the rest is passed in so that tests wait for nothing.
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


@dataclass(slots=True)
class AccountAnswers:
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
