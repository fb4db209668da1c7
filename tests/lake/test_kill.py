"""A process that writes and publishes is killed at any moment, while a reader looks on."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collector.lake.local import LocalStore
from collector.lake.publication import publish
from collector.lake.record_reading import read_record
from collector.lake.writer import SnapshotWriter
from tests.lake.examples import DAY, FINISHED, ORGANIZATION, account_evidence, run_evidence
from tests.lake.reports import report

# Runs of one day, one after the other, each of 12 accounts that say which run they are of. Prints what it published.
PUBLISH_FOR_EVER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from collector.lake.layout import new_run_id
from collector.lake.local import LocalStore
from collector.lake.publication import publish
from collector.lake.writer import SnapshotWriter
from tests.lake.examples import FINISHED, STARTED, account_evidence, run_evidence
from tests.lake.reports import report

store = LocalStore(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), 1 << 32):
    run = run_evidence(run_id=new_run_id(STARTED, number.to_bytes(4, "big")))
    with SnapshotWriter(store, run, Path(sys.argv[3])) as writer:
        for account in range(12):
            account_id = f"{account:012d}"
            writer.add(account_evidence(account_id), report(account_id, f"run-{number}"))
        written = writer.finish(FINISHED)
    publish(store, written, now=lambda: datetime.now(UTC))
    print(run.run_id, flush=True)
"""


def run_seen_by_a_reader(store, scratch):
    """The one run that a reader meets, having checked every byte and every row of it; None before the first."""
    record = read_record(store, ORGANIZATION).record
    if record is None:
        return None
    snapshot = record.newest
    tables = {}
    for file in snapshot.files:
        content = store.read(file.path)
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file.bytes, file.sha256)
        tables[file.record_type] = pq.read_table(pa.BufferReader(content))
    assert {name for table in tables.values() for name in table["run_id"].to_pylist()} == {snapshot.run_id}
    number = int(snapshot.run_id.rpartition("-")[2], 16)
    assert set(tables["user"]["user_name"].to_pylist()) == {"<root_account>", f"run-{number}"}
    assert (tables["account"].num_rows, tables["user"].num_rows) == (12, 24)
    return snapshot.run_id


def test_whatever_dies_when_a_reader_sees_one_whole_snapshot_and_nothing_published_is_lost(tmp_path, scratch):
    store = LocalStore(tmp_path / "lake")
    published, looks = [], 0
    for kill in range(12):
        command = [sys.executable, "-c", PUBLISH_FOR_EVER, str(tmp_path / "lake"), str(kill * 1000), str(scratch)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            published.append(process.stdout.readline().strip())
            # Killed after 0 to 55 ms more: a run takes some 20 ms, so every step of one is met.
            end = time.monotonic() + kill * 0.005
            while time.monotonic() < end:
                assert run_seen_by_a_reader(store, scratch) >= published[-1]
                looks += 1
            process.kill()
            published += process.stdout.read().split()
        # At most the last one was published without living to say so.
        assert run_seen_by_a_reader(store, scratch) >= max(published)

    assert looks > 12
    assert list(read_record(store, ORGANIZATION).record.snapshots) == [DAY]
    assert store.names("catalog") == [f"{ORGANIZATION}.json"]


# The process dies when the file of that name is written to its half, under its temporary name.
DIE_AT = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from collector.lake import local
from collector.lake.local import LocalStore
from collector.lake.publication import publish
from collector.lake.writer import SnapshotWriter
from tests.lake.examples import FINISHED, account_evidence, run_evidence
from tests.lake.reports import report

lake, scratch, part = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
rename = os.replace

def die_before(source, target):
    if part in str(target):
        os.truncate(source, os.path.getsize(source) // 2)
        os.kill(os.getpid(), 9)
    rename(source, target)

local.os.replace = die_before
store = LocalStore(lake)
with SnapshotWriter(store, run_evidence(run_id="20261123T152200Z-ffffffff"), scratch) as writer:
    for name in ("111111111111", "222222222222"):
        writer.add(account_evidence(name), report(name, "mallory"))
    publish(store, writer.finish(FINISHED), now=lambda: datetime.now(UTC))
"""


@pytest.mark.parametrize(
    "part", ["222222222222.csv.gz", "accounts.jsonl.gz", "run.json", "users-00000", "accounts.parquet", "catalog/"]
)
def test_a_run_that_dies_at_any_step_leaves_the_previous_snapshot_as_it_was(tmp_path, scratch, part):
    store = LocalStore(tmp_path / "lake")
    with SnapshotWriter(store, run_evidence(run_id="20261123T152200Z-00000001"), scratch) as writer:
        for account in range(12):
            writer.add(account_evidence(f"{account:012d}"), report(f"{account:012d}", "run-1"))
        publish(store, writer.finish(FINISHED), now=lambda: FINISHED)

    died = subprocess.run([sys.executable, "-c", DIE_AT, str(tmp_path / "lake"), str(scratch), part], check=False)

    assert died.returncode == -9
    assert run_seen_by_a_reader(store, scratch) == "20261123T152200Z-00000001"
