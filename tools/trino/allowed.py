"""The part of Athena's SQL that a view may use: everything that is not named here is refused. Pure.

A deny list would need every difference between the two engines; this list needs only what is the same, and contains
what the views use. Add what a new view needs here, with a query in `tests/tools/translations.json`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from tools.trino.annotation import Family, family

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Functions by Trino's names: sqlglot also parses those of other engines, and its tree does not keep the spelling.
_FUNCTIONS = frozenset(
    {
        *("count", "count_if", "sum", "min", "max", "bool_and", "bool_or"),
        *("row_number", "lag", "lead", "first_value"),
        *("coalesce", "greatest", "least", "concat", "lower", "md5", "to_utf8"),
        *("date_diff", "date_add", "date_trunc"),
    }
)

_NODES: frozenset[type[exp.Expr]] = frozenset(
    {
        *(exp.Select, exp.Union, exp.Subquery, exp.Values, exp.Tuple, exp.With, exp.CTE, exp.From, exp.Join, exp.Table),
        *(exp.TableAlias, exp.Where, exp.Having, exp.Group, exp.Order, exp.Ordered, exp.Distinct, exp.Star, exp.Column),
        *(exp.Identifier, exp.Alias, exp.Paren, exp.Literal, exp.Boolean, exp.Null, exp.Var, exp.And, exp.Or, exp.Not),
        *(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Is, exp.In),
        *(exp.Case, exp.If, exp.Add, exp.Sub, exp.Div, exp.Neg, exp.Bracket, exp.Cast, exp.DataType),
        *(exp.DataTypeParam, exp.Window, exp.WindowSpec, exp.IgnoreNulls, exp.Floor),
        *(exp.Like, exp.Escape),
    }
)

# The types between which a cast means the same in both engines, after the rules of `translate`.
_CASTS: dict[Family, frozenset[Family]] = {
    Family.TEXT: frozenset({Family.TEXT}),
    Family.INTEGER: frozenset({Family.INTEGER, Family.DOUBLE, Family.TEXT}),
    Family.DOUBLE: frozenset({Family.DOUBLE, Family.INTEGER}),
    Family.BOOLEAN: frozenset({Family.BOOLEAN, Family.TEXT}),
    Family.TIMESTAMP: frozenset({Family.TIMESTAMP}),
    Family.MAP: frozenset({Family.MAP}),
    Family.NULL: frozenset(Family) - {Family.OTHER},
}
_UNITS = frozenset({"MILLISECOND", "SECOND", "MINUTE", "HOUR", "DAY"})
_JOINS = frozenset({"", "INNER", "CROSS"})
# The text in `timestamp '…'`, which is parsed as a cast; of other texts DuckDB accepts more than Trino.
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a statement is refused."""

    line: int | None
    """The line of the statement, counted from 1; None if unknown."""
    message: str
    """A sentence that quotes the expression."""


def line_of(node: exp.Expr) -> int | None:
    """The line of the first name in a node or around it: sqlglot keeps no other positions."""
    around: exp.Expr | None = node
    while around is not None:
        lines = [int(found.meta["line"]) for found in around.walk() if "line" in found.meta]
        if lines:
            return min(lines)
        around = around.parent
    return None


def statement_problems(sql: str, tree: exp.Query) -> Iterator[Problem]:
    """Every construct of a statement that is not allowed, independent of types; `tree` is the parsed `sql`."""
    for node in tree.walk():
        rule = _SHAPES.get(type(node))
        if not _is_known(sql, node) or (rule is not None and not rule(node)):
            yield Problem(line_of(node), f"`{_excerpt(node)}` is not known to mean the same on Trino and DuckDB.")


def type_problems(tree: exp.Query) -> Iterator[Problem]:
    """Every expression of an annotated statement whose types are not known to mean the same in both engines."""
    for node in tree.walk():
        rule = _TYPES.get(type(node))
        if rule is not None and not rule(node):
            found = ", ".join(family(child).value for child in node.iter_expressions())
            yield Problem(
                line_of(node), f"`{_excerpt(node)}` of {found} is not known to mean the same in both engines."
            )


