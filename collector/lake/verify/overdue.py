"""Whether a run that is not published should have been: the rules of publication, asked afterwards. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from collector.lake.layout import snapshot_folder
from collector.lake.record import WrittenSnapshot
from collector.lake.rules import decide

if TYPE_CHECKING:
    from collector.evidence import RunEvidence
    from collector.lake.record import AccountCounts, PublicationRecord, PublishedSnapshot


def is_later(run_id: str, published: PublishedSnapshot | None) -> bool:
    """Whether the run began after the one that is published; ids sort by the start."""
    return published is None or run_id > published.run_id


def as_it_was(record: PublicationRecord | None, run: RunEvidence) -> PublicationRecord | None:
    """The record as the run met it, as far as it can be told: with its own day, and what ended before it did."""
    snapshots = {
        day: snapshot
        for day, snapshot in (record.snapshots if record else {}).items()
        if day == run.snapshot_date or snapshot.run_finished_at <= (run.finished_at or run.started_at)
    }
    return replace(record, latest=max(snapshots), snapshots=snapshots) if record and snapshots else None


def passes(run: RunEvidence, counts: AccountCounts, record: PublicationRecord | None) -> bool:
    """Whether a run of these counts is published under the rules, by its own settings."""
    written = WrittenSnapshot(
        organization_id=run.organization_id,
        snapshot_date=run.snapshot_date,
        run_id=run.run_id,
        run_started_at=run.started_at,
        run_finished_at=run.finished_at or run.started_at,
        accounts=counts,
        users=0,
        columns={},
        files=(),
        is_listed_by_file=run.is_listed_by_file,
    )
    floor = run.settings.get("min_coverage")
    return decide(
        record,
        written,
        min_coverage=floor if isinstance(floor, int | float) else None,
        replace=run.settings.get("replace") is True,
    ).publish


def has_to_replace(run: RunEvidence, counts: AccountCounts, published: PublishedSnapshot) -> bool:
    """Whether the published run cannot have come after that one: it covers less, or it was published before.

    Of two runs at once that cover the same, the one that began first may be published last. Tables that were made again
    (a rebuild, a resumed run) are published long after their run ended.
    """
    if counts.coverage > published.accounts.coverage:
        return True
    were_at_once = published.run_finished_at >= run.started_at
    folder = snapshot_folder(run.organization_id, run.snapshot_date, published.run_id)
    may_be_last = were_at_once or published.folder != folder
    return not may_be_last or published.published_at < (run.finished_at or run.started_at)
