"""What an account's collection needs from the run, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from collector.evidence import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from collector.call_threads import Urgency
    from collector.outcome import Outcome


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

    `in_thread` runs a blocking call in one of the run's few threads, the more urgent first; `in_loop` calls back from
    there; the rest is passed in so that tests wait for nothing.
    """

    calls: AccountCalls
    in_thread: Callable[[Urgency, Callable[[], Any]], Awaitable[Any]]
    in_loop: Callable[[Callable[[], None]], object]
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
