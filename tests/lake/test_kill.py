"""A process that writes and publishes is killed, before each of its steps and at random moments, while others read."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collector.lake.local_store import LocalStore
from collector.lake.publish import publish
from collector.lake.record import read_record
from collector.lake.writer import SnapshotWriter
from tests.fixtures.examples import DAY, FINISHED, ORGANIZATION, account_evidence, run_evidence
from tests.fixtures.reports import report

# Runs of one day, one after the other, each of 12 accounts that say which run they are of. Prints what it published.
PUBLISH_FOR_EVER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from collector.lake.layout import new_run_id
from collector.lake.local_store import LocalStore
from collector.lake.publish import publish
from collector.lake.writer import SnapshotWriter
from tests.fixtures.examples import FINISHED, STARTED, account_evidence, run_evidence
from tests.fixtures.reports import report

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


def run_seen_by_a_reader(store, *, accounts=12):
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
    assert (tables["account"].num_rows, tables["user"].num_rows) == (accounts, 2 * accounts)
    return snapshot.run_id


def test_after_kills_at_random_moments_a_reader_sees_one_whole_snapshot_and_nothing_published_is_lost(
    tmp_path, scratch
):
    store = LocalStore(tmp_path / "lake")
    published = []
    for kill in range(12):
        command = [sys.executable, "-c", PUBLISH_FOR_EVER, str(tmp_path / "lake"), str(kill * 1000), str(scratch)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            published.append(process.stdout.readline().strip())
            # Killed 0 to 55 ms later, wherever its next runs are by then. The next test meets every step.
            end = time.monotonic() + kill * 0.005
            assert run_seen_by_a_reader(store) >= published[-1]
            while time.monotonic() < end:
                assert run_seen_by_a_reader(store) >= published[-1]
            process.kill()
            published += process.stdout.read().split()
        # At most the last one was published without living to say so.
        assert run_seen_by_a_reader(store) >= max(published)

    assert list(read_record(store, ORGANIZATION).record.snapshots) == [DAY]
    assert store.names("catalog") == [f"{ORGANIZATION}.json"]


# Every step that changes the lake is a file that gets its name. The process prints them, and dies before the one of the
# number given, when the file is written to its half under its temporary name.
DIE_AT = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from collector.lake import local_store
from collector.lake.local_store import LocalStore
from collector.lake.publish import publish
from collector.lake.writer import SnapshotWriter
from tests.fixtures.examples import FINISHED, account_evidence, run_evidence
from tests.fixtures.reports import report

lake, scratch, steps = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
rename = os.replace

def die_before(source, target):
    global steps
    if steps == 0:
        os.truncate(source, os.path.getsize(source) // 2)
        os.kill(os.getpid(), 9)
    steps -= 1
    rename(source, target)
    print(Path(target).name, flush=True)

local_store.os.replace = die_before
store = LocalStore(lake)
with SnapshotWriter(store, run_evidence(run_id="20261123T152200Z-ffffffff"), scratch) as writer:
    for name in ("111111111111", "222222222222"):
        writer.add(account_evidence(name), report(name, "run-4294967295"))
    publish(store, writer.finish(FINISHED), now=lambda: datetime.now(UTC))
"""


STEPS = [
    "111111111111.csv.gz",
    "222222222222.csv.gz",
    "accounts.jsonl.gz",
    "run.json",
    "users-00000.parquet",
    "accounts.parquet",
    "o-abcdefghij.json",
]


@pytest.mark.parametrize("steps", range(len(STEPS) + 1), ids=[*(f"before {name}" for name in STEPS), "not at all"])
def test_a_run_that_dies_before_any_of_its_steps_leaves_the_previous_snapshot_as_it_was(tmp_path, scratch, steps):
    store = LocalStore(tmp_path / "lake")
    with SnapshotWriter(store, run_evidence(run_id="20261123T152200Z-00000001"), scratch) as writer:
        for name in ("111111111111", "222222222222"):
            writer.add(account_evidence(name), report(name, "run-1"))
        publish(store, writer.finish(FINISHED), now=lambda: FINISHED)

    command = [sys.executable, "-c", DIE_AT, str(tmp_path / "lake"), str(scratch), str(steps)]
    ended = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)

    assert ended.stdout.split() == STEPS[:steps]
    is_whole = steps == len(STEPS)
    assert ended.returncode == (0 if is_whole else -9)
    seen = run_seen_by_a_reader(store, accounts=2)
    assert seen == ("20261123T152200Z-ffffffff" if is_whole else "20261123T152200Z-00000001")
