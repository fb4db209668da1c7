"""The published snapshots of a lake, by organization, from the publication records: folders are never listed."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from collector.errors import LakeError, UsageError
from collector.lake.layout import CATALOG, organization_of
from collector.lake.local_store import open_store
from collector.lake.record import read_record
from collector.query.statement import suggestion

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from collector.lake.record import PublicationRecord
    from collector.lake.store import Store

# More than these are not listed.
_NAMED_DAYS = 31


class NoSnapshotError(LakeError):
    """The lake holds no snapshot to query. An empty result would look like good news."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """A Parquet file of a published snapshot."""

    path: str  # A path of this machine, or a URI.
    record_type: str  # The kind of its rows: `account`, `user` or `exception`.
    columns: int  # How many columns it has: the first ones of its kind's file schema.
    bytes: int  # Its size.
    sha256: str  # Of its bytes, in hexadecimal.
    organization_id: str  # Whose snapshot it is part of.
    snapshot_date: str  # The day of that snapshot, YYYY-MM-DD.


def missing_file(path: str) -> LakeError:
    """The error of a file that the record names and that does not exist."""
    return LakeError(
        f"The publication record names the file {path}, which does not exist: the lake was copied or cleaned up in "
        "part. Run `credlake verify` to list everything that is missing, and `credlake rebuild --date YYYY-MM-DD` to "
        "rebuild the tables of a day from the raw zone.",
        path=path,
    )


def damaged_file(path: str, why: str) -> LakeError:
    """The error of a file that is not the one that the record names; `why` is a clause."""
    return LakeError(
        f"{path} is damaged: {why}. Run `credlake verify` to list everything that differs, and `credlake rebuild "
        "--date YYYY-MM-DD` to rebuild the tables of a day from the raw zone.",
        path=path,
    )


@dataclass(frozen=True, slots=True)
class LakeSnapshots:
    """The publication records of a lake."""

    store: Store  # The lake.
    records: dict[str, PublicationRecord]  # By organization id; at least one, each with at least one snapshot.

    @property
    def root(self) -> Path:
        """The folder of a lake on this machine."""
        return Path(self.store.location(""))

    def files(self, *, newest_only: bool) -> list[DataFile]:
        """The files of the newest snapshot of each organization, or of all snapshots."""
        return [
            DataFile(
                path=self.store.location(file.path),
                record_type=file.record_type,
                columns=record.snapshots[day].columns[file.record_type],
                bytes=file.bytes,
                sha256=file.sha256,
                organization_id=record.organization_id,
                snapshot_date=day,
            )
            for record in self.records.values()
            for day in ([record.latest] if newest_only else sorted(record.snapshots))
            for file in record.snapshots[day].files
        ]

    def freshness(self, now: datetime) -> list[str]:
        """One line for each organization: its newest snapshot, the snapshot's age, and its coverage."""
        return [_freshness(record, now) for record in self.records.values()]


def read_snapshots(lake: str, organization_ids: Collection[str] = (), *, until: str | None = None) -> LakeSnapshots:
    """The published snapshots of a lake.

    Args:
        lake: the lake's folder, or `s3://bucket/prefix`.
        organization_ids: the organizations to read; by default all of the lake.
        until: the day whose snapshot is read as the newest; by default the newest of each organization.

    Raises:
        NoSnapshotError: nothing is published, or nothing of an organization that is named, or nothing on that day.
        NewerLakeError: a record was written by a newer version.
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
            f"The lake {lake} holds no snapshot{f' of {missing}' if missing else ''}. Create one with "
            f"`credlake collect --lake {lake}`.",
            lake=lake,
        )
    if until is not None:
        for record in records.values():
            check_day(record, until)
        records = {name: record.until(until) for name, record in records.items()}
    return LakeSnapshots(store, records)


def check_day(record: PublicationRecord, snapshot_date: str) -> None:
    """Raise NoSnapshotError, with the days on which there is a snapshot, unless that day is one of them."""
    if snapshot_date in record.snapshots:
        return
    days = sorted(record.snapshots)
    if len(days) <= _NAMED_DAYS:
        which = f"on {', '.join(days)}"
    else:
        place = bisect(days, snapshot_date)
        near = " and ".join(days[max(place - 1, 0) : place + 1])
        which = f"on {len(days)} days from {days[0]} to {days[-1]}; the nearest: {near}"
    raise NoSnapshotError(
        f"{record.organization_id} has no snapshot of {snapshot_date}. There are snapshots {which}.",
        snapshot_date=snapshot_date,
    )


def chosen_organization(found: Collection[str], organization_id: str | None, lake: str) -> str:
    """The organization to read: the one that is named, or the only one.

    Args:
        found: the organizations of the lake that have a snapshot.
        organization_id: the one that is named, if any.
        lake: where the lake is, for messages.

    Raises:
        NoSnapshotError: there is no snapshot.
        UsageError: it has no snapshot, or none is named and there are several.
    """
    if not found:
        raise NoSnapshotError(
            f"The lake {lake} holds no snapshot. Create one with `credlake collect --lake {lake}`.", lake=lake
        )
    names = ", ".join(sorted(found))
    if organization_id is None:
        if len(found) > 1:
            raise UsageError([f"The lake holds several organizations: choose one with --organization-id: {names}."])
        return next(iter(found))
    if organization_id not in found:
        near = suggestion(organization_id, found)
        raise UsageError([f"--organization-id {organization_id}: the lake holds {names}.{near}"])
    return organization_id


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
        return "in the future by this machine's clock"
    for unit, size in (("day", 1440), ("hour", 60), ("minute", 1)):
        if minutes >= 2 * size or size == 1:
            count = minutes // size
            return f"{count} {unit}{'' if count == 1 else 's'} old"
    raise AssertionError
