"""Publication: which run may become a snapshot (docs/concepts.md, Publication), and the one write that makes it one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from dataclasses import replace as replaced
from fractions import Fraction
from typing import TYPE_CHECKING

from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from collector.errors import LakeError, NotPublishedError, UnconfirmedError
from collector.lake.covered import what_is_lost
from collector.lake.layout import raw_folder, record_key
from collector.lake.record import read_record, serialize_record, with_snapshot
from collector.lake.store import ReplaceConflictError
from collector.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from collector.lake.record import AccountCounts, PublicationRecord, PublishedSnapshot
    from collector.lake.store import Store
    from collector.lake.writer import WrittenSnapshot

# Each lost race means that another run has published, so this many in a row are not a coincidence.
_ATTEMPTS = 30

_FIX = "Fix the accounts that failed, and run again."
_FIX_OR_REPLACE = "Fix the accounts that failed, and run again; or publish anyway with --replace."
_CONFIRM = "To publish it anyway: `credlake collect --resume --replace --yes`, which collects no account again."


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a run becomes the snapshot."""

    publish: bool  # whether it does
    reason: str  # why, as a sentence
    next_step: str = ""  # what the user can do if not
    better: PublishedSnapshot | None = None  # the snapshot that covers more, where that is the reason or is overruled
    needs_confirmation: bool = False  # whether it is refused only because nobody confirmed `--replace`


def publish(
    store: Store,
    written: WrittenSnapshot,
    *,
    now: Callable[[], datetime],
    min_coverage: float | Fraction | None = None,
    replace: bool = False,
    confirmed: bool = True,
    sleep: Callable[[float], None] = time.sleep,
) -> PublicationRecord:
    """Make the run the snapshot of its day, by one conditional write; returns the new record.

    A run that loses a race against another one reads the record again and applies the rules again. `confirmed` is
    whether somebody agreed that `replace` may put the run in place of a better snapshot.

    Raises:
        UnconfirmedError: it would replace a better snapshot, which nobody confirmed. The message says what is lost.
        NotPublishedError: the rules do not allow it. What the run wrote stays in the lake.
        LakeError: the record cannot be read or written.
    """

    def decision(record: PublicationRecord | None) -> Decision:
        decided = decide(record, written, min_coverage=min_coverage, replace=replace)
        if confirmed or not decided.publish or decided.better is None:
            return decided
        lost = what_is_lost(store, decided.better, written.files)
        return Decision(False, f"{decided.reason} {lost}", _CONFIRM, decided.better, needs_confirmation=True)  # noqa: FBT003 -- publish

    return publish_if(decision, store, written, now=now, sleep=sleep)


def publish_if(
    decision: Callable[[PublicationRecord | None], Decision],
    store: Store,
    written: WrittenSnapshot,
    *,
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
) -> PublicationRecord:
    """`publish`, by a decision that is made anew of each record that is read: none is kept over a lost race."""
    key = record_key(written.organization_id)

    def attempt() -> PublicationRecord:
        record, version = read_record(store, written.organization_id)
        if record is not None and written.is_published_in(record):
            # Our write arrived although its response was lost.
            return record
        decided = decision(record)
        if not decided.publish:
            raise _not_published(store, written, decided)
        replacement = with_snapshot(record, written.organization_id, written.snapshot_date, written.published(now()))
        store.replace(key, serialize_record(replacement), expected=version)
        return replacement

    retrying = Retrying(
        retry=retry_if_exception_type(ReplaceConflictError),
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_random_exponential(multiplier=0.02, max=2),
        sleep=sleep,
    )
    try:
        return retrying(attempt)
    except RetryError as error:
        raise LakeError(
            f"{store.location(key)} was replaced by other runs {_ATTEMPTS} times in a row while this run tried to "
            "publish. Nothing was published. Check which runs write there, and run again.",
            location=store.location(key),
        ) from error


def _not_published(store: Store, written: WrittenSnapshot, decision: Decision) -> NotPublishedError:
    raw = store.location(raw_folder(written.organization_id, written.run_id))
    tables = store.location(written.files[0].path.rpartition("/")[0])
    kind = UnconfirmedError if decision.needs_confirmation else NotPublishedError
    return kind(
        f"Nothing was published. {decision.reason} What was published before is unchanged. The run is kept, "
        f"unpublished: {raw} (raw) and {tables} (tables). {decision.next_step}",
        run_id=written.run_id,
        reason=decision.reason,
        raw=raw,
        tables=tables,
    )


