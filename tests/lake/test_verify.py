from __future__ import annotations

import gzip
import json
import re

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from collector.errors import LakeError, NewerLakeError
from collector.lake.difference import Difference, DifferenceKind
from collector.lake.raw import file_sha256
from collector.lake.verify import verify
from tests.lake.examples import (
    DAY,
    ORGANIZATION,
    OTHER_ORGANIZATION,
    RUN,
    collect,
    run_evidence,
    run_of,
    some_accounts,
    write,
)

RAW = f"raw/{ORGANIZATION}/{RUN}"
TABLES = f"snapshots/{ORGANIZATION}/{DAY}/{RUN}"
RECORD = f"catalog/{ORGANIZATION}.json"


@pytest.fixture(name="published")
def _published(store, scratch):
    return collect(store, scratch, some_accounts())


def found(store, scratch):
    """What `verify` finds, as (kind, account, column, name of the file)."""
    return {(str(one.kind), one.account_id, one.column, one.where.rpartition("/")[2]) for one in verify(store, scratch)}


def flip(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def rewrite(path, change, **options):
    """Write a Parquet file anew with other contents, as someone would who wants it to look right."""
    table = change(pq.read_table(path, partitioning=None))
    pq.write_table(table, path, **options)


def in_record(lake, path):
    """Let the record say of the file what is true of it now."""
    record = json.loads((lake / RECORD).read_bytes())
    for file in record["snapshots"][DAY]["files"]:
        if file["path"] == path:
            file["bytes"] = (lake / path).stat().st_size
            file["sha256"] = file_sha256(lake / path)
    (lake / RECORD).write_text(json.dumps(record))


def with_column(table, name, column):
    return table.set_column(table.schema.get_field_index(name), table.schema.field(name), column)


def test_nothing_is_found_where_everything_is_as_it_was(store, scratch, published):
    assert list(verify(store, scratch)) == []
    assert list(scratch.iterdir()) == []


def test_every_snapshot_of_every_organization_is_looked_at(store, scratch, lake):
    collect(store, scratch, some_accounts(), run=run_of("2026-11-21"))
    collect(store, scratch, some_accounts(), run=run_of("2026-11-22"))
    collect(store, scratch, some_accounts(), run=run_evidence(organization_id=OTHER_ORGANIZATION))
    for path in lake.rglob("users-00000.parquet"):
        path.unlink()

    lost = [(one.organization_id, one.snapshot_date) for one in verify(store, scratch)]

    assert lost == [(ORGANIZATION, "2026-11-21"), (ORGANIZATION, "2026-11-22"), (OTHER_ORGANIZATION, DAY)]
    assert [one.organization_id for one in verify(store, scratch, [OTHER_ORGANIZATION])] == [OTHER_ORGANIZATION]


def test_an_unpublished_run_is_nobody_s_snapshot_and_not_looked_at(store, scratch, lake, published):
    write(store, scratch, some_accounts(), run=run_of(DAY, 5))
    (lake / f"raw/{ORGANIZATION}/{run_of(DAY, 5).run_id}/run.json").unlink()

    assert found(store, scratch) == set()


@pytest.mark.parametrize("name", ["accounts.parquet", "users-00000.parquet"])
def test_a_missing_file_is_named(store, scratch, lake, published, name):
    (lake / TABLES / name).unlink()

    assert found(store, scratch) == {("file", None, None, name)}


@pytest.mark.parametrize("name", ["run.json", "accounts.jsonl.gz"])
def test_missing_evidence_is_named(store, scratch, lake, published, name):
    (lake / RAW / name).unlink()

    assert found(store, scratch) == {("raw", None, None, name)}


def test_a_missing_report_is_named_with_its_account(store, scratch, lake, published):
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


def test_a_longer_file_is_named_with_both_sizes(store, scratch, lake, published):
    with (lake / TABLES / "users-00000.parquet").open("ab") as file:
        file.write(b"xx")

    assert f"It has {published.files[1].bytes + 2} bytes, and the record says {published.files[1].bytes}." in {
        one.what for one in verify(store, scratch)
    }


def test_a_file_that_the_record_does_not_name_is_one_too_many(store, scratch, lake, published):
    (lake / TABLES / "users-00001.parquet").write_bytes((lake / TABLES / "users-00000.parquet").read_bytes())

    assert found(store, scratch) == {("file", None, None, "users-00001.parquet")}


# Tables that were altered by someone who mended the record too: only the raw zone can tell.


def test_an_altered_value_is_named_by_account_and_column(store, scratch, lake, published):
    path = f"{TABLES}/users-00000.parquet"
    rewrite(
        lake / path,
        lambda table: with_column(
            table,
            "mfa_active",
            pa.array([name == "bob" for name in table["user_name"].to_pylist()]),
        ),
    )
    in_record(lake, path)

    [difference] = verify(store, scratch)

    assert difference == Difference(
        kind=DifferenceKind.VALUE,
        organization_id=ORGANIZATION,
        snapshot_date=DAY,
        account_id="111111111111",
        column="mfa_active",
        what="1 of 3 values are not what the report says",
        where=str(lake / TABLES),
    )


def test_no_difference_names_a_user(store, scratch, lake, published):
    path = f"{TABLES}/users-00000.parquet"
    rewrite(lake / path, lambda table: table.filter(pc.not_equal(table["user_name"], "alice")))

    said = " ".join(str(one) for one in verify(store, scratch))

    assert "1 of 3 users of the report are not in the table" in said
    assert not re.search("alice|bob|carol", said)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda table: with_column(table, "outcome", pa.array(["collected"] * table.num_rows)),
            {
                ("value", account, "outcome", "accounts.parquet")
                for account in ("222222222222", "444444444444", "555555555555", "666666666666")
            },
        ),
        (
            lambda table: table.slice(1),
            {("rows", "111111111111", None, "accounts.parquet"), ("file", None, None, "accounts.parquet")},
        ),
        (
            lambda table: pa.concat_tables([table, table.slice(0, 1)]),
            {("rows", "111111111111", None, "accounts.parquet"), ("file", None, None, "accounts.parquet")},
        ),
        (
            lambda table: with_column(table, "account_id", pc.replace_substring(table["account_id"], "6666", "7777")),
            {
                ("rows", "777777777777", None, "accounts.parquet"),
                ("rows", "666666666666", None, "accounts.parquet"),
            },
        ),
        (lambda table: table.drop_columns(["ou_path"]), {("file", None, "ou_path", "accounts.parquet")}),
        (
            lambda table: table.append_column("extra", pa.array([1] * table.num_rows)),
            {("file", None, "extra", "accounts.parquet")},
        ),
        (
            lambda table: table.set_column(
                table.schema.get_field_index("attempts"), "attempts", table["attempts"].cast(pa.int64())
            ),
            {("file", None, "attempts", "accounts.parquet")},
        ),
    ],
    ids=["values", "row gone", "row twice", "another account", "column gone", "column too many", "another type"],
)
@pytest.mark.usefixtures("published")
def test_what_was_altered_in_the_accounts_is_named(store, scratch, lake, change, expected):
    path = f"{TABLES}/accounts.parquet"
    rewrite(lake / path, change)
    in_record(lake, path)

    assert found(store, scratch) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda table: table.slice(0, 3),
            {("rows", "333333333333", None, RUN), ("file", None, None, "users-00000.parquet")},
        ),
        (
            lambda table: pa.concat_tables([table, table.slice(2, 1)]),
            {("rows", "111111111111", None, RUN), ("file", None, None, "users-00000.parquet")},
        ),
        (
            lambda table: with_column(table, "account_id", pa.array(["999999999999"] * table.num_rows)),
            {
                ("rows", "999999999999", None, RUN),
                ("rows", "111111111111", None, RUN),
                ("rows", "333333333333", None, RUN),
            },
        ),
        (
            lambda table: with_column(
                table, "null_reasons", pa.array([[]] * table.num_rows, table.schema.field("null_reasons").type)
            ),
            {("value", "111111111111", "null_reasons", RUN), ("value", "333333333333", "null_reasons", RUN)},
        ),
    ],
    ids=["rows gone", "row twice", "another account", "values"],
)
@pytest.mark.usefixtures("published")
def test_what_was_altered_in_the_users_is_named(store, scratch, lake, change, expected):
    path = f"{TABLES}/users-00000.parquet"
    rewrite(lake / path, change)
    in_record(lake, path)

    assert found(store, scratch) == expected


