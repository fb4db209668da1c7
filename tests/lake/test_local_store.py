from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from collector.errors import LakeError
from collector.lake import local_store as local
from collector.lake.local_store import LocalStore
from collector.lake.store import MissingObjectError, ReplaceConflictError

RECORD = "catalog/o-abcdefghij.json"


def failing(code):
    def fail(*_args, **_kwargs):
        raise OSError(code, os.strerror(code))

    return fail


def files_under(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_what_was_put_is_read_back_byte_by_byte(store):
    store.put("raw/a/run.json", b"\x00bytes")

    assert store.read("raw/a/run.json") == b"\x00bytes"
    assert store.size("raw/a/run.json") == 6
    assert store.names("raw") == ["a"]


def test_a_file_is_copied_in_whole(store, tmp_path):
    (tmp_path / "users").write_bytes(b"parquet" * 300_000)

    store.put_file("snapshots/users-00000.parquet", tmp_path / "users")

    assert store.fetch("snapshots/users-00000.parquet", tmp_path).read_bytes() == b"parquet" * 300_000


def test_nothing_is_overwritten_and_the_same_bytes_again_are_fine(store, tmp_path):
    store.put("raw/a", b"first")
    (tmp_path / "same").write_bytes(b"first")
    (tmp_path / "other").write_bytes(b"other")

    store.put("raw/a", b"first")
    store.put_file("raw/a", tmp_path / "same")
    with pytest.raises(LakeError, match="ever overwritten"):
        store.put("raw/a", b"second")
    with pytest.raises(LakeError, match="ever overwritten"):
        store.put_file("raw/a", tmp_path / "other")

    assert store.read("raw/a") == b"first"


def test_what_is_missing_is_an_error_and_not_empty(store, tmp_path):
    with pytest.raises(MissingObjectError, match=r"raw/a is not there"):
        store.read("raw/a")
    with pytest.raises(MissingObjectError):
        store.fetch("raw/a", tmp_path)
    assert store.size("raw/a") is None
    assert store.names("raw") == []
    assert store.read_versioned("raw/a") is None


def test_a_lake_that_is_not_there_is_no_empty_lake(store):
    with pytest.raises(LakeError, match=r"There is no lake at .*/lake: no such folder"):
        store.check_exists()


def test_writing_fails_whole_when_the_disk_fills_up_half_way(store, tmp_path, monkeypatch):
    (tmp_path / "users").write_bytes(b"x" * 100)

    def half(source, target, _size):
        target.write(source.read(50))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(local.shutil, "copyfileobj", half)
    with pytest.raises(LakeError, match=r"users-00000\.parquet failed: No space left on device\. Make room there"):
        store.put_file("snapshots/users-00000.parquet", tmp_path / "users")

    assert files_under(tmp_path / "lake") == []


@pytest.mark.parametrize(
    ("code", "next_step"),
    [
        (errno.ENOSPC, "Make room there"),
        (errno.EDQUOT, "Make room there"),
        (errno.EACCES, "Let the user that runs this write there"),
        (errno.EROFS, "mounted read-only"),
        (errno.EIO, "Look at the disk"),
    ],
)
def test_a_lake_that_cannot_be_written_is_found_before_the_first_account_is_asked(store, monkeypatch, code, next_step):
    monkeypatch.setattr(local.os, "fsync", failing(code))

    with pytest.raises(LakeError, match=next_step) as raised:
        store.check_writable()

    assert os.strerror(code) in raised.value.message
    assert raised.value.exit_code == 3


def test_a_lake_under_a_file_is_not_writable(tmp_path):
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(LakeError, match="A file stands where a folder should be"):
        LocalStore(tmp_path / "file" / "lake").check_writable()
    with pytest.raises(LakeError, match="A file stands where a folder should be"):
        LocalStore(tmp_path / "file").check_writable()


def test_a_full_disk_is_found_before_the_first_account_is_asked(store, monkeypatch):
    monkeypatch.setattr(local.shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10**9, 10**9, 1_000_000))

    with pytest.raises(LakeError, match=r"only 1,000,000 bytes are free, and a run needs 67,108,864"):
        store.check_writable()


