"""What a run is in `make chaos`: three accounts whose users say which run they are of, so that a mixture shows.

Runs are made by processes of their own, which are raced against each other or killed.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq

from collector.aws.clients import client
from collector.catalog.follow import tag_superseded
from collector.catalog.sync import sync_catalog
from collector.errors import CredlakeError, NotPublishedError
from collector.lake.local_store import open_store
from collector.lake.publish import publish
from collector.lake.record import read_record
from tests.fixtures.examples import ORGANIZATION, account_evidence, denied_evidence, run_of, write
from tests.fixtures.reports import report

ACCOUNTS = ("111111111111", "222222222222", "333333333333")


@dataclass(frozen=True)
class Place:
    """The lake, the Glue database (none: without Glue), and the environment that leads there."""

    lake: str
    database: str | None
    environment: dict[str, str]


@dataclass(frozen=True)
class Task:
    """A run to be made: its day, its number (a later one is larger), and of how many accounts it has reports."""

    day: str
    number: int
    covered: int = len(ACCOUNTS)


def day_of(number: int) -> str:
    """The n-th day."""
    return str((datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)).date())


def now() -> datetime:
    """The time of day."""
    return datetime.now(UTC)


def written(store, task: Task):
    """Write the run, whole and not yet published."""
    users = [f"run-{task.number}-{name}" for name in ("a", "b")]
    accounts = [(account_evidence(name), report(name, *users)) for name in ACCOUNTS[: task.covered]]
    accounts += [(denied_evidence(name), None) for name in ACCOUNTS[task.covered :]]
    with tempfile.TemporaryDirectory(prefix="credlake-chaos-") as scratch:
        return write(store, Path(scratch), accounts, run=run_of(task.day, task.number), finished_at=now())


def published(store, run, place: Place, glue) -> int:
    """Publish as a command does: the record, the tags, and Glue; how often the record was another's in between."""
    conflicts = []

    def wait(seconds: float) -> None:
        conflicts.append(seconds)
        time.sleep(seconds)

    before = read_record(store, ORGANIZATION).record
    after = publish(store, run, now=now, sleep=wait)
    tag_superseded(store, before, after)
    synced(store, place, glue)
    return len(conflicts)


def synced(store, place: Place, glue) -> None:
    """Sync Glue, as each writing command does before anything else and after it has published."""
    if place.database is not None:
        sync_catalog(store, ORGANIZATION, database=place.database, client=glue)


def race(connection, place: Place) -> None:
    """A process that makes the runs it receives, publishes each at a word, and reports the result."""
    os.environ.update(place.environment)
    store, glue = open_store(place.lake), client("glue")
    while (task := connection.recv()) is not None:
        try:
            run = written(store, task)
            connection.send("ready")
            connection.recv()
            connection.send(("published", published(store, run, place, glue)))
        except NotPublishedError:
            connection.send(("refused", 0))
        except CredlakeError as error:
            connection.send((f"failed: {error}", 0))


def publish_for_ever(connection, place: Place) -> None:
    """A process that receives a day and a number, and makes run after run of it, reporting each, until it is killed."""
    os.environ.update(place.environment)
    store, glue = open_store(place.lake), client("glue")
    connection.send(None)
    day, first = connection.recv()
    synced(store, place, glue)
    for number in range(first, first + 1_000_000):
        published(store, written(store, Task(day, number)), place, glue)
        connection.send(number)


def number_of(run_id: str) -> int:
    """The number of the run with that id."""
    return int(run_id.rpartition("-")[2], 16)


def faults_in(run_id: str, tables: list[pa.Table], covered: int | None = None) -> list[str]:
    """What is wrong with the rows of a snapshot that should be one whole run; nothing, if it is."""
    rows = [row for table in tables for row in table.select(_columns(table)).to_pylist()]
    accounts = [row for row in rows if row["record_type"] == "account"]
    users = [row for row in rows if row["record_type"] == "user"]
    found = sorted(row["account_id"] for row in accounts if row["outcome"] == "collected")
    named = {row["user_name"] for row in users}
    number = number_of(run_id)
    expected = {"<root_account>", f"run-{number}-a", f"run-{number}-b"}
    checks = {
        f"rows of runs {sorted({row['run_id'] for row in rows})}": {row["run_id"] for row in rows} == {run_id},
        f"{len(accounts)} accounts": len(accounts) == len(ACCOUNTS),
        f"{len(users)} users of {len(found)} accounts": len(users) == len(expected) * len(found),
        f"users {sorted(named)}": named == expected,
        f"{len(found)} accounts collected": covered in {None, len(found)},
    }
    return [f"{run_id}: {what}" for what, is_right in checks.items() if not is_right]


def _columns(table: pa.Table) -> list[str]:
    wanted = ("record_type", "run_id", "account_id", "outcome", "user_name")
    return [name for name in wanted if name in table.column_names]


def read_by_record(store) -> tuple[str, list[str]] | None:
    """The newest run as a reader of the record meets it, and what is wrong with it; None before the first."""
    record = read_record(store, ORGANIZATION).record
    if record is None:
        return None
    snapshot, faults, tables = record.newest, [], []
    for file in snapshot.files:
        content = store.read(file.path)
        if (len(content), hashlib.sha256(content).hexdigest()) != (file.bytes, file.sha256):
            faults.append(f"{file.path}: not the bytes that the record names")
        tables.append(pq.read_table(pa.BufferReader(content)))
    faults += faults_in(snapshot.run_id, tables, snapshot.accounts.covered)
    return snapshot.run_id, faults


def read_by_glue(glue, database: str, filesystem) -> tuple[str, list[str]] | None:
    """The newest run as a stranger meets it who knows Glue and pyarrow alone, and what is wrong with it."""
    found = glue.get_partitions(DatabaseName=database, TableName="snapshot_record_latest")["Partitions"]
    if not found:
        return None
    place = found[0]["StorageDescriptor"]["Location"].removeprefix("s3://").rstrip("/")
    files = filesystem.get_file_info(pa.fs.FileSelector(place))
    tables = [pq.read_table(file.path, filesystem=filesystem) for file in files]
    run_id = place.rpartition("/")[2]
    return run_id, faults_in(run_id, tables)
