"""Values that are compared or stand for each other, and conditions: what Trino brings to one type, and what not. Pure.

DuckDB turns texts into numbers and instants, and numbers into truth values, where Athena says TYPE_MISMATCH. Where a
type cannot be told, the question is refused. Each rule takes a typed node and yields what is wrong with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from collector.query.fault import named
from collector.query.types import INSTANTS, NUMBERS, Family, family

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def _comparable(nodes: Iterable[exp.Expr], *, compared: bool = True) -> bool:
    found = {family(node) for node in nodes} - {Family.NULL}
    if not compared and found == {Family.MAP}:
        return True
    # Two maps with the same entries in another order are equal to Trino, and not to DuckDB.
    return not found & {Family.UNKNOWN, Family.MAP} and (len(found) <= 1 or found <= NUMBERS or found <= INSTANTS)


def alike(nodes: list[exp.Expr], *, compared: bool = True) -> Iterator[str]:
    """All of one type, or of types that Trino brings to one; maps only where nothing is compared."""
    if _comparable(nodes, compared=compared):
        return
    unknown = [node for node in nodes if family(node) is Family.UNKNOWN]
    if unknown:
        yield f"The type of {named(unknown[0])} cannot be told: cast it to the type that it has."
        return
    other = next((node for node in nodes[1:] if not _comparable([nodes[0], node])), nodes[0])
    hint = " Cast one of them." if Family.TEXT not in {family(nodes[0]), family(other)} else _text_hint(nodes[0], other)
    yield f"Athena does not compare or mix {named(nodes[0])} and {named(other)}.{hint}"


def _text_hint(first: exp.Expr, second: exp.Expr) -> str:
    other = family(second) if family(first) is Family.TEXT else family(first)
    if other in INSTANTS:
        return " Write date '2026-01-01' or timestamp '2026-01-01 00:00:00'."
    return " Cast one of them."


def comparison(node: exp.Binary) -> Iterator[str]:
    """Both sides of a comparison; rows are compared column by column."""
    pairs = [node.this, node.expression]
    if all(isinstance(side, exp.Tuple) for side in pairs):
        for left, right in zip(node.this.expressions, node.expression.expressions, strict=False):
            yield from alike([left, right])
    else:
        yield from alike(pairs)


def in_list(node: exp.In) -> Iterator[str]:
    """A value and those that it may be among."""
    subquery = node.args.get("query")
    if subquery is None:
        for value in node.expressions:
            yield from alike([node.this, value])
        return
    found = _outputs(subquery)
    asked = node.this.expressions if isinstance(node.this, exp.Tuple) else [node.this]
    for left, right in zip(asked, found, strict=False):
        yield from alike([left, right])


def between(node: exp.Between) -> Iterator[str]:
    """A value and its bounds."""
    yield from alike([node.this, node.args["low"], node.args["high"]])


def case(node: exp.Case) -> Iterator[str]:
    """Every result of a case is of one type, every condition is one."""
    branches = node.args["ifs"]
    default = node.args.get("default")
    results = [*(branch.args["true"] for branch in branches), *([default] if default is not None else [])]
    yield from alike(results, compared=False)
    if node.this is not None:
        yield from alike([node.this, *(branch.this for branch in branches)])
    else:
        for branch in branches:
            yield from truth(branch.this)


def if_(node: exp.If) -> Iterator[str]:
    """The same of an `if`; those of a case are looked at with it."""
    if isinstance(node.parent, exp.Case):
        return
    yield from truth(node.this)
    yield from alike([node.args["true"], *([node.args["false"]] if node.args.get("false") else [])])


def choice(node: exp.Expr) -> Iterator[str]:
    """coalesce, greatest, least: one type."""
    yield from alike([node.this, *node.expressions], compared=not isinstance(node, exp.Coalesce))


def nullif(node: exp.Expr) -> Iterator[str]:
    """Two values that are compared."""
    yield from alike([node.this, node.args["expression"]])


def truth(condition: exp.Expr | None) -> Iterator[str]:
    """Something that is true, false or null."""
    if condition is not None and family(condition) not in {Family.BOOLEAN, Family.NULL}:
        yield f"A condition is true or false, and {named(condition)} is not."


def condition(node: exp.Expr) -> Iterator[str]:
    """The condition of a clause or an aggregate."""
    yield from truth(node.this)


def connector(node: exp.Connector) -> Iterator[str]:
    """Both sides of `and` and `or`."""
    yield from truth(node.this)
    yield from truth(node.expression)


def join(node: exp.Join) -> Iterator[str]:
    """The condition of a join."""
    yield from truth(node.args.get("on"))


def set_operation(node: exp.SetOperation) -> Iterator[str]:
    """The columns of both sides, by place."""
    compared = bool(node.args.get("distinct")) or not isinstance(node, exp.Union)
    for left, right in zip(_outputs(node.this), _outputs(node.expression), strict=False):
        yield from alike([left, right], compared=compared)


def _outputs(query: exp.Expr) -> list[exp.Expr]:
    """The columns that a select, a union or either in parentheses puts out."""
    inner = query.unnest() if isinstance(query, exp.Subquery) else query
    return inner.selects if isinstance(inner, exp.Query) else []


def values(node: exp.Values) -> Iterator[str]:
    """The rows of `values`, column by column."""
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
    for column in zip(*rows, strict=False):
        yield from alike(list(column))
