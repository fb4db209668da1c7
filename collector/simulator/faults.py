"""What can be wrong with an account: the kinds of fault as data, and every fault by name.

A fault with `times` passes, and a collector has to outlast it: up to 3 times fit any sensible number of retries. One
without (`times=None`) is permanent. Which outcome each has to lead to, the collector's own tests state.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from collector.simulator import report_text
from collector.simulator.wire import (
    DENIED_BY_SCP,
    EXPIRED_TOKEN,
    NO_CAPACITY,
    NOT_IN_IDENTITY_POLICY,
    REPORT_EXPIRED,
    REPORT_IN_PROGRESS,
    REPORT_NOT_PRESENT,
    SERVICE_FAILURE,
    THROTTLING,
    UNAVAILABLE,
    Delivery,
    ErrorResponse,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from collector.simulator.report_text import ReportText

ASSUME = "sts:AssumeRole"
GENERATE = "iam:GenerateCredentialReport"
GET = "iam:GetCredentialReport"
SUMMARY = "iam:GetAccountSummary"
POLICY = "iam:GetAccountPasswordPolicy"
REPORT_CALLS = (GENERATE, GET)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong with one account."""

    # A name of its own, `throttled-2-times`.
    name: str


class Access(Enum):
    """Why STS returns no credentials."""

    # The account has no role of that name.
    ROLE_MISSING = "role missing"
    # The role requires an external id that the collector does not have.
    EXTERNAL_ID = "external id"
    # The role does not trust the caller.
    UNTRUSTING = "untrusting"
    # STS is deactivated for the account in every Region but us-east-1.
    REGION_DISABLED = "region disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessFault(Fault):
    """STS returns no credentials, or not in every Region. No effect on the account that the collector runs in."""

    # The reason.
    access: Access


class ReportEffect(Enum):
    """What a fault does to the account's stored report, besides its response."""

    NONE = "none"
    # The report is gone: only Generate brings another.
    DROPPED = "dropped"
    # Another caller had it generated again (facts F2.3): it is in progress.
    REBUILT = "rebuilt"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFault(Fault):
    """Some responses to some operations are wrong."""

    # IAM actions, such as `iam:GetCredentialReport`.
    operations: frozenset[str]
    # The error that replaces the result; None: the operation takes effect, and its response arrives as `delivery` says.
    error: ErrorResponse | None = None
    # How the response arrives.
    delivery: Delivery = Delivery.WHOLE
    # How many calls to each operation; None: all of them.
    times: int | None = None
    # Only calls while the report can be fetched.
    when_ready: bool = False
    # What happens to the stored report.
    report_effect: ReportEffect = ReportEffect.NONE
    # Whether the calling session is expired from now on; only assuming the role again helps.
    revokes_session: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationFault(Fault):
    """The report takes its own time to generate."""

    # How long; `math.inf`: it is never ready.
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFault(Fault):
    """The report's bytes are wrong or unusual."""

    # Turns the correct report into the other one.
    change: Callable[[ReportText], ReportText]


# STS returns no credentials, or not in every Region.
ROLE_MISSING = AccessFault(name="role-missing", access=Access.ROLE_MISSING)
WRONG_EXTERNAL_ID = AccessFault(name="wrong-external-id", access=Access.EXTERNAL_ID)
ROLE_UNTRUSTING = AccessFault(name="role-untrusting", access=Access.UNTRUSTING)
STS_REGION_DISABLED = AccessFault(name="sts-region-disabled", access=Access.REGION_DISABLED)


def _call_fault(
    kind: str,
    times: int | None,
    operations: Iterable[str],
    *,
    error: ErrorResponse | None = None,
    delivery: Delivery = Delivery.WHOLE,
) -> CallFault:
    name = f"{kind}-permanently" if times is None else f"{kind}-{times}-times"
    return CallFault(name=name, operations=frozenset(operations), error=error, delivery=delivery, times=times)


def sts_throttled(times: int | None = None) -> CallFault:
    """STS returns `Throttling` for AssumeRole."""
    return _call_fault("sts-throttled", times, [ASSUME], error=THROTTLING)


def throttled(times: int | None = None, operations: Iterable[str] = REPORT_CALLS) -> CallFault:
    """IAM returns `Throttling` for Generate and Get, for each so many times."""
    return _call_fault("throttled", times, operations, error=THROTTLING)


def limit_exceeded(times: int | None = None) -> CallFault:
    """Generate returns `LimitExceeded`: the service has no capacity. botocore never retries it."""
    return _call_fault("limit-exceeded", times, [GENERATE], error=NO_CAPACITY)


def service_failure(times: int | None = None, operations: Iterable[str] = REPORT_CALLS) -> CallFault:
    """IAM returns `ServiceFailure`, HTTP 500."""
    return _call_fault("service-failure", times, operations, error=SERVICE_FAILURE)


def service_unavailable(times: int | None = None, operations: Iterable[str] = REPORT_CALLS) -> CallFault:
    """IAM returns `ServiceUnavailable`, HTTP 503."""
    return _call_fault("service-unavailable", times, operations, error=UNAVAILABLE)


