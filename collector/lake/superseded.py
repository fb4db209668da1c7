"""Which tables a publication made superfluous. Pure.

Only tables: a run's raw zone is kept whatever became of the run (contract part 1: nothing is lost).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collector.lake.record import PublicationRecord


def named_files(record: PublicationRecord | None) -> frozenset[str]:
    """The keys of all files that the record names."""
    if record is None:
        return frozenset()
    return frozenset(file.path for snapshot in record.snapshots.values() for file in snapshot.files)


def superseded_files(before: PublicationRecord | None, after: PublicationRecord) -> frozenset[str]:
    """The keys of the files that the record named before and does not name after."""
    return named_files(before) - named_files(after)


def newly_named_files(before: PublicationRecord | None, after: PublicationRecord) -> frozenset[str]:
    """The keys of the files that the record names after and did not name before."""
    return named_files(after) - named_files(before)
