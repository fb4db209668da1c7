"""Whether the newest snapshot is good enough for a pipeline. Every statement runs on DuckDB and on Athena alike."""
# ruff: noqa: S608 -- the names are ours, and every value is quoted

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from collector.errors import UsageError
from collector.query.rows import records
from collector.query.snapshots import NoSnapshotError, chosen_organization
from collector.query.statement import literal, suggestion

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from collector.query.rows import Run

SEVERITIES = ("critical", "high", "medium", "low")
# The findings of a severity that are shown where there are too many: the first to fix.
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What a snapshot must satisfy."""

    most: Mapping[str, int]  # Severity → how many findings of it there may be.
    min_coverage: float | None = None  # The share of ACTIVE accounts that must be known, from 0 to 1.
    max_unknown: int | None = None  # How many results may be unknown.


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Which results are counted."""

    controls: tuple[str, ...] = ()  # Only these controls; empty: all.
    ous: tuple[str, ...] = ()  # Only accounts in these OUs (IDs or paths) and below; empty: all.
    since: str | None = None  # Only findings that the newest snapshot up to this date, YYYY-MM-DD, does not have.


@dataclass(frozen=True, slots=True)
class Check:
    """One threshold and how the snapshot compares with it."""

    is_met: bool | None  # Whether the snapshot satisfies it; None if there is no limit.
    text: str  # The numbers, in a line.
    details: tuple[str, ...] = ()  # The first findings to fix.


class _Pair(NamedTuple):
    key: str
    value: str


class _Count(NamedTuple):
    severity: str
    results: int


class _Results(NamedTuple):
    severity: str
    status: str
    results: int


class _Covered(NamedTuple):
    is_covered: bool
    accounts: int


class _Day(NamedTuple):
    snapshot_date: str | None


class _Finding(NamedTuple):
    control_id: str
    account_id: str
    account_name: str | None
    ou_path: str
    user_name: str | None
    reason: str


def checks(
    run: Run, thresholds: Thresholds, counted: Counted, *, lake: str, organization_id: str | None = None
) -> list[Check]:
    """Compare the newest snapshot of an organization with the thresholds.

    Args:
        run: runs a select and returns its rows.
        thresholds: what the snapshot must satisfy.
        counted: which results are counted.
        lake: where the lake is, for messages.
        organization_id: whose snapshot; None where the lake holds one organization.

    Raises:
        UsageError: an unknown organization, control or OU.
        NoSnapshotError: there is no snapshot, or none after the date of `since`.
        CredlakeError: a query failed.
    """
    newest = dict(records(run, _Pair, "select organization_id, snapshot_date from snapshots"))
    organization = chosen_organization(newest, organization_id, lake)
    own = f"organization_id = {literal(organization)}"
    in_ous = _in_ous(run, counted.ous, own)
    within = " and ".join(filter(None, (own, in_ous, _of_controls(run, counted.controls))))
    sql = f"select severity, status, count(*) as results from control_results where {within} group by severity, status"
    results = {(severity, status): number for severity, status, number in records(run, _Results, sql)}
    is_new, note = _is_new(run, own, newest[organization], counted.since)
    failing = f"{within} and {is_new}" if is_new else within
    sql = f"select severity, count(*) as results from findings where {failing} group by severity"
    fails = dict(records(run, _Count, sql))
    found = [
        _severity(run, failing, severity=severity, most=most, count=fails.get(severity, 0), note=note)
        for severity, most in thresholds.most.items()
    ]
    found += _unknown(results, thresholds)
    if thresholds.min_coverage is not None:
        found.append(_coverage(run, " and ".join(filter(None, (own, in_ous))), thresholds.min_coverage))
    return found