def body_cut(times: int | None = None, operations: Iterable[str] = (GET,)) -> CallFault:
    """The connection closes in the middle of the response."""
    return _call_fault("body-cut", times, operations, delivery=Delivery.CUT)


def body_truncated(times: int | None = None, operations: Iterable[str] = (GET,)) -> CallFault:
    """Half of the response arrives as if it were complete: HTTP 200 with XML that does not parse."""
    return _call_fault("body-truncated", times, operations, delivery=Delivery.TRUNCATED)


def connection_reset(times: int | None = None, operations: Iterable[str] = REPORT_CALLS) -> CallFault:
    """The connection is reset without a response. The call took effect anyway."""
    return _call_fault("connection-reset", times, operations, delivery=Delivery.RESET)


def connection_hangs(times: int | None = None, operations: Iterable[str] = (GENERATE,)) -> CallFault:
    """No response ever arrives: the client's read timeout decides. The call took effect anyway."""
    return _call_fault("connection-hangs", times, operations, delivery=Delivery.HANG)


# The report's life cycle.
NEVER_READY = GenerationFault(name="never-ready", seconds=math.inf)


def slow_report(seconds: float) -> GenerationFault:
    """The report takes that long, and then is ready."""
    return GenerationFault(name=f"slow-report-{seconds:g}-s", seconds=seconds)


def _lost_once(
    name: str, error: ErrorResponse, effect: ReportEffect = ReportEffect.NONE, *, revokes_session: bool = False
) -> CallFault:
    """The first Get after the report is complete fails."""
    return CallFault(
        name=name,
        operations=frozenset({GET}),
        error=error,
        times=1,
        when_ready=True,
        report_effect=effect,
        revokes_session=revokes_session,
    )


EXPIRED_ON_FIRST_GET = _lost_once("expired-on-first-get", REPORT_EXPIRED, ReportEffect.DROPPED)
NOT_PRESENT_AFTER_COMPLETE = _lost_once("not-present-after-complete", REPORT_NOT_PRESENT, ReportEffect.DROPPED)
IN_PROGRESS_AFTER_COMPLETE = _lost_once("in-progress-after-complete", REPORT_IN_PROGRESS, ReportEffect.REBUILT)
SESSION_EXPIRES_ONCE = _lost_once("session-expires-once", EXPIRED_TOKEN, revokes_session=True)

# Permissions.
GENERATE_DENIED = CallFault(name="generate-denied", operations=frozenset({GENERATE}), error=DENIED_BY_SCP)
GET_DENIED = CallFault(name="get-denied", operations=frozenset({GET}), error=DENIED_BY_SCP)
SUMMARY_DENIED = CallFault(name="summary-denied", operations=frozenset({SUMMARY}), error=NOT_IN_IDENTITY_POLICY)
POLICY_DENIED = CallFault(name="policy-denied", operations=frozenset({POLICY}), error=DENIED_BY_SCP)
POLICY_THROTTLED_ONCE = CallFault(
    name="policy-throttled-once", operations=frozenset({POLICY}), error=THROTTLING, times=1
)


def _report_fault(change: Callable[[ReportText], ReportText]) -> ReportFault:
    return ReportFault(name=change.__name__.replace("_", "-"), change=change)


# The report's bytes.
HTML_PAGE = _report_fault(report_text.html_page)
EMPTY_BODY = _report_fault(report_text.empty_body)
GARBAGE = _report_fault(report_text.garbage)
MISSING_COLUMN = _report_fault(report_text.missing_column)
WRONG_ACCOUNT = _report_fault(report_text.wrong_account)
HEADER_ONLY = _report_fault(report_text.header_only)
NO_ROOT_ROW = _report_fault(report_text.no_root_row)
UNPARSABLE_VALUE = _report_fault(report_text.unparsable_value)
SHORT_ROW = _report_fault(report_text.short_row)
UNQUOTED_COMMA = _report_fault(report_text.unquoted_comma)
QUOTED_COMMA = _report_fault(report_text.quoted_comma)
EXTRA_COLUMN = _report_fault(report_text.extra_column)
UNKNOWN_COLUMN = _report_fault(report_text.unknown_column)
SHUFFLED_COLUMNS = _report_fault(report_text.shuffled_columns)
OLD_STYLE = _report_fault(report_text.old_style)
UPPER_CASE_BOOLEANS = _report_fault(report_text.upper_case_booleans)
FRACTIONAL_SECONDS = _report_fault(report_text.fractional_seconds)
BYTE_ORDER_MARK = _report_fault(report_text.byte_order_mark)
WINDOWS_LINES = _report_fault(report_text.windows_lines)

_PASSING_OR_PERMANENT = (
    sts_throttled,
    throttled,
    limit_exceeded,
    service_failure,
    service_unavailable,
    body_cut,
    body_truncated,
    connection_reset,
    connection_hangs,
)

# Every fault named above, and of those that may pass one that does and one that does not.
EVERY_FAULT: tuple[Fault, ...] = (
    *(value for value in tuple(globals().values()) if isinstance(value, Fault)),
    *(kind(times) for kind in _PASSING_OR_PERMANENT for times in (2, None)),
    slow_report(2),
)
