"""Casts, and instants written as text: what both engines take, and take alike. Pure.

Each rule takes a typed node and yields what is wrong with it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from collector.query.fault import named
from collector.query.types import INSTANTS, Family, family
from collector.query.vocabulary import CAST_TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def cast(node: exp.Cast) -> Iterator[str]:
    """A cast that means the same in both engines."""
    target = node.args["to"].sql(dialect="athena").lower()
    source = family(node.this)
    if isinstance(node.this, exp.Literal) and node.this.is_string:
        yield from _typed_literal(node, target)
        return
    if target not in CAST_TARGETS:
        yield f"A cast to {target} is not answered locally."
    elif source is Family.UNKNOWN:
        yield f"The type of {named(node.this)} cannot be told, so neither can be the answer of its cast."
    elif family(node) not in _CASTS.get(source, frozenset()):
        hint = _CAST_HINTS.get((source, family(node)), "")
        yield f"A cast of {named(node.this)} to {target} is not answered truly{hint}."


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


def iso_instant(node: exp.Expr) -> Iterator[str]:
    """An instant of ISO 8601: DuckDB reads more texts than Trino does."""
    if not (isinstance(node.this, exp.Literal) and _ISO_INSTANT.fullmatch(node.this.name)):
        yield "from_iso8601_timestamp is answered with an instant written out: '2026-01-01T00:00:00Z'."


def iso_date(node: exp.Expr) -> Iterator[str]:
    """The same of a date."""
    if not (isinstance(node.this, exp.Literal) and _DATE.fullmatch(node.this.name)):
        yield "from_iso8601_date is answered with a date written out; of a column write cast(x as date)."
