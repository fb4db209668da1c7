"""What a snapshot holds for each owner, read from the views. Every statement runs on DuckDB and on Athena alike."""
# ruff: noqa: S608 -- the names are ours, and every value is quoted

from __future__ import annotations

import sys
from dataclasses import dataclass, field, fields
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from collector.outcome import Outcome
from collector.query.rows import records, stream_records
from collector.query.snapshots import NoSnapshotError, chosen_organization
from collector.query.statement import literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from collector.query.rows import Run

T = TypeVar("T")

NOT_COLLECTED = "report-collected"
# The controls whose measure grows from day to day until it reaches the limit.
AGING = ("access-key-rotation", "access-key-unused", "password-unused")
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Result:
    """A row of `control_results`. Times are UTC, without a time zone."""

    owner: str  # Who answers for the account; empty where nobody does.
    account_id: str  # Where.
    account_name: str | None  # Its name in Organizations.
    control_id: str  # What was evaluated.
    severity: str  # `critical`, `high`, `medium` or `low`.
    severity_rank: int  # 1 to 4.
    user_name: str | None  # Whose it is; None where it is about the account.
    credential_type: str | None  # `password`, `access_key` or `signing_certificate`.
    credential_created_at: datetime | None  # When that was created.
    status: str  # `fail`, `excepted`, `unknown`, or `pass` where it will fail soon.
    reason: str  # Why, as a sentence.
    reason_code: str | None  # The kind of that sentence.
    measured_days: int | None  # What was compared,
    measured_seconds: int | None  # the same in seconds,
    limit_days: int | None  # and with which limit.
    failing_since: datetime | None  # Since when it fails, where the report shows it.
    finding_id: str  # The same on every day.
    exception_id: str | None  # The exception that covers it, or covered it.
    excepted_until: datetime | None  # When that ends, or ended.
    report_generated_at: datetime | None  # The time from which ages are counted.

    @property
    def days_left(self) -> float | None:
        """Days until it fails; None where time alone does not make it fail."""
        if self.control_id not in AGING or self.measured_seconds is None or self.limit_days is None:
            return None
        return self.limit_days - self.measured_seconds / _DAY_SECONDS


@dataclass(frozen=True, slots=True)
class Account:
    """A row of `account`."""

    owner: str  # Who answers for it; empty where nobody does.
    account_id: str  # 12 digits.
    account_name: str | None  # Its name in Organizations.
    account_state: str  # `ACTIVE`, …
    outcome: str  # How its collection ended,
    error_code: str | None  # with AWS's code.
    denied_by_type: str | None  # The kind of policy that denied a call, where AWS names it,
    denied_by_arn: str | None  # and that policy.

    @property
    def is_in_scope(self) -> bool:
        """Whether it is ACTIVE: of other accounts nothing is evaluated."""
        return self.account_state == "ACTIVE"

    @property
    def is_covered(self) -> bool:
        """Whether its users are known."""
        return Outcome(self.outcome).is_covered


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The snapshot that is read."""

    organization_id: str  # Whose it is.
    snapshot_date: str  # Its day, YYYY-MM-DD.
    snapshot_at: datetime  # When the run started; UTC, without a time zone.
    run_id: str  # The run.


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a snapshot holds for one owner."""

    owner: str  # Empty for accounts without an owner.
    accounts: Mapping[str, Account]  # The owner's accounts by ID.
    results: list[Result] = field(default_factory=list)  # The most severe first.


class _Row(NamedTuple):
    organization_id: str
    snapshot_date: str
    snapshot_at: datetime
    run_id: str


def find_snapshot(run: Run, *, lake: str, organization_id: str | None = None, day: str | None = None) -> Snapshot:
    """The newest snapshot of an organization, or the newest up to a day.

    Args:
        run: runs a select and returns its rows.
        lake: where the lake is, for messages.
        organization_id: whose snapshot; None where the lake holds one organization.
        day: YYYY-MM-DD; None for the newest.

    Raises:
        UsageError: an unknown organization.
        NoSnapshotError: there is no snapshot, or none up to that day.
        CredlakeError: a query failed.
    """
    names = ", ".join(_Row._fields)
    newest = {each.organization_id: each for each in records(run, _Row, f"select {names} from snapshots")}
    organization = chosen_organization(newest, organization_id, lake)
    row = newest[organization]
    if day is not None and row.snapshot_date > day:
        where = f"organization_id = {literal(organization)} and snapshot_date <= {literal(day)}"
        sql = f"select {names} from snapshots_history where {where} order by snapshot_date desc limit 1"
        found = records(run, _Row, sql)
        if not found:
            raise NoSnapshotError(f"--since {day}: {organization} has no snapshot up to that day.", lake=lake)
        [row] = found
    return Snapshot(**row._asdict())


def read_standings(run: Run, snapshot: Snapshot, *, most_days_left: int, is_newest: bool) -> Iterator[Standing]:
    """What the snapshot holds for each owner, one owner at a time: of a large organization not all is held at once.

    Args:
        run: runs a select and returns its rows.
        snapshot: the snapshot.
        most_days_left: results that pass are read if they will fail within so many days.
        is_newest: whether it is the newest one, which costs less to read.

    Raises:
        CredlakeError: a query failed, at once or while rows are read.
    """
    suffix = "" if is_newest else "_history"
    own = f"organization_id = {literal(snapshot.organization_id)} and snapshot_date = {literal(snapshot.snapshot_date)}"
    left: dict[str, dict[str, Account]] = {}
    accounts = f"select {_columns(Account)} from account{suffix} where {own} order by account_id"
    for account in records(run, Account, accounts):
        left.setdefault(account.owner, {})[account.account_id] = account
    aging = ", ".join(map(literal, AGING))
    will_fail = f"control_id in ({aging}) and measured_seconds > (limit_days - {most_days_left}) * {_DAY_SECONDS}"
    results = (
        f"select {_columns(Result)} from control_results{suffix} where {own} and (status in ('fail', 'excepted', "
        f"'unknown') or (status = 'pass' and {will_fail})) order by coalesce(owner, ''), severity_rank, failing_since "
        "nulls last, measured_seconds desc nulls last, control_id, account_id, finding_id"
    )
    for owner, rows in groupby(stream_records(run, _result, results), lambda row: row.owner):
        yield Standing(owner=owner, accounts=left.pop(owner, {}), results=list(rows))
    for owner, own_accounts in sorted(left.items()):
        yield Standing(owner=owner, accounts=own_accounts)


def _result(*values: object) -> Result:
    """The result of its values. Rows share equal texts, which saves a fifth of the memory."""
    shared = (sys.intern(value) if isinstance(value, str) else value for value in values)
    return Result(*shared)  # type: ignore[arg-type]  # the columns are those of the class


def _columns(kind: type[Result | Account]) -> str:
    """The columns of a view that a class names; no owner is an empty one."""
    return ", ".join("coalesce(owner, '') as owner" if each.name == "owner" else each.name for each in fields(kind))
