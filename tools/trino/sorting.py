"""Which views' rows flow from a union: those are sorted after they have been worked out. Pure.

While DuckDB sorts the rows of a `union all`, it still holds the hash tables of the joins in every branch, and fails
where both together are too much: the five million results of a million users took more than 2 GB. What is in a
materialized `with` is worked out first; then those tables are gone, and the sort goes through the temporary folder,
however little memory there is. That costs a copy of the rows, so it is done for the rows of a union alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Mapping


def flows_from_union(query: exp.Expr, queries: Mapping[str, exp.Expr]) -> bool:
    """Whether rows of a `union all` reach the end of a query without being gathered on the way.

    Grouping, `distinct` and window functions gather them; selecting, filtering and joining do not.

    Args:
        query: the statement of a view.
        queries: the statements behind the names that it reads; a name without one is a table of files.
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
