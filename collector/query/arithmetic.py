"""Sums, differences, products and decimals: what means the same in both engines. Pure.

A date less a date is an interval to Trino and a number to DuckDB, and a decimal (`0.5`) divides otherwise than a double
(`5e-1`). Each rule takes a typed node and yields what is wrong with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from collector.query.comparability import alike
from collector.query.fault import named
from collector.query.types import INSTANTS, NUMBERS, Family, family
from collector.query.vocabulary import TIME_OF_DAY_UNITS

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNS: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}


def arithmetic(node: exp.Binary) -> Iterator[str]:
    """`+ - * / %`, where both engines know what it means."""
    left, right = family(node.this), family(node.expression)
    if Family.UNKNOWN in {left, right}:
        yield from alike([node.this, node.expression])
    elif Family.DECIMAL not in {left, right} and not _is_arithmetic(node, left, right):
        hint = " Write date_diff('day', a, b)." if left in INSTANTS and right in INSTANTS else ""
        if Family.INTEGER in {left, right} and {left, right} & INSTANTS:
            hint = " Write x + interval '1' day, or date_add('day', n, x)."
        yield f"Athena's answer to {named(node.this)} {SIGNS[type(node)]} {named(node.expression)} is not given.{hint}"


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


def decimal(node: exp.Expr) -> Iterator[str]:
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
