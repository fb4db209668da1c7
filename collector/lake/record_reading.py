"""The publication record read back: every value looked at, because everything else trusts it."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from collector.errors import LakeError, NewerLakeError
from collector.evidence import read_instant
from collector.lake.layout import CATALOG, RUN_ID, SNAPSHOT_DATE, organization_of, record_key
from collector.lake.record import (
    AccountCounts,
    PublicationRecord,
    PublishedFile,
    PublishedSnapshot,
    is_path_of_day,
)
from collector.schema import FIRST_SCHEMA_VERSION, RECORD_TABLES, SCHEMA_VERSION

if TYPE_CHECKING:
    from datetime import datetime

    from collector.lake.store import Store

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
