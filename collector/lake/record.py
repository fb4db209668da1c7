"""The publication record of an organization: which run is the snapshot of which day, and which files hold it. Pure.

Replacing the record copies every other day unmodified, including keys that this version does not know: an older
version that publishes a day removes nothing that a newer one wrote (`extra` holds those keys). Reading checks every
value, because everything else trusts the record.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from collector.errors import LakeError, NewerLakeError
from collector.evidence import millisecond_text, read_instant
from collector.lake.layout import CATALOG, RUN_ID, SNAPSHOT_DATE, SNAPSHOTS, organization_of, record_key
from collector.schema import FIRST_SCHEMA_VERSION, RECORD_TABLES, SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from collector.lake.store import Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFile:
    """One Parquet file of a snapshot."""

    path: str  # its key, relative to the lake
    record_type: str  # `account` or `user`
    rows: int  # how many it has
    bytes: int  # its size
    sha256: str  # of its bytes, in hexadecimal
    extra: Mapping[str, Any] = field(default_factory=dict)  # keys that this version does not know


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCounts:
    """How many accounts a snapshot has."""

    total: int  # all of them
    active: int  # those whose state is ACTIVE
    covered: int  # those with users in the snapshot: `collected` or `partial`
    by_outcome: Mapping[str, int]  # the number of each outcome
    extra: Mapping[str, Any] = field(default_factory=dict)  # keys that this version does not know

    @property
    def coverage(self) -> Fraction:
        """(`collected` + `partial`) ÷ ACTIVE accounts, exactly; 0 where no account is ACTIVE."""
        return Fraction(self.covered, self.active) if self.active else Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSnapshot:
    """One day's entry."""

    run_id: str  # the run published for that day
    # Of `run.json` as stored, which proves the rest of the raw zone; None where an older version wrote none.
    run_sha256: str | None = None
    run_started_at: datetime  # in UTC, to the millisecond, like the other times
    run_finished_at: datetime  # when the last account's outcome was known
    published_at: datetime  # when the record was replaced
    accounts: AccountCounts  # how many there are; the rules use these, exactly
    coverage: float | None = field(default=None, compare=False)  # as the record has it: for people, and for `verify`
    users: int  # rows in the files of users
    columns: Mapping[str, int]  # per record type, how many of the first columns of `file_schema` the files have
    files: tuple[PublishedFile, ...]  # the files that count, all in one folder
    extra: Mapping[str, Any] = field(default_factory=dict)  # keys that this version does not know

    @property
    def folder(self) -> str:
        """The one folder that holds these files and no others: where a Glue partition points."""
        return str(PurePosixPath(self.files[0].path).parent)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationRecord:
    """What is published of one organization."""

    organization_id: str  # whose record it is
    latest: str  # the newest snapshot date, `YYYY-MM-DD`
    snapshots: Mapping[str, PublishedSnapshot]  # each day's entry, by snapshot date
    extra: Mapping[str, Any] = field(default_factory=dict)  # keys that this version does not know

    @property
    def newest(self) -> PublishedSnapshot:
        """The snapshot of the newest day."""
        return self.snapshots[self.latest]


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
    """The record as JSON: days in order, one key per line, so that people can compare two versions."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "organization_id": record.organization_id,
        "latest": record.latest,
        "snapshots": {date: _snapshot_object(record.snapshots[date]) for date in sorted(record.snapshots)},
        **record.extra,
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _snapshot_object(snapshot: PublishedSnapshot) -> dict[str, Any]:
    return {
        "run_id": snapshot.run_id,
        **({} if snapshot.run_sha256 is None else {"run_sha256": snapshot.run_sha256}),
        "run_started_at": millisecond_text(snapshot.run_started_at),
        "run_finished_at": millisecond_text(snapshot.run_finished_at),
        "published_at": millisecond_text(snapshot.published_at),
        "coverage": float(snapshot.accounts.coverage),
        "accounts": _object(snapshot.accounts),
        "users": snapshot.users,
        "columns": dict(snapshot.columns),
        "files": [_object(file) for file in snapshot.files],
        **snapshot.extra,
    }


def _object(value: PublishedFile | AccountCounts) -> dict[str, Any]:
    """The fields, and the keys that this version does not know."""
    return {one.name: getattr(value, one.name) for one in fields(value) if one.name != "extra"} | dict(value.extra)


class ReadRecord(NamedTuple):
    """A record, and the version that its replacement has to name. Both are None where nothing is published yet."""

    record: PublicationRecord | None
    version: str | None


def organizations(store: Store) -> list[str]:
    """The organizations that have a publication record, sorted.

    Raises:
        LakeError: there is no lake. A lake in which nothing is published yet has no organizations.
    """
    store.check_exists()
    return sorted(found for name in store.names(CATALOG) if (found := organization_of(name)) is not None)


def read_record(store: Store, organization_id: str) -> ReadRecord:
    """The publication record of an organization.

    Raises:
        LakeError: the record is damaged. It never counts as absent: publishing over it would lose every day in it.
        NewerLakeError: a newer version wrote it.
    """
    key = record_key(organization_id)
    stored = store.read_versioned(key)
    if stored is None:
        return ReadRecord(None, None)
    return ReadRecord(parse_record(stored.content, organization_id, store.location(key)), stored.version)


def parse_record(content: bytes, organization_id: str, location: str) -> PublicationRecord:
    """The record in these bytes; `location` names the file in messages. Raises what `read_record` does."""
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
    """What is wrong with a record, as part of a sentence."""


def _refuse_newer(document: object, location: str) -> None:
    version = document.get("schema_version") if isinstance(document, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise NewerLakeError(
            f"The publication record {location} has schema_version {version}, and this credlake supports versions up "
            f"to {SCHEMA_VERSION}: it could misread the lake. Update credlake.",
            location=location,
            schema_version=version,
        )


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object, unless a key is there twice: some JSON readers use the first value, others the last."""
    found = dict(pairs)
    if len(found) < len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise _DamagedError(f"{twice!r} occurs more than once in one object")
    return found


