"""What a report shows, read from the views. Every statement runs on DuckDB and on Athena alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.query.statement import literal
from collector.reports.charts import AGE_ENDS, IDLE_ENDS, ends_with
from collector.reports.exceptions import MOST_ACCEPTANCES, read_acceptances, read_excepted
from collector.reports.reader import Reader
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

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from collector.lake.record import PublishedSnapshot
    from collector.query.rows import Run
    from collector.reports.scope import Scope

# What a page can hold: more findings than these, the worst, would make it too large to be sent; of credentials all or
# none; of changes the first.
MOST_FINDINGS = 100_000
MOST_CREDENTIALS = 25_000
MOST_CHANGES = 1_000
MOST_INACTIVE = 1_000


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


def rotation_limits(accounts: Sequence[Account]) -> list[int]:
    """The limits of the age of a key that are in force, in days."""
    return sorted({account.limit_access_key_rotation_days for account in accounts})


def unused_limits(accounts: Sequence[Account]) -> list[int]:
    """The limits of the time since the last use that are in force, in days."""
    keys = {account.limit_access_key_unused_days for account in accounts}
    return sorted(keys | {account.limit_password_unused_days for account in accounts})


def key_age_ends(accounts: Sequence[Account]) -> list[int]:
    """The upper ends of the bars of the histogram of key ages, in days."""
    return ends_with(AGE_ENDS, rotation_limits(accounts))


def idle_time_ends(accounts: Sequence[Account]) -> list[int]:
    """The upper ends of the bars of the histogram of the times since the last use, in days."""
    return ends_with(IDLE_ENDS, unused_limits(accounts))


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
        requirements=reader.requirements(),
        trend=reader.trend(days),
        standings=reader.read(AccountStanding, "account_scorecard", "account_id, severity_rank, control_id"),
        history=reader.history(days),
        findings=findings,
        new_findings=reader.new_findings(findings, days),
        credentials=credentials if len(credentials) <= MOST_CREDENTIALS else None,
        key_ages=reader.histogram("age_days", key_age_ends(reader.accounts), "credential_type = 'access_key'"),
        idle_times=reader.histogram(
            "idle_days", idle_time_ends(reader.accounts), "credential_type <> 'signing_certificate'", never=True
        ),
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
