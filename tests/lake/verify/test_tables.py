from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from collector.lake.verify import verify
from collector.lake.verify.tables import Difference, DifferenceKind
from tests.fixtures.examples import DAY, ORGANIZATION, RUN
from tests.fixtures.tampering import TABLES, altered_record, found, in_record, rewrite, with_column

# Tables that were altered by someone who updated the record too: only the raw zone shows it.


def test_an_altered_value_is_a_difference_with_account_and_column(store, scratch, lake, published):
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
        what="1 of 3 values differ from the report",
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
            lambda table: with_column(table, "limit_access_key_rotation_days", pa.array([900] * 6, pa.int32())),
            {("value", account * 12, "limit_access_key_rotation_days", "accounts.parquet") for account in "123456"},
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
    ids=[
        "values",
        "limits",
        "row gone",
        "row twice",
        "another account",
        "column gone",
        "column too many",
        "another type",
    ],
)
@pytest.mark.usefixtures("published")
def test_alterations_of_accounts_are_differences(store, scratch, lake, change, expected):
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
def test_alterations_of_users_are_differences(store, scratch, lake, change, expected):
    path = f"{TABLES}/users-00000.parquet"
    rewrite(lake / path, change)
    in_record(lake, path)

    assert found(store, scratch) == expected


def test_other_row_order_or_row_groups_are_not_a_difference(store, scratch, lake, published):
    path = f"{TABLES}/users-00000.parquet"
    rewrite(lake / path, lambda table: table.take([4, 2, 0, 3, 1]), row_group_size=1)
    in_record(lake, path)

    assert found(store, scratch) == set()


def test_the_fewer_columns_of_an_older_version_are_not_a_difference(store, scratch, lake, published):
    for path, kind, width in (("accounts.parquet", "account", 53), ("users-00000.parquet", "user", 31)):
        rewrite(lake / TABLES / path, lambda table, width=width: table.select(table.column_names[:width]))
        in_record(lake, f"{TABLES}/{path}")
        with altered_record(lake) as record:
            record["snapshots"][DAY]["columns"][kind] = width

    assert found(store, scratch) == set()
