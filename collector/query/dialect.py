"""Athena's SQL as DuckDB's, with the same answers. Pure.

sqlglot alone is wrong without saying so in one of five small questions, so three things stand around it: the lint
refuses what cannot be carried over truly (`lint`), the rules of `rewrites` mend what can, and the session is set up so
that the rest means the same (`SESSION`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from collector.query.macros import MACROS
from collector.query.rewrites import rewrite
from collector.views.files import CURRENT_TABLE, HISTORY_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

_RECORD_TABLES = frozenset({HISTORY_TABLE, CURRENT_TABLE})

# Athena's session is in UTC, its integers divide to integers, and nulls come last whichever way one sorts.
SESSION: tuple[str, ...] = (
    "set TimeZone = 'UTC'",
    "set integer_division = true",
    "set default_null_order = 'nulls_last'",
    *(f"create macro {macro}" for macro in MACROS),
)


def to_duckdb(tree: exp.Query) -> str:
    """DuckDB's SQL for a statement that `annotation` has typed and `lint` has let pass. The tree given is unchanged."""
    copy = tree.copy()
    for table, name in list(narrowings(copy)):
        table.set("this", exp.to_identifier(name, quoted=True))
    return rewrite(copy).sql(dialect="duckdb")


def duckdb_tables(tree: exp.Query) -> set[str]:
    """The tables and views that DuckDB has to know for the statement: those that it names, narrowed where possible."""
    narrowed = {id(table): name for table, name in narrowings(tree)}
    return {narrowed.get(id(table), table.name) for table in tree.find_all(exp.Table)}


def narrowed_name(table: str, record_type: str) -> str:
    """The name of the rows of one kind of `snapshot_record` or `snapshot_record_latest`."""
    return f"{table}:{record_type}"


def split_name(name: str) -> tuple[str, str | None]:
    """The table and the kind of a name of `narrowed_name`; of any other name, itself."""
    table, _, record_type = name.partition(":")
    return table, record_type or None


def narrowings(tree: exp.Query) -> Iterator[tuple[exp.Table, str]]:
    """The tables of which a select asks for the rows of one kind alone, each with the name of those rows.

    DuckDB leaves out a branch of a union that cannot match, but only after it has opened a file to learn its columns.
    """
    for select in tree.find_all(exp.Select):
        source = select.args.get("from_")
        where = select.args.get("where")
        if source is None or where is None or select.args.get("joins"):
            continue
        kind = next(_record_types(where.this), None)
        if kind is not None and isinstance(source.this, exp.Table) and source.this.name in _RECORD_TABLES:
            yield source.this, narrowed_name(source.this.name, kind)


def _record_types(condition: exp.Expr) -> Iterator[str]:
    """The literals that `record_type` must be equal to."""
    for part in condition.flatten() if isinstance(condition, exp.And) else [condition]:
        if isinstance(part, exp.EQ) and isinstance(part.this, exp.Column) and part.this.name == "record_type":
            other = part.expression
            if isinstance(other, exp.Literal) and other.is_string:
                yield other.name
