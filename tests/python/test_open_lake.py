"""The Python API: what a notebook or a script of somebody else relies on."""

from __future__ import annotations

import subprocess
import sys

import pytest

import collector
from collector.errors import LakeError, UsageError
from collector.views.files import shipped_views

DAYS = {
    "2026-11-21": {"accounts": [{"account_name": "pay"}], "users": [{"user_name": "alice"}]},
    "2026-11-22": {"accounts": [{"account_name": "pay"}], "users": [{"user_name": "alice"}, {"user_name": "bob"}]},
}


@pytest.fixture(name="lake")
def _lake(make_lake):
    with collector.open_lake(make_lake(DAYS)) as lake:
        yield lake


def test_a_view_is_an_arrow_table_of_the_newest_snapshot(lake):
    table = lake.read("credential_report")
    assert table.column_names == list(shipped_views().by_name["credential_report"].columns)
    assert table.column("user_name").to_pylist() == ["alice", "bob"]


def test_the_history_and_sql_are_read_as_well(lake):
    assert lake.read("credential_report_history").num_rows == 3
    sql = "select snapshot_date, count(*) as users from credential_report_history group by 1 order by 1"
    assert lake.read(sql).to_pydict() == {"snapshot_date": list(DAYS), "users": [1, 2]}


def test_a_result_without_rows_has_its_columns(lake):
    table = lake.read("select account_id from account where false")
    assert (table.column_names, table.num_rows) == (["account_id"], 0)


def test_columns_are_chosen_and_a_wrong_one_is_an_error(lake):
    assert lake.read("account", columns=["account_name", "account_id"]).to_pylist() == [
        {"account_name": "pay", "account_id": "011111111111"}
    ]
    with pytest.raises(UsageError, match="acount_name"):
        lake.read("account", columns=["acount_name"])


def test_rows_are_a_stream_of_batches(lake):
    with lake.batches("credential_report") as batches:
        assert sum(batch.num_rows for batch in batches) == 2


def test_the_table_becomes_a_data_frame(lake):
    frame = lake.read("credential_report").to_pandas()
    assert list(frame["user_name"]) == ["alice", "bob"]


def test_nothing_but_reading_is_possible(lake):
    with pytest.raises(UsageError, match="only reads"):
        lake.read("drop view account")


def test_the_views_have_their_columns(lake):
    assert {"snapshot_record", "findings", "findings_history"} <= set(lake.views)
    assert "severity" in lake.views["findings"]


def test_a_lake_that_does_not_exist_is_an_error_of_ours(tmp_path):
    with pytest.raises(LakeError):
        collector.open_lake(tmp_path / "nothing")


def test_importing_the_package_loads_neither_engine():
    script = (
        "import sys, collector\n"
        "assert {'open_lake', 'OpenLake'} <= set(collector.__all__)\n"
        "print([name for name in ('duckdb', 'pyarrow', 'botocore', 'collector.python') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


def test_a_name_that_the_package_lacks_is_an_attribute_error():
    with pytest.raises(AttributeError, match="open_laek"):
        collector.open_laek  # noqa: B018 -- the access itself
