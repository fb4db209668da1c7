"""Every fault that an account on loopback can have, by name, with the outcome that a right collector comes to.

A fault that goes away (`times` given) must be outlasted, so its outcome is `collected`; `times` of up to 3 is meant to
fit any sensible budget of retries. One that stays (`times=None`) has the outcome of its kind.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from collector.outcome import Outcome
from collector.simulator import broken_reports
from collector.simulator.answers import Pipeline
from collector.simulator.faults import (
    ASSUME,
    GENERATE,
    GET,
    POLICY,
    SUMMARY,
    Access,
    AccessFault,
    CallFault,
    Fault,
    GenerationFault,
    ReportEffect,
    ReportFault,
)
from collector.simulator.refusals import (
    DENIED_BY_SCP,
    EXPIRED_TOKEN,
    LACKING_PERMISSION,
    NO_CAPACITY,
    REPORT_EXPIRED,
    REPORT_IN_PROGRESS,
    REPORT_NOT_PRESENT,
    SERVICE_FAILURE,
    THROTTLING,
    UNAVAILABLE,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from collector.simulator.answers import ErrorAnswer
    from collector.simulator.report_text import ReportText

REPORT_CALLS = (GENERATE, GET)

# STS gives no credentials, or not there.
ROLE_MISSING = AccessFault(name="role-missing", access=Access.ROLE_MISSING, outcome=Outcome.ASSUME_DENIED)
WRONG_EXTERNAL_ID = AccessFault(name="wrong-external-id", access=Access.EXTERNAL_ID, outcome=Outcome.ASSUME_DENIED)
ROLE_UNTRUSTING = AccessFault(name="role-untrusting", access=Access.UNTRUSTING, outcome=Outcome.ASSUME_DENIED)
STS_REGION_DISABLED = AccessFault(name="sts-region-disabled", access=Access.REGION_DISABLED, outcome=Outcome.COLLECTED)


def _name(kind: str, times: int | None) -> str:
    return f"{kind}-for-ever" if times is None else f"{kind}-{times}-times"


def _call_fault(
    kind: str,
    stays: Outcome,
    times: int | None,
    operations: Iterable[str],
    *,
    error: ErrorAnswer | None = None,
    delivery: Pipeline = Pipeline.WHOLE,
) -> CallFault:
    return CallFault(
        name=_name(kind, times),
        outcome=stays if times is None else Outcome.COLLECTED,
        operations=frozenset(operations),
        error=error,
        delivery=delivery,
        times=times,
    )


def sts_throttled(times: int | None = None) -> CallFault:
    """STS answers `Throttling` to AssumeRole."""
    return _call_fault("sts-throttled", Outcome.THROTTLED, times, [ASSUME], error=THROTTLING)


def throttled(times: int | None = None, operations: Iterable[str] = REPORT_CALLS) -> CallFault:
    """IAM answers `Throttling` to Generate and Get, to each so many times."""
    return _call_fault("throttled", Outcome.THROTTLED, times, operations, error=THROTTLING)


def limit_exceeded(times: int | None = None) -> CallFault:
    """Generate answers `LimitExceeded`: the service has no room for another report. botocore never retries it."""
    return _call_fault("limit-exceeded", Outcome.THROTTLED, times, [GENERATE], error=NO_CAPACITY)


def service_failure(times: int | None = None, operations: Iterable[str] = REPORT_CALLS) -> CallFault:
    """IAM answers `ServiceFailure`, HTTP 500."""
    return _call_fault("service-failure", Outcome.FAILED, times, operations, error=SERVICE_FAILURE)


def service_unavailable(times: int | None = None, operations: Iterable[str] = REPORT_CALLS) -> CallFault:
    """IAM answers `ServiceUnavailable`, HTTP 503."""
    return _call_fault("service-unavailable", Outcome.FAILED, times, operations, error=UNAVAILABLE)


def body_cut(times: int | None = None, operations: Iterable[str] = (GET,)) -> CallFault:
    """The connection ends in the middle of the answer."""
    return _call_fault("body-cut", Outcome.FAILED, times, operations, delivery=Pipeline.CUT)


def body_truncated(times: int | None = None, operations: Iterable[str] = (GET,)) -> CallFault:
    """Half of the answer arrives as if it were whole: HTTP 200 with XML that does not parse."""
    return _call_fault("body-truncated", Outcome.FAILED, times, operations, delivery=Pipeline.TRUNCATED)


def connection_reset(times: int | None = None, operations: Iterable[str] = REPORT_CALLS) -> CallFault:
    """The connection is reset without an answer. The call had its effect all the same."""
    return _call_fault("connection-reset", Outcome.FAILED, times, operations, delivery=Pipeline.RESET)


def connection_hangs(times: int | None = None, operations: Iterable[str] = (GENERATE,)) -> CallFault:
    """No answer ever comes: the client's read timeout decides. Nothing says that a report is being generated."""
    return _call_fault("connection-hangs", Outcome.FAILED, times, operations, delivery=Pipeline.HANG)


# The report's life cycle.
NEVER_READY = GenerationFault(name="never-ready", seconds=math.inf, outcome=Outcome.REPORT_TIMEOUT)


