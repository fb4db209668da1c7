"""What sqlglot translates to DuckDB with another meaning, rewritten so that the meaning stays. Pure.

Every rule takes a typed node of Athena's tree and returns the node to put in its place. Nodes inside it were rewritten
before. `tests/tools/translations.json` holds a query for each, with the rows that a real Trino returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from tools.trino.types import Family, family

if TYPE_CHECKING:
    from collections.abc import Callable

_WHOLE_NUMBERS = frozenset({exp.DType.INT, exp.DType.BIGINT})


def rewrite(tree: exp.Query) -> exp.Query:
    """The tree with every rule applied, innermost nodes first. The tree given is changed."""
    for node in reversed(list(tree.walk(bfs=True))):
        rule = RULES.get(type(node))
        if rule is not None and (replacement := rule(node)) is not node:
            replacement.type = node.type
            node.replace(replacement)
    return tree


def _call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    # The arguments move: the node that held them is discarded.
    return exp.Anonymous(this=name, expressions=list(arguments))


def _elapsed_units(node: exp.DateDiff) -> exp.Expr:
    """Trino counts whole units that passed; DuckDB's date_diff counts boundaries crossed, its date_sub whole units."""
    return _call("date_sub", exp.Literal.string(node.text("unit").lower()), node.expression, node.this)


def _count_if(node: exp.CountIf) -> exp.Expr:
    """Over no rows 0, where DuckDB's count_if returns null."""
    return exp.Filter(this=exp.Count(this=exp.Star(), big_int=True), expression=exp.Where(this=node.this.copy()))


def _cast(node: exp.Cast) -> exp.Expr:
    """DuckDB's timestamp(3) is a type of its own, and its cast rounds half to even, where Trino rounds away from 0."""
    if node.to.this is exp.DType.TIMESTAMP:
        node.set("to", exp.DataType(this=exp.DType.TIMESTAMP))
    if node.to.this in _WHOLE_NUMBERS and family(node.this) is Family.DOUBLE:
        node.set("this", exp.Round(this=node.this.copy()))
    return node


def _md5(node: exp.LowerHex) -> exp.Expr:
    """DuckDB's md5 is the hexadecimal text already; sqlglot would turn it into bytes and back."""
    return _call("md5", node.this.this.this)


RULES: dict[type[exp.Expr], Callable[..., exp.Expr]] = {
    exp.Cast: _cast,
    exp.CountIf: _count_if,
    exp.DateDiff: _elapsed_units,
    exp.LowerHex: _md5,
}
