"""Compare the results of one query on both engines, value for value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

# DuckDB's names of the types that a view may return, and Trino's.
TRINO_TYPES = {
    "VARCHAR": "varchar",
    "BOOLEAN": "boolean",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "DOUBLE": "double",
    "DATE": "date",
    "TIMESTAMP": "timestamp(3)",
    "MAP(VARCHAR, VARCHAR)": "map(varchar, varchar)",
}


@dataclass
class Counts:
    """What was compared, for the last line of `make test-trino`."""

    views: set[str] = field(default_factory=set)
    rows: int = 0
    values: int = 0
    lakes: int = 0
    statements: int = 0

    def add(self, view: str, rows: Sequence[tuple[Any, ...]], columns: int) -> None:
        """Count one view's result."""
        self.views.add(view)
        self.rows += len(rows)
        self.values += len(rows) * columns


def differences(expected: Sequence[tuple[Any, ...]], found: Sequence[tuple[Any, ...]]) -> list[str]:
    """The rows that only one result has, at most ten of each; order does not matter, repetition does."""
    left, right = sorted(map(_canonical, expected)), sorted(map(_canonical, found))
    if left == right:
        return []
    only_left, only_right = _without(left, right), _without(right, left)
    return [f"DuckDB alone: {row}" for row in only_left[:10]] + [f"Trino alone: {row}" for row in only_right[:10]]


def _canonical(row: tuple[Any, ...]) -> tuple[str, ...]:
    """Every value as text that two values share only if they are equal and of the same type."""
    return tuple(repr(sorted(value.items())) if isinstance(value, dict) else repr(value) for value in row)


def _without(rows: list[tuple[str, ...]], others: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    left = list(others)
    alone = []
    for row in rows:
        if row in left:
            left.remove(row)
        else:
            alone.append(row)
    return alone
