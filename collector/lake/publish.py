"""The one write by which a run becomes a snapshot."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from collector.errors import LakeError, NotPublishedError
from collector.lake.layout import raw_folder, record_key
from collector.lake.record import PublicationRecord, WrittenSnapshot, serialize_record, with_snapshot
from collector.lake.record_reading import read_record
from collector.lake.rules import Decision, decide
from collector.lake.store import ReplaceConflictError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from fractions import Fraction

    from collector.lake.store import Store

# Each lost race means that another run has published, so this many in a row are no coincidence.
_ATTEMPTS = 30


def publish(
    store: Store,
    written: WrittenSnapshot,
    *,
    now: Callable[[], datetime],
    min_coverage: float | Fraction | None = None,
    replace: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> PublicationRecord:
    """Make the run the snapshot of its day, by one conditional write; the record as it is then.

    Who loses a race against another run reads again and applies the rules again.

    Raises:
        NotPublishedError: the rules do not let it. What it found stays where it was written.
        LakeError: the record cannot be read or written.
    """

    def next_record(record: PublicationRecord | None) -> PublicationRecord:
        decision = decide(record, written, min_coverage=min_coverage, replace=replace)
        if not decision.publish:
            raise not_published(store, written, decision)
        return with_snapshot(record, written.organization_id, written.snapshot_date, written.published(now()))

    return replace_record(store, written.organization_id, next_record, is_done=written.is_published_in, sleep=sleep)


def replace_record(
    store: Store,
    organization_id: str,
    next_record: Callable[[PublicationRecord | None], PublicationRecord],
    *,
    is_done: Callable[[PublicationRecord], bool],
    sleep: Callable[[float], None] = time.sleep,
) -> PublicationRecord:
    """Read the record, make the next one of it, and write that if nobody else wrote meanwhile; else from the start.

    Args:
        store: the lake.
        organization_id: whose record.
        next_record: applies the rules; what it raises ends the matter.
        is_done: whether a record already says what we want: then a write of ours arrived though its answer did not.
        sleep: waits the seconds given, between attempts.
    """
    key = record_key(organization_id)

    def attempt() -> PublicationRecord:
        record, version = read_record(store, organization_id)
        if record is not None and is_done(record):
            return record
        replacement = next_record(record)
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
            f"{store.location(key)} was replaced by others {_ATTEMPTS} times in a row while this run tried to publish. "
            "Nothing of it was published. See which runs write there, and run again.",
            location=store.location(key),
        ) from error


def not_published(store: Store, written: WrittenSnapshot, decision: Decision) -> NotPublishedError:
    """The error that says why a run is no snapshot, where it lies, and what can be done."""
    raw = store.location(raw_folder(written.organization_id, written.run_id))
    tables = store.location(written.files[0].path.rpartition("/")[0])
    return NotPublishedError(
        f"Nothing was published. {decision.reason} What was published before stands. The run is kept, unpublished: "
        f"{raw} (as it came) and {tables} (its tables). {decision.next_step}",
        run_id=written.run_id,
        reason=decision.reason,
        raw=raw,
        tables=tables,
    )
