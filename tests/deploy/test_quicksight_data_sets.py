"""The data sets of deploy/quicksight.yaml: what they declare is what their queries return, and what they refer to is
there. On AWS each of these errors would appear only when QuickSight makes or imports a data set."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import duckdb
import pytest
from trino_query_parser import parse_statement

from collector.query.duckdb import LocalLake
from tests.deploy.quicksight_stack import PARAMETERS, PRINCIPALS, columns_of, of_kind, query, within
from tests.fixtures.small_lakes import publish, write_snapshot

SETS = of_kind("CreateDataSet")
RULES = SETS["Rules"]
SHOWN = {name: one for name, one in SETS.items() if name != "Rules"}
PAGE = (Path(__file__).parents[2] / "docs" / "bi.md").read_text("utf-8")
# DuckDB's types, and what QuickSight imports from Athena's column of that type (facts F8).
QUICKSIGHT = {
    "VARCHAR": "STRING",
    "INTEGER": "INTEGER",
    "BIGINT": "INTEGER",
    "DOUBLE": "DECIMAL",
    "DATE": "DATETIME",
    "TIMESTAMP": "DATETIME",
}


@pytest.fixture(scope="module", name="lake")
def _lake(tmp_path_factory):
    root = tmp_path_factory.mktemp("lake")
    rows = {"accounts": [{"outcome": "collected"}], "users": [{"user_name": "alice"}]}
    publish(root, "o-abcdefghij", {"2026-11-23": write_snapshot(root, "o-abcdefghij", "2026-11-23", **rows)})
    with LocalLake(str(root)) as lake:
        # The data sets' queries are Athena's SQL; this is all in them that DuckDB does not have.
        lake.connection.execute("create macro json_format(value) as cast(value as varchar)")
        yield lake


@pytest.mark.parametrize("name", SHOWN)
def test_the_declared_columns_are_those_that_the_query_returns(name, lake):
    sql = query(SHOWN[name])["SqlQuery"]
    parse_statement(sql)
    assert sql.count('from "credlake"."') == 1
    cursor = lake.connection.execute(lake._definitions.prepare(sql.replace('"credlake".', "")))
    assert [(column[0], QUICKSIGHT[str(column[1])]) for column in cursor.description] == [
        (column["Name"], column["Type"]) for column in query(SHOWN[name])["Columns"]
    ]


def test_the_rules_of_the_page_come_out_as_quicksight_reads_them():
    (example,) = re.findall(r"```text\n(UserARN,.*?)```", PAGE, re.DOTALL)
    header, *lines = csv.reader(io.StringIO(example))
    assert header == list(columns_of(RULES)) == ["UserARN", "GroupARN", "account_id", "ou_id"]
    names, rules = _read_rules([header, *lines])
    assert names == [column["Name"] for column in query(RULES)["Columns"]]
    # An empty field is null: only that lets a user see all rows.
    assert rules == [
        (f"{PRINCIPALS}:user/default/auditor", None, None, None),
        (f"{PRINCIPALS}:user/default/payments-lead", None, "222222222222,333333333333", None),
        (None, f"{PRINCIPALS}:group/default/workloads-leads", None, "ou-ab12-11111111,ou-ab12-22222222"),
    ]


@pytest.mark.parametrize(
    "header",
    [
        ["UserARN", "GroupARN", "ou_id", "account_id"],
        ["account_id", "ou_id", "GroupARN", "UserARN"],
        [f"{PRINCIPALS}:user/default/auditor", "", "", ""],
    ],
    ids=["values-exchanged", "principals-last", "no-header"],
)
def test_rules_with_other_columns_let_nobody_see_anything(header):
    _, rules = _read_rules([header, ["", f"{PRINCIPALS}:group/default/leads", "222222222222", ""]])
    assert rules == []


def _read_rules(lines):
    """Names and rows of the rules' query, of a file with these lines."""
    sql = query(RULES)["SqlQuery"]
    parse_statement(sql)
    names = [column["Name"] for column in query(RULES)["Columns"]]
    with duckdb.connect() as connection:
        connection.execute("create schema credlake")
        columns = ", ".join(f"{name} varchar" for name in names)
        connection.execute(f"create table credlake.access_rules ({columns})")
        connection.executemany("insert into credlake.access_rules values (?, ?, ?, ?)", lines)
        cursor = connection.execute(sql)
        return [column[0] for column in cursor.description], cursor.fetchall()


