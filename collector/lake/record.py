"""The publication record of an organization: which run is the snapshot of which day, and which files hold it. Pure.

Whoever replaces the record copies the days that are not theirs as they were, keys that this version does not know
included: an older version that publishes a day takes nothing from what a newer one wrote.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from collector.evidence import millisecond_text, to_milliseconds
from collector.lake.layout import SNAPSHOTS
from collector.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFile:
    """One Parquet file of a snapshot; `path` is relative to the lake, `sha256` of its bytes."""

    path: str
    record_type: str
    rows: int
    bytes: int
    sha256: str
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCounts:
    """How many accounts a snapshot has rows of: all, ACTIVE ones, and those whose users it holds."""

    total: int
    active: int
    covered: int
    by_outcome: Mapping[str, int]
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def coverage(self) -> Fraction:
        """(`collected` + `partial`) ÷ ACTIVE accounts, exactly; 0 where no account is ACTIVE."""
        return Fraction(self.covered, self.active) if self.active else Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSnapshot:
    """One day's entry. `columns` counts, per record type, the first columns of `file_schema` that the files have."""

    run_id: str
    # Of `run.json` as stored, which proves the rest of the raw zone; None where an older version wrote none.
    run_sha256: str | None = None
    run_started_at: datetime
    run_finished_at: datetime
    published_at: datetime
    accounts: AccountCounts
    # As a record that was read says it: for people, and for `verify`. The rules go by `accounts`, exactly.
    coverage: float | None = field(default=None, compare=False)
    users: int
    columns: Mapping[str, int]
    files: tuple[PublishedFile, ...]
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """The one folder that holds these files and no others: where a Glue partition points."""
        return str(PurePosixPath(self.files[0].path).parent)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationRecord:
    """What is published of one organization, by snapshot date."""

    organization_id: str
    latest: str
    snapshots: Mapping[str, PublishedSnapshot]
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def newest(self) -> PublishedSnapshot:
        """The snapshot of the newest day."""
        return self.snapshots[self.latest]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSnapshot:
    """A run whose evidence and tables are in the lake, whole, and which no record names yet."""

    organization_id: str
    snapshot_date: str
    run_id: str
    # Of `run.json` as stored, which proves the rest of the raw zone; None where an older version wrote none.
    run_sha256: str | None = None
    run_started_at: datetime
    run_finished_at: datetime
    accounts: AccountCounts
    users: int
    columns: dict[str, int]
    files: tuple[PublishedFile, ...]
    # Whether the accounts are those that a file names: of what it leaves out it says nothing.
    is_listed_by_file: bool = False

    def is_published_in(self, record: PublicationRecord) -> bool:
        """Whether the record names these very files."""
        day = record.snapshots.get(self.snapshot_date)
        return day is not None and day.files == self.files

    def published(self, at: datetime) -> PublishedSnapshot:
        """The day's entry in the record."""
        return PublishedSnapshot(
            run_id=self.run_id,
            run_sha256=self.run_sha256,
            run_started_at=to_milliseconds(self.run_started_at),
            run_finished_at=to_milliseconds(self.run_finished_at),
            published_at=to_milliseconds(at),
            accounts=self.accounts,
            users=self.users,
            columns=self.columns,
            files=self.files,
        )


def with_snapshot(
    record: PublicationRecord | None, organization_id: str, snapshot_date: str, snapshot: PublishedSnapshot
) -> PublicationRecord:
    """The record with that day's snapshot replaced as a whole; no other day is touched, `latest` only moves forward."""
    if record is None:
        return PublicationRecord(
            organization_id=organization_id, latest=snapshot_date, snapshots={snapshot_date: snapshot}
        )
    snapshots = {**record.snapshots, snapshot_date: snapshot}
    return replace(record, latest=max(record.latest, snapshot_date), snapshots=snapshots)


def serialize_record(record: PublicationRecord) -> bytes:
    """The record as JSON: days in order, one key a line, so that two versions can be compared by eye."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "organization_id": record.organization_id,
        "latest": record.latest,
        "snapshots": {date: _snapshot_object(record.snapshots[date]) for date in sorted(record.snapshots)},
        **record.extra,
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def is_path_of_day(path: str, organization_id: str, snapshot_date: str) -> bool:
    """Whether a path is a file's in a folder of that organization's day, and nowhere else."""
    parts = path.split("/")
    depth = 5
    return len(parts) == depth and parts[:3] == [SNAPSHOTS, organization_id, snapshot_date] and ".." not in parts


def _snapshot_object(snapshot: PublishedSnapshot) -> dict[str, Any]:
    accounts = snapshot.accounts
    return {
        "run_id": snapshot.run_id,
        **({} if snapshot.run_sha256 is None else {"run_sha256": snapshot.run_sha256}),
        "run_started_at": millisecond_text(snapshot.run_started_at),
        "run_finished_at": millisecond_text(snapshot.run_finished_at),
        "published_at": millisecond_text(snapshot.published_at),
        "coverage": float(accounts.coverage),
        "accounts": {
            "total": accounts.total,
            "active": accounts.active,
            "covered": accounts.covered,
            "by_outcome": dict(accounts.by_outcome),
            **accounts.extra,
        },
        "users": snapshot.users,
        "columns": dict(snapshot.columns),
        "files": [_file_object(file) for file in snapshot.files],
        **snapshot.extra,
    }


def _file_object(file: PublishedFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "record_type": file.record_type,
        "rows": file.rows,
        "bytes": file.bytes,
        "sha256": file.sha256,
        **file.extra,
    }