def test_a_writable_lake_is_left_without_a_trace_of_the_look(store, tmp_path):
    store.check_writable()

    assert files_under(tmp_path / "lake") == []


def test_the_record_is_replaced_only_if_it_is_what_was_read(store):
    store.replace(RECORD, b"one", expected=None)
    first = store.read_versioned(RECORD)
    store.replace(RECORD, b"two", expected=first.version)

    with pytest.raises(ReplaceConflictError):
        store.replace(RECORD, b"late", expected=first.version)
    with pytest.raises(ReplaceConflictError):
        store.replace(RECORD, b"first again", expected=None)
    assert store.read(RECORD) == b"two"


def test_a_record_that_is_gone_is_not_replaced_by_who_read_it(store, tmp_path):
    store.replace(RECORD, b"one", expected=None)
    first = store.read_versioned(RECORD)
    (tmp_path / "lake" / RECORD).unlink()

    with pytest.raises(ReplaceConflictError):
        store.replace(RECORD, b"two", expected=first.version)


def test_of_many_threads_that_read_the_same_version_one_replaces_it(store):
    store.replace(RECORD, b"start", expected=None)
    version = store.read_versioned(RECORD).version

    def attempt(number):
        try:
            store.replace(RECORD, b"%d" % number, expected=version)
        except ReplaceConflictError:
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        winners = [number for number in pool.map(attempt, range(24)) if number is not None]

    assert len(winners) == 1
    assert store.read(RECORD) == b"%d" % winners[0]


HOLD_THE_LOCK = """
import sys, time
from pathlib import Path
from collector.lake.local_store import LocalStore
store = LocalStore(Path(sys.argv[1]))
(Path(sys.argv[1]) / "catalog").mkdir(parents=True, exist_ok=True)
with store._locked(Path(sys.argv[1]) / "catalog" / "o-abcdefghij.json"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture(name="holder")
def _holder(tmp_path):
    command = [sys.executable, "-c", HOLD_THE_LOCK, str(tmp_path / "lake")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_lock_that_is_never_let_go_is_an_error_that_names_it(holder, tmp_path):
    with pytest.raises(LakeError, match=r"Another process holds .*\.o-abcdefghij\.json\.lock"):
        LocalStore(tmp_path / "lake", lock_attempts=3).replace(RECORD, b"two", expected=None)


def test_the_lock_of_a_killed_process_is_free_and_what_it_began_is_cleared_away(holder, store, tmp_path):
    left_behind = tmp_path / "lake" / "catalog" / ".o-abcdefghij.json.0123456789abcdef.tmp"
    left_behind.write_bytes(b"half a rec")
    holder.send_signal(signal.SIGKILL)
    holder.wait()

    store.replace(RECORD, b"two", expected=None)

    assert store.read(RECORD) == b"two"
    assert not left_behind.exists()
    assert store.names("catalog") == ["o-abcdefghij.json"]


@pytest.fixture(name="calls")
def _calls(monkeypatch):
    """What is brought to the disk and what is given its name, in order."""
    calls = []
    fsync, rename = os.fsync, os.replace

    def noting_fsync(descriptor):
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        calls.append(("on the disk", "folder" if Path(path).is_dir() else "file", Path(path).name))
        fsync(descriptor)

    def noting_rename(source, target):
        calls.append(("named", "file", Path(target).name))
        rename(source, target)

    monkeypatch.setattr(local.os, "fsync", noting_fsync)
    monkeypatch.setattr(local.os, "replace", noting_rename)
    return calls


def test_bytes_are_on_the_disk_before_they_have_a_name_and_names_before_the_record_says_them(store, calls):
    store.put("raw/a", b"report")
    store.replace(RECORD, b"record", expected=None)

    steps = [(step, kind) for step, kind, _ in calls]
    names = [name for _, kind, name in calls if kind == "folder" or not name.endswith(".tmp")]
    put, published = [at for at, step in enumerate(steps) if step == ("named", "file")]
    assert steps[put - 1] == ("on the disk", "file")
    assert steps[published - 1] == ("on the disk", "file")
    assert ("on the disk", "folder", "raw") in calls[put:published]
    assert steps[-1] == ("on the disk", "folder")
    assert names[-2:] == ["o-abcdefghij.json", "catalog"]
