"""Damaged files: a query ends with an error or returns what it always did, and reads nothing twice to know."""

from __future__ import annotations

import io
import os
import random
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.errors import CredlakeError, LakeError
from collector.query import file_check
from collector.query.duckdb import LocalLake
from collector.query.file_check import FileCheck
from collector.query.run import run_query
from tests.fixtures.tampering import flip

DAYS = ["2026-11-21", "2026-11-22"]
FLIPS_PER_FILE = 150


@pytest.fixture(name="lake")
def _lake(make_lake, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    users = [{"user_name": f"user-{n}", "report_generated_at": datetime(2026, 11, n, tzinfo=UTC)} for n in range(1, 20)]
    path = make_lake({day: {"accounts": [{"account_name": "pay", "users": 19}], "users": users} for day in DAYS})
    long_ago = time.time() - 3600
    for file in Path(path).rglob("*.parquet"):
        os.utime(file, (long_ago, long_ago))
    # The time of change cannot be set, so here a file counts as settled at once.
    monkeypatch.setattr(file_check, "_SETTLED_NANOSECONDS", 0)
    monkeypatch.setattr(file_check, "_WORTH_KEEPING_BYTES", 0)
    return path


@pytest.fixture(name="hashed")
def _hashed(monkeypatch):
    """The names of the files whose hash was computed."""
    seen = []
    monkeypatch.setattr(file_check, "file_sha256", lambda path: seen.append(path.name) or real(path))
    real = file_check_sha256
    return seen


file_check_sha256 = file_check.file_sha256


def rows_of(lake, view):
    out = io.StringIO()
    run_query(lake, view, format="json", out_stream=out, err_stream=io.StringIO())
    return out.getvalue()


@pytest.mark.parametrize("name", ["accounts.parquet", "users-00000.parquet"])
def test_a_flipped_bit_changes_no_answer(lake, name):
    file = next(Path(lake).glob(f"snapshots/*/{DAYS[1]}/*/{name}"))
    content = file.read_bytes()
    view = "account" if name == "accounts.parquet" else "report_rows"
    expected = rows_of(lake, view)
    chance = random.Random(7)  # noqa: S311 -- a fixed sequence

    for place in chance.sample(range(len(content)), FLIPS_PER_FILE):
        flip(file, place, bit=chance.randrange(8))
        with pytest.raises(LakeError, match=rf"{name} is damaged: .*credlake verify.*credlake rebuild") as caught:
            rows_of(lake, view)
        assert caught.value.exit_code == 3
        file.write_bytes(content)

    assert rows_of(lake, view) == expected


@pytest.mark.parametrize("name", ["accounts.parquet", "users-00000.parquet"])
def test_a_flipped_bit_that_no_hash_reveals_is_no_internal_error(lake, monkeypatch, name):
    monkeypatch.setattr(FileCheck, "check", lambda *_: None)
    file = next(Path(lake).glob(f"snapshots/*/{DAYS[1]}/*/{name}"))
    content = file.read_bytes()
    chance = random.Random(8)  # noqa: S311 -- a fixed sequence
    refused = 0

    for place in chance.sample(range(len(content)), FLIPS_PER_FILE // 3):
        flip(file, place, bit=chance.randrange(8))
        try:
            rows_of(lake, "account" if name == "accounts.parquet" else "report_rows")
        except CredlakeError:
            refused += 1
        file.write_bytes(content)

    assert refused > 3


def test_a_file_is_hashed_once_until_it_changes(lake, hashed):
    for _ in range(3):
        rows_of(lake, "account")
    assert hashed == ["accounts.parquet"]

    file = next(Path(lake).glob(f"snapshots/*/{DAYS[1]}/*/accounts.parquet"))
    before = file.stat()
    flip(file, 100)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    with pytest.raises(LakeError, match="SHA-256 is not the one in the publication record"):
        rows_of(lake, "account")


def test_a_small_lake_leaves_nothing_in_the_cache(lake, monkeypatch, tmp_path):
    monkeypatch.setattr(file_check, "_WORTH_KEEPING_BYTES", 2**20)
    rows_of(lake, "account")
    assert not (tmp_path / "cache").exists()


def test_what_a_damaged_cache_says_is_read_from_the_file(lake, hashed, tmp_path):
    rows_of(lake, "account")
    (cache,) = (tmp_path / "cache" / "credlake").iterdir()
    for damaged in (b"", b"[]", b'{"x": 1}'):
        cache.write_bytes(damaged)
        rows_of(lake, "account")
    assert hashed == ["accounts.parquet"] * 4


def test_the_newest_files_are_hashed_and_the_rest_is_reported(lake, hashed, monkeypatch):
    newest = next(Path(lake).glob(f"snapshots/*/{DAYS[1]}/*/accounts.parquet"))
    monkeypatch.setattr(file_check, "_BYTES_A_QUERY", newest.stat().st_size)
    monkeypatch.setattr(FileCheck.__init__, "__kwdefaults__", {"bytes_a_query": newest.stat().st_size})

    with LocalLake(lake) as opened:
        opened.rows("select * from account_history")
        assert opened.notes() == [
            "1 file of earlier days: only the size was compared with the record. `credlake verify` compares everything."
        ]
    assert hashed == ["accounts.parquet"]


def test_a_file_of_another_size_is_an_error_that_names_both(lake):
    file = next(Path(lake).glob(f"snapshots/*/{DAYS[0]}/*/accounts.parquet"))
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(LakeError, match=r"it has \d+ bytes, not \d+ as recorded.*credlake verify"):
        rows_of(lake, "account_history")
    rows_of(lake, "account")


def test_a_file_that_may_not_be_read_is_an_error_that_asks_for_read_access(lake, monkeypatch):
    def denied(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(file_check, "file_sha256", denied)
    with pytest.raises(LakeError, match=r"^Reading .*Grant the user that runs this read access"):
        rows_of(lake, "account")
