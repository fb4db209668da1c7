"""Reads the views for a report: of one organization, and of the accounts of a scope."""
# ruff: noqa: S608 -- the names are ours, and every value is quoted

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, TypeVar

from collector.lake.layout import is_on_s3
from collector.query.rows import records
from collector.query.snapshots import chosen_organization
from collector.query.statement import literal
from collector.reports.charts import LONGER, NEVER, UNKNOWN
from collector.reports.records import Account, Bucket, Control, FailCount, Finding, Requirement, Snapshot, Standing
from collector.reports.scope import without_others

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.query.rows import Run
    from collector.reports.scope import Scope

T = TypeVar("T")

MOST_DAYS = 26

_STANDING = """
    count(*) as accounts_in_scope,
    count_if(unknown_count > 0) as accounts_unknown,
    count_if(fail_count > 0) as accounts_failing,
    sum(pass_count) as pass_count,
    sum(fail_count) as fail_count,
    sum(unknown_count) as unknown_count,
    sum(excepted_count) as excepted_count"""


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

    def requirements(self) -> list[Requirement]:
        """The requirements of benchmarks that the controls help to evidence."""
        return _read(self.run, Requirement, "control_frameworks", order="framework, version, requirement, control_id")

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

    def histogram(self, column: str, ends: Sequence[int], where: str, *, never: bool = False) -> list[Bucket]:
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
