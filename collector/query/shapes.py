"""Constructs that are not answered truly, by the shape of their node in the tree, whatever the types. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from collector.query.fault import Fault, line_of
from collector.query.spelling import FOREIGN
from collector.query.vocabulary import EXTRACT_FIELDS, FORMAT_SIGNS, INTERVAL_UNITS, NODES, UNITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_WHOLE_NUMBER = re.compile(r"-?[0-9]+")
_FORMAT_SIGN = re.compile(r"%(.?)")

# Java's classes within classes, character properties, possessive repetition: DuckDB's engine reads these otherwise.
_REGEXP_DIFFERENCES = re.compile(r"&&|\[[^\]]*\[|\\p|\\P|\\[hHRXvV]|[*+?}]\+")
_OPTIONAL_GROUP = re.compile(r"\||\)[?*{]")


def shape_faults(tree: exp.Query) -> Iterator[Fault]:
    """Everything that is refused whatever the types are, in a tree as parsed."""
    for node in tree.walk():
        if type(node) not in NODES and not _is_named_function(node):
            yield Fault(line_of(node), f"The local engine does not answer `{node.sql(dialect='athena')[:60]}`.")
        elif (rule := _RULES.get(type(node))) is not None and (message := rule(node)):
            yield Fault(line_of(node), message)


def _is_named_function(node: exp.Expr) -> bool:
    """Whether `spelling` has looked at it under the name that it has in the text."""
    if not isinstance(node, exp.Func):
        return False
    return "start" in node.meta or not FOREIGN.isdisjoint(name.lower() for name in node.sql_names())


def _join(node: exp.Expr) -> str | None:
    if node.args.get("method") or node.text("kind").upper() not in {"", "INNER", "CROSS", "OUTER"}:
        return "Join with inner, cross, left, right or full, and `on` or `using`."
    return None


def _with(node: exp.Expr) -> str | None:
    return "A recursive `with` is not answered locally." if node.args.get("recursive") else None


def _is(node: exp.Expr) -> str | None:
    if isinstance(node.args["expression"], exp.Null):
        return None
    return "Athena knows only `is null` and `is distinct from`: write coalesce(x, false) for `x is true`."


def _in(node: exp.Expr) -> str | None:
    return None if node.args.get("expressions") or node.args.get("query") else "`in` needs a list or a select."


def _distinct(node: exp.Expr) -> str | None:
    if node.args.get("on"):
        return "Athena does not know `distinct on`: number the rows with row_number() and keep the first."
    if isinstance(node.parent, exp.Count) and len(node.expressions) > 1:
        return "Count distinct pairs as rows: count(distinct (a, b))."
    return None


def _star(node: exp.Expr) -> str | None:
    return "Athena does not know a star with exceptions: name the columns." if any(node.args.values()) else None


def _table(node: exp.Expr) -> str | None:
    if isinstance(node.this, exp.Func):
        return "Only the lake's own tables and views can be read: there are no table functions."
    return None


def _extract(node: exp.Expr) -> str | None:
    field = node.this.name.upper()
    if field in EXTRACT_FIELDS:
        return None
    hint = ": write day_of_week(x)" if "DOW" in field or "WEEK" in field else ""
    return f"extract({field.lower()} from …) is not answered{hint}."


def _unit(node: exp.Expr) -> str | None:
    unit = node.text("unit").upper()
    return None if unit in UNITS else f"There is no unit of time {unit.lower() or 'that is computed'}."


def _interval(node: exp.Expr) -> str | None:
    unit = node.args.get("unit")
    is_whole = isinstance(node.this, exp.Literal) and _WHOLE_NUMBER.fullmatch(node.this.name)
    if isinstance(unit, exp.Var) and unit.name.upper() in INTERVAL_UNITS and is_whole:
        return None
    return "An interval is a whole number of seconds, minutes, hours, days, months or years: interval '45' day."


def _array(node: exp.Expr) -> str | None:
    if node.args.get("bracket_notation"):
        return "Athena writes an array as array[…]."
    return None if isinstance(node.parent, exp.Unnest) else "An array is answered as the argument of unnest alone."


def _row(node: exp.Expr) -> str | None:
    array = node.parent
    if isinstance(array, exp.Array) and isinstance(array.parent, exp.Unnest):
        return None
    return "A row is answered inside unnest(array[row(…), …]) alone."


def _unnest(node: exp.Expr) -> str | None:
    return None if len(node.expressions) == 1 else "Unnest one map or array at a time."


def _bracket(node: exp.Expr) -> str | None:
    if node.args.get("safe"):
        return None
    return "`x[…]` fails on Athena where there is no such element: write element_at(x, …)."


def _extremum_by(node: exp.Expr) -> str | None:
    is_pair = node.args.get("expression") is not None and not node.args.get("count")
    return None if is_pair else "max_by and min_by are answered with two arguments."


def _listagg(node: exp.Expr) -> str | None:
    if node.args.get("on_overflow") or not isinstance(node.this, exp.Order):
        return "Write listagg(x, ',') within group (order by x)."
    return None


def _group(node: exp.Expr) -> str | None:
    return "Athena does not know `group by all`." if node.args.get("all") else None


def _time_format(node: exp.Expr) -> str | None:
    pattern = node.args.get("format")
    if not (isinstance(pattern, exp.Literal) and pattern.is_string):
        return "The pattern of date_format and date_parse has to be written out."
    other = [sign for sign in _FORMAT_SIGN.findall(pattern.name) if sign not in FORMAT_SIGNS]
    return "The pattern of date_format and date_parse may hold %Y %m %d %H %i %s %S %y %j." if other else None


def _regexp(node: exp.Expr) -> str | None:
    pattern, group, replacement = node.args["expression"], node.args.get("group"), node.args.get("replacement")
    if not (isinstance(pattern, exp.Literal) and pattern.is_string):
        return "A regular expression has to be written out: the engines read some of them differently."
    if _REGEXP_DIFFERENCES.search(pattern.name):
        return "The engines read this regular expression differently: use plainer signs."
    if group is not None and group.name != "0" and _OPTIONAL_GROUP.search(pattern.name):
        return "A group of a regular expression that may match nothing is not answered."
    if replacement is None or (isinstance(replacement, exp.Literal) and not set(replacement.name) & set("$\\")):
        return None
    return "The replacement has to be plain text, without $ and \\."


def _searched(node: exp.Expr) -> str | None:
    """What a text is searched for: nothing at all is found everywhere, or nowhere."""
    part = node.args["delimiter"] if isinstance(node, exp.SplitPart) else node.args["expression"]
    if isinstance(part, exp.Literal) and part.name:
        return None
    return "What is replaced, or splits, has to be written out and not empty."


_RULES: dict[type[exp.Expr], Callable[[exp.Expr], str | None]] = {
    exp.Join: _join,
    exp.With: _with,
    exp.Is: _is,
    exp.In: _in,
    exp.Distinct: _distinct,
    exp.Star: _star,
    exp.Table: _table,
    exp.Extract: _extract,
    exp.DateDiff: _unit,
    exp.DateAdd: _unit,
    exp.TimestampTrunc: _unit,
    exp.DateTrunc: _unit,
    exp.Interval: _interval,
    exp.Array: _array,
    exp.Struct: _row,
    exp.Unnest: _unnest,
    exp.Bracket: _bracket,
    exp.ArgMax: _extremum_by,
    exp.ArgMin: _extremum_by,
    exp.GroupConcat: _listagg,
    exp.Group: _group,
    exp.TimeToStr: _time_format,
    exp.StrToTime: _time_format,
    exp.Replace: _searched,
    exp.Split: _searched,
    exp.SplitPart: _searched,
    exp.RegexpLike: _regexp,
    exp.RegexpExtract: _regexp,
    exp.RegexpReplace: _regexp,
}
