"""What is published in a lake, by organization: read from the publication records, never by listing folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from collector.errors import LakeError
from collector.lake.layout import CATALOG, organization_of
from collector.lake.open import open_store
from collector.lake.record import read_record

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from collector.lake.record import PublicationRecord
    from collector.lake.store import Store


class NoSnapshotError(LakeError):
    """The lake holds no snapshot, so there is nothing to ask. An empty answer would look like good news."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """A Parquet file of a published snapshot. It holds the first `columns` columns of its kind's file schema.

    `path` is a file of this machine, or a URI.
    """

    path: str
    record_type: str
    columns: int
    organization_id: str
    snapshot_date: str


@dataclass(frozen=True, slots=True)
class LakeSnapshots:
    """The publication records of a lake, by organization id."""

    store: Store
    records: dict[str, PublicationRecord]

    @property
    def root(self) -> Path:
        """The folder of a lake on this machine."""
        return Path(self.store.location(""))

    def files(self, *, newest_only: bool) -> list[DataFile]:
        """The files that count: of the newest day of each organization, or of every day."""
        return [
            DataFile(
                path=self.store.location(file.path),
                record_type=file.record_type,
                columns=record.snapshots[day].columns[file.record_type],
                organization_id=record.organization_id,
                snapshot_date=day,
            )
            for record in self.records.values()
            for day in ([record.latest] if newest_only else sorted(record.snapshots))
            for file in record.snapshots[day].files
        ]

    def freshness(self, now: datetime) -> list[str]:
        """For each organization, which snapshot answers, how old it is, and how much of the organization it covers."""
        return [_freshness(record, now) for record in self.records.values()]


def read_snapshots(lake: str, organization_ids: Collection[str] = ()) -> LakeSnapshots:
    """The published snapshots of the lake in that folder, or on S3; of the organizations named, or of all.

    Raises:
        NoSnapshotError: nothing is published there.
        NewerLakeError: a newer version wrote a record.
        LakeError: there is no such lake, or a record cannot be read.
    """
    store = open_store(lake)
    store.check_exists()
    found = {organization_of(name) for name in store.names(CATALOG)} - {None}
    wanted = sorted(set(organization_ids) or {name for name in found if name is not None})
    records = {name: record for name in wanted if (record := read_record(store, name).record) is not None}
    if not records or (organization_ids and len(records) < len(wanted)):
        missing = ", ".join(name for name in wanted if name not in records)
        raise NoSnapshotError(
            f"The lake {lake} holds no snapshot{f' of {missing}' if missing else ''}, so there is nothing to ask yet. "
            f"Make one with `credlake collect --lake {lake}`.",
            lake=lake,
        )
    return LakeSnapshots(store, records)


def _freshness(record: PublicationRecord, now: datetime) -> str:
    snapshot = record.newest
    accounts = snapshot.accounts
    days = len(record.snapshots)
    return (
        f"{record.organization_id}: snapshot {record.latest}, {_age(snapshot.run_started_at, now)}; "
        f"coverage {float(accounts.coverage):.1%} ({accounts.covered} of {accounts.active} ACTIVE accounts); "
        f"{days} snapshot{'' if days == 1 else 's'} in the lake"
    )


def _age(then: datetime, now: datetime) -> str:
    minutes = int((now - then).total_seconds() // 60)
    if minutes < 0:
        return "from the future by this machine's clock"
    for unit, size in (("day", 1440), ("hour", 60), ("minute", 1)):
        if minutes >= 2 * size or size == 1:
            count = minutes // size
            return f"{count} {unit}{'' if count == 1 else 's'} old"
    raise AssertionError
