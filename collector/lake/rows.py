"""An account's evidence as its row of `account`, its rows of `credential_report`, and its share of the counts. Pure.

`collect`, `rebuild` and `verify` all use this, so a rebuilt table cannot differ from the collected one. So the texts
that end up in a column stay as they are: `verify` compares them with those in the tables of older versions.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from collector.denial import read_denial
from collector.discovery.accounts import ACTIVE, OU_ID, is_management_account
from collector.evidence import REPORT_FILES, UNKNOWN, millisecond_text, read_instant, to_milliseconds
from collector.lake.layout import report_key
from collector.lake.record import AccountCounts
from collector.limits import LIMITS
from collector.outcome import Outcome
from collector.report import Report, parse_report, parse_reports
from collector.report.arrow import instants, integers, string, strings
from collector.schema import file_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.evidence import AccountEvidence, RunEvidence
    from collector.report import ParsedReport

ACCOUNT_RECORD = "account"
USER_RECORD = "user"
EXCEPTION_RECORD = "exception"
ACCOUNT_SCHEMA = file_schema(ACCOUNT_RECORD)
USER_SCHEMA = file_schema(USER_RECORD)
EXCEPTION_SCHEMA = file_schema(EXCEPTION_RECORD)

# Our own codes, where the report is what is wrong.
_ERROR_CODES = {
    Outcome.PARTIAL: "PartialReport",
    Outcome.MALFORMED_REPORT: "MalformedReport",
    Outcome.WRONG_ACCOUNT: "WrongAccount",
}
_STALE_REPORT = "StaleReport"

# AWS returns no report that is older than four hours (facts F2.3).
_MAX_AGE = timedelta(hours=24)
_MAX_LEAD = timedelta(hours=1)

# The China partition has no root user that one can sign in as, and its reports have no root row (facts F11.2).
_WITHOUT_ROOT = frozenset({"aws-cn"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOutcome:
    """How an account ended, once its report was parsed."""

    outcome: Outcome  # how its collection ended
    error_code: str | None = None  # AWS's, or ours where the report is what is wrong; None when collected
    error_message: str | None = None  # the same
    user_count: int | None = None  # Rows published, root included; None, like the next two, if no users are published.
    unreadable_rows: int | None = None  # rows left out
    unreadable_values: int | None = None  # values set to null


class TypedAccount(NamedTuple):
    """How an account ended, and its rows of `credential_report`: none where nothing of it may be published."""

    result: AccountOutcome
    users: pa.Table


class TypedAccounts(NamedTuple):
    """How accounts ended, and the rows of all of them."""

    results: list[AccountOutcome]
    users: pa.Table


def type_account(run: RunEvidence, evidence: AccountEvidence, report: bytes | None) -> TypedAccount:
    """Parse the account's report, where it was collected, into its rows."""
    parsed = None
    if report is not None and evidence.outcome is Outcome.COLLECTED:
        may_lack_root = _may_lack_root(run, evidence)
        parsed = parse_report(report, account_id=evidence.account_id, may_lack_root=may_lack_root)
    result = account_outcome(run, evidence, parsed)
    return TypedAccount(result, user_rows(run, [ParsedAccount(evidence, result, parsed)]))


def type_accounts(run: RunEvidence, accounts: Sequence[tuple[AccountEvidence, bytes | None]]) -> TypedAccounts:
    """`type_account` for many at once, which costs little more than one."""
    reports = {
        evidence.account_id: Report(report, evidence.account_id, _may_lack_root(run, evidence))
        for evidence, report in accounts
        if report is not None and evidence.outcome is Outcome.COLLECTED
    }
    parsed = dict(zip(reports, parse_reports(list(reports.values())), strict=True))
    ended = []
    for evidence, _ in accounts:
        of_account = parsed.get(evidence.account_id)
        ended.append(ParsedAccount(evidence, account_outcome(run, evidence, of_account), of_account))
    return TypedAccounts([account.result for account in ended], user_rows(run, ended))


