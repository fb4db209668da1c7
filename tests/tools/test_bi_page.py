"""The data sets for QuickSight have only queries, names and types that QuickSight accepts."""

from __future__ import annotations

import pytest
from trino_query_parser import parse_statement

from tools.generate.bi_page import bi_page, data_sets

DATA_SETS = {found.view: found for found in data_sets()}
PAGE = bi_page()
LONGEST_COLUMN_NAME = 127


@pytest.mark.parametrize("view", sorted(DATA_SETS))
def test_a_data_set_query_is_athenas_sql_and_is_on_the_page(view):
    parse_statement(DATA_SETS[view].sql)
    assert f"```sql\n{DATA_SETS[view].sql}\n```" in PAGE
    assert max(map(len, DATA_SETS[view].columns)) <= LONGEST_COLUMN_NAME


def test_booleans_become_integers_maps_text_and_the_date_a_date():
    found = DATA_SETS["account"]
    assert "    cast(require_symbols as integer) as require_symbols,\n" in found.sql
    assert "    substr(json_format(cast(tags as json)), 1, 2047) as tags,\n" in found.sql
    assert "    snapshot_date,\n    cast(snapshot_date as date) as snapshot_day,\n" in found.sql
    kinds = [
        found.columns[name] for name in ("require_symbols", "tags", "snapshot_day", "joined_at", "attempts", "ou_id")
    ]
    assert kinds == ["INTEGER", "STRING", "DATETIME", "DATETIME", "INTEGER", "STRING"]


def test_every_data_set_about_accounts_can_be_limited_by_account_and_ou():
    about_accounts = {name for name, found in DATA_SETS.items() if "account_id" in found.columns}
    assert {"findings", "credential_report", "collection_coverage"} <= about_accounts
    assert all(DATA_SETS[name].rule_columns == ("account_id", "ou_id") for name in about_accounts)


def test_intermediate_views_are_not_data_sets():
    assert {"account_results", "report_pairs", "key_changes"}.isdisjoint(DATA_SETS)
