from __future__ import annotations

import gzip

import pytest

from collector.errors import LakeError
from collector.lake.verify import verify
from collector.lake.verify.tables import Difference, DifferenceKind
from tests.fixtures.examples import (
    DAY,
    ORGANIZATION,
    OTHER_ORGANIZATION,
    collect,
    run_evidence,
    run_of,
    some_accounts,
    write,
)
from tests.fixtures.tampering import RAW, TABLES, flip, found


def test_an_unaltered_lake_has_no_differences(store, scratch, published):
    assert list(verify(store, scratch)) == []
    assert list(scratch.iterdir()) == []


def test_every_snapshot_of_every_organization_is_verified(store, scratch, lake):
    collect(store, scratch, some_accounts(), run=run_of("2026-11-21"))
    collect(store, scratch, some_accounts(), run=run_of("2026-11-22"))
    collect(store, scratch, some_accounts(), run=run_evidence(organization_id=OTHER_ORGANIZATION))
    for path in lake.rglob("users-00000.parquet"):
        path.unlink()

    lost = [(one.organization_id, one.snapshot_date) for one in verify(store, scratch)]

    assert lost == [(ORGANIZATION, "2026-11-21"), (ORGANIZATION, "2026-11-22"), (OTHER_ORGANIZATION, DAY)]
    assert [one.organization_id for one in verify(store, scratch, [OTHER_ORGANIZATION])] == [OTHER_ORGANIZATION]


def test_an_unpublished_run_is_not_verified(store, scratch, lake, published):
    write(store, scratch, some_accounts(), run=run_of(DAY, 5))
    (lake / f"raw/{ORGANIZATION}/{run_of(DAY, 5).run_id}/run.json").unlink()

    assert found(store, scratch) == set()


@pytest.mark.parametrize("name", ["accounts.parquet", "users-00000.parquet"])
def test_a_missing_file_is_a_difference(store, scratch, lake, published, name):
    (lake / TABLES / name).unlink()

    assert found(store, scratch) == {("file", None, None, name)}


@pytest.mark.parametrize("name", ["run.json", "accounts.jsonl.gz"])
def test_missing_evidence_is_a_difference(store, scratch, lake, published, name):
    (lake / RAW / name).unlink()

    assert found(store, scratch) == {("raw", None, None, name)}


def test_a_missing_report_is_a_difference_with_its_account(store, scratch, lake, published):
    (lake / RAW / "111111111111.csv.gz").unlink()

    assert found(store, scratch) == {("raw", "111111111111", None, "111111111111.csv.gz")}


FILES = [
    f"{RAW}/run.json",
    f"{RAW}/accounts.jsonl.gz",
    f"{RAW}/111111111111.csv.gz",
    f"{RAW}/444444444444.csv.gz",
    f"{TABLES}/accounts.parquet",
    f"{TABLES}/users-00000.parquet",
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.rpartition("/")[2])
def test_a_flipped_bit_is_found_wherever_it_is(store, scratch, lake, published, path):
    """At the ends, in the head of a gzip (a time, an operating system), at its end, and every fifth of the file."""
    content = (lake / path).read_bytes()
    places = {4, 9, len(content) - 9, len(content) - 1, *range(0, len(content), len(content) // 5)}
    name = path.rpartition("/")[2]

    for place in sorted(places):
        flip(lake / path, place)
        assert name in {file for _, _, _, file in found(store, scratch)}, f"bit flipped in byte {place}"
        flip(lake / path, place)

    assert found(store, scratch) == set()


def test_a_longer_file_is_a_difference_with_both_sizes(store, scratch, lake, published):
    with (lake / TABLES / "users-00000.parquet").open("ab") as file:
        file.write(b"xx")

    assert f"It has {published.files[1].bytes + 2} bytes, the record has {published.files[1].bytes}." in {
        one.what for one in verify(store, scratch)
    }


def test_a_file_that_may_not_be_read_is_a_difference(store, scratch, lake, published, monkeypatch):
    def denied(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("collector.lake.verify.tables.file_sha256", denied)

    assert "It cannot be read: Permission denied." in {one.what for one in verify(store, scratch)}


def test_an_extra_file_is_a_difference(store, scratch, lake, published):
    (lake / TABLES / "users-00001.parquet").write_bytes((lake / TABLES / "users-00000.parquet").read_bytes())

    assert found(store, scratch) == {("file", None, None, "users-00001.parquet")}


# Raw files that were altered by someone who knew about gzip.


def test_an_altered_report_is_a_difference(store, scratch, lake, published):
    path = lake / RAW / "111111111111.csv.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"alice", b"alicf")))

    assert found(store, scratch) == {("raw", "111111111111", None, "111111111111.csv.gz")}


def test_a_recompressed_report_is_a_difference_and_its_values_are_still_compared(store, scratch, lake, published):
    path = lake / RAW / "111111111111.csv.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), compresslevel=1))

    [difference] = verify(store, scratch)

    assert difference.what == (
        "The file differs from the one that was stored, although the report in it is unmodified."
    )


def test_altered_evidence_is_a_difference_like_the_values_that_no_longer_match(store, scratch, lake, published):
    path = lake / RAW / "accounts.jsonl.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"account-111", b"account-112")))

    assert found(store, scratch) == {
        ("raw", None, None, "accounts.jsonl.gz"),
        ("value", "111111111111", "account_name", "accounts.parquet"),
    }


def test_a_lake_with_nothing_to_verify_is_an_error(store, scratch, lake):
    with pytest.raises(LakeError, match="There is no lake"):
        list(verify(store, scratch))
    lake.mkdir()
    with pytest.raises(LakeError, match="holds no snapshot, nor a run that could be one"):
        list(verify(store, scratch))
    with pytest.raises(LakeError, match="o-zzzzzzzzzz has nothing published"):
        list(verify(store, scratch, [OTHER_ORGANIZATION]))


def test_a_difference_prints_as_one_line():
    difference = Difference(
        kind=DifferenceKind.VALUE,
        organization_id=ORGANIZATION,
        snapshot_date=DAY,
        account_id="111111111111",
        column="mfa_active",
        what="1 of 3 values differ from the report",
        where="/lake/x.parquet",
    )

    assert str(difference) == (
        "o-abcdefghij, 2026-11-23, account 111111111111, mfa_active: 1 of 3 values differ from the report "
        "(/lake/x.parquet)"
    )