def _may_lack_root(run: RunEvidence, evidence: AccountEvidence) -> bool:
    return evidence.aws_partition in _WITHOUT_ROOT and run.outcome_rules > 1


def account_outcome(run: RunEvidence, evidence: AccountEvidence, parsed: ParsedReport | None) -> AccountOutcome:
    """The outcome of the collection and of parsing the report; without a report, that of the collection alone."""
    if evidence.outcome is not Outcome.COLLECTED:
        code, message = evidence.error_code, _with_account_error(evidence.error_message, evidence)
        return AccountOutcome(outcome=evidence.outcome, error_code=code, error_message=message)
    if parsed is None:
        raise ValueError(f"account {evidence.account_id} is `collected`, but has no report")
    outcome, problem = parsed.outcome, parsed.problem
    if evidence.report_generated_at is None:
        outcome = Outcome.MALFORMED_REPORT
        problem = "The report came without its GeneratedTime, so no age in it could be told."
    problem = _with_account_error(None if outcome is Outcome.COLLECTED else problem, evidence)
    if not outcome.is_covered:
        return AccountOutcome(outcome=outcome, error_code=_ERROR_CODES[outcome], error_message=problem)
    stale = _staleness(run, evidence)
    if stale is not None:
        problem = stale if problem is None else f"{problem} {stale}"
    if problem is not None:
        outcome = Outcome.PARTIAL
    return AccountOutcome(
        outcome=outcome,
        error_code=_ERROR_CODES.get(outcome) if stale is None else _STALE_REPORT,
        error_message=problem,
        user_count=parsed.users.num_rows if parsed.users is not None else 0,
        unreadable_rows=parsed.unreadable_rows,
        unreadable_values=parsed.unreadable_values,
    )


def _staleness(run: RunEvidence, evidence: AccountEvidence) -> str | None:
    """A sentence where the report's time is not close to the run's; None where it is, or need not be."""
    generated_at = evidence.report_generated_at
    if generated_at is None or run.outcome_rules == 1 or run.inventory_source == REPORT_FILES:
        return None
    text = f"The report was generated at {millisecond_text(generated_at)}, more than"
    if run.started_at - generated_at > _MAX_AGE:
        return f"{text} 24 hours before the run started."
    # A run may take hours, so a report may well be newer than its start.
    if generated_at - (evidence.finished_at or run.started_at) > _MAX_LEAD:
        return f"{text} 1 hour after it was fetched: check the collector's clock."
    return None


class ParsedAccount(NamedTuple):
    """An account whose report was parsed, where it has one."""

    evidence: AccountEvidence
    result: AccountOutcome
    parsed: ParsedReport | None


def user_rows(run: RunEvidence, accounts: Sequence[ParsedAccount]) -> pa.Table:
    """The accounts' rows of `credential_report`, in a users file's schema; none where nothing may be published."""
    published: list[pa.Table] = []
    evidences: list[AccountEvidence] = []
    for evidence, result, parsed in accounts:
        if result.outcome.is_covered and parsed is not None and parsed.users is not None:
            published.append(parsed.users)
            evidences.append(evidence)
    if not published:
        return USER_SCHEMA.empty_table()
    users = pa.concat_tables(published).combine_chunks()
    of_all = {
        "record_type": USER_RECORD,
        "organization_id": run.organization_id,
        "snapshot_date": run.snapshot_date,
        "run_id": run.run_id,
    }
    account = integers(*chain.from_iterable(repeat(at, len(rows)) for at, rows in enumerate(published)))
    of_account = {
        "account_id": strings(*(evidence.account_id for evidence in evidences)).take(account),
        "report_generated_at": instants(*(evidence.report_generated_at for evidence in evidences)).take(account),
    }
    columns = [
        pa.repeat(string(of_all[name]), users.num_rows)
        if name in of_all
        else of_account[name]
        if name in of_account
        else users.column(name)
        for name in USER_SCHEMA.names
    ]
    return pa.table(columns, schema=USER_SCHEMA)