def test_as_many_values_as_the_page_allows_fit_into_a_field():
    limit = 2047
    accounts, ous = (int(found) for found in re.search(r"at most (\d+) account ids or (\d+) OU ids", PAGE).groups())
    longest = f"ou-{'a' * 32}-{'b' * 32}"
    for count, value in [(accounts, "1" * 12), (ous, longest)]:
        assert len(",".join([value] * count)) <= limit < len(",".join([value] * (count + 10)))
    (statement,) = re.findall(r"```sql\n( +select array_join.*?)```", PAGE, re.DOTALL)
    parse_statement(statement)
    assert f"(place - 1) / {ous})" in statement


def test_rules_hold_only_text():
    assert RULES["UseAs"] == "RLS_RULES"
    assert set(columns_of(RULES).values()) == {"STRING"}


def test_rules_limit_every_data_set_that_shows_accounts():
    limited = {name: one for name, one in SETS.items() if "RowLevelPermissionDataSet" in one}
    assert limited.keys() == {name for name, one in SHOWN.items() if "account_id" in columns_of(one)}
    assert limited.keys() == SHOWN.keys() - {"OrganizationTrend"}
    for one in limited.values():
        assert (columns_of(one)["account_id"], columns_of(one)["ou_id"]) == ("STRING", "STRING")
        # VERSION_2 reads UserARN and GroupARN, and takes no namespace.
        assert one["RowLevelPermissionDataSet"] == {
            "Arn": f"{PRINCIPALS}:dataset/credlake-credlake-rules",
            "PermissionPolicy": "GRANT_ACCESS",
            "FormatVersion": "VERSION_2",
            "Status": "ENABLED",
        }


def test_a_transformation_starts_from_what_is_there():
    renamed = {}
    for name, one in SETS.items():
        assert one["LogicalTableMap"]["logical"]["Source"]["PhysicalTableId"] in one["PhysicalTableMap"]
        renamed[name] = [
            (operation["ColumnName"], operation["NewColumnName"]) for operation in within(one, "RenameColumnOperation")
        ]
        assert {old for old, _ in renamed[name]} <= {column["Name"] for column in query(one)["Columns"]}
    # Athena's names are lower case, and QuickSight finds a rule's user and group only under these names (facts F8).
    assert renamed == {
        **{name: [] for name in SHOWN},
        "Rules": [("userarn", "UserARN"), ("grouparn", "GroupARN")],
    }


def test_every_data_set_has_a_unique_id_and_a_schedule():
    ids = [one["DataSetId"] for one in SETS.values()]
    assert len(set(ids)) == len(ids)
    assert sorted(one["DataSetId"] for one in of_kind("CreateRefreshSchedule").values()) == sorted(ids)


def test_permissions_are_those_that_quicksight_grants_to_an_owner():
    of_source = (
        "DescribeDataSource DescribeDataSourcePermissions PassDataSource UpdateDataSource DeleteDataSource "
        "UpdateDataSourcePermissions"
    )
    # Since 2023 with the schedules and the properties of a refresh.
    of_set = (
        "DescribeDataSet DescribeDataSetPermissions PassDataSet UpdateDataSet DeleteDataSet UpdateDataSetPermissions "
        "DescribeIngestion ListIngestions CreateIngestion CancelIngestion DescribeRefreshSchedule ListRefreshSchedules "
        "CreateRefreshSchedule UpdateRefreshSchedule DeleteRefreshSchedule DescribeDataSetRefreshProperties "
        "PutDataSetRefreshProperties DeleteDataSetRefreshProperties"
    )
    for request, actions in [
        (of_kind("CreateDataSource")["Source"], of_source),
        *((one, of_set) for one in SETS.values()),
    ]:
        (granted,) = request["Permissions"]
        assert granted["Principal"] == PARAMETERS["OwnerArn"]
        assert sorted(granted["Actions"]) == sorted(f"quicksight:{action}" for action in actions.split())
