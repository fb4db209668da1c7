"""The exceptions of a run for the reader of a report, and the results that they cover."""
# ruff: noqa: S608 -- the names are ours, and every value is quoted

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING

from collector.query.rows import records
from collector.reports.records import Acceptance

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.reports.reader import Reader
    from collector.reports.records import Finding

# What a page can hold of them, and of the results that they cover.
MOST_ACCEPTANCES = 1_000
MOST_EXCEPTED = 10_000
# An exception that ends within so many days is about to end.
SOON_DAYS = 30
# What people wrote, which may name an account.
_WRITTEN = ("exception_id", "owner", "approved_by", "reason", "ticket")


class AcceptanceState(StrEnum):
    """What a reader must know about an exception, the most urgent first."""

    ENDS_SOON = "ends_soon"  # In force, and about to end.
    ENDED = "ended"  # No longer in force: what it covered fails again.
    ACTIVE = "active"  # In force, and covers something.
    UNUSED = "unused"  # In force, and covers nothing.


@dataclass(frozen=True, slots=True)
class AcceptanceGroup:
    """Exceptions in the same state."""

    state: AcceptanceState  # Their state.
    acceptances: list[Acceptance]  # The exceptions, the first to end first.


def read_acceptances(reader: Reader, *, limit: int | None = None) -> list[Acceptance]:
    """The exceptions, the first to end first.

    Of some accounts those that cover a result of theirs, or that name nothing else: counted are their results alone.
    """
    order = "expires_on, exception_id"
    if reader.account_ids is None:
        return reader.read(Acceptance, "exceptions", order, limit=limit)
    own = f"organization_id = {reader.organization}"
    counts = {
        "results_covered": "coalesce(covered.results_covered, 0)",
        "results_failing_again": "coalesce(covered.results_failing_again, 0)",
        "state": "case when covered.results_covered > 0 then 'active' when terms.ends_in_days is null then 'expired' "
        "else 'unused' end",
    }
    names = (field.name for field in fields(Acceptance))
    columns = ", ".join(f"{counts[name]} as {name}" if name in counts else f"terms.{name}" for name in names)
    sql = f"""with covered as (
    select
        exception_id,
        count_if(status = 'excepted') as results_covered,
        count_if(status = 'fail') as results_failing_again
    from control_results
    where {reader.where("exception_id is not null")}
    group by exception_id
),
only_here as (
    select exception_id
    from placed_exceptions
    where {own} and account_id is not null
    group by exception_id
    having count_if(not ({reader.is_shown})) = 0
),
own_findings as (select finding_id from control_results where {reader.where()})
select {columns}
from (select * from exceptions where {own}) as terms
left join covered on covered.exception_id = terms.exception_id
left join only_here on only_here.exception_id = terms.exception_id
left join own_findings on own_findings.finding_id = terms.finding_id
where covered.exception_id is not null or only_here.exception_id is not null or own_findings.finding_id is not null
order by {order}"""
    if limit is not None:
        sql += f" limit {limit}"
    return [reader.alone(each, *_WRITTEN) for each in records(reader.run, Acceptance, sql)]


def read_excepted(reader: Reader) -> list[Finding]:
    """The results that are excepted, the most severe first; at most `MOST_EXCEPTED`."""
    order = "severity_rank, control_id, account_id, user_name, finding_id"
    return reader.findings("control_results", order, limit=MOST_EXCEPTED, where="status = 'excepted'")


def by_state(acceptances: Iterable[Acceptance]) -> list[AcceptanceGroup]:
    """The exceptions in groups, the most urgent first; no group is empty."""
    found: dict[AcceptanceState, list[Acceptance]] = {}
    for each in acceptances:
        found.setdefault(state_of(each), []).append(each)
    return [AcceptanceGroup(state, found[state]) for state in AcceptanceState if state in found]


def state_of(acceptance: Acceptance) -> AcceptanceState:
    """The state of an exception at the time of the run."""
    if acceptance.ends_in_days is None:
        # It may still cover a result whose report is older than its end.
        return AcceptanceState.ENDED
    if acceptance.state == "unused":
        return AcceptanceState.UNUSED
    return AcceptanceState.ENDS_SOON if acceptance.ends_in_days <= SOON_DAYS else AcceptanceState.ACTIVE
