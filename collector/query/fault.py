"""Why a statement is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.query.types import family

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, on which line of the statement (1 is its first; None where it cannot be told)."""

    line: int | None
    message: str


def line_of(node: exp.Expr) -> int | None:
    """The line on which a node stands: that of the first name in or around it, as sqlglot keeps no other places."""
    around: exp.Expr | None = node
    while around is not None:
        lines = [int(found.meta["line"]) for found in around.walk() if "line" in found.meta]
        if lines:
            return min(lines)
        around = around.parent
    return None


def named(node: exp.Expr) -> str:
    """A piece of a statement and its type, for a message."""
    return f"`{node.sql(dialect='athena')[:40]}` ({family(node).value})".replace('"', "")
