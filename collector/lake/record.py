"""The publication record of an organization: which run is the snapshot of which day, and which files hold it. Pure.

Whoever replaces the record copies the days that are not theirs as they were, keys that this version does not know
included: an older version that publishes a day takes nothing from what a newer one wrote.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from collector.errors import LakeError, NewerLakeError
from collector.evidence import millisecond_text, read_instant, to_milliseconds
from collector.lake.layout import CATALOG, RUN_ID, SNAPSHOT_DATE, SNAPSHOTS, organization_of, record_key
from collector.schema import FIRST_SCHEMA_VERSION, RECORD_TABLES, SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from collector.lake.store import Store


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


T = TypeVar("T")


class ReadRecord(NamedTuple):
    """A record, and the version that a replacement of it has to name. Both are None where nothing is published yet."""

    record: PublicationRecord | None
    version: str | None


def organizations(store: Store) -> list[str]:
    """The organizations of which something is published, sorted.

    Raises:
        LakeError: there is no lake there. A lake in which nothing is published yet has no organizations.
    """
    store.check_exists()
    return sorted(found for name in store.names(CATALOG) if (found := organization_of(name)) is not None)


def read_record(store: Store, organization_id: str) -> ReadRecord:
    """What is published of an organization.

    Raises:
        LakeError: the record is damaged. It is never taken for absent: publishing over it would lose every day in it.
        NewerLakeError: a newer version wrote it.
    """
    key = record_key(organization_id)
    stored = store.read_versioned(key)
    if stored is None:
        return ReadRecord(None, None)
    return ReadRecord(parse_record(stored.content, organization_id, store.location(key)), stored.version)


def parse_record(content: bytes, organization_id: str, location: str) -> PublicationRecord:
    """The record in these bytes; `location` is where they lie, for messages."""
    try:
        document = json.loads(content, object_pairs_hook=_unambiguous)
        _refuse_newer(document, location)
        return _Reading(organization_id).record(document)
    except (_DamagedError, ValueError) as error:
        raise LakeError(
            f"The publication record {location} is damaged: {error}. Nothing was read from it, and nothing was "
            "published over it. Restore it from a backup (on S3, from an earlier version of the object); the tables "
            "under snapshots/ and the raw zone are untouched.",
            location=location,
        ) from error


class _DamagedError(Exception):
    """What is wrong with a record, as the middle of a sentence."""


def _refuse_newer(document: object, location: str) -> None:
    version = document.get("schema_version") if isinstance(document, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise NewerLakeError(
            f"The publication record {location} has schema_version {version}, and this credlake knows versions up to "
            f"{SCHEMA_VERSION}: it could misread the lake, so it does not touch it. Update credlake.",
            location=location,
            schema_version=version,
        )


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object, unless a key is there twice: of two readers, one would take the first and one the last."""
    found = dict(pairs)
    if len(found) < len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise _DamagedError(f"{twice!r} is there more than once in one object")
    return found