def account_row(run: RunEvidence, evidence: AccountEvidence, result: AccountOutcome) -> dict[str, Any]:
    """The account's row, by column name of ACCOUNT_SCHEMA."""
    account, account_id, raw_sha256 = evidence.account, evidence.account_id, evidence.raw_sha256
    raw_location = None if raw_sha256 is None else report_key(run.organization_id, run.run_id, account_id)
    return {
        "record_type": ACCOUNT_RECORD,
        **_keys(run, evidence),
        "account_name": account.get("Name"),
        "account_email": account.get("Email"),
        "account_arn": account.get("Arn"),
        "aws_partition": evidence.aws_partition,
        "account_state": evidence.account_state,
        "joined_at": _joined_at(account.get("JoinedTimestamp")),
        "ou_id": evidence.ou_id,
        "ou_path": evidence.ou_path,
        "tags": sorted(evidence.tags.items()),
        "outcome": str(result.outcome),
        "error_code": result.error_code,
        "error_message": result.error_message,
        "attempts": evidence.attempts,
        "run_started_at": to_milliseconds(run.started_at),
        "started_at": _cut(evidence.started_at),
        "finished_at": _cut(evidence.finished_at),
        "report_generated_at": _cut(evidence.report_generated_at),
        "user_count": result.user_count,
        "unreadable_rows": result.unreadable_rows,
        "unreadable_values": result.unreadable_values,
        "raw_sha256": raw_sha256,
        "raw_location": raw_location,
        **_password_policy(evidence, result),
        **_summary(evidence, result),
        **{limit.column: getattr(evidence.limits, limit.name) for limit in LIMITS},
        "inventory_source": run.inventory_source,
        **_denied_by(evidence),
        "is_management_account": is_management_account(account, account_id),
        "owner": evidence.owner,
        "ou_id_path": "/".join(evidence.ou_ids) or None,
    }


def exception_rows(run: RunEvidence) -> pa.Table:
    """The run's exceptions, in the order of their file, in an exceptions file's schema."""
    keys = {
        "record_type": EXCEPTION_RECORD,
        "organization_id": run.organization_id,
        "snapshot_date": run.snapshot_date,
        "run_id": run.run_id,
        "run_started_at": to_milliseconds(run.started_at),
    }
    rows = [{**keys, **_exception(terms)} for terms in run.exceptions]
    return pa.Table.from_pylist(rows, schema=EXCEPTION_SCHEMA)


def _exception(terms: dict[str, str]) -> dict[str, Any]:
    user, ou = terms.get("user"), terms.get("ou")
    last_day = datetime.combine(date.fromisoformat(terms["expires_on"]), time(), UTC)
    own = ("exception_id", "control_id", "ou", "finding_id", "owner", "approved_by", "reason", "ticket", "expires_on")
    return {
        **{name: terms.get(name) for name in own},
        "account_id": terms.get("account"),
        "user_glob": user,
        "ends_at": last_day + timedelta(days=1),
        "user_pattern": None if user is None else _escaped(user).replace("*", "%"),
        # An ID is compared with `/r-…/ou-…/`, a path with `Root/…/`.
        "ou_pattern": None if ou is None else f"%/{ou}/%" if OU_ID.fullmatch(ou) else f"{_escaped(ou)}/%",
    }


def _escaped(text: str) -> str:
    """The text as a pattern of `like` that matches nothing else."""
    return re.sub(r"([!%_])", r"!\1", text)


