"""Athena's SQL as DuckDB's, with the same rows. Pure.

sqlglot alone is wrong without saying so in one of five small queries, so two things stand around it: `allowed` refuses
what is not known to mean the same, and the rules of `rewrites` correct what sqlglot gets wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from collector.views.files import CURRENT_TABLE, HISTORY_TABLE
from tools.trino.rewrites import rewrite

if TYPE_CHECKING:
    from collections.abc import Iterator

_RECORD_TABLES = frozenset({HISTORY_TABLE, CURRENT_TABLE})


def to_duckdb(tree: exp.Query) -> str:
    """DuckDB's SQL for a statement that `annotation` has typed and `allowed` has passed; the tree is unchanged."""
    copy = tree.copy()
    for table, name in list(_narrowings(copy)):
        table.set("this", exp.to_identifier(name, quoted=True))
    return rewrite(copy).sql(dialect="duckdb", pretty=True, comments=False)


def duckdb_reads(tree: exp.Query) -> list[str]:
    """The tables and views that the translated statement reads, sorted: `snapshot_record:user`, `account_history`."""
    narrowed = {id(table): name for table, name in _narrowings(tree)}
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    return sorted({narrowed.get(id(table), table.name) for table in tree.find_all(exp.Table)} - own)


def _narrowings(tree: exp.Query) -> Iterator[tuple[exp.Table, str]]:
    """The tables of which a select reads the rows of one kind alone, each with the name of those rows.

    DuckDB leaves out a branch of a union that cannot match, but only after it has opened a file to learn its columns.
    """
    for select in tree.find_all(exp.Select):
        source = select.args.get("from_")
        where = select.args.get("where")
        if source is None or where is None or select.args.get("joins"):
            continue
        kind = next(_record_types(where.this), None)
        if kind is not None and isinstance(source.this, exp.Table) and source.this.name in _RECORD_TABLES:
            yield source.this, f"{source.this.name}:{kind}"


def _record_types(condition: exp.Expr) -> Iterator[str]:
    """The literals that `record_type` must be equal to."""
    for part in condition.flatten() if isinstance(condition, exp.And) else [condition]:
        if isinstance(part, exp.EQ) and isinstance(part.this, exp.Column) and part.this.name == "record_type":
            other = part.expression
            if isinstance(other, exp.Literal) and other.is_string:
                yield other.name