class _Reading:
    """Reads one record: takes known keys, checks their types, and keeps the others as `extra`."""

    def __init__(self, organization_id: str) -> None:
        self._organization_id = organization_id

    def record(self, document: object) -> PublicationRecord:
        fields = _Fields(document, "the record")
        if (version := fields.take("schema_version", int)) < FIRST_SCHEMA_VERSION:
            raise _DamagedError(f"its schema_version is {version}, which no version of credlake writes")
        organization_id = fields.take("organization_id", str)
        if organization_id != self._organization_id:
            raise _DamagedError(f"it belongs to organization {organization_id!r}")
        latest = fields.take("latest", str)
        days = fields.take("snapshots", dict)
        if latest not in days:
            raise _DamagedError(f"`latest` is {latest!r}, but it has no such snapshot")
        snapshots = {date: self._snapshot(date, day) for date, day in days.items()}
        return PublicationRecord(
            organization_id=organization_id, latest=latest, snapshots=snapshots, extra=fields.others()
        )

    def _snapshot(self, date: str, day: object) -> PublishedSnapshot:
        if SNAPSHOT_DATE.fullmatch(date) is None:
            raise _DamagedError(f"{date!r} is not a date")
        fields = _Fields(day, f"the snapshot of {date}")
        run_id, coverage = fields.take("run_id", str), fields.take("coverage", float, int)
        if RUN_ID.fullmatch(run_id) is None:
            raise _DamagedError(f"`run_id` of {fields.what} is not a run id: {run_id!r:.60}")
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
            raise _DamagedError(f"{what} must name exactly one file of accounts")
        if any(file.record_type not in columns for file in files):
            raise _DamagedError(f"{what} does not state how many columns its files have")
        if len({file.path.rpartition("/")[0] for file in files}) != 1:
            raise _DamagedError(f"{what} names files in more than one folder")
        if len({file.path for file in files}) != len(files):
            raise _DamagedError(f"{what} names a file more than once")
        return files

    def _file(self, entry: object, date: str, what: str) -> PublishedFile:
        fields = _Fields(entry, f"a file of {what}")
        path = fields.take("path", str)
        if not _is_path_of_day(path, self._organization_id, date):
            raise _DamagedError(f"{what} names the file {path!r}, which is not in the folder of that day")
        record_type = fields.take("record_type", str)
        if record_type not in RECORD_TABLES:
            raise _DamagedError(f"{what} names a file of {record_type!r}, which is not a record type")
        return PublishedFile(
            path=path,
            record_type=record_type,
            rows=fields.count("rows"),
            bytes=fields.count("bytes"),
            sha256=fields.take("sha256", str),
            extra=fields.others(),
        )


def _is_path_of_day(path: str, organization_id: str, snapshot_date: str) -> bool:
    """Whether the path is that of a file in a folder of that organization's day."""
    parts = path.split("/")
    depth = 5
    return len(parts) == depth and parts[:3] == [SNAPSHOTS, organization_id, snapshot_date] and ".." not in parts


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
            raise _DamagedError(f"`{name}` of {self.what} has the wrong type: {value!r:.60}")
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
            raise _DamagedError(f"`{name}` of {self.what} is not a timestamp: {text!r:.60}") from error

    def others(self) -> dict[str, Any]:
        return self._left
