"""What the writer of a snapshot refuses, and what happens where it runs out of disk or memory."""

from __future__ import annotations

import errno
import os
import threading
from dataclasses import replace

import pyarrow as pa
import pytest

from collector.errors import LakeError
from collector.lake import parquet as user_files
from collector.lake.local_store import LocalStore
from collector.lake.writer import SnapshotWriter, WriterClosedError
from tests.fixtures.examples import (
    FINISHED,
    ORGANIZATION,
    RUN,
    account_evidence,
    denied_evidence,
    run_evidence,
    some_accounts,
    write,
)
from tests.fixtures.reports import report

RAW = f"raw/{ORGANIZATION}/{RUN}"


def test_a_run_in_which_an_account_could_not_be_stored_cannot_be_finished(store, scratch, monkeypatch):
    put = store.put

    def full(key, content):
        if "333333333333" in key:
            raise LakeError("Writing failed: No space left on device.")
        put(key, content)

    monkeypatch.setattr(store, "put", full)
    with SnapshotWriter(store, run_evidence(), scratch) as writer:
        with pytest.raises(LakeError, match="No space left"):
            writer.add(*some_accounts()[0])
        # Nothing of the run is published any more, so it is to end soon.
        with pytest.raises(LakeError, match="No space left"):
            writer.add(*some_accounts()[3])
        with pytest.raises(LakeError, match="No space left"):
            writer.finish(FINISHED)

    assert store.size(f"{RAW}/run.json") is None
    assert list(scratch.iterdir()) == []


def test_a_scratch_folder_that_fills_up_is_an_error_with_the_next_step(store, scratch, monkeypatch):
    def full(*_args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(user_files.pa, "OSFile", full)
    with pytest.raises(LakeError, match=r"users-00000\.parquet failed: No space left on device\. Free some space"):
        write(store, scratch, some_accounts())
    assert list(scratch.iterdir()) == []
    assert store.names("catalog") == []


def test_a_full_disk_under_the_parquet_file_is_an_error_with_the_next_step(store, scratch, monkeypatch):
    # /dev/full refuses every byte as a full disk does, through Arrow's own file.
    opened = pa.OSFile
    monkeypatch.setattr(user_files.pa, "OSFile", lambda _path, mode: opened("/dev/full", mode))

    with pytest.raises(LakeError, match=r"No space left on device.*Free some space"):
        write(store, scratch, some_accounts())


def test_a_missing_scratch_folder_is_an_error(store, tmp_path):
    with pytest.raises(LakeError, match=r"Writing into .*nowhere failed: No such file or directory"):
        SnapshotWriter(store, run_evidence(), tmp_path / "nowhere")


def test_an_aborted_run_publishes_nothing_takes_no_more_and_leaves_no_scratch(store, scratch):
    writer = SnapshotWriter(store, run_evidence(), scratch)
    for evidence, content in some_accounts()[:4]:
        writer.add(evidence, content)
    writer.abort()
    writer.abort()

    assert list(scratch.iterdir()) == []
    assert store.names(f"snapshots/{ORGANIZATION}/2026-11-23/{RUN}") == []
    assert store.size(f"{RAW}/run.json") is None
    with pytest.raises(WriterClosedError, match="finished or aborted"):
        writer.add(*some_accounts()[4])
    with pytest.raises(WriterClosedError, match="finished or aborted"):
        writer.finish(FINISHED)


def test_an_account_cannot_be_in_a_snapshot_twice(store, scratch):
    with SnapshotWriter(store, run_evidence(), scratch) as writer:
        writer.add(denied_evidence("222222222222"), None)
        with pytest.raises(ValueError, match="account 222222222222 was already added"):
            writer.add(denied_evidence("222222222222"), None)


def test_a_report_that_does_not_match_its_hash_is_refused(store, scratch):
    evidence = replace(account_evidence("111111111111"), raw_sha256="00" * 32)
    with (
        SnapshotWriter(store, run_evidence(), scratch) as writer,
        pytest.raises(ValueError, match="does not match its hash"),
    ):
        writer.add(evidence, report("111111111111"))


def test_an_account_that_is_collected_without_a_report_is_refused(store, scratch):
    with SnapshotWriter(store, run_evidence(), scratch) as writer:
        writer.add(account_evidence("111111111111"), None)
        with pytest.raises(ValueError, match="has no report"):
            writer.finish(FINISHED)


def test_reports_wait_for_the_typing_only_while_they_fit_into_memory(store, scratch, monkeypatch):
    monkeypatch.setattr("collector.lake.writer._MOST_BYTES", 4_000)
    content, typing, waits = report("111111111111", "alice"), threading.Event(), []
    with SnapshotWriter(store, run_evidence(), scratch, on_written=lambda _: typing.wait(10)) as writer:

        def add_many():
            for number in range(20):
                waits.append(number)
                writer.add(account_evidence(f"{number:012d}"), content)

        adding = threading.Thread(target=add_many)
        adding.start()
        adding.join(0.5)
        assert adding.is_alive()
        # One more than fits is stored, and waits.
        assert len(waits) == 4_000 // len(content) + 1
        typing.set()
        adding.join(10)
        assert writer.finish(FINISHED).accounts.total == 20


def test_an_error_of_the_typing_ends_the_run_for_those_who_wait(store, scratch, monkeypatch):
    monkeypatch.setattr("collector.lake.writer._MOST_BYTES", 1)
    with SnapshotWriter(store, run_evidence(), scratch) as writer:
        writer.add(account_evidence("111111111111"), None)
        writer.add(account_evidence("222222222222"), report("222222222222", "alice"))
        with pytest.raises(ValueError, match="has no report"):
            writer.add(account_evidence("333333333333"), report("333333333333", "alice"))


def test_memory_does_not_grow_with_the_number_of_accounts(store, scratch, monkeypatch):
    """Arrow's memory while 800 accounts of 3 users are added, with row groups of 300 rows."""
    monkeypatch.setattr(user_files.UserFiles.__init__, "__kwdefaults__", {"file_bytes": 10**9, "group_rows": 300})
    monkeypatch.setattr(LocalStore, "put", lambda *_args: None)
    allocated = []

    def look(accounts):
        allocated.extend([pa.total_allocated_bytes()] * len(accounts))

    with SnapshotWriter(store, run_evidence(), scratch, on_written=look) as writer:
        for number in range(800):
            name = f"{number:012d}"
            writer.add(account_evidence(name), report(name, "alice", "bob"))
        writer.finish(FINISHED)

    assert len(allocated) == 800
    assert max(allocated[500:]) < 2 * max(allocated[:250])


def test_threads_that_still_add_while_the_run_is_aborted_end_with_an_error(store, scratch):
    writer = SnapshotWriter(store, run_evidence(), scratch)
    errors = []

    def add_until_closed():
        number = 0
        while True:
            name = f"{threading.get_ident() % 10**6:06d}{number:06d}"
            try:
                writer.add(account_evidence(name), report(name, "alice"))
            except WriterClosedError as error:
                errors.append(error)
                return
            number += 1

    threads = [threading.Thread(target=add_until_closed) for _ in range(3)]
    for thread in threads:
        thread.start()
    writer.abort()
    for thread in threads:
        thread.join()

    assert len(errors) == 3
    assert list(scratch.iterdir()) == []
