"""What a report shows, read from the views. Every statement runs on DuckDB and on Athena alike."""
# ruff: noqa: S608 -- the names are ours, and every value is quoted

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, TypeVar

from collector.lake.layout import is_on_s3
from collector.query.rows import records
from collector.query.snapshots import chosen_organization
from collector.query.statement import literal
from collector.reports.exceptions import MOST_ACCEPTANCES, read_acceptances, read_excepted
from collector.reports.records import (
    Acceptance,
    Account,
    AccountStanding,
    Bucket,
    Change,
    Control,
    Coverage,
    Credential,
    FailCount,
    Finding,
    InactiveUser,
    Requirement,
    Root,
    Snapshot,
    Standing,
)
from collector.reports.scope import without_others

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.lake.record import PublishedSnapshot
    from collector.query.rows import Run
    from collector.reports.scope import Scope

T = TypeVar("T")

# What a page can hold: more findings than these, the worst, would make it too large to be sent; of credentials all or
# none; of changes the first.
MOST_FINDINGS = 100_000
MOST_CREDENTIALS = 25_000
MOST_CHANGES = 1_000
MOST_INACTIVE = 1_000
MOST_DAYS = 26

# The upper ends of the bars of the histograms, in days.
AGE_ENDS = (30, 60, 90, 180, 365, 730, 1825)
IDLE_ENDS = (7, 30, 45, 90, 365)
LONGER, NEVER, UNKNOWN = 0, -1, -2

_STANDING = """
    count(*) as accounts_in_scope,
    count_if(unknown_count > 0) as accounts_unknown,
    count_if(fail_count > 0) as accounts_failing,
    sum(pass_count) as pass_count,
    sum(fail_count) as fail_count,
    sum(unknown_count) as unknown_count,
    sum(excepted_count) as excepted_count"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportData:
    """The newest snapshot of an organization, and what came before it, for the accounts of a scope."""

    scope: Scope  # Whose accounts these are.
    lake: str  # Where the lake is; empty if only some accounts are shown: a bucket's name can be somebody's.
    snapshot: Snapshot  # The newest snapshot.
    published: PublishedSnapshot | None  # Its entry in the publication record; None if it cannot be read.
    days: list[str]  # The days of the trend, the newest last: at most 26.
    accounts: list[Account]  # The accounts, each with its coverage at the same place of the next list.
    coverage: list[Coverage]
    controls: list[Control]  # The controls, the most severe first.
    requirements: list[Requirement]  # The requirements of benchmarks that they help to evidence.
    trend: list[Standing]  # Each control on each of the days.
    standings: list[AccountStanding]  # Each control in each ACTIVE account.
    history: list[FailCount]  # Each ACTIVE account on each of the days.
    findings: list[Finding]  # The worst findings, the first to fix first.
    new_findings: frozenset[str]  # Their ids that were not findings the day before, in accounts known on both days.
    credentials: list[Credential] | None  # Every credential; None if there are too many for a page.
    key_ages: list[Bucket]  # Active access keys by age.
    idle_times: list[Bucket]  # Active passwords and access keys by the time since their last use.
    inactive: list[InactiveUser]  # Users with nothing active left.
    roots: list[Root]  # The root users.
    changes: list[Change]  # What changed since the reports before.
    acceptances: list[Acceptance]  # The exceptions, the first to end first.
    excepted: list[Finding]  # The results that they cover, the most severe first.

    @property
    def previous_day(self) -> str | None:
        """The day of the snapshot before; None if this is the first."""
        return self.days[-2] if len(self.days) > 1 else None

    @property
    def active(self) -> int:
        """ACTIVE accounts."""
        return sum(each.is_in_scope for each in self.coverage)

    @property
    def known(self) -> int:
        """ACTIVE accounts whose users are known."""
        return sum(each.is_in_scope and each.is_covered for each in self.coverage)

    def on(self, day: str | None) -> dict[str, Standing]:
        """Each control's numbers of a day."""
        return {each.control_id: each for each in self.trend if each.snapshot_date == day}

    @property
    def failing(self) -> int:
        """All findings, those that the page does not hold included."""
        return sum(each.fail_count for each in self.on(self.days[-1]).values())


