from __future__ import annotations

import errno
import io
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from collector.errors import LakeError
from collector.lake import local_store as local
from collector.lake.local_store import LocalStore
from collector.process import scratch

RECORD = "catalog/o-abcdefghij.json"


def failing(code):
    def fail(*_args, **_kwargs):
        raise OSError(code, os.strerror(code))

    return fail


def files_under(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_write_that_fills_the_disk_leaves_no_partial_file(store, tmp_path, monkeypatch):
    (tmp_path / "users").write_bytes(b"x" * 100)

    def half(source, target, _size):
        target.write(source.read(50))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(local.shutil, "copyfileobj", half)
    with pytest.raises(LakeError, match=r"users-00000\.parquet failed: No space left on device\. Free some space"):
        store.put_file("snapshots/users-00000.parquet", tmp_path / "users")

    assert files_under(tmp_path / "lake") == []


@pytest.mark.parametrize(
    ("code", "next_step"),
    [
        (errno.ENOSPC, "Free some space"),
        (errno.EDQUOT, "Free some space"),
        (errno.EACCES, "Grant the user that runs this write access"),
        (errno.EROFS, "mounted read-only"),
        (errno.EIO, "Check the disk"),
    ],
)
def test_a_lake_that_cannot_be_written_is_an_error_with_the_next_step(store, monkeypatch, code, next_step):
    monkeypatch.setattr(local.os, "fsync", failing(code))

    with pytest.raises(LakeError, match=next_step) as raised:
        store.check_writable()

    assert os.strerror(code) in raised.value.message
    assert raised.value.exit_code == 3


def test_a_lake_under_a_file_is_not_writable(tmp_path):
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(LakeError, match="There is a file where a folder should be"):
        LocalStore(tmp_path / "file" / "lake").check_writable()
    with pytest.raises(LakeError, match="There is a file where a folder should be"):
        LocalStore(tmp_path / "file").check_writable()


def test_a_disk_with_little_free_space_is_an_error(store, monkeypatch):
    monkeypatch.setattr(local.shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10**9, 10**9, 1_000_000))

    with pytest.raises(LakeError, match=r"only 1,000,000 bytes are free, and a run needs 67,108,864"):
        store.check_writable()


def test_the_check_whether_a_lake_is_writable_leaves_no_files(store, tmp_path):
    store.check_writable()

    assert files_under(tmp_path / "lake") == []


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


def test_a_lock_that_is_never_released_is_an_error_that_names_it(holder, tmp_path):
    with pytest.raises(LakeError, match=r"Another process holds .*\.o-abcdefghij\.json\.lock"):
        LocalStore(tmp_path / "lake", lock_attempts=3).replace(RECORD, b"two", expected=None)


def test_the_lock_of_a_killed_process_is_released_and_its_temporary_file_removed(holder, store, tmp_path):
    left_behind = tmp_path / "lake" / "catalog" / ".o-abcdefghij.json.0123456789abcdef.tmp"
    left_behind.write_bytes(b"half a rec")
    holder.send_signal(signal.SIGKILL)
    holder.wait()

    store.replace(RECORD, b"two", expected=None)

    assert store.read(RECORD) == b"two"
    assert not left_behind.exists()
    assert store.names("catalog") == ["o-abcdefghij.json"]


def test_files_and_folders_are_private_whatever_the_umask(store, lake):
    before = os.umask(0)
    try:
        store.check_writable()
        store.put("raw/o-abcdefghij/run/000000000001.csv.gz", b"report")
        store.replace(RECORD, b"one", expected=None)
    finally:
        os.umask(before)

    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in (lake, *lake.rglob("*"))}
    assert modes == {(True, 0o700), (False, 0o600)}


def test_a_link_in_place_of_the_lock_file_is_not_followed(store, lake, tmp_path):
    store.check_writable()
    (lake / "catalog" / ".o-abcdefghij.json.lock").symlink_to(tmp_path / "target")

    with pytest.raises(LakeError, match=r"symbolic link.*remove it"):
        store.replace(RECORD, b"one", expected=None)
    assert not (tmp_path / "target").exists()


def test_temporary_files_of_killed_runs_are_removed_and_those_being_written_are_not(store, lake, monkeypatch):
    monkeypatch.setattr(scratch, "_GRACE_SECONDS", 0)
    for folder in ("raw", "raw/o-abcdefghij/run", "snapshots/o-abcdefghij/day/run"):
        (lake / folder).mkdir(parents=True, exist_ok=True)
        (lake / folder / ".users-00000.parquet.0123456789abcdef.tmp").write_bytes(b"half")
    kept = [lake / "raw" / name for name in (".mine.tmp", "users.0123456789abcdef.tmp")]
    for path in kept:
        path.touch()

    in_use = lake / "raw/o-abcdefghij/run/.000000000001.csv.gz.fedcba9876543210.tmp"
    with local._written(in_use, io.BytesIO(b"being written")):
        store.check_writable()
        assert {path for path in lake.rglob("*") if path.is_file()} == {*kept, in_use}


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


def test_content_is_flushed_before_it_is_named_and_names_before_the_record(store, calls):
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