def decide(
    record: PublicationRecord | None,
    written: WrittenSnapshot,
    *,
    min_coverage: float | Fraction | None = None,
    replace: bool = False,
) -> Decision:
    """Decide by the rules of docs/concepts.md: a worse run never replaces a better one. Coverage is compared exactly.

    Args:
        record: what is published; None where nothing is.
        written: the run to be published.
        min_coverage: the least coverage to publish, 0 to 1, in addition to the run's own; `replace` lifts neither.
        replace: publish even if what is published is better.
    """
    if written.accounts.covered == 0:
        return _refused("Not one account was collected, so there is nothing to publish.", _next_step(written, _FIX))
    covers = f"The run covers {_share(written.accounts)}"
    # The floor exactly as written: 0.98 is 98/100, not the nearest float.
    floor = max((one for one in (min_coverage, written.min_coverage) if one is not None), default=None)
    if floor is not None and written.accounts.coverage < Fraction(str(floor)):
        still = " --replace does not lift this floor." if replace else ""
        return _refused(f"{covers}, less than --min-coverage {floor} requires.{still}", _next_step(written, _FIX))
    worse = None if record is None else _against_same_day(record, written) or _against_newest(record, written)
    if worse is not None and replace:
        return replaced(worse, publish=True, next_step="")
    return worse or Decision(publish=True, reason=f"{covers}.")


def decide_rebuilt(record: PublicationRecord | None, written: WrittenSnapshot) -> Decision:
    """Decide whether rebuilt tables become the snapshot: for the same run, if they cover no less than before.

    A run that was published for the day since the rebuild began is kept. Where the day has no snapshot, the rules apply
    to the run as to any other.
    """
    same_day = record.snapshots.get(written.snapshot_date) if record else None
    if record is None or same_day is None:
        return replaced(decide(record, written), next_step="")
    if same_day.run_id != written.run_id:
        return _refused(
            f"Run {same_day.run_id} was published for {written.snapshot_date} while run {written.run_id} was rebuilt.",
            "Rebuild again, if that run needs it.",
        )
    worse = _against_same_day(record, written)
    if worse is not None:
        next_step = "This version can parse fewer of the reports than the one that collected them."
        return replaced(worse, next_step=next_step)
    return Decision(publish=True, reason=f"The run covers {_share(written.accounts)}.")


def _against_same_day(record: PublicationRecord, written: WrittenSnapshot) -> Decision | None:
    """The refusal of a run that covers less than the snapshot of its own day."""
    same_day = record.snapshots.get(written.snapshot_date)
    if same_day is None or _comparable_coverage(same_day, written) >= same_day.accounts.coverage:
        return None
    return _refused(
        f"The run covers {_share(written.accounts)}{_left_out(same_day, written)}, less than the snapshot of "
        f"{written.snapshot_date} that it would replace: {_share(same_day.accounts)}, run {same_day.run_id}.",
        _next_step(written, _FIX_OR_REPLACE),
        same_day,
    )


def _against_newest(record: PublicationRecord, written: WrittenSnapshot) -> Decision | None:
    """The refusal of a run that covers less than half of what the newest snapshot does."""
    newest = record.newest
    if _comparable_coverage(newest, written) >= newest.accounts.coverage / 2:
        return None
    return _refused(
        f"The run covers {_share(written.accounts)}{_left_out(newest, written)}, less than half of what the newest "
        f"snapshot ({record.latest}) does: {_share(newest.accounts)}, run {newest.run_id}.",
        _next_step(written, _FIX_OR_REPLACE),
        newest,
    )


def _comparable_coverage(snapshot: PublishedSnapshot, written: WrittenSnapshot) -> Fraction:
    """The run's coverage, as it can be compared with that of a snapshot.

    Coverage is of the organization's ACTIVE accounts, and files may name only some of them. So a run by an accounts
    file, or of report files, is measured against as many as the snapshot had.
    """
    fewer = _fewer_listed(snapshot, written)
    return Fraction(written.accounts.covered, written.accounts.active + fewer) if fewer else written.accounts.coverage


def _fewer_listed(snapshot: PublishedSnapshot, written: WrittenSnapshot) -> int:
    return max(0, snapshot.accounts.active - written.accounts.active) if written.is_listed_by_file else 0


def _left_out(snapshot: PublishedSnapshot, written: WrittenSnapshot) -> str:
    fewer = _fewer_listed(snapshot, written)
    return f", and its files name {fewer} fewer ACTIVE ones than that snapshot" if fewer else ""


def _next_step(written: WrittenSnapshot, if_complete: str) -> str:
    """What to do about a run that covers too little; one that left accounts out must not replace the others."""
    excluded = written.accounts.by_outcome.get(Outcome.EXCLUDED, 0)
    if not excluded:
        return if_complete
    return (
        f"Its include and exclude rules left out {excluded} accounts: run again without them. To collect only the "
        "accounts that failed: `credlake collect --retry-failed`."
    )


def _refused(reason: str, next_step: str, better: PublishedSnapshot | None = None) -> Decision:
    return Decision(publish=False, reason=reason, next_step=next_step, better=better)


def _share(accounts: AccountCounts) -> str:
    return f"{accounts.covered} of {accounts.active} active accounts ({float(accounts.coverage):.1%})"


def named_files(record: PublicationRecord | None) -> frozenset[str]:
    """The keys of all files that the record names."""
    if record is None:
        return frozenset()
    return frozenset(file.path for snapshot in record.snapshots.values() for file in snapshot.files)