def read_report(
    run: Run,
    *,
    lake: str,
    scope: Scope,
    organization_id: str | None = None,
    published: Callable[[Snapshot], PublishedSnapshot | None] = lambda _: None,
) -> ReportData:
    """Read everything that a report shows.

    Args:
        run: runs a select and returns its rows.
        lake: where the lake is.
        scope: the accounts to show.
        organization_id: whose snapshot; None where the lake holds one organization.
        published: finds the snapshot's entry in the publication record.

    Raises:
        UsageError: an unknown organization, account or OU.
        NoSnapshotError: there is no snapshot.
        CredlakeError: a query failed.
    """
    reader = Reader(run, lake=lake, scope=scope, organization_id=organization_id)
    snapshot, days = reader.snapshot, reader.days
    findings = reader.findings("findings", "finding_rank", limit=MOST_FINDINGS)
    acceptances = read_acceptances(reader, limit=MOST_ACCEPTANCES + 1)
    credentials = reader.read(
        Credential,
        "credentials",
        "account_id, user_name, credential_type, created_at, slot",
        limit=MOST_CREDENTIALS + 1,
    )
    return ReportData(
        scope=scope,
        lake=reader.lake,
        snapshot=snapshot,
        published=published(snapshot),
        days=days,
        accounts=reader.accounts,
        coverage=reader.read(Coverage, "collection_coverage", "account_id"),
        controls=reader.controls(),
        requirements=_read(run, Requirement, "control_frameworks", order="framework, version, requirement, control_id"),
        trend=reader.trend(days),
        standings=reader.read(AccountStanding, "account_scorecard", "account_id, severity_rank, control_id"),
        history=reader.history(days),
        findings=findings,
        new_findings=reader.new_findings(findings, days),
        credentials=credentials if len(credentials) <= MOST_CREDENTIALS else None,
        key_ages=reader.histogram("age_days", AGE_ENDS, "credential_type = 'access_key'"),
        idle_times=reader.histogram("idle_days", IDLE_ENDS, "credential_type <> 'signing_certificate'", never=True),
        inactive=reader.read(
            InactiveUser, "users_without_active_credentials", "account_id, user_name", limit=MOST_INACTIVE + 1
        ),
        roots=reader.read(Root, "root_posture", "account_id"),
        changes=reader.read(
            Change,
            "credential_changes_history",
            "change_type, account_name, account_id, user_name, credential_created_at, occurrence",
            limit=MOST_CHANGES + 1,
            where=f"snapshot_date = {literal(snapshot.snapshot_date)}",
        ),
        acceptances=acceptances,
        excepted=read_excepted(reader) if acceptances else [],
    )


