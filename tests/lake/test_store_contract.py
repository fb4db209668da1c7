"""What every store of a lake does: a folder, a bucket on moto, and a bucket on another S3 server."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest

from collector.errors import LakeError
from collector.lake.layout import ZONES
from collector.lake.local_store import LocalStore
from collector.lake.s3_store import S3Store
from collector.lake.store import MissingObjectError, ReplaceConflictError

RECORD = "catalog/o-abcdefghij.json"


@cache
def bucket_on(server):
    return server.new_bucket()


@pytest.fixture(name="store", params=["folder", "moto", "weed"])
def _store(request, tmp_path):
    if request.param == "folder":
        return LocalStore(tmp_path / "lake")
    server = request.getfixturevalue(request.param)
    return S3Store(f"s3://{bucket_on(server)}/some/{secrets.token_hex(6)}", server.client())


def remove(store, key):
    """Remove an object, which no store can do itself."""
    if isinstance(store, S3Store):
        store.client.delete_object(Bucket=store.place.bucket, Key=store.place.key(key))
    else:
        (store._root / key).unlink()


def test_an_object_is_read_back_byte_by_byte(store):
    store.put("raw/a/run.json", b"\x00bytes")

    assert store.read("raw/a/run.json") == b"\x00bytes"
    assert store.size("raw/a/run.json") == 6
    assert store.read_versioned("raw/a/run.json").content == b"\x00bytes"
    assert store.location("raw/a/run.json") == f"{store.uri}/raw/a/run.json"


def test_a_file_is_stored_and_fetched_whole(store, tmp_path):
    (tmp_path / "users").write_bytes(b"parquet" * 300_000)

    store.put_file("snapshots/1/users-00000.parquet", tmp_path / "users")

    assert store.fetch("snapshots/1/users-00000.parquet", tmp_path).read_bytes() == b"parquet" * 300_000
    assert store.size("snapshots/1/users-00000.parquet") == 2_100_000


def test_nothing_is_overwritten_and_the_same_bytes_again_are_accepted(store, tmp_path):
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


def test_a_missing_object_is_an_error_and_not_empty(store, tmp_path):
    with pytest.raises(MissingObjectError, match=rf"{store.uri}/raw/a does not exist"):
        store.read("raw/a")
    with pytest.raises(MissingObjectError):
        store.fetch("raw/a", tmp_path)
    assert store.size("raw/a") is None
    assert store.names("raw") == []
    assert store.read_versioned("raw/a") is None


def test_names_are_those_right_under_a_folder_sorted_and_without_hidden_ones(store):
    for name in ("o-2/run/run.json", "o-1/run/b", "o-1/run/a", "o-1/run/.hidden"):
        store.put(f"raw/{name}", b"x")

    assert store.names("raw") == ["o-1", "o-2"]
    assert store.names("raw/o-1") == ["run"]
    assert store.names("raw/o-1/run") == ["a", "b"]
    assert store.names("raw/o-1/ru") == []


def test_a_missing_lake_is_not_an_empty_lake(store):
    with pytest.raises(LakeError, match=rf"There is no lake at {store.uri}: .*or create it with `credlake collect`"):
        store.check_exists()

    store.put("raw/a", b"x")
    store.check_exists()


def test_a_check_whether_the_lake_is_writable_leaves_nothing_visible_however_often(store):
    store.check_writable()
    store.check_writable()

    assert [store.names(zone) for zone in ZONES] == [[], [], []]


def test_the_record_is_replaced_only_if_it_is_the_version_that_was_read(store):
    store.replace(RECORD, b"one", expected=None)
    first = store.read_versioned(RECORD)
    store.replace(RECORD, b"two", expected=first.version)

    with pytest.raises(ReplaceConflictError):
        store.replace(RECORD, b"late", expected=first.version)
    with pytest.raises(ReplaceConflictError):
        store.replace(RECORD, b"first again", expected=None)
    assert store.read(RECORD) == b"two"


def test_a_record_that_was_removed_is_not_replaced_by_a_run_that_read_it(store):
    store.replace(RECORD, b"one", expected=None)
    first = store.read_versioned(RECORD)
    remove(store, RECORD)

    with pytest.raises(ReplaceConflictError):
        store.replace(RECORD, b"two", expected=first.version)


# moto runs in a thread of this process, so a race there proves nothing.
@pytest.mark.parametrize("store", ["folder", "weed"], indirect=True)
def test_of_many_threads_that_read_the_same_version_one_replaces_it(store):
    store.replace(RECORD, b"start", expected=None)
    version = store.read_versioned(RECORD).version

    def attempt(number):
        try:
            store.replace(RECORD, b"%d" % number, expected=version)
        except ReplaceConflictError:
            return None
        return number

    with ThreadPoolExecutor(16) as pool:
        winners = [number for number in pool.map(attempt, range(32)) if number is not None]

    assert len(winners) == 1
    assert store.read(RECORD) == b"%d" % winners[0]
