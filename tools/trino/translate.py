"""Translate Athena's SQL to DuckDB's, so that it returns the same rows. Pure.

sqlglot alone silently mistranslates one in five small queries. So `allowed` refuses everything that is not known to
mean the same, and the rules below correct what sqlglot gets wrong: each takes a typed node of Athena's tree, whose
children are already rewritten, and returns its replacement. `tests/tools/translations.json` has a query for each, with
the rows that a real Trino returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from collector.views.files import CURRENT_TABLE, HISTORY_TABLE
from tools.trino.annotation import Family, family

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


_RECORD_TABLES = frozenset({HISTORY_TABLE, CURRENT_TABLE})
_WHOLE_NUMBERS = frozenset({exp.DType.INT, exp.DType.BIGINT})

# Literal rows of a view, and calls, stay on one line each up to this width.
_LINE = 500


def to_duckdb(tree: exp.Query) -> str:
    """DuckDB's SQL for a statement that is annotated and allowed; the tree is not changed."""
    copy = tree.copy()
    for table, name in list(_narrowings(copy)):
        table.set("this", exp.to_identifier(name, quoted=True))
    return _rewritten(copy).sql(dialect="duckdb", pretty=True, comments=False, max_text_width=_LINE)


def duckdb_reads(tree: exp.Query) -> list[str]:
    """The tables and views that the translated statement reads, sorted: `snapshot_record:user`, `account_history`."""
    narrowed = {id(table): name for table, name in _narrowings(tree)}
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    return sorted({narrowed.get(id(table), table.name) for table in tree.find_all(exp.Table)} - own)


def _narrowings(tree: exp.Query) -> Iterator[tuple[exp.Table, str]]:
    """The tables of which a select reads only one record type, each with the name of that part of the table.

    DuckDB skips a branch of a union that cannot match, but only after it has opened a file for its columns.
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


def _rewritten(tree: exp.Query) -> exp.Query:
    """The tree itself, with every rule applied, innermost nodes first."""
    for node in reversed(list(tree.walk(bfs=True))):
        rule = _RULES.get(type(node))
        if rule is not None and (replacement := rule(node)) is not node:
            replacement.type = node.type
            node.replace(replacement)
    return tree


def _call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    # The arguments are moved, not copied: their old parent is discarded.
    return exp.Anonymous(this=name, expressions=list(arguments))


def _elapsed_units(node: exp.DateDiff) -> exp.Expr:
    """Trino counts whole units elapsed, as DuckDB's date_sub does; DuckDB's date_diff counts boundaries crossed."""
    return _call("date_sub", exp.Literal.string(node.text("unit").lower()), node.expression, node.this)


def _count_if(node: exp.CountIf) -> exp.Expr:
    """0 over no rows, where DuckDB's count_if returns null."""
    return exp.Filter(this=exp.Count(this=exp.Star(), big_int=True), expression=exp.Where(this=node.this.copy()))


def _cast(node: exp.Cast) -> exp.Expr:
    """DuckDB's timestamp(3) is a separate type, and its cast rounds half to even, whereas Trino rounds away from 0."""
    if node.to.this is exp.DType.TIMESTAMP:
        node.set("to", exp.DataType(this=exp.DType.TIMESTAMP))
    if node.to.this in _WHOLE_NUMBERS and family(node.this) is Family.DOUBLE:
        node.set("this", exp.Round(this=node.this.copy()))
    return node


def _md5(node: exp.LowerHex) -> exp.Expr:
    """DuckDB's md5 already returns hexadecimal text; sqlglot would convert it to bytes and back."""
    return _call("md5", node.this.this.this)


_RULES: dict[type[exp.Expr], Callable[..., exp.Expr]] = {
    exp.Cast: _cast,
    exp.CountIf: _count_if,
    exp.DateDiff: _elapsed_units,
    exp.LowerHex: _md5,
}


def flows_from_union(query: exp.Expr, queries: Mapping[str, exp.Expr]) -> bool:
    """Whether rows of a `union all` reach the result without being materialized on the way.

    While DuckDB sorts the rows of a `union all`, it still holds the hash tables of the joins in every branch, which
    together exceed the memory: the five million results of a million users took more than 2 GB. The rows of a
    materialized `with` are computed first; then those tables are freed, and the sort can spill to the temporary folder.
    That costs a copy of the rows, so it is done for the rows of a union alone.

    Grouping, `distinct` and window functions materialize rows; selecting, filtering and joining do not.

    Args:
        query: the statement of a view.
        queries: the statements behind the names that it reads; a name without one is a table.
    """
    if isinstance(query, exp.Subquery):
        return flows_from_union(query.this, queries)
    if isinstance(query, exp.SetOperation):
        return isinstance(query, exp.Union) and not query.args.get("distinct")
    if not isinstance(query, exp.Select) or query.args.get("group") or query.args.get("distinct"):
        return False
    if any(node.find(exp.Window, exp.AggFunc) for node in query.expressions):
        return False
    known = {**queries, **{cte.alias: cte.this for cte in query.ctes}}
    sources = [query.args.get("from_"), *query.args.get("joins", [])]
    return any(_source_flows(source.this, known) for source in sources if source is not None)


def _source_flows(source: exp.Expr, queries: Mapping[str, exp.Expr]) -> bool:
    if not isinstance(source, exp.Table):
        return flows_from_union(source, queries)
    return source.name in queries and flows_from_union(queries[source.name], queries)