def _severity(run: Run, failing: str, *, severity: str, most: int, count: int, note: str) -> Check:
    text = f"{severity}: {_number(count, 'finding')}{note}; at most {most} allowed."
    if count <= most:
        return Check(is_met=True, text=text)
    names = "control_id, account_id, account_name, ou_path, user_name, reason"
    where = f"{failing} and severity = {literal(severity)}"
    shown = records(run, _Finding, f"select {names} from findings where {where} order by finding_rank limit {_SHOWN}")
    details = [
        f"{control}: {' '.join(filter(None, (account, name)))} ({path}){f', {user}' if user else ''}: {reason}"
        for control, account, name, path, user, reason in shown
    ]
    if count > len(details):
        details.append(f"… and {count - len(details)} more: credlake query findings")
    return Check(is_met=False, text=text, details=tuple(details))


def _unknown(results: Mapping[tuple[str, str], int], thresholds: Thresholds) -> list[Check]:
    """What is unknown, which no number of findings may hide."""
    unknown = sum(number for (_, status), number in results.items() if status == "unknown")
    most = thresholds.max_unknown
    limit = "no limit (--max-unknown N)" if most is None else f"at most {most} allowed"
    is_met = None if most is None else unknown <= most
    found = [Check(is_met=is_met, text=f"unknown: {_number(unknown, 'result')}; {limit}.")]
    if not results:
        found.append(Check(is_met=False, text="There are no results at all: no ACTIVE account matches."))
    for severity in thresholds.most:
        statuses = {status for each, status in results if each == severity}
        if statuses == {"unknown"}:
            found.append(
                Check(is_met=False, text=f"{severity}: every result is unknown, so having no finding proves nothing.")
            )
    return found


def _coverage(run: Run, where: str, least: float) -> Check:
    sql = f"select is_covered, count(*) as accounts from collection_coverage where is_in_scope and {where}"
    accounts = records(run, _Covered, f"{sql} group by is_covered")
    covered, active = (
        sum(each.accounts for each in accounts if each.is_covered),
        sum(each.accounts for each in accounts),
    )
    share = f"{covered / active:.1%}" if active else "unknown"
    text = f"coverage: {share} ({covered} of {active} ACTIVE accounts); at least {least:.1%} required."
    return Check(is_met=active > 0 and covered / active >= least, text=text)


def _is_new(run: Run, own: str, newest: str, since: str | None) -> tuple[str, str]:
    """The condition that a finding is new since a date, and how that is written; both empty where all count."""
    if since is None:
        return "", ""
    if newest <= since:
        # Compared with itself, no snapshot has a new finding, and a collection that stopped would always pass.
        raise NoSnapshotError(f"--since {since}: the newest snapshot is of {newest}, so there is none after that date.")
    sql = f"select max(snapshot_date) as day from snapshots_history where {own} and snapshot_date <= {literal(since)}"
    ((day,),) = records(run, _Day, sql)
    if day is None:
        return "", f" (there is no snapshot up to {since}, so all count as new)"
    before = f"select finding_id from findings_history where {own} and snapshot_date = {literal(day)}"
    return f"finding_id not in ({before})", f" that {day} did not have"


def _of_controls(run: Run, controls: Collection[str]) -> str:
    if not controls:
        return ""
    known = dict(records(run, _Pair, "select control_id, severity from controls"))
    problems = [f"--control {each}: unknown.{suggestion(each, known)}" for each in controls if each not in known]
    if problems:
        raise UsageError(problems)
    return f"control_id in ({', '.join(map(literal, controls))})"


def _in_ous(run: Run, ous: Collection[str], own: str) -> str:
    if not ous:
        return ""
    paths = dict(records(run, _Pair, f"select distinct ou_id, ou_path from account where {own}"))
    conditions, problems = [], []
    for ou in ous:
        path = paths.get(ou, ou).rstrip("/")
        if ou not in paths and not any(f"{each}/".startswith(f"{path}/") for each in paths.values()):
            near = suggestion(ou, {*paths, *paths.values()})
            problems.append(f"--ou {ou}: the newest snapshot has no account there.{near}")
        below = literal(f"{path}/")
        conditions.append(f"ou_id = {literal(ou)} or starts_with(concat(ou_path, '/'), {below})")
    if problems:
        raise UsageError(problems)
    return f"({' or '.join(conditions)})"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
