"""docs/views.md and the index: every view, every column, and rows that the query really returned."""

from __future__ import annotations

import pytest

from collector.schema import ACCOUNT, CREDENTIAL_REPORT
from tools.generate.views_page import MEANINGS, meaning, views_index, views_page
from tools.trino.view_files import output_types, source_views

VIEWS = source_views()
# Their columns are described in docs/columns.md.
TABLES = {"account", "credential_report", "report_rows"}


@pytest.fixture(scope="module")
def sections():
    """The page by view."""
    parts = views_page().split("\n### ")[1:]
    return {part.partition("\n")[0]: part for part in parts}


def test_every_view_has_a_section_and_a_line_in_the_index(sections):
    assert set(sections) == set(VIEWS)
    for name, view in VIEWS.items():
        assert f"[`{name}`]({view.path.parent.name}/{name}.sql)" in views_index()


@pytest.mark.parametrize("name", sorted(set(VIEWS) - TABLES))
def test_a_section_has_the_summary_the_columns_and_an_example(sections, name):
    section = sections[name]
    assert VIEWS[name].summary in section
    for column, kind in output_types(VIEWS[name]).items():
        assert f"| `{column}` | `{kind}` | {meaning(column)} |" in section
    query, _, rows = section.partition("```sql\n")[2].partition("\n```\n")
    assert query.startswith("select ")
    assert rows.count("\n|") >= 3, "a header and at least one row"


def test_a_meaning_is_that_of_a_column_of_some_view_and_differs_from_that_of_a_table():
    columns = {column for name in set(VIEWS) - TABLES for column in output_types(VIEWS[name])}
    added = set(output_types(VIEWS["report_rows"])) - set(CREDENTIAL_REPORT.names)
    assert set(MEANINGS) <= columns | added
    assert not MEANINGS.items() & {
        (column.name, column.comment) for column in (*ACCOUNT.columns, *CREDENTIAL_REPORT.columns)
    }


def test_the_rows_are_those_of_the_small_organization(sections):
    # Created 2025-02-03 09:00, report of 2026-11-23 03:00:20: 657 days and 18 hours.
    row = "| payments-prod | ci-deploy | 2025-02-03T09:00:00Z | 657 | 90 | s3 |"
    assert row in sections["stale_access_keys"]
    assert "| sandbox | password | false | 2026-11-22T18:45:00Z | true |  |" in sections["root_posture"]
    assert (
        "| 2026-11-23 | payments-prod | key_created | ci-deploy | 2026-11-22T16:20:00Z | 2026-11-22 |"
        in (sections["credential_changes"])
    )