def test_the_same_rows_in_another_order_or_in_many_row_groups_are_no_difference(store, scratch, lake, published):
    path = f"{TABLES}/users-00000.parquet"
    rewrite(lake / path, lambda table: table.take([4, 2, 0, 3, 1]), row_group_size=1)
    in_record(lake, path)

    assert found(store, scratch) == set()


def test_a_file_of_an_older_version_has_fewer_columns_and_that_is_no_difference(store, scratch, lake, published):
    for path, kind, width in (("accounts.parquet", "account", 53), ("users-00000.parquet", "user", 31)):
        rewrite(lake / TABLES / path, lambda table, width=width: table.select(table.column_names[:width]))
        in_record(lake, f"{TABLES}/{path}")
        record = json.loads((lake / RECORD).read_bytes())
        record["snapshots"][DAY]["columns"][kind] = width
        (lake / RECORD).write_text(json.dumps(record))

    assert found(store, scratch) == set()


# Raw files that were altered by someone who knew about gzip.


def test_a_report_that_says_something_else_is_named(store, scratch, lake, published):
    path = lake / RAW / "111111111111.csv.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"alice", b"alicf")))

    assert found(store, scratch) == {("raw", "111111111111", None, "111111111111.csv.gz")}


def test_a_report_that_was_only_compressed_anew_is_named_and_its_values_are_compared_all_the_same(
    store, scratch, lake, published
):
    path = lake / RAW / "111111111111.csv.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), compresslevel=1))

    [difference] = verify(store, scratch)

    assert difference.what == (
        "The file is not the one that was stored, although the report in it is the one that AWS returned."
    )


