"""Sorting a large answer within the memory that DuckDB may have. Pure.

While DuckDB sorts the rows of a `union all`, it still holds the hash tables of the joins in every branch, and fails
where both together are too much: the five million verdicts of a million users took more than 2 GB. What lies in a
materialized `with` is worked out first; then those tables are gone, and the sort goes through the temporary folder,
however little memory there is. That costs a copy of the rows, so it is done for the rows of a union alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from collector.query.dialect import narrowings
from collector.views.files import CURRENT_TABLE, HISTORY_TABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.query.annotation import Names

_ROWS = "rows of the answer"


def sorted_apart(tree: exp.Query, names: Names) -> exp.Query:
    """The statement with its rows in a `with` of their own, where it sorts all rows of a union by what it puts out."""
    order = tree.args.get("order")
    if order is None or tree.args.get("limit") or tree.args.get("offset") or not _flows_from_union(tree, names, {}):
        return tree
    keys = _output_keys(tree, order)
    if keys is None:
        return tree
    inner = tree.copy()
    inner.set("order", None)
    whole = exp.select("*").from_(exp.Table(this=exp.to_identifier(_ROWS, quoted=True))).order_by(*keys)
    return whole.with_(exp.to_identifier(_ROWS, quoted=True), as_=inner, materialized=True)


def _flows_from_union(query: exp.Expr, names: Names, outer: Mapping[str, exp.Expr]) -> bool:
    """Whether rows of a `union all` reach the end of a query without being gathered on the way.

    Grouping, `distinct` and window functions gather them; selecting, filtering and joining do not.
    """
    if isinstance(query, exp.Subquery):
        return _flows_from_union(query.this, names, outer)
    if isinstance(query, exp.SetOperation):
        return isinstance(query, exp.Union) and not query.args.get("distinct")
    if not isinstance(query, exp.Select) or query.args.get("group") or query.args.get("distinct"):
        return False
    if any(node.find(exp.Window, exp.AggFunc) for node in query.expressions):
        return False
    if any(table.parent_select is query for table, _ in narrowings(query)):
        return False  # of the files of one kind
    own = {**outer, **{cte.alias: cte.this for cte in query.ctes}}
    sources = [query.args.get("from_"), *query.args.get("joins", [])]
    return any(_source_flows(source.this, names, own) for source in sources if source is not None)


def _source_flows(source: exp.Expr, names: Names, queries: Mapping[str, exp.Expr]) -> bool:
    if not isinstance(source, exp.Table):
        return _flows_from_union(source, names, queries)
    if source.name in queries:
        return _flows_from_union(queries[source.name], names, queries)
    if source.name in names.views:
        return _flows_from_union(names.view_tree(source.name), names, {})
    return source.name in {HISTORY_TABLE, CURRENT_TABLE}


def _output_keys(tree: exp.Query, order: exp.Expr) -> list[exp.Expr] | None:
    """The keys of the order, as names of outputs; None where one of them is something else."""
    outputs = {select.alias_or_name: select.unalias() for select in tree.selects}
    if len(outputs) != len(tree.selects):
        return None
    keys = []
    for ordered in order.expressions:
        key = ordered.this
        names = [name for name, value in outputs.items() if key in (exp.column(name, quoted=True), value)]
        if not names:
            return None
        keys.append(ordered.copy())
        keys[-1].set("this", exp.column(names[0], quoted=True))
    return keys