@dataclass(slots=True)
class RunningCounts:
    """What a snapshot counts, while its accounts come in."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)  # accounts by outcome
    active: int = 0  # accounts whose state is ACTIVE
    users: int = 0  # rows of users

    def add(self, evidence: AccountEvidence, result: AccountOutcome) -> None:
        """Count one account."""
        self.outcomes[result.outcome] += 1
        self.active += evidence.account_state == ACTIVE
        self.users += result.user_count or 0

    @property
    def accounts(self) -> AccountCounts:
        """The counts for the record, every outcome named."""
        return AccountCounts(
            total=self.outcomes.total(),
            active=self.active,
            covered=sum(count for outcome, count in self.outcomes.items() if outcome.is_covered),
            by_outcome={str(outcome): self.outcomes[outcome] for outcome in Outcome},
        )


def _with_account_error(problem: str | None, evidence: AccountEvidence) -> str | None:
    return " ".join(text for text in (problem, evidence.account_error) if text) or None


def _keys(run: RunEvidence, evidence: AccountEvidence) -> dict[str, str]:
    return {
        "organization_id": run.organization_id,
        "snapshot_date": run.snapshot_date,
        "run_id": run.run_id,
        "account_id": evidence.account_id,
    }


def _password_policy(evidence: AccountEvidence, result: AccountOutcome) -> dict[str, Any]:
    policy = evidence.password_policy or {}
    is_unknown = evidence.password_policy_state == UNKNOWN
    return {
        "password_policy_state": evidence.password_policy_state,
        "password_policy_error": evidence.password_policy_error or (_not_called(result) if is_unknown else None),
        "minimum_password_length": policy.get("MinimumPasswordLength"),
        # Both run from 1 (facts F3): a 0 means that the policy has none.
        "password_reuse_prevention": policy.get("PasswordReusePrevention") or None,
        "max_password_age": policy.get("MaxPasswordAge") or None,
        "require_symbols": policy.get("RequireSymbols"),
        "require_numbers": policy.get("RequireNumbers"),
        "require_uppercase_characters": policy.get("RequireUppercaseCharacters"),
        "require_lowercase_characters": policy.get("RequireLowercaseCharacters"),
        "hard_expiry": policy.get("HardExpiry"),
        "allow_users_to_change_password": policy.get("AllowUsersToChangePassword"),
    }


def _summary(evidence: AccountEvidence, result: AccountOutcome) -> dict[str, Any]:
    summary = evidence.summary or {}
    return {
        "users": summary.get("Users"),
        "users_quota": summary.get("UsersQuota"),
        "mfa_devices": summary.get("MFADevices"),
        "mfa_devices_in_use": summary.get("MFADevicesInUse"),
        "summary_error": evidence.summary_error or (_not_called(result) if evidence.summary is None else None),
        "account_mfa_enabled": _flag(summary.get("AccountMFAEnabled")),
        "account_access_keys_present": _flag(summary.get("AccountAccessKeysPresent")),
        "account_password_present": _flag(summary.get("AccountPasswordPresent")),
        "account_signing_certificates_present": _flag(summary.get("AccountSigningCertificatesPresent")),
    }


def _denied_by(evidence: AccountEvidence) -> dict[str, str | None]:
    """The policy that denied a call, the report's first; null where AWS names none."""
    messages = (evidence.error_message, evidence.password_policy_error, evidence.summary_error)
    for denial in map(read_denial, filter(None, messages)):
        if denial.policy_type is not None:
            return {"denied_by_type": str(denial.policy_type), "denied_by_arn": denial.policy_arn}
    return {"denied_by_type": None, "denied_by_arn": None}


def _not_called(result: AccountOutcome) -> str:
    """Why there is no value where no call failed either."""
    return f"not asked: the account is {result.outcome}"


def _flag(value: int | None) -> bool | None:
    """The summary has 0 and 1 for false and true; null where it has neither."""
    return None if value is None else bool(value)


def _cut(instant: datetime | None) -> datetime | None:
    return None if instant is None else to_milliseconds(instant)


def _joined_at(value: object) -> datetime | None:
    """The instant in the account's JSON; null where an accounts file has something else there."""
    try:
        return to_milliseconds(read_instant(value)) if isinstance(value, str) else None
    except ValueError:
        return None
