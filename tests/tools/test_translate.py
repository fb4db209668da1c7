"""The translation of Athena's SQL returns the same rows, and constructs not known to do so are refused.

`make test-trino` runs the same statements on a real Trino (tests/e2e/trino/test_claims.py).
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
import sqlglot

from collector.query.formats import plain_values
from collector.query.rows import stream
from collector.views.files import shipped_views
from tools.trino.allowed import statement_problems, type_problems
from tools.trino.annotation import AnnotatedViews
from tools.trino.translate import flows_from_union, to_duckdb
from tools.trino.view_files import load_views, names_of, source_views

TRANSLATIONS = json.loads(Path(__file__).with_name("translations.json").read_text("utf-8"))


def parsed(sql):
    """The statement as parsed, and the same with names and types."""
    statement = sqlglot.parse_one(sql, read="athena")
    return statement, AnnotatedViews({})._annotated(statement.copy())


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect(config={"threads": 1, "python_enable_replacements": False}) as opened:
        yield opened


@pytest.mark.parametrize("entry", TRANSLATIONS, ids=[entry["sql"][:90] for entry in TRANSLATIONS])
def test_duckdb_returns_what_trino_returns(connection, entry):
    statement, annotated = parsed(entry["sql"])
    assert [*statement_problems(entry["sql"], statement), *type_problems(annotated)] == []
    rows = stream(connection, to_duckdb(annotated))
    found = [list(row) for batch in rows.batches for row in zip(*map(plain_values, batch.columns), strict=True)]
    assert found == entry["rows"], entry.get("why")
    assert [[type(value) for value in row] for row in found] == [[type(v) for v in row] for row in entry["rows"]]


@pytest.mark.parametrize(
    ("sql", "excerpt"),
    [
        ("select 7 / 2", "`7 / 2` of bigint, bigint"),
        ("select 0.5", "`0.5`"),
        ("select floor(7)", "of bigint"),
        ("select cast('7' as integer)", "of varchar, bigint"),
        ("select cast(timestamp '2026-01-01 00:00:00' as varchar)", "of timestamp, varchar"),
        ("select cast('2026-01-01' as timestamp)", "of varchar, timestamp"),
        ("select cast('2026-01-01' as date)", "of varchar, other"),
        ("select date_diff('month', timestamp '2026-01-01 00:00:00', timestamp '2026-01-01 00:00:00')", "DATE_DIFF"),
        ("select x[1] from (values 'a') as t(x)", "`x[1]`"),
        ("select split('a', 'b')", "SPLIT"),
        ("select approx_percentile(x, 5e-1) from (values 1e0) as t(x)", "APPROX_PERCENTILE"),
        ("select any_value(x) from (values 1) as t(x)", "ARBITRARY"),
        ("select max_by(x, x) from (values 1) as t(x)", "MAX_BY"),
        ("select to_hex(md5(to_utf8('a')))", "MD5"),
        ("select x from (values 1) as t(x) group by all", "GROUP BY ALL"),
        ("select distinct on (x) x from (values 1) as t(x)", "DISTINCT"),
        ("with recursive a(x) as (select 1 union all select x from a) select x from a", "WITH RECURSIVE"),
        ("select * from unnest(array[1]) as t(x)", "UNNEST"),
        ("select x like 'a%' from (values 'a') as t(x)", "LIKE"),
        ("select x is true from (values true) as t(x)", "`x`"),
        ("select current_timestamp", "CURRENT_TIMESTAMP"),
    ],
)
def test_a_construct_not_known_to_mean_the_same_is_refused(sql, excerpt):
    statement, annotated = parsed(sql)
    found = [problem.message for problem in (*statement_problems(sql, statement), *type_problems(annotated))]
    assert any(excerpt in message for message in found), found


UNION = """\
-- Both.
-- Grain: id
-- Reads: account, credential_report

select cast(account_id as varchar) as id from account
union all
select cast(user_arn as varchar) as id from credential_report
"""


def flows(make_views, small_views, sql):
    reads = ", ".join(name for name in ("account", "both") if f" {name}" in sql)
    make_views({"both": UNION, "made_up": f"-- Made up.\n-- Grain: id\n-- Reads: {reads}\n\n{sql}\n"})
    views = load_views(small_views)
    annotated = AnnotatedViews(views)
    trees = {name: annotated.tree(name) for name in names_of(views)}
    assert flows_from_union(trees["made_up"], trees) == flows_from_union(trees["made_up_history"], trees)
    return flows_from_union(trees["made_up"], trees)


@pytest.mark.parametrize(
    "sql",
    [
        "select id from both",
        "select b.id from both b join account a on a.account_id = b.id",
        "with w as (select id from both where id <> 'x') select * from w",
        "select account_id as id from account union all select id from both",
    ],
)
def test_rows_of_a_union_flow_through_what_does_not_materialize_them(make_views, small_views, sql):
    assert flows(make_views, small_views, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select id, count(*) as n from both group by id",
        "select distinct id from both",
        "select id, row_number() over (order by id) as n from both",
        "select account_id as id from account",
        "select id from both union select account_id as id from account",
    ],
)
def test_rows_of_a_union_do_not_flow_through_what_materializes_them(make_views, small_views, sql):
    assert not flows(make_views, small_views, sql)


def test_these_views_are_materialized_before_they_are_sorted():
    found = {view.name for view in shipped_views().all.values() if view.order and view.flows_from_union}
    assert found == {
        "console_users_without_mfa",
        "credential_changes",
        "latest_changes",
        "stale_access_keys",
        "unused_credentials",
        "users_with_two_active_keys",
    }
    assert set(source_views()) == set(shipped_views().all)