def test_altered_evidence_is_named_with_what_the_tables_say_otherwise(store, scratch, lake, published):
    path = lake / RAW / "accounts.jsonl.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"account-111", b"account-112")))

    assert found(store, scratch) == {
        ("raw", None, None, "accounts.jsonl.gz"),
        ("value", "111111111111", "account_name", "accounts.parquet"),
    }


# The record.


def test_a_damaged_record_is_a_difference_and_the_other_organizations_are_looked_at(store, scratch, lake, published):
    collect(store, scratch, some_accounts(), run=run_evidence(organization_id=OTHER_ORGANIZATION))
    (lake / RECORD).write_bytes(b"")
    (lake / TABLES.replace(ORGANIZATION, OTHER_ORGANIZATION) / "accounts.parquet").unlink()

    differences = list(verify(store, scratch))

    assert [(one.kind, one.organization_id) for one in differences] == [
        ("record", ORGANIZATION),
        ("file", OTHER_ORGANIZATION),
    ]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda day: day["accounts"].update(covered=3), "covered"),
        (lambda day: day["accounts"].update(active=6), "active"),
        (lambda day: day["accounts"]["by_outcome"].update(collected=3), "by_outcome"),
        (lambda day: day.update(users=6), "users"),
        (lambda day: day.update(run_started_at="2026-11-23T15:22:00.124Z"), "run_started_at"),
    ],
)
@pytest.mark.usefixtures("published")
def test_a_count_of_the_record_that_the_run_does_not_bear_out_is_named(store, scratch, lake, change, named):
    record = json.loads((lake / RECORD).read_bytes())
    change(record["snapshots"][DAY])
    (lake / RECORD).write_text(json.dumps(record))

    [difference] = verify(store, scratch)

    assert (difference.kind, difference.what) == ("record", f"`{named}` is not what the run says.")


def test_a_record_that_points_nowhere_is_named(store, scratch, lake, published):
    record = (lake / RECORD).read_text().replace("1a2b3c4d", "99999999")
    (lake / RECORD).write_text(record)

    assert found(store, scratch) == {
        ("file", None, None, "accounts.parquet"),
        ("file", None, None, "users-00000.parquet"),
        ("raw", None, None, "run.json"),
    }


def test_a_newer_lake_is_refused_and_not_called_different(store, scratch, lake, published):
    (lake / RECORD).write_text((lake / RECORD).read_text().replace('"schema_version": 1', '"schema_version": 2'))

    with pytest.raises(NewerLakeError):
        list(verify(store, scratch))


def test_what_is_not_there_is_not_verified(store, scratch, lake):
    with pytest.raises(LakeError, match="There is no lake"):
        list(verify(store, scratch))
    lake.mkdir()
    assert list(verify(store, scratch)) == []
    with pytest.raises(LakeError, match="Nothing is published of o-zzzzzzzzzz"):
        list(verify(store, scratch, [OTHER_ORGANIZATION]))


def test_a_difference_is_one_line_for_people():
    difference = Difference(
        kind=DifferenceKind.VALUE,
        organization_id=ORGANIZATION,
        snapshot_date=DAY,
        account_id="111111111111",
        column="mfa_active",
        what="1 of 3 values are not what the report says",
        where="/lake/x.parquet",
    )

    assert str(difference) == (
        "o-abcdefghij, 2026-11-23, account 111111111111, mfa_active: 1 of 3 values are not what the report says "
        "(/lake/x.parquet)"
    )
