"""Whether what is published matches the raw zone, and nothing was altered since: a list of every difference."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from collector.discovery.accounts import ORGANIZATION_ID
from collector.errors import LakeError, NewerLakeError
from collector.lake.layout import SNAPSHOTS, raw_folder, record_key
from collector.lake.raw import organizations_with_runs
from collector.lake.record import organizations, read_record
from collector.lake.verify.difference import Difference, DifferenceKind
from collector.lake.verify.runs import MissedPublications
from collector.lake.verify.snapshot import SnapshotComparison

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from collector.lake.record import PublicationRecord
    from collector.lake.store import Store


def verify(store: Store, scratch_directory: Path, organization_ids: Sequence[str] = ()) -> Iterator[Difference]:
    """Compare what is published with the raw zone: the differences, snapshot by snapshot; none if everything matches.

    Args:
        store: the lake.
        scratch_directory: an existing folder of this machine, for copies of files.
        organization_ids: whose snapshots; those of all organizations in the lake if empty.

    Raises:
        LakeError: there is nothing to verify: no lake, or nothing that is or should be published, of one of those
            organizations or of any.
        NewerLakeError: a newer version wrote it.
    """
    published = organizations(store)
    is_any_there = False
    for organization_id in organization_ids or _organizations_in(store, published):
        is_there = yield from _of_organization(store, organization_id, scratch_directory)
        if organization_ids and not is_there:
            raise LakeError(f"{organization_id} has nothing published in {store.uri}, so nothing can be verified.")
        is_any_there = is_any_there or is_there
    if not is_any_there:
        raise LakeError(
            f"The lake {store.uri} holds no snapshot, nor a run that could be one, so there is nothing to verify. "
            f"Create one with `credlake collect --lake {store.uri}`, or name another lake.",
            lake=store.uri,
        )


def _organizations_in(store: Store, published: Sequence[str]) -> list[str]:
    """The organizations with a record, with runs, or with tables."""
    with_tables = {name for name in store.names(SNAPSHOTS) if ORGANIZATION_ID.fullmatch(name)}
    return sorted(with_tables.union(organizations_with_runs(store), published))


def _of_organization(store: Store, organization_id: str, scratch_directory: Path) -> Generator[Difference, None, bool]:
    """The differences of one organization; returns whether there was anything to verify."""
    try:
        record = read_record(store, organization_id).record
    except NewerLakeError:
        raise
    except LakeError as error:
        yield _of_record(store, organization_id, error.message)
        return True
    runs = MissedPublications(store, organization_id, record)
    is_there = record is not None
    if record is not None:
        yield from _of_snapshots(store, record, scratch_directory)
    elif store.names(f"{SNAPSHOTS}/{organization_id}") and not store.names(raw_folder(organization_id)):
        # Raw files are never deleted (contract part 1), and tables come after them.
        yield _of_record(store, organization_id, "There are tables, but neither a publication record nor runs.")
        is_there = True
    if runs:
        for difference in runs.differences(read_record(store, organization_id).record):
            yield difference
            is_there = True
    return is_there


def _of_snapshots(store: Store, record: PublicationRecord, scratch_directory: Path) -> Iterator[Difference]:
    newest = max(record.snapshots)
    if record.latest != newest:
        yield _of_record(
            store,
            record.organization_id,
            f"`latest` is {record.latest}, but the newest day in the record is {newest}: queries of the newest "
            "snapshot return the older one.",
        )
    for snapshot_date in sorted(record.snapshots):
        check = SnapshotComparison(store, record.organization_id, snapshot_date, record.snapshots[snapshot_date])
        with tempfile.TemporaryDirectory(prefix="credlake-verify-", dir=scratch_directory) as scratch:
            yield from check.differences(Path(scratch))


def _of_record(store: Store, organization_id: str, what: str) -> Difference:
    return Difference(
        kind=DifferenceKind.RECORD,
        organization_id=organization_id,
        what=what,
        where=store.location(record_key(organization_id)),
    )
