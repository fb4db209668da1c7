"""The publication record of an organization: which run is the snapshot of which day, and which files hold it. Pure.

Replacing the record copies every other day unmodified, including keys that this version does not know: an older
version that publishes a day removes nothing that a newer one wrote (`extra` holds those keys). Reading checks every
value, because everything else trusts the record.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from fractions import Fraction
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from collector.errors import LakeError, NewerLakeError
from collector.evidence import millisecond_text, read_instant
from collector.lake.layout import CATALOG, RUN_ID, SNAPSHOT_DATE, SNAPSHOTS, organization_of, record_key
from collector.lake.seal import SEAL, damage, sealed
from collector.schema import FIRST_SCHEMA_VERSION, RECORD_TABLES, SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from collector.lake.store import Store

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFile:
    """One Parquet file of a snapshot."""

    path: str  # its key, relative to the lake
    record_type: str  # `account`, `user` or `exception`
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
    run_sha256: str | None = None  # Of `run.json` as stored: proves the rest of the raw zone. None in older versions.
    run_started_at: datetime  # in UTC, to the millisecond, like the other times
    run_finished_at: datetime  # when the last account's outcome was known
    published_at: datetime  # when the record was replaced
    coverage: float | None = field(default=None, compare=False)  # as the record has it: for people, and for `verify`
    accounts: AccountCounts  # how many there are; the rules use these, exactly
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

    def until(self, snapshot_date: str) -> PublicationRecord:
        """The record as if that day, on which there is a snapshot, were the newest."""
        days = {date: snapshot for date, snapshot in self.snapshots.items() if date <= snapshot_date}
        return replace(self, latest=snapshot_date, snapshots=days)


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
    days = {date: _day(snapshot) for date, snapshot in sorted(record.snapshots.items())}
    content = {"schema_version": SCHEMA_VERSION, **_object(record), "snapshots": days}
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _day(snapshot: PublishedSnapshot) -> dict[str, Any]:
    """One day's entry. Each is sealed by itself: an older version copies the other days with their checksums."""
    with_coverage = _object(replace(snapshot, coverage=float(snapshot.accounts.coverage)))
    return sealed(json.loads(json.dumps(with_coverage, allow_nan=False, default=_jsonable)))


def _jsonable(value: datetime | PublishedFile | AccountCounts | PublishedSnapshot) -> object:
    return millisecond_text(value) if isinstance(value, datetime) else _object(value)


def _object(value: PublishedFile | AccountCounts | PublishedSnapshot | PublicationRecord) -> dict[str, Any]:
    named = {one.name: getattr(value, one.name) for one in fields(value) if one.name != "extra"}
    return {name: content for name, content in named.items() if content is not None} | dict(value.extra)


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
        refuse_newer(document, location, f"The publication record {location}")
        return _record(document, organization_id)
    except (_DamagedError, ValueError) as error:
        raise LakeError(
            f"The publication record {location} is damaged: {error}. Nothing was read from it, and nothing was "
            "published over it. Restore it from a backup (on S3, from an earlier version of the object). Without one, "
            "move it away and run `credlake verify`, which names the days to publish with `credlake rebuild --date "
            "YYYY-MM-DD`: the tables under snapshots/ and the raw zone are untouched.",
            location=location,
        ) from error


class _DamagedError(Exception):
    """What is wrong with a record, as part of a sentence."""