class _Reading:
    """One record's reading: takes known keys, checks their types, and keeps the others as `extra`."""

    def __init__(self, organization_id: str) -> None:
        self._organization_id = organization_id

    def record(self, document: object) -> PublicationRecord:
        fields = _Fields(document, "the record")
        if (version := fields.take("schema_version", int)) < FIRST_SCHEMA_VERSION:
            raise _DamagedError(f"its schema_version is {version}, and there never was such a version")
        organization_id = fields.take("organization_id", str)
        if organization_id != self._organization_id:
            raise _DamagedError(f"it says it is of organization {organization_id!r}")
        latest = fields.take("latest", str)
        days = fields.take("snapshots", dict)
        if latest not in days:
            raise _DamagedError(f"`latest` is {latest!r}, and there is no such snapshot in it")
        snapshots = {date: self._snapshot(date, day) for date, day in days.items()}
        return PublicationRecord(
            organization_id=organization_id, latest=latest, snapshots=snapshots, extra=fields.others()
        )

    def _snapshot(self, date: str, day: object) -> PublishedSnapshot:
        if SNAPSHOT_DATE.fullmatch(date) is None:
            raise _DamagedError(f"{date!r} is no date")
        fields = _Fields(day, f"the snapshot of {date}")
        run_id, coverage = fields.take("run_id", str), fields.take("coverage", float, int)
        if RUN_ID.fullmatch(run_id) is None:
            raise _DamagedError(f"`run_id` of {fields.what} is no run's id: {run_id!r:.60}")
        columns = _numbers(fields.take("columns", dict), fields.what)
        return PublishedSnapshot(
            run_id=run_id,
            run_sha256=fields.take("run_sha256", str) if "run_sha256" in fields.names else None,
            run_started_at=fields.instant("run_started_at"),
            run_finished_at=fields.instant("run_finished_at"),
            published_at=fields.instant("published_at"),
            accounts=_counts(fields.take("accounts", dict), fields.what),
            coverage=coverage,
            users=fields.count("users"),
            columns=columns,
            files=self._files(fields.take("files", list), date, columns, fields.what),
            extra=fields.others(),
        )

    def _files(self, entries: list[object], date: str, columns: dict[str, int], what: str) -> tuple[PublishedFile, ...]:
        files = tuple(self._file(entry, date, what) for entry in entries)
        if [file.record_type for file in files].count("account") != 1:
            raise _DamagedError(f"{what} does not name exactly one file of accounts")
        if any(file.record_type not in columns for file in files):
            raise _DamagedError(f"{what} does not say how many columns its files have")
        if len({file.path.rpartition("/")[0] for file in files}) != 1:
            raise _DamagedError(f"{what} names files of more than one folder")
        if len({file.path for file in files}) != len(files):
            raise _DamagedError(f"{what} names a file more than once")
        return files

    def _file(self, entry: object, date: str, what: str) -> PublishedFile:
        fields = _Fields(entry, f"a file of {what}")
        path = fields.take("path", str)
        if not is_path_of_day(path, self._organization_id, date):
            raise _DamagedError(f"{what} names the file {path!r}, which is not in the folder of that day")
        record_type = fields.take("record_type", str)
        if record_type not in RECORD_TABLES:
            raise _DamagedError(f"{what} names a file of {record_type!r}, which is no record type")
        return PublishedFile(
            path=path,
            record_type=record_type,
            rows=fields.count("rows"),
            bytes=fields.count("bytes"),
            sha256=fields.take("sha256", str),
            extra=fields.others(),
        )


def _counts(entry: object, what: str) -> AccountCounts:
    fields = _Fields(entry, f"`accounts` of {what}")
    return AccountCounts(
        total=fields.count("total"),
        active=fields.count("active"),
        covered=fields.count("covered"),
        by_outcome=_numbers(fields.take("by_outcome", dict), fields.what),
        extra=fields.others(),
    )


def _numbers(entry: object, what: str) -> dict[str, int]:
    fields = _Fields(entry, what)
    return {name: fields.count(name) for name in fields.names}


class _Fields:
    """The keys of one JSON object, taken one by one."""

    def __init__(self, entry: object, what: str) -> None:
        if not isinstance(entry, dict):
            raise _DamagedError(f"{what} is not an object")
        self._left: dict[str, Any] = dict(entry)
        self.names = tuple(entry)
        self.what = what

    def take(self, name: str, *types: type[T]) -> T:
        if name not in self._left:
            raise _DamagedError(f"{self.what} has no `{name}`")
        value = self._left.pop(name)
        # JSON's true is an int to Python.
        if not isinstance(value, types) or isinstance(value, bool):
            raise _DamagedError(f"`{name}` of {self.what} is not what it should be: {value!r:.60}")
        return value

    def count(self, name: str) -> int:
        value = self.take(name, int)
        if value < 0:
            raise _DamagedError(f"`{name}` of {self.what} is {value}")
        return value

    def instant(self, name: str) -> datetime:
        text = self.take(name, str)
        try:
            return read_instant(text)
        except ValueError as error:
            raise _DamagedError(f"`{name}` of {self.what} is no instant: {text!r:.60}") from error

    def others(self) -> dict[str, Any]:
        return self._left
