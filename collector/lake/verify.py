"""Whether what is published is what the raw zone says, and nothing was altered since: every difference, named."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from collector.errors import LakeError, NewerLakeError
from collector.lake.difference import Difference, DifferenceKind, Notes
from collector.lake.layout import record_key
from collector.lake.record_reading import organizations, read_record
from collector.lake.snapshot_check import SnapshotCheck

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from collector.lake.store import Store


def verify(store: Store, scratch_directory: Path, organization_ids: Sequence[str] = ()) -> Iterator[Difference]:
    """Compare every published snapshot with the raw zone: the differences, snapshot by snapshot; none if all is well.

    Args:
        store: the lake.
        scratch_directory: an existing folder of this machine, for copies of files that lie elsewhere.
        organization_ids: whose snapshots; of all organizations in the lake if none is named.

    Raises:
        LakeError: there is no such lake, or nothing is published of an organization that was named.
        NewerLakeError: a newer version wrote it.
    """
    for organization_id in organization_ids or organizations(store):
        try:
            record = read_record(store, organization_id).record
        except NewerLakeError:
            raise
        except LakeError as error:
            notes = Notes(organization_id, None)
            notes.note(DifferenceKind.RECORD, error.message, store.location(record_key(organization_id)))
            yield from notes.all()
            continue
        if record is None:
            raise LakeError(f"Nothing is published of {organization_id} in {store.uri}, so nothing can be verified.")
        if record.latest != (newest := max(record.snapshots)):
            notes = Notes(organization_id, None)
            notes.note(
                DifferenceKind.RECORD,
                f"`latest` is {record.latest}, and the newest day in the record is {newest}: what is asked about now "
                "is answered from the older one.",
                store.location(record_key(organization_id)),
            )
            yield from notes.all()
        for snapshot_date in sorted(record.snapshots):
            snapshot = record.snapshots[snapshot_date]
            with tempfile.TemporaryDirectory(prefix="credlake-verify-", dir=scratch_directory) as scratch:
                yield from SnapshotCheck(store, organization_id, snapshot_date, snapshot).differences(Path(scratch))