def _excerpt(node: exp.Expr) -> str:
    return node.sql(dialect="athena")[:60]


def _is_known(sql: str, node: exp.Expr) -> bool:
    if not isinstance(node, exp.Func) or "start" not in node.meta:
        return type(node) in _NODES
    return sql[node.meta["start"] : node.meta["end"] + 1].lower() in _FUNCTIONS


def _plain_join(node: exp.Expr) -> bool:
    return not node.args.get("method") and node.text("kind").upper() in _JOINS


def _named_table(node: exp.Expr) -> bool:
    return isinstance(node.this, exp.Identifier)


def _known_unit(node: exp.Expr) -> bool:
    return node.text("unit").upper() in _UNITS


def _bare_star(node: exp.Expr) -> bool:
    return not any(node.args.values())


def _null_test(node: exp.Expr) -> bool:
    return isinstance(node.args["expression"], exp.Null)


def _has_escape(node: exp.Expr) -> bool:
    """`x like pattern escape '!'`: without an escape of its own, engines differ about the backslash."""
    return isinstance(node.parent, exp.Escape)


def _escapes_like(node: exp.Expr) -> bool:
    return isinstance(node.this, exp.Like) and isinstance(node.expression, exp.Literal) and node.expression.name == "!"


def _is_text_digest(node: exp.Expr) -> bool:
    """`md5` within lower(to_hex(md5(to_utf8(x)))), the only form that is translated."""
    return isinstance(node.this, exp.Encode) and isinstance(node.parent, exp.LowerHex)


_SHAPES: dict[type[exp.Expr], Callable[[exp.Expr], bool]] = {
    exp.Join: _plain_join,
    exp.Table: _named_table,
    exp.With: lambda node: not node.args.get("recursive"),
    exp.Is: _null_test,
    exp.In: lambda node: bool(node.args.get("expressions")),
    exp.Distinct: lambda node: not node.args.get("on") and len(node.expressions) <= 1,
    exp.Star: _bare_star,
    exp.Group: lambda node: not node.args.get("all"),
    exp.DateDiff: _known_unit,
    exp.DateAdd: _known_unit,
    exp.TimestampTrunc: _known_unit,
    # element_at; `x[…]` fails on Athena if there is no such entry.
    exp.Bracket: lambda node: bool(node.args.get("safe")),
    exp.MD5Digest: _is_text_digest,
    exp.Like: _has_escape,
    exp.Escape: _escapes_like,
    # A decimal (`0.5`) divides and rounds differently from a double (`5e-1`).
    exp.Literal: lambda node: node.is_string or "." not in node.name or "e" in node.name.lower(),
}


def _cast(node: exp.Expr) -> bool:
    if isinstance(node.this, exp.Literal) and family(node) is Family.TIMESTAMP:
        return _INSTANT.fullmatch(node.this.name) is not None
    return family(node) in _CASTS.get(family(node.this), frozenset())


def _one_is_double(node: exp.Expr) -> bool:
    """The quotient of two integers is an integer in Trino, and a double in DuckDB."""
    return Family.DOUBLE in {family(node.this), family(node.expression)}


def _two_numbers(node: exp.Expr) -> bool:
    return {family(node.this), family(node.expression)} <= {Family.INTEGER, Family.DOUBLE}


def _of_timestamp(node: exp.Expr) -> bool:
    return family(node.this) in {Family.TIMESTAMP, Family.NULL}


_TYPES: dict[type[exp.Expr], Callable[[exp.Expr], bool]] = {
    exp.Cast: _cast,
    exp.Div: _one_is_double,
    exp.Add: _two_numbers,
    exp.Sub: _two_numbers,
    exp.DateAdd: _of_timestamp,
    exp.DateDiff: _of_timestamp,
    exp.TimestampTrunc: _of_timestamp,
    # The floor of an integer is an integer in Trino, and a double in DuckDB.
    exp.Floor: lambda node: family(node.this) is Family.DOUBLE,
    exp.Bracket: lambda node: family(node.this) is Family.MAP,
}