def slow_report(seconds: float) -> GenerationFault:
    """The report takes that long, and then comes."""
    return GenerationFault(name=f"slow-report-{seconds:g}-s", seconds=seconds, outcome=Outcome.COLLECTED)


EXPIRED_ON_FIRST_GET = CallFault(
    name="expired-on-first-get",
    outcome=Outcome.COLLECTED,
    operations=frozenset({GET}),
    error=REPORT_EXPIRED,
    times=1,
    when_ready=True,
    report_effect=ReportEffect.DROPPED,
)
NOT_PRESENT_AFTER_COMPLETE = CallFault(
    name="not-present-after-complete",
    outcome=Outcome.COLLECTED,
    operations=frozenset({GET}),
    error=REPORT_NOT_PRESENT,
    times=1,
    when_ready=True,
    report_effect=ReportEffect.DROPPED,
)
IN_PROGRESS_AFTER_COMPLETE = CallFault(
    name="in-progress-after-complete",
    outcome=Outcome.COLLECTED,
    operations=frozenset({GET}),
    error=REPORT_IN_PROGRESS,
    times=1,
    when_ready=True,
    report_effect=ReportEffect.REBUILT,
)
SESSION_EXPIRES_ONCE = CallFault(
    name="session-expires-once",
    outcome=Outcome.COLLECTED,
    operations=frozenset({GET}),
    error=EXPIRED_TOKEN,
    times=1,
    when_ready=True,
    revokes_session=True,
)

# Permissions.
GENERATE_DENIED = CallFault(
    name="generate-denied", outcome=Outcome.REPORT_DENIED, operations=frozenset({GENERATE}), error=DENIED_BY_SCP
)
GET_DENIED = CallFault(
    name="get-denied", outcome=Outcome.REPORT_DENIED, operations=frozenset({GET}), error=DENIED_BY_SCP
)
SUMMARY_DENIED = CallFault(
    name="summary-denied",
    outcome=Outcome.COLLECTED,
    summary_known=False,
    operations=frozenset({SUMMARY}),
    error=LACKING_PERMISSION,
)
POLICY_DENIED = CallFault(
    name="policy-denied",
    outcome=Outcome.COLLECTED,
    policy_known=False,
    operations=frozenset({POLICY}),
    error=DENIED_BY_SCP,
)
POLICY_THROTTLED_ONCE = CallFault(
    name="policy-throttled-once",
    outcome=Outcome.COLLECTED,
    operations=frozenset({POLICY}),
    error=THROTTLING,
    times=1,
)


def _report_fault(outcome: Outcome, spoil: Callable[[ReportText, str], ReportText]) -> ReportFault:
    return ReportFault(name=spoil.__name__.replace("_", "-"), outcome=outcome, spoil=spoil)


# The report's bytes.
HTML_PAGE = _report_fault(Outcome.MALFORMED_REPORT, broken_reports.html_page)
EMPTY_BODY = _report_fault(Outcome.MALFORMED_REPORT, broken_reports.empty_body)
GARBAGE = _report_fault(Outcome.MALFORMED_REPORT, broken_reports.garbage)
MISSING_COLUMN = _report_fault(Outcome.MALFORMED_REPORT, broken_reports.missing_column)
WRONG_ACCOUNT = _report_fault(Outcome.WRONG_ACCOUNT, broken_reports.wrong_account)
HEADER_ONLY = _report_fault(Outcome.PARTIAL, broken_reports.header_only)
NO_ROOT_ROW = _report_fault(Outcome.PARTIAL, broken_reports.no_root_row)
UNPARSABLE_VALUE = _report_fault(Outcome.PARTIAL, broken_reports.unparsable_value)
SHORT_ROW = _report_fault(Outcome.PARTIAL, broken_reports.short_row)
UNQUOTED_COMMA = _report_fault(Outcome.COLLECTED, broken_reports.unquoted_comma)
QUOTED_COMMA = _report_fault(Outcome.COLLECTED, broken_reports.quoted_comma)
EXTRA_COLUMN = _report_fault(Outcome.COLLECTED, broken_reports.extra_column)
UNKNOWN_COLUMN = _report_fault(Outcome.COLLECTED, broken_reports.unknown_column)
SHUFFLED_COLUMNS = _report_fault(Outcome.COLLECTED, broken_reports.shuffled_columns)
OLD_STYLE = _report_fault(Outcome.COLLECTED, broken_reports.old_style)
UPPER_CASE_BOOLEANS = _report_fault(Outcome.COLLECTED, broken_reports.upper_case_booleans)
FRACTIONAL_SECONDS = _report_fault(Outcome.COLLECTED, broken_reports.fractional_seconds)
BYTE_ORDER_MARK = _report_fault(Outcome.COLLECTED, broken_reports.byte_order_mark)
WINDOWS_LINES = _report_fault(Outcome.COLLECTED, broken_reports.windows_lines)

_PASSING_OR_LASTING = (
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

# Every fault named above, and of those that may go away one that does and one that stays.
EVERY_FAULT: tuple[Fault, ...] = (
    *(value for value in tuple(globals().values()) if isinstance(value, Fault)),
    *(kind(times) for kind in _PASSING_OR_LASTING for times in (2, None)),
    slow_report(2),
)