class Reader:
    """Reads the views for one organization, and for the accounts of a scope.

    Attributes:
        run: runs a select and returns its rows.
        lake: where the lake is; empty if only some accounts are shown: a bucket's name can be somebody's.
        snapshot: the newest snapshot of the organization.
        days: the days of its snapshots, the newest last: at most 26.
        accounts: its accounts in the scope; their messages name no others.
        account_ids: their IDs; None where the scope is everything.
    """

    def __init__(self, run: Run, *, lake: str, scope: Scope, organization_id: str | None) -> None:
        """Find the snapshot and the accounts; the arguments and errors are those of `read_report`."""
        self.run = run
        self.lake = lake if scope.is_everything or not is_on_s3(lake) else ""
        self.snapshot = _one_of(_read(run, Snapshot, "snapshots"), organization_id, lake)
        self.account_ids: list[str] | None = None
        newest = self.read(Snapshot, "snapshots_history", "snapshot_date desc", limit=MOST_DAYS)
        self.days = [each.snapshot_date for each in reversed(newest)]
        self.accounts = scope.chosen(self.read(Account, "account", "account_id"))
        if not scope.is_everything:
            self.account_ids = [account.account_id for account in self.accounts]
            self.accounts = [self.alone(each, "error_message", "denied_by_arn") for each in self.accounts]

    def read(
        self, kind: type[T], view: str, order: str, *, limit: int | None = None, where: str | None = None
    ) -> list[T]:
        """The rows of a view, in the columns that a class of `records` names."""
        return _read(self.run, kind, view, order=order, limit=limit, where=self.where(where))

    def controls(self) -> list[Control]:
        """The controls, the most severe first."""
        return _read(self.run, Control, "controls", order="severity_rank, control_id")

    def trend(self, days: list[str]) -> list[Standing]:
        """The trend of the organization; of some accounts the same sums over their scorecards."""
        names = ", ".join(field.name for field in fields(Standing))
        source = "organization_trend"
        if self.account_ids is not None:
            where = self.where(_among("snapshot_date", days))
            group = "snapshot_date, control_id"
            source = f"(select {group}, {_STANDING} from account_scorecard_history where {where} group by {group}) t"
            return records(self.run, Standing, f"select {names} from {source} order by {group}")
        return self.read(Standing, source, "snapshot_date, control_id", where=_among("snapshot_date", days))

    def history(self, days: list[str]) -> list[FailCount]:
        """How many results of each account failed on each day."""
        sums = "account_id, snapshot_date, sum(fail_count) as fail_count, sum(unknown_count) as unknown_count"
        where = self.where(_among("snapshot_date", days))
        sql = f"select {sums} from account_scorecard_history where {where} group by account_id, snapshot_date"
        return records(self.run, FailCount, f"{sql} order by account_id, snapshot_date")

    def new_findings(self, findings: list[Finding], days: list[str]) -> frozenset[str]:
        """The findings that were none the day before, in accounts that were known then: the others may be old."""
        if len(days) < 2:  # noqa: PLR2004 -- the newest, and the one before
            return frozenset()
        before = f"snapshot_date = {literal(days[-2])}"
        old = self._column("finding_id", "findings_history", before)
        known = self._column("account_id", "collection_coverage_history", f"is_covered and {before}")
        return frozenset(each.finding_id for each in findings if each.account_id in known) - old

    def histogram(self, column: str, ends: tuple[int, ...], where: str, *, never: bool = False) -> list[Bucket]:
        """The active credentials by a column in days; `never` sets those never used apart."""
        cases = " ".join(f"when {column} <= {end} then {end}" for end in ends)
        first = f"when never_used then {NEVER} " if never else ""
        bucket = f"case {first}when {column} is null then {UNKNOWN} {cases} else {LONGER} end"
        sql = f"select {bucket} as bucket from credentials where {self.where(f'is_active and {where}')}"
        return records(self.run, Bucket, f"select bucket, count(*) as credentials from ({sql}) t group by bucket")

    def alone(self, row: T, *columns: str) -> T:
        """A row with no ID of an account that is not shown in these columns, which hold texts of AWS or of people."""
        if self.account_ids is None:
            return row
        own = {*self.account_ids}
        texts = {name: without_others(getattr(row, name), own) for name in columns}
        return replace(row, **texts)  # type: ignore[type-var]  # a dataclass of `records`

    def findings(self, view: str, order: str, *, limit: int, where: str | None = None) -> list[Finding]:
        """The results of a view."""
        rows = self.read(Finding, view, order, limit=limit, where=where)
        return [self.alone(each, "reason", "exception_id") for each in rows]

    def _column(self, name: str, view: str, where: str) -> frozenset[str]:
        rows = self.run(f"select {name} from {view} where {self.where(where)}")
        return frozenset(str(value) for batch in rows.batches for value in batch.column(0).to_pylist())

    @property
    def organization(self) -> str:
        """The organization, as a literal."""
        return literal(self.snapshot.organization_id)

    @property
    def is_shown(self) -> str:
        """The condition for the accounts of the scope."""
        return "true" if self.account_ids is None else _among("account_id", self.account_ids)

    def where(self, condition: str | None = None) -> str:
        """The condition for rows of the organization and the accounts; with another one, where it is given."""
        accounts = None if self.account_ids is None else self.is_shown
        return " and ".join(filter(None, (f"organization_id = {self.organization}", accounts, condition)))


def _one_of(newest: list[Snapshot], organization_id: str | None, lake: str) -> Snapshot:
    found = {each.organization_id: each for each in newest}
    return found[chosen_organization(found, organization_id, lake)]


def _among(column: str, values: list[str]) -> str:
    return f"{column} in ({', '.join(map(literal, values))})"


def _read(
    run: Run, kind: type[T], view: str, *, order: str = "", where: str | None = None, limit: int | None = None
) -> list[T]:
    """The rows of a view, in the columns that a class names."""
    names = ", ".join(field.name for field in fields(kind))  # type: ignore[arg-type]  # a dataclass of `records`
    sql = f"select {names} from {view}"
    sql += f" where {where}" if where else ""
    sql += f" order by {order}" if order else ""
    return records(run, kind, sql + (f" limit {limit}" if limit is not None else ""))
