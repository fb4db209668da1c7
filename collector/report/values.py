"""What one value of the report says: a typed value, or why there is none.

`N/A` is a plain null. What else is null carries its reason, because "has a password that was never used" and "has no
password" are different findings (facts F1.4).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from collector.schema import ColumnType

if TYPE_CHECKING:
    from collections.abc import Callable

NOT_APPLICABLE = "N/A"
EMPTY = "empty"
UNPARSED = "unparsed"

# What stands for "no value" in any nullable column, as AWS writes it, and the reason that goes with the null. moto, and
# AWS in older reports, write them where the documentation has none (facts F1.4, F2.8).
REASONS: dict[str, str | None] = {
    NOT_APPLICABLE: None,
    "no_information": "no_information",
    "not_supported": "not_supported",
    "": EMPTY,
}

# The wire has lower case, the documentation prints upper case (facts F1.4).
_BOOLEANS = {"true": True, "false": False}

# `Z` today, `+00:00` in reports up to 2023; fractions and other offsets were never seen, but mean only one thing. The
# ranges stand here because Python's own reader takes more with every version.
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

# The years that Python, Arrow and Trino all can show, in milliseconds since 1970, UTC.
EARLIEST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MILLISECOND
LATEST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MILLISECOND

Value: TypeAlias = bool | int | str | None


def value_and_reason(text: str | None, kind: ColumnType) -> tuple[Value, str | None]:
    """Read one value: it, or None and the reason (None for a plain `N/A`).

    Args:
        text: as it stands in the report; None where the bytes are no text.
        kind: what it is to become: a boolean, a timestamp (int, milliseconds since 1970, UTC) or a string.
    """
    if text in REASONS:
        return None, REASONS[text]
    value = None if text is None else _READERS[kind](text)
    return value, UNPARSED if value is None else None


def boolean(text: str) -> bool | None:
    """`true` or `false` in any case; None for anything else."""
    return _BOOLEANS.get(text.lower())


def timestamp(text: str) -> int | None:
    """Milliseconds since 1970, UTC, digits beyond them cut off; None for what is no instant."""
    if _TIMESTAMP.fullmatch(text) is None:
        return None
    try:
        milliseconds = (datetime.fromisoformat(text) - _EPOCH) // _MILLISECOND
    except ValueError:  # 30 February, year 0
        return None
    return milliseconds if EARLIEST <= milliseconds <= LATEST else None


def _string(text: str) -> str:
    return text


_READERS: dict[ColumnType, Callable[[str], Value]] = {
    ColumnType.BOOLEAN: boolean,
    ColumnType.TIMESTAMP: timestamp,
    ColumnType.STRING: _string,
}
