"""One organization with everything in it that the simulator knows to be wrong or unusual, and what must come of it.

The expectations are written down here, fault by fault, from contract part 2. They are not read off the simulator.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from collector.loopback import (
    AccessKeySpec,
    AccountSpec,
    AccountState,
    CertificateSpec,
    OrganizationSpec,
    PasswordPolicySpec,
    PasswordSpec,
    RoleSpec,
    RootSpec,
    StoredReportSpec,
    UserSpec,
    fault_catalogue,
)

MANAGEMENT = "000000000001"
EXTERNAL_ID = "credlake-tests:1"


@dataclass(frozen=True)
class Expected:
    """What `account` says of an account with this fault. `rows`: of three (root and two users), how many are published.

    `message` is a part of `error_message`; it is there exactly where there is a code.
    """

    outcome: str
    rows: int | None
    error_code: str | None = None
    message: str = ""
    unreadable_rows: int = 0
    unreadable_values: int = 0


WHOLE = Expected("collected", 3)
# One user more, whose name holds a comma.
WITH_COMMA_USER = Expected("collected", 4)


def _without(outcome: str, error_code: str, message: str) -> Expected:
    return Expected(outcome, None, error_code, message)


EXPECTED = {
    "role-missing": _without("assume_denied", "AccessDenied", "not authorized to perform: sts:AssumeRole"),
    "wrong-external-id": _without("assume_denied", "AccessDenied", "not authorized to perform: sts:AssumeRole"),
    "role-untrusting": _without("assume_denied", "AccessDenied", "not authorized to perform: sts:AssumeRole"),
    "sts-region-disabled": WHOLE,
    "sts-throttled-2-times": WHOLE,
    "sts-throttled-for-ever": _without("throttled", "Throttling", "Rate exceeded"),
    "throttled-2-times": WHOLE,
    "throttled-for-ever": _without("throttled", "Throttling", "Rate exceeded"),
    "limit-exceeded-2-times": WHOLE,
    "limit-exceeded-for-ever": _without("throttled", "LimitExceeded", "No more capacity"),
    "service-failure-2-times": WHOLE,
    "service-failure-for-ever": _without("failed", "ServiceFailure", "Unknown"),
    "service-unavailable-2-times": WHOLE,
    "service-unavailable-for-ever": _without("failed", "ServiceUnavailable", "unavailable"),
    "body-cut-2-times": WHOLE,
    "body-cut-for-ever": _without("failed", "UnreadableAnswer", "The answer was cut"),
    "body-truncated-2-times": WHOLE,
    "body-truncated-for-ever": _without("failed", "UnreadableAnswer", "The answer was cut"),
    "connection-reset-2-times": WHOLE,
    "connection-reset-for-ever": _without("failed", "ConnectionClosedError", "Connection was closed"),
    "connection-hangs-2-times": WHOLE,
    "connection-hangs-for-ever": _without("failed", "ReadTimeoutError", "Read timeout"),
    "never-ready": _without("report_timeout", "ReportInProgress", ""),
    "slow-report-2-s": WHOLE,
    "expired-on-first-get": WHOLE,
    "not-present-after-complete": WHOLE,
    "in-progress-after-complete": WHOLE,
    "session-expires-once": WHOLE,
    "generate-denied": _without("report_denied", "AccessDenied", "iam:GenerateCredentialReport"),
    "get-denied": _without("report_denied", "AccessDenied", "iam:GetCredentialReport"),
    "summary-denied": WHOLE,
    "policy-denied": WHOLE,
    "policy-throttled-once": WHOLE,
    "html-page": _without("malformed_report", "MalformedReport", "HTML"),
    "empty-body": _without("malformed_report", "MalformedReport", "empty"),
    "garbage": _without("malformed_report", "MalformedReport", "not UTF-8"),
    "missing-column": _without("malformed_report", "MalformedReport", "lacks the column mfa_active"),
    "wrong-account": _without("wrong_account", "WrongAccount", "another account"),
    "header-only": Expected("partial", 0, "PartialReport", "no root row"),
    "no-root-row": Expected("partial", 2, "PartialReport", "no root row"),
    "unparsable-value": Expected("partial", 3, "PartialReport", "mfa_active (row 2)", unreadable_values=1),
    "short-row": Expected("partial", 2, "PartialReport", "too few fields (row 2)", unreadable_rows=1),
    "unquoted-comma": WITH_COMMA_USER,
    "quoted-comma": WITH_COMMA_USER,
    "extra-column": WHOLE,
    "unknown-column": WHOLE,
    "shuffled-columns": WHOLE,
    "old-style": WHOLE,
    "upper-case-booleans": WHOLE,
    "fractional-seconds": WHOLE,
    "byte-order-mark": WHOLE,
    "windows-lines": WHOLE,
}

# What is not ACTIVE is not asked: the name of the account is its state.
STATES = ("PENDING_ACTIVATION", "SUSPENDED", "PENDING_CLOSURE", "CLOSED")
FAULTS = {fault.name: fault for fault in fault_catalogue.EVERY_FAULT}

_BEGINNING = datetime(2020, 2, 29, 23, 59, 58, tzinfo=UTC)
_POLICY = PasswordPolicySpec(
    minimum_password_length=12,
    require_symbols=True,
    require_lowercase_characters=True,
    allow_users_to_change_password=True,
    max_password_age=77,
    password_reuse_prevention=5,
    hard_expiry=False,
)


def organization() -> OrganizationSpec:
    """Every fault and every state in an account of its own, one left out, one whose report is an hour old."""
    names = [*FAULTS, *STATES, "left-out", "asked-an-hour-ago", "administered"]
    return OrganizationSpec(
        accounts=(AccountSpec(MANAGEMENT, "management", roles=()), *map(_account, names, range(len(names)))),
        management_account_id=MANAGEMENT,
        member_roles=(RoleSpec(external_id=EXTERNAL_ID, path="/audit/"),),
    )


def account_id(name: str) -> str:
    """The account's id. All have leading zeros, which are part of it."""
    names = [*FAULTS, *STATES, "left-out", "asked-an-hour-ago", "administered"]
    return f"0{100_000_001 + 7 * names.index(name):011d}"


