"""What changed for an owner since a channel was last notified: the snapshot against what the channel knows. Pure.

What a channel knows is kept by finding, not as the date of a snapshot: the snapshot of that day may have been replaced,
and an account that could not be read in between is neither fixed nor new when it can be read again.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from collector.notices.standing import NOT_COLLECTED, Account, Result

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from collector.notices.standing import Snapshot, Standing

RANKS = {"critical": 1, "high": 2, "medium": 3, "low": 4}
_DAY_SECONDS = 86_400
# For how long a finding that was fixed is `reopened` rather than new when it fails again.
_REMEMBERED_DAYS = 366


class Fixed(NamedTuple):
    """A finding that is fixed."""

    finding_id: str  # The finding,
    account: Account  # where it was,
    control_id: str  # and what failed.


class Place(NamedTuple):
    """Where a finding is."""

    account_id: str  # The account.
    control_id: str  # What failed.


@dataclass(frozen=True, slots=True, kw_only=True)
class Notified:
    """What a channel knows about an owner's accounts."""

    snapshot_date: str  # The snapshot that it was last compared with: its day,
    run_id: str  # and its run.
    findings: dict[str, Place] = field(default_factory=dict)  # Open findings by `finding_id`.
    severities: dict[str, str] = field(default_factory=dict)  # The severity of their controls.
    fixed: dict[str, str] = field(default_factory=dict)  # Findings that were fixed, with the day.
    due: dict[str, int] = field(default_factory=dict)  # Findings that are about to fail → the warning given, in days.
    ending: dict[str, int] = field(default_factory=dict)  # Exceptions (`ID|end`) about to end → the warning given.
    unreadable: dict[str, str] = field(default_factory=dict)  # Accounts that could not be read → their findings.

    def as_json(self) -> dict[str, Any]:
        """The same as JSON, findings grouped by account and control: of each only the ID is left."""
        findings: dict[str, dict[str, list[str]]] = {}
        for finding_id, place in sorted(self.findings.items()):
            findings.setdefault(place.account_id, {}).setdefault(place.control_id, []).append(finding_id)
        return {
            "snapshot_date": self.snapshot_date,
            "run_id": self.run_id,
            "findings": findings,
            "severities": self.severities,
            "fixed": self.fixed,
            "due": self.due,
            "ending": self.ending,
            "unreadable": self.unreadable,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Notified:
        """The reverse of `as_json`.

        Raises:
            KeyError, TypeError, AttributeError: it is something else.
        """
        findings = {
            finding_id: Place(account_id, control_id)
            for account_id, controls in value["findings"].items()
            for control_id, finding_ids in controls.items()
            for finding_id in finding_ids
        }
        return cls(**value | {"findings": findings})

    def is_newer(self, snapshot: Snapshot) -> bool:
        """Whether the channel knows a later snapshot: two scheduled runs may end in the other order."""
        return (self.snapshot_date, self.run_id) > (snapshot.snapshot_date, snapshot.run_id)

    def is_same(self, other: Notified | None) -> bool:
        """Whether the other knows the same, though perhaps from another snapshot."""
        names = ("findings", "severities", "fixed", "due", "ending", "unreadable")
        return other is not None and all(getattr(self, name) == getattr(other, name) for name in names)


@dataclass(frozen=True, slots=True)
class Ending:
    """An exception that is about to end, for one owner."""

    exception_id: str  # The exception.
    ends_at: datetime  # Its end; UTC, without a time zone.
    days_left: int  # Days until then, rounded up.
    results: int  # How many of the owner's results it covers.

    @property
    def key(self) -> str:
        """What identifies it: an exception that is extended ends anew."""
        return f"{self.exception_id}|{self.ends_at:%Y-%m-%d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a channel is to be notified of about an owner's accounts."""

    owner: str  # The owner; empty for accounts without one.
    snapshot: Snapshot  # The snapshot.
    since: str | None  # The day of the snapshot that the channel knows; None: the first notice.
    accounts: int  # How many ACTIVE accounts the owner has.
    failing: int  # All findings now.
    new: list[Result] = field(default_factory=list)  # Findings that are new; of the first notice, all.
    worse: list[Result] = field(default_factory=list)  # Findings whose severity rose.
    reopened: list[Result] = field(default_factory=list)  # Findings that were fixed and fail again.
    exception_ended: list[Result] = field(default_factory=list)  # Findings that fail again as their exception ended.
    due: list[Result] = field(default_factory=list)  # Results that pass and will soon fail.
    ending: list[Ending] = field(default_factory=list)  # Exceptions about to end.
    unreadable: list[tuple[str, Account]] = field(default_factory=list)  # Accounts that can no longer be read,
    readable: list[tuple[str, Account]] = field(default_factory=list)  # and that can again, with their findings.
    fixed: list[Fixed] = field(default_factory=list)  # Findings that are fixed.

    @property
    def is_first(self) -> bool:
        """Whether the channel knows nothing yet: everything is new, and sent as a summary."""
        return self.since is None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to send."""
        found = (self.new, self.worse, self.reopened, self.exception_ended, self.due, self.ending)
        return not any((*found, self.unreadable, self.readable, self.fixed))


def compare(
    standing: Standing, snapshot: Snapshot, notified: Notified | None, *, days: Sequence[int]
) -> tuple[Changes, Notified]:
    """What a channel is to be notified of, and what it knows afterwards.

    Args:
        standing: the owner's part of the snapshot.
        snapshot: the snapshot.
        notified: what the channel knows; None for a channel that was never notified.
        days: how many days before a limit or an end there is a warning.
    """
    before = notified or Notified(snapshot_date="", run_id="")
    failing = {row.finding_id: row for row in standing.results if row.status == "fail"}
    not_collected = {row.account_id: row.finding_id for row in failing.values() if row.control_id == NOT_COLLECTED}
    open_now = {key: row for key, row in failing.items() if row.control_id != NOT_COLLECTED}
    kept, fixed = _past_findings(standing, before, open_now)
    due, due_warned = _due(standing, before, days)
    ending, ending_warned = _ending(standing, snapshot, before, days)
    active = {each.account_id: each for each in standing.accounts.values() if each.is_in_scope}
    # An account that is not covered always fails `report-collected`.
    unreadable = {account_id: not_collected[account_id] for account_id, each in active.items() if not each.is_covered}
    unseen = [row for key, row in open_now.items() if key not in before.findings]
    changes = Changes(
        owner=standing.owner,
        snapshot=snapshot,
        since=notified.snapshot_date if notified else None,
        accounts=len(active),
        failing=len(failing),
        new=[row for row in unseen if row.exception_id is None and row.finding_id not in before.fixed],
        worse=[row for key, row in open_now.items() if key in before.findings and _is_worse(row, before)],
        reopened=[row for row in unseen if row.exception_id is None and row.finding_id in before.fixed],
        exception_ended=[row for row in unseen if row.exception_id is not None],
        due=due,
        ending=ending,
        unreadable=[
            (finding_id, active[key]) for key, finding_id in unreadable.items() if key not in before.unreadable
        ],
        readable=[
            (finding_id, active[key])
            for key, finding_id in before.unreadable.items()
            if key in active and key not in unreadable
        ],
        fixed=fixed,
    )
    oldest = str(date.fromisoformat(snapshot.snapshot_date) - timedelta(days=_REMEMBERED_DAYS))
    remembered = before.fixed | {each.finding_id: snapshot.snapshot_date for each in fixed}
    severities = {place.control_id: before.severities.get(place.control_id, "low") for place in kept.values()}
    return changes, Notified(
        snapshot_date=snapshot.snapshot_date,
        run_id=snapshot.run_id,
        findings=kept | {key: Place(row.account_id, row.control_id) for key, row in open_now.items()},
        severities=severities | {row.control_id: row.severity for row in open_now.values()},
        fixed={key: day for key, day in remembered.items() if day >= oldest and key not in open_now},
        due=due_warned,
        ending=ending_warned,
        unreadable=unreadable,
    )


def _past_findings(
    standing: Standing, before: Notified, open_now: Collection[str]
) -> tuple[dict[str, Place], list[Fixed]]:
    """The findings that fail no more: those that stay open as nothing is known about them, and those that are fixed.

    A finding that is excepted now, of an account that left the organization or belongs to somebody else is neither.
    """
    excepted = {row.finding_id for row in standing.results if row.status == "excepted"}
    unknown = [row for row in standing.results if row.status == "unknown"]
    unknown_ids = {row.finding_id for row in unknown}
    # One row that names no user: nothing is known about any user of the account (rows were left out).
    unknown_places = {Place(row.account_id, row.control_id) for row in unknown if row.user_name is None}
    kept: dict[str, Place] = {}
    fixed: list[Fixed] = []
    for finding_id, place in before.findings.items():
        account = standing.accounts.get(place.account_id)
        if finding_id in open_now or finding_id in excepted or account is None or not account.is_in_scope:
            continue
        if not account.is_covered or finding_id in unknown_ids or place in unknown_places:
            kept[finding_id] = place
        else:
            fixed.append(Fixed(finding_id, account, place.control_id))
    return kept, fixed


def _is_worse(row: Result, before: Notified) -> bool:
    return row.severity_rank < RANKS.get(before.severities.get(row.control_id, ""), 0)


def _due(standing: Standing, before: Notified, days: Sequence[int]) -> tuple[list[Result], dict[str, int]]:
    """The results that will soon fail and whose warning was not given, and the warnings given by now."""
    warnings = {
        row.finding_id: (row, _warning(left, days))
        for row in standing.results
        if row.status == "pass" and (left := row.days_left) is not None
    }
    given = {key: warning for key, (_, warning) in warnings.items() if warning is not None}
    due = [warnings[key][0] for key, warning in given.items() if warning < before.due.get(key, math.inf)]
    # The warnings about what cannot be read now stay given.
    is_unread = any(account.is_in_scope and not account.is_covered for account in standing.accounts.values())
    return due, (before.due | given if is_unread else given)


def _ending(
    standing: Standing, snapshot: Snapshot, before: Notified, days: Sequence[int]
) -> tuple[list[Ending], dict[str, int]]:
    """The exceptions that end soon and whose warning was not given, and the warnings given by now."""
    found = [each for each in _exceptions(standing.results, snapshot) if _warning(each.days_left, days) is not None]
    given = {each.key: _warning(each.days_left, days) or 0 for each in found}
    ending = [each for each in found if given[each.key] < before.ending.get(each.key, math.inf)]
    still = {key: warning for key, warning in before.ending.items() if key.rpartition("|")[2] > snapshot.snapshot_date}
    return ending, still | given


def _exceptions(results: Iterable[Result], snapshot: Snapshot) -> list[Ending]:
    covered: dict[tuple[datetime, str], int] = defaultdict(int)
    for row in results:
        if row.status == "excepted" and row.exception_id is not None and row.excepted_until is not None:
            covered[row.excepted_until, row.exception_id] += 1
    return [
        Ending(exception_id, ends_at, _days_until(ends_at, snapshot), count)
        for (ends_at, exception_id), count in sorted(covered.items())
    ]


def _days_until(instant: datetime, snapshot: Snapshot) -> int:
    return max(0, math.ceil((instant - snapshot.snapshot_at).total_seconds() / _DAY_SECONDS))


def _warning(days_left: float, days: Sequence[int]) -> int | None:
    """The warning that is to be given, in days: the smallest that is not passed yet; None where it is too early."""
    return min((each for each in days if days_left <= each), default=None)
