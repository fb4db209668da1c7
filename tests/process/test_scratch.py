"""Scratch folders: private, removed at the end, and by the next process where their own was killed."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time

import pytest

from collector.process import scratch
from collector.process.scratch import is_abandoned, scratch_folder

HOLD = """
import time
from collector.process.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "users-00000.parquet").write_bytes(b"users")
    print(folder.name, flush=True)
    time.sleep(60)
"""


@pytest.fixture(name="temporary")
def _temporary(tmp_path, monkeypatch):
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(scratch, "_GRACE_SECONDS", 0)
    return folder


@pytest.fixture(name="holder")
def _holder(temporary):
    with subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True) as process:
        assert (temporary / process.stdout.readline().strip()).is_dir()
        yield process
        process.kill()


def test_the_folder_of_a_killed_process_is_removed_by_the_next_and_that_of_a_live_one_is_not(holder, temporary):
    with scratch_folder() as own:
        assert len(list(temporary.iterdir())) == 2
    holder.kill()
    holder.wait()
    with scratch_folder() as own:
        assert list(temporary.iterdir()) == [own]


def test_what_only_looks_like_a_scratch_folder_is_left_alone(temporary):
    for name in ("credlake-lake", "credlake-scratch-lake", "credlake-scratch-0123456789"):
        (temporary / name).mkdir()
    (temporary / "elsewhere").mkdir()
    (temporary / "credlake-scratch-abcdefgh").symlink_to(temporary / "elsewhere")
    with scratch_folder():
        pass
    assert len(list(temporary.iterdir())) == 5


def test_a_new_folder_is_not_abandoned_before_it_is_locked(tmp_path):
    assert not is_abandoned(tmp_path)
    before = time.time() - 10
    os.utime(tmp_path, (before, before))
    assert is_abandoned(tmp_path)


def test_a_scratch_folder_is_private_whatever_the_umask(temporary):
    before = os.umask(0)
    try:
        with scratch_folder() as folder:
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        os.umask(before)
    assert list(temporary.iterdir()) == []
