"""Which run may become a snapshot: the rules of contract part 1. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace as replaced
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collector.lake.record import AccountCounts, PublicationRecord, PublishedSnapshot, WrittenSnapshot

_MEND = "Mend the accounts that failed, and run again."
_MEND_OR_REPLACE = "Mend the accounts that failed, and run again; or publish all the same with --replace."


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a run becomes the snapshot, why, and what the user can do if not."""

    publish: bool
    reason: str
    next_step: str = ""


def decide(
    record: PublicationRecord | None,
    written: WrittenSnapshot,
    *,
    min_coverage: float | Fraction | None = None,
    replace: bool = False,
) -> Decision:
    """Decide by the rules of contract part 1: a worse run never replaces a better one. Coverage is compared exactly.

    Args:
        record: what is published; None where nothing is.
        written: the run that asks to be published.
        min_coverage: the least coverage to publish, 0 to 1; `replace` does not lift it.
        replace: publish even if what is published is better.
    """
    if written.accounts.covered == 0:
        return _refused("Not one account was collected, so there is nothing to publish.", _MEND)
    covers = f"The run covers {_share(written.accounts)}"
    if min_coverage is not None and written.accounts.coverage < as_fraction(min_coverage):
        still = " --replace does not lift this floor." if replace else ""
        return _refused(f"{covers}, less than --min-coverage {min_coverage} asks for.{still}", _MEND)
    if replace or record is None:
        return Decision(publish=True, reason=f"{covers}.")
    return (
        _against_same_day(record, written)
        or _against_newest(record, written)
        or Decision(publish=True, reason=f"{covers}.")
    )


def decide_rebuilt(record: PublicationRecord | None, written: WrittenSnapshot) -> Decision:
    """Decide whether tables made again become the snapshot: for the same run, if they cover no less than before.

    Where another run was published for the day since the rebuild began, that one stands. Where the day has no snapshot,
    the run has to pass the rules like any other.
    """
    same_day = record.snapshots.get(written.snapshot_date) if record else None
    if record is None or same_day is None:
        return replaced(decide(record, written), next_step="")
    if same_day.run_id != written.run_id:
        return _refused(
            f"Run {same_day.run_id} was published for {written.snapshot_date} while run {written.run_id} was rebuilt.",
            "Rebuild again, if that one needs it.",
        )
    worse = _against_same_day(record, written)
    if worse is not None:
        return replaced(worse, next_step="This version reads less of the reports than the one that collected them.")
    return Decision(publish=True, reason=f"The run covers {_share(written.accounts)}.")


def _against_same_day(record: PublicationRecord, written: WrittenSnapshot) -> Decision | None:
    """The refusal of a run that covers less than the snapshot of its own day."""
    same_day = record.snapshots.get(written.snapshot_date)
    if same_day is None or _coverage_beside(same_day, written) >= same_day.accounts.coverage:
        return None
    return _refused(
        f"The run covers {_share(written.accounts)}{_left_out(same_day, written)}, less than the snapshot of "
        f"{written.snapshot_date} that it would replace: {_share(same_day.accounts)}, run {same_day.run_id}.",
        _MEND_OR_REPLACE,
    )


def _against_newest(record: PublicationRecord, written: WrittenSnapshot) -> Decision | None:
    """The refusal of a run that covers less than half of what the newest snapshot does."""
    newest = record.newest
    if _coverage_beside(newest, written) >= newest.accounts.coverage / 2:
        return None
    return _refused(
        f"The run covers {_share(written.accounts)}{_left_out(newest, written)}, less than half of what the newest "
        f"snapshot ({record.latest}) does: {_share(newest.accounts)}, run {newest.run_id}.",
        _MEND_OR_REPLACE,
    )


def _coverage_beside(snapshot: PublishedSnapshot, written: WrittenSnapshot) -> Fraction:
    """The run's coverage, as it may be compared with that of a snapshot.

    Coverage is of the organization's ACTIVE accounts, and a file may name a few of them only. So a run by a file is
    measured against as many as the snapshot knew.
    """
    fewer = _named_fewer(snapshot, written)
    return Fraction(written.accounts.covered, written.accounts.active + fewer) if fewer else written.accounts.coverage


def _named_fewer(snapshot: PublishedSnapshot, written: WrittenSnapshot) -> int:
    return max(0, snapshot.accounts.active - written.accounts.active) if written.is_listed_by_file else 0


def _left_out(snapshot: PublishedSnapshot, written: WrittenSnapshot) -> str:
    fewer = _named_fewer(snapshot, written)
    return f", and its accounts file names {fewer} fewer ACTIVE ones than that snapshot" if fewer else ""


def _refused(reason: str, next_step: str) -> Decision:
    return Decision(publish=False, reason=reason, next_step=next_step)


def as_fraction(rate: float | Fraction) -> Fraction:
    """The rate exactly as it was written: 0.98 is 98/100, not the float next to it."""
    return rate if isinstance(rate, Fraction) else Fraction(str(rate))


def _share(accounts: AccountCounts) -> str:
    return f"{accounts.covered} of {accounts.active} active accounts ({float(accounts.coverage):.1%})"
