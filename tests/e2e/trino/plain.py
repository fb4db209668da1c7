"""Trino's values as `credlake query --format json` writes values."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any


def plain(value: Any) -> Any:  # noqa: PLR0911  # a type a line
    """Instants as ISO 8601 with `Z`, dates and decimals as text, rows as lists; the rest as it is."""
    match value:
        case datetime():
            utc = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
            return utc.isoformat(timespec="milliseconds").removesuffix(".000") + "Z"
        case date():
            return value.isoformat()
        case Decimal():
            return f"decimal {value}"
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
    return value


def plain_rows(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    """Every value of every row."""
    return [[plain(value) for value in row] for row in rows]