def _account(name: str, number: int) -> AccountSpec:
    """An account with two users; every date is the account's own, so that no row can be taken for another's."""
    is_administered = name == "administered"
    return AccountSpec(
        account_id(name),
        name,
        ou=(("Workloads", "Prod"), ("Workloads",), ("Über, alles",), ())[number % 4],
        state=AccountState(name) if name in STATES else AccountState.ACTIVE,
        joined_at=_BEGINNING + timedelta(days=number),
        email=f"{name.lower()}@example.org",
        tags={"team": name, "empty": ""} if number % 2 else {},
        root=_root(number),
        users=(_person(number, "/of,the/" if is_administered else "/people/in/"), _program(number)),
        existing_report=StoredReportSpec(timedelta(hours=1)) if name == "asked-an-hour-ago" else None,
        password_policy=_POLICY if number % 3 else None,
        roles=(RoleSpec(external_id=EXTERNAL_ID, path="/audit/", permissions=("*",)),) if is_administered else None,
        faults=(FAULTS[name],) if name in FAULTS else (),
    )


def _root(number: int) -> RootSpec:
    made = _BEGINNING + timedelta(minutes=number)
    if number % 5:
        return RootSpec(made)
    return RootSpec(
        made, PasswordSpec(made, made + timedelta(days=3)), mfa_active=True, access_keys=(None, AccessKeySpec(made))
    )


def _used_key(made: datetime, used: datetime, region: str | None, service: str) -> AccessKeySpec:
    return AccessKeySpec(made, last_used_at=used, last_used_region=region, last_used_service=service)


def _person(number: int, path: str) -> UserSpec:
    made = _BEGINNING + timedelta(hours=number)
    return UserSpec(
        "Dora.Person@example",
        made,
        path=path,
        password=PasswordSpec(made + timedelta(days=1), None if number % 2 else made + timedelta(days=2)),
        mfa_active=True,
        access_keys=(
            _used_key(made + timedelta(days=4), made + timedelta(days=5), "eu-north-1", "ec2"),
            AccessKeySpec(made + timedelta(days=3), active=False),
        ),
    )


def _program(number: int) -> UserSpec:
    made = _BEGINNING + timedelta(hours=number, seconds=1)
    return UserSpec(
        "robot+1=2",
        made,
        access_keys=(None, _used_key(made, made + timedelta(days=9), None, "s3")),
        certificates=(
            CertificateSpec(made + timedelta(days=6), active=False),
            CertificateSpec(made + timedelta(days=7)),
        ),
    )
