"""The translation of Athena's SQL keeps its meaning, and what is not known to keep it is refused.

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
from tools.trino.allowed import statement_faults, type_faults
from tools.trino.annotation import AnnotatedViews
from tools.trino.dialect import to_duckdb

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
    assert [*statement_faults(entry["sql"], statement), *type_faults(annotated)] == []
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
def test_what_is_not_known_to_mean_the_same_is_refused(sql, excerpt):
    statement, annotated = parsed(sql)
    found = [fault.message for fault in (*statement_faults(sql, statement), *type_faults(annotated))]
    assert any(excerpt in message for message in found), found
