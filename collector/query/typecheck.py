"""Expressions whose operands' types Athena would refuse, or for which DuckDB would answer otherwise. Pure.

The rules are in `comparability`, `arithmetic` and `casts`; those of single functions are here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from collector.query import comparability
from collector.query.arithmetic import SIGNS, arithmetic, decimal
from collector.query.casts import cast, iso_date, iso_instant
from collector.query.fault import Fault, line_of, named
from collector.query.types import INSTANTS, Family, family, is_decimal_literal
from collector.query.vocabulary import TIME_OF_DAY_UNITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


_PLAIN_ITEMS = frozenset({exp.DType.VARCHAR, exp.DType.INT, exp.DType.BIGINT, exp.DType.BOOLEAN, exp.DType.DATE})


def type_faults(tree: exp.Query) -> Iterator[Fault]:
    """Everything wrong with the types of a statement that `annotation` has annotated."""
    for node in tree.walk():
        rule = _rule(node)
        messages = list(rule(node)) if rule is not None else []
        if is_decimal_literal(node):
            messages += decimal(node)
        for message in messages:
            yield Fault(line_of(node), message)


def _rule(node: exp.Expr) -> Callable[..., Iterable[str]] | None:
    for kind, rule in _RULES:
        if isinstance(node, kind):
            return rule
    return None


def _text(node: exp.Expr) -> Iterator[str]:
    for part in (node.this, node.args.get("expression"), *node.args.get("expressions", [])):
        if isinstance(part, exp.Expr) and family(part) not in {Family.TEXT, Family.NULL}:
            yield f"{named(part)} is no text: cast it to varchar."


def _joined(node: exp.ArrayToString) -> Iterator[str]:
    """array_join writes its items as text, and not every type looks the same in both engines."""
    kind = node.this.type
    items = kind.expressions[0] if kind is not None and kind.expressions else None
    if not (isinstance(items, exp.DataType) and items.this in _PLAIN_ITEMS):
        yield f"The items of {named(node.this)} are not answered as text: cast them to varchar first."


def _listed(node: exp.GroupConcat) -> Iterator[str]:
    ordered = node.this
    value = ordered.this if isinstance(ordered, exp.Order) else ordered
    value = value.expressions[0] if isinstance(value, exp.Distinct) else value
    if family(value) not in {Family.TEXT, Family.NULL}:
        yield f"{named(value)} is no text: cast it to varchar."


def _grouped(node: exp.Group) -> Iterator[str]:
    yield from _no_maps(node.expressions)


def _distinct_rows(node: exp.Select) -> Iterator[str]:
    if node.args.get("distinct"):
        yield from _no_maps(node.selects)


def _no_maps(nodes: list[exp.Expr]) -> Iterator[str]:
    """Two maps with the same entries in another order are one to Trino and two to DuckDB."""
    for node in nodes:
        if family(node) is Family.MAP:
            yield f"{named(node)} cannot be compared: take its entries apart with element_at or unnest."


def _number(node: exp.Expr) -> Iterator[str]:
    value = node.this.expressions[0] if isinstance(node.this, exp.Distinct) else node.this
    if family(value) not in {Family.INTEGER, Family.DOUBLE, Family.NULL}:
        yield f"{named(value)} is no number of type bigint or double."


def _instant(node: exp.Expr) -> Iterator[str]:
    value = node.args["expression"] if isinstance(node, exp.Extract) else node.this
    if family(value) not in INSTANTS:
        yield f"{named(value)} is no date or timestamp: cast it."


def _dated_unit(node: exp.Expr) -> Iterator[str]:
    """date_diff, date_add, date_trunc: of dates no hours."""
    values = [node.this, *([node.expression] if isinstance(node, exp.DateDiff) else [])]
    for value in values:
        if family(value) not in INSTANTS:
            yield f"{named(value)} is no date or timestamp: cast it."
    unit = node.text("unit").upper()
    if unit in TIME_OF_DAY_UNITS and all(family(value) is Family.DATE for value in values):
        yield f"A date has no {unit.lower()}: cast it to timestamp."


def _binary(node: exp.Expr) -> Iterator[str]:
    if family(node.this) is not Family.BINARY:
        yield f"{named(node.this)} is no binary: write to_utf8(x)."


def _element(node: exp.Bracket) -> Iterator[str]:
    container = family(node.this)
    place = node.expressions[0]
    if container is Family.MAP:
        yield from _text_key(place)
    elif container is not Family.ARRAY:
        yield f"{named(node.this)} is neither a map nor an array."
    elif not (isinstance(place, exp.Literal | exp.Neg) and place.name != "0"):
        yield "The place in an array has to be written out, and counts from 1."


def _text_key(place: exp.Expr) -> Iterator[str]:
    if family(place) not in {Family.TEXT, Family.NULL}:
        yield f"The keys of the lake's maps are text, and {named(place)} is not."


def _unnested(node: exp.Unnest) -> Iterator[str]:
    argument = node.expressions[0]
    if family(argument) not in {Family.MAP, Family.ARRAY}:
        yield f"{named(argument)} is neither a map nor an array."
    elif node.args.get("offset") and (family(argument) is Family.MAP or argument.find(exp.Struct)):
        yield "`with ordinality` is answered for arrays of plain values."


_RULES: tuple[tuple[type[exp.Expr] | tuple[type[exp.Expr], ...], Callable[..., Iterable[str]]], ...] = (
    (
        (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ),
        comparability.comparison,
    ),
    (exp.In, comparability.in_list),
    (exp.Between, comparability.between),
    (exp.Case, comparability.case),
    (exp.If, comparability.if_),
    ((exp.Coalesce, exp.Greatest, exp.Least), comparability.choice),
    (exp.Nullif, comparability.nullif),
    ((exp.And, exp.Or), comparability.connector),
    ((exp.Where, exp.Having, exp.Not, exp.CountIf, exp.LogicalAnd, exp.LogicalOr), comparability.condition),
    (exp.Join, comparability.join),
    (tuple(SIGNS), arithmetic),
    ((exp.DPipe, exp.Concat, exp.ConcatWs, exp.Like, exp.Lower, exp.Upper, exp.Length, exp.StartsWith), _text),
    ((exp.Sum, exp.Avg, exp.Stddev, exp.StddevSamp, exp.StddevPop, exp.Variance, exp.VariancePop), _number),
    ((exp.Abs, exp.Ceil, exp.Floor, exp.Round, exp.Sign, exp.Sqrt, exp.Pow, exp.UnixToTime), _number),
    ((exp.Year, exp.Quarter, exp.Month, exp.WeekOfYear, exp.Day, exp.DayOfMonth, exp.DayOfWeekIso), _instant),
    ((exp.DayOfYear, exp.Hour, exp.Minute, exp.Second, exp.Extract, exp.TimeToStr, exp.TimeToUnix), _instant),
    ((exp.LastDay, exp.Date), _instant),
    ((exp.DateDiff, exp.DateAdd, exp.TimestampTrunc, exp.DateTrunc), _dated_unit),
    ((exp.Cast, exp.TryCast), cast),
    (exp.FromISO8601Timestamp, iso_instant),
    (exp.FromISO8601Date, iso_date),
    (exp.Encode, _text),
    (exp.ArrayToString, _joined),
    (exp.GroupConcat, _listed),
    (exp.Group, _grouped),
    (exp.Select, _distinct_rows),
    ((exp.MD5Digest, exp.SHA2Digest, exp.Hex, exp.LowerHex), _binary),
    (exp.Bracket, _element),
    (exp.Unnest, _unnested),
    (exp.SetOperation, comparability.set_operation),
    (exp.Values, comparability.values),
)
