"""Expressions whose operands' types Athena would refuse, or for which DuckDB would answer otherwise. Pure.

DuckDB turns texts into numbers and instants, and numbers into truth values, where Athena says TYPE_MISMATCH; and a
decimal (`0.5`) divides otherwise than a double (`5e-1`). Where a type cannot be told, the question is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from collector.query.fault import Fault, line_of
from collector.query.types import INSTANTS, NUMBERS, Family, family, is_decimal_literal
from collector.query.vocabulary import CAST_TARGETS, TIME_OF_DAY_UNITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,3})?)?)?( UTC)?")
_ISO_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,3})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)

# From what to what a cast means the same in both engines, once `rewrites` has looked after it.
_CASTS: dict[Family, frozenset[Family]] = {
    Family.TEXT: frozenset({Family.TEXT, Family.INTEGER, Family.DATE, Family.TIMESTAMP}),
    Family.INTEGER: frozenset({Family.INTEGER, Family.DOUBLE, Family.BOOLEAN, Family.TEXT}),
    Family.DOUBLE: frozenset({Family.DOUBLE, Family.INTEGER}),
    Family.DECIMAL: frozenset({Family.DOUBLE}),
    Family.BOOLEAN: frozenset({Family.BOOLEAN, Family.INTEGER, Family.DOUBLE, Family.TEXT}),
    Family.DATE: frozenset({*INSTANTS, Family.TEXT}),
    Family.TIMESTAMP: INSTANTS,
    Family.TIMESTAMP_WITH_ZONE: INSTANTS,
    Family.MAP: frozenset({Family.MAP}),
    Family.ARRAY: frozenset({Family.ARRAY}),
    Family.NULL: frozenset(Family),
}
_CAST_HINTS: dict[tuple[Family, Family], str] = {
    (Family.TIMESTAMP, Family.TEXT): ": write date_format(x, '%Y-%m-%d %H:%i:%s')",
    (Family.TIMESTAMP_WITH_ZONE, Family.TEXT): ": write date_format(x, '%Y-%m-%d %H:%i:%s')",
    (Family.DOUBLE, Family.TEXT): ": a double as text looks different in each; cast it to bigint first",
    (Family.TEXT, Family.BOOLEAN): ": write x = 'true'",
}


def type_faults(tree: exp.Query) -> Iterator[Fault]:
    """Everything wrong with the types of a statement that `annotation` has annotated."""
    for node in tree.walk():
        rule = _rule(node)
        messages = list(rule(node)) if rule is not None else []
        if is_decimal_literal(node):
            messages += _decimal(node)
        for message in messages:
            yield Fault(line_of(node), message)


def _rule(node: exp.Expr) -> Callable[..., Iterable[str]] | None:
    for kind, rule in _RULES:
        if isinstance(node, kind):
            return rule
    return None


def _name(node: exp.Expr) -> str:
    return f"`{node.sql(dialect='athena')[:40]}` ({family(node).value})".replace('"', "")


def _comparable(nodes: Iterable[exp.Expr]) -> bool:
    found = {family(node) for node in nodes} - {Family.NULL}
    return Family.UNKNOWN not in found and (len(found) <= 1 or found <= NUMBERS or found <= INSTANTS)


def _alike(nodes: list[exp.Expr]) -> Iterator[str]:
    """All of one type, or of types that Trino brings to one."""
    if _comparable(nodes):
        return
    unknown = [node for node in nodes if family(node) is Family.UNKNOWN]
    if unknown:
        yield f"The type of {_name(unknown[0])} cannot be told: cast it to the type that it has."
        return
    other = next(node for node in nodes[1:] if not _comparable([nodes[0], node]))
    hint = " Cast one of them." if Family.TEXT not in {family(nodes[0]), family(other)} else _text_hint(nodes[0], other)
    yield f"Athena does not compare or mix {_name(nodes[0])} and {_name(other)}.{hint}"


def _text_hint(first: exp.Expr, second: exp.Expr) -> str:
    other = family(second) if family(first) is Family.TEXT else family(first)
    if other in INSTANTS:
        return " Write date '2026-01-01' or timestamp '2026-01-01 00:00:00'."
    return " Cast one of them."


def _comparison(node: exp.Binary) -> Iterator[str]:
    pairs = [node.this, node.expression]
    if all(isinstance(side, exp.Tuple) for side in pairs):
        for left, right in zip(node.this.expressions, node.expression.expressions, strict=False):
            yield from _alike([left, right])
    else:
        yield from _alike(pairs)


def _in_list(node: exp.In) -> Iterator[str]:
    subquery = node.args.get("query")
    if subquery is None:
        for value in node.expressions:
            yield from _alike([node.this, value])
        return
    found = _outputs(subquery)
    asked = node.this.expressions if isinstance(node.this, exp.Tuple) else [node.this]
    for left, right in zip(asked, found, strict=False):
        yield from _alike([left, right])


def _between(node: exp.Between) -> Iterator[str]:
    yield from _alike([node.this, node.args["low"], node.args["high"]])


def _case(node: exp.Case) -> Iterator[str]:
    branches = node.args["ifs"]
    default = node.args.get("default")
    yield from _alike([*(branch.args["true"] for branch in branches), *([default] if default is not None else [])])
    if node.this is not None:
        yield from _alike([node.this, *(branch.this for branch in branches)])
    else:
        for branch in branches:
            yield from _truth(branch.this)


def _if(node: exp.If) -> Iterator[str]:
    if isinstance(node.parent, exp.Case):
        return
    yield from _truth(node.this)
    yield from _alike([node.args["true"], *([node.args["false"]] if node.args.get("false") else [])])


def _choice(node: exp.Expr) -> Iterator[str]:
    yield from _alike([node.this, *node.expressions])


def _nullif(node: exp.Expr) -> Iterator[str]:
    yield from _alike([node.this, node.args["expression"]])


def _truth(condition: exp.Expr | None) -> Iterator[str]:
    if condition is not None and family(condition) not in {Family.BOOLEAN, Family.NULL}:
        yield f"A condition is true or false, and {_name(condition)} is not."


def _condition(node: exp.Expr) -> Iterator[str]:
    yield from _truth(node.this)


def _connector(node: exp.Connector) -> Iterator[str]:
    yield from _truth(node.this)
    yield from _truth(node.expression)


def _join(node: exp.Join) -> Iterator[str]:
    yield from _truth(node.args.get("on"))


def _arithmetic(node: exp.Binary) -> Iterator[str]:
    left, right = family(node.this), family(node.expression)
    if Family.UNKNOWN in {left, right}:
        yield from _alike([node.this, node.expression])
    elif Family.DECIMAL not in {left, right} and not _is_arithmetic(node, left, right):
        hint = " Write date_diff('day', a, b)." if left in INSTANTS and right in INSTANTS else ""
        if Family.INTEGER in {left, right} and {left, right} & INSTANTS:
            hint = " Write x + interval '1' day, or date_add('day', n, x)."
        yield f"Athena's answer to {_name(node.this)} {_SIGNS[type(node)]} {_name(node.expression)} is not given.{hint}"


def _is_arithmetic(node: exp.Binary, left: Family, right: Family) -> bool:
    if Family.NULL in {left, right}:
        return True
    if {left, right} <= NUMBERS:
        return True
    if isinstance(node, exp.Mul):
        return {left, right} == {Family.INTERVAL, Family.INTEGER}
    if isinstance(node, exp.Add):
        return (left in INSTANTS and _fits(left, node.expression)) or (right in INSTANTS and _fits(right, node.this))
    if isinstance(node, exp.Sub):
        both_instants = left is right and left in {Family.TIMESTAMP, Family.TIMESTAMP_WITH_ZONE}
        return both_instants or (left in INSTANTS and _fits(left, node.expression))
    return False


def _fits(instant: Family, other: exp.Expr) -> bool:
    """Whether the interval can be added to the instant: to a date no hours."""
    if family(other) is not Family.INTERVAL:
        return False
    units = {interval.text("unit").upper() for interval in other.find_all(exp.Interval)}
    return instant is not Family.DATE or not units & TIME_OF_DAY_UNITS


def _text(node: exp.Expr) -> Iterator[str]:
    for part in (node.this, node.args.get("expression"), *node.args.get("expressions", [])):
        if isinstance(part, exp.Expr) and family(part) not in {Family.TEXT, Family.NULL}:
            yield f"{_name(part)} is no text: cast it to varchar."


def _number(node: exp.Expr) -> Iterator[str]:
    value = node.this.expressions[0] if isinstance(node.this, exp.Distinct) else node.this
    if family(value) not in {Family.INTEGER, Family.DOUBLE, Family.NULL}:
        yield f"{_name(value)} is no number of type bigint or double."


def _instant(node: exp.Expr) -> Iterator[str]:
    value = node.args["expression"] if isinstance(node, exp.Extract) else node.this
    if family(value) not in INSTANTS:
        yield f"{_name(value)} is no date or timestamp: cast it."


def _dated_unit(node: exp.Expr) -> Iterator[str]:
    """date_diff, date_add, date_trunc: of dates no hours."""
    values = [node.this, *([node.expression] if isinstance(node, exp.DateDiff) else [])]
    for value in values:
        if family(value) not in INSTANTS:
            yield f"{_name(value)} is no date or timestamp: cast it."
    unit = node.text("unit").upper()
    if unit in TIME_OF_DAY_UNITS and all(family(value) is Family.DATE for value in values):
        yield f"A date has no {unit.lower()}: cast it to timestamp."


def _cast(node: exp.Cast) -> Iterator[str]:
    target = node.args["to"].sql(dialect="athena").lower()
    source = family(node.this)
    if isinstance(node.this, exp.Literal) and node.this.is_string:
        yield from _typed_literal(node, target)
        return
    if target not in CAST_TARGETS:
        yield f"A cast to {target} is not answered locally."
    elif source is Family.UNKNOWN:
        yield f"The type of {_name(node.this)} cannot be told, so neither can be the answer of its cast."
    elif family(node) not in _CASTS.get(source, frozenset()):
        hint = _CAST_HINTS.get((source, family(node)), "")
        yield f"A cast of {_name(node.this)} to {target} is not answered truly{hint}."


def _typed_literal(node: exp.Cast, target: str) -> Iterator[str]:
    """`date '…'`, `timestamp '…'`, and casts of written texts."""
    text = node.this.name
    kind = family(node)
    if kind is Family.DATE and _DATE.fullmatch(text):
        return
    if kind in {Family.TIMESTAMP, Family.TIMESTAMP_WITH_ZONE} and _INSTANT.fullmatch(text):
        if text.endswith(" UTC") == (kind is Family.TIMESTAMP_WITH_ZONE):
            return
    elif target in {"varchar", "integer", "int", "bigint"}:
        return
    yield (
        f"'{text[:40]}' as {target} is not answered: write date 'YYYY-MM-DD' or timestamp 'YYYY-MM-DD hh:mm:ss', to "
        "milliseconds at most."
    )


def _iso_instant(node: exp.Expr) -> Iterator[str]:
    if not (isinstance(node.this, exp.Literal) and _ISO_INSTANT.fullmatch(node.this.name)):
        yield "from_iso8601_timestamp is answered with an instant written out: '2026-01-01T00:00:00Z'."


def _iso_date(node: exp.Expr) -> Iterator[str]:
    if not (isinstance(node.this, exp.Literal) and _DATE.fullmatch(node.this.name)):
        yield "from_iso8601_date is answered with a date written out; of a column write cast(x as date)."


def _binary(node: exp.Expr) -> Iterator[str]:
    if family(node.this) is not Family.BINARY:
        yield f"{_name(node.this)} is no binary: write to_utf8(x)."


def _element(node: exp.Bracket) -> Iterator[str]:
    container = family(node.this)
    place = node.expressions[0]
    if container is Family.MAP:
        yield from _text_key(place)
    elif container is not Family.ARRAY:
        yield f"{_name(node.this)} is neither a map nor an array."
    elif not (isinstance(place, exp.Literal | exp.Neg) and place.name != "0"):
        yield "The place in an array has to be written out, and counts from 1."


def _text_key(place: exp.Expr) -> Iterator[str]:
    if family(place) not in {Family.TEXT, Family.NULL}:
        yield f"The keys of the lake's maps are text, and {_name(place)} is not."


def _unnested(node: exp.Unnest) -> Iterator[str]:
    argument = node.expressions[0]
    if family(argument) not in {Family.MAP, Family.ARRAY}:
        yield f"{_name(argument)} is neither a map nor an array."
    elif node.args.get("offset") and (family(argument) is Family.MAP or argument.find(exp.Struct)):
        yield "`with ordinality` is answered for arrays of plain values."


def _set_operation(node: exp.SetOperation) -> Iterator[str]:
    for left, right in zip(_outputs(node.this), _outputs(node.expression), strict=False):
        yield from _alike([left, right])


def _outputs(query: exp.Expr) -> list[exp.Expr]:
    """The columns that a select, a union or either in parentheses puts out."""
    inner = query.unnest() if isinstance(query, exp.Subquery) else query
    return inner.selects if isinstance(inner, exp.Query) else []


def _values(node: exp.Values) -> Iterator[str]:
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
    for column in zip(*rows, strict=False):
        yield from _alike(list(column))


def _decimal(node: exp.Expr) -> Iterator[str]:
    """A decimal is fine where it is only compared, beside a double, and as the number that a double is made of."""
    parent = node.parent
    while isinstance(parent, exp.Paren | exp.Neg):
        parent = parent.parent
    is_compared = isinstance(parent, exp.Predicate | exp.In)
    if not is_compared and not (isinstance(parent, exp.Binary | exp.Cast | exp.Coalesce) and _is_double(parent)):
        yield f"`{node.name}` is a decimal to Athena, which rounds as decimals do: write a double, {node.name}e0."


def _is_double(node: exp.Expr) -> bool:
    if isinstance(node, exp.Cast):
        return family(node) is Family.DOUBLE
    return any(family(child) is Family.DOUBLE for child in node.iter_expressions())


_SIGNS: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}

_RULES: tuple[tuple[type[exp.Expr] | tuple[type[exp.Expr], ...], Callable[..., Iterable[str]]], ...] = (
    ((exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ), _comparison),
    (exp.In, _in_list),
    (exp.Between, _between),
    (exp.Case, _case),
    (exp.If, _if),
    ((exp.Coalesce, exp.Greatest, exp.Least), _choice),
    (exp.Nullif, _nullif),
    ((exp.And, exp.Or), _connector),
    ((exp.Where, exp.Having, exp.Not, exp.CountIf, exp.LogicalAnd, exp.LogicalOr), _condition),
    (exp.Join, _join),
    (tuple(_SIGNS), _arithmetic),
    ((exp.DPipe, exp.Concat, exp.ConcatWs, exp.Like, exp.Lower, exp.Upper, exp.Length, exp.StartsWith), _text),
    ((exp.Sum, exp.Avg, exp.Stddev, exp.StddevSamp, exp.StddevPop, exp.Variance, exp.VariancePop), _number),
    ((exp.Abs, exp.Ceil, exp.Floor, exp.Round, exp.Sign, exp.Sqrt, exp.Pow, exp.UnixToTime), _number),
    ((exp.Year, exp.Quarter, exp.Month, exp.WeekOfYear, exp.Day, exp.DayOfMonth, exp.DayOfWeekIso), _instant),
    ((exp.DayOfYear, exp.Hour, exp.Minute, exp.Second, exp.Extract, exp.TimeToStr, exp.TimeToUnix), _instant),
    ((exp.LastDay, exp.Date), _instant),
    ((exp.DateDiff, exp.DateAdd, exp.TimestampTrunc, exp.DateTrunc), _dated_unit),
    ((exp.Cast, exp.TryCast), _cast),
    (exp.FromISO8601Timestamp, _iso_instant),
    (exp.FromISO8601Date, _iso_date),
    (exp.Encode, _text),
    ((exp.MD5Digest, exp.SHA2Digest, exp.Hex, exp.LowerHex), _binary),
    (exp.Bracket, _element),
    (exp.Unnest, _unnested),
    (exp.SetOperation, _set_operation),
    (exp.Values, _values),
)