def refuse_newer(document: object, location: str, name: str) -> None:
    """Raise NewerLakeError where a newer version wrote the JSON file; `name` begins the message."""
    version = document.get("schema_version") if isinstance(document, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise NewerLakeError(
            f"{name} has schema_version {version}, and this credlake supports versions up to {SCHEMA_VERSION}: it "
            "could misread the lake. Update credlake.",
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


_Entry = TypeVar("_Entry", PublishedFile, AccountCounts, PublishedSnapshot, PublicationRecord)


class _Fields:
    """The keys of one JSON object, each taken once and its type checked."""

    def __init__(self, entry: object, what: str) -> None:
        if not isinstance(entry, dict):
            raise _DamagedError(f"{what} is not an object")
        self._left: dict[str, Any] = dict(entry)
        self.names = tuple(entry)
        self.what = what

    def take(self, name: str, *types: type[_T]) -> _T:
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

    def counts(self, name: str) -> dict[str, int]:
        counted = _Fields(self.take(name, dict), self.what)
        return {one: counted.count(one) for one in counted.names}

    def instant(self, name: str) -> datetime:
        text = self.take(name, str)
        try:
            return read_instant(text)
        except ValueError as error:
            raise _DamagedError(f"`{name}` of {self.what} is not a timestamp: {text!r:.60}") from error

    def build(self, kind: type[_Entry], **read: object) -> _Entry:
        """The object as that class: what was read, the other fields by their types, and unknown keys as `extra`."""
        readers: dict[Any, Callable[[str], object]]
        readers = {"str": lambda name: self.take(name, str), "int": self.count, "datetime": self.instant}
        values: dict[str, Any] = {**read, "extra": self._left}
        for one in fields(kind):
            if one.name not in values:
                values[one.name] = readers[one.type](one.name)
        return kind(**values)


def _record(document: object, organization_id: str) -> PublicationRecord:
    found = _Fields(document, "the record")
    if (version := found.take("schema_version", int)) < FIRST_SCHEMA_VERSION:
        raise _DamagedError(f"its schema_version is {version}, which no version of credlake writes")
    days = found.take("snapshots", dict)
    record = found.build(
        PublicationRecord, snapshots={date: _snapshot(date, day, organization_id) for date, day in days.items()}
    )
    if record.organization_id != organization_id:
        raise _DamagedError(f"it belongs to organization {record.organization_id!r}")
    if record.latest != max(days, default=None):
        raise _DamagedError(f"`latest` is {record.latest!r}, which is not its newest day")
    return record


def _snapshot(date: str, day: object, organization_id: str) -> PublishedSnapshot:
    if SNAPSHOT_DATE.fullmatch(date) is None:
        raise _DamagedError(f"{date!r} is not a date")
    what = f"the snapshot of {date}"
    if isinstance(day, dict):
        if problem := damage(day):
            raise _DamagedError(f"{problem} in {what}")
        day = {name: value for name, value in day.items() if name != SEAL}
    found = _Fields(day, what)
    accounts = _Fields(found.take("accounts", dict), f"`accounts` of {what}")
    snapshot = found.build(
        PublishedSnapshot,
        run_sha256=found.take("run_sha256", str) if "run_sha256" in found.names else None,
        coverage=found.take("coverage", float, int),
        accounts=accounts.build(AccountCounts, by_outcome=accounts.counts("by_outcome")),
        columns=found.counts("columns"),
        files=tuple(_Fields(file, f"a file of {what}").build(PublishedFile) for file in found.take("files", list)),
    )
    if RUN_ID.fullmatch(snapshot.run_id) is None:
        raise _DamagedError(f"`run_id` of {what} is not a run id: {snapshot.run_id!r:.60}")
    _check_files(snapshot, f"{SNAPSHOTS}/{organization_id}/{date}", what)
    return snapshot


def _check_files(snapshot: PublishedSnapshot, day_folder: str, what: str) -> None:
    files, paths = snapshot.files, [file.path for file in snapshot.files]
    for file in files:
        parts = file.path.split("/")
        if "/".join(parts[:-2]) != day_folder or ".." in parts:
            raise _DamagedError(f"{what} names the file {file.path!r}, which is not in the folder of that day")
        if file.record_type not in RECORD_TABLES:
            raise _DamagedError(f"{what} names a file of {file.record_type!r}, which is not a record type")
        if file.record_type not in snapshot.columns:
            raise _DamagedError(f"{what} does not state how many columns its files have")
    if [file.record_type for file in files].count("account") != 1:
        raise _DamagedError(f"{what} must name exactly one file of accounts")
    if len({path.rpartition("/")[0] for path in paths}) != 1:
        raise _DamagedError(f"{what} names files in more than one folder")
    if len(set(paths)) != len(paths):
        raise _DamagedError(f"{what} names a file more than once")
