"""The values of the report: a column of text becomes a column of typed values, and of reasons where there is none.

`N/A` is a plain null. Any other null has a reason, because "has a password that was never used" and "has no password"
are different things (facts F1.4). Text that is null stands for bytes that are not text. Each distinct text is read
once; whole columns in AWS's usual forms (timestamps of one length, plain `true` and `false`) are read by Arrow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import pyarrow as pa
import pyarrow.compute as pc

from collector.report.arrow import NO_STRING, integers, string, strings
from collector.schema import ColumnType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    # Values, and for each the position of its sentinel, or null; None: no sentinel anywhere.
    _Read = tuple[pa.Array[Any], pa.Int32Array | None]

UNPARSED = "unparsed"

# What stands for "no value" in any nullable column, as AWS writes it, and the reason that goes with the null. moto, and
# AWS in older reports, write them where the documentation has none (facts F1.4, F2.8).
REASONS: dict[str, str | None] = {
    "N/A": None,
    "no_information": "no_information",
    "not_supported": "not_supported",
    "": "empty",
}

# The wire has lower case, the documentation prints upper case (facts F1.4).
_BOOLEANS = {"true": True, "false": False}

# `Z` today, `+00:00` in reports up to 2023; fractions and other offsets were never seen, but have only one meaning. The
# ranges are spelled out because Python's own parser accepts more with every version.
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

# The years that Python, Arrow and Trino can all show, in milliseconds since 1970, UTC.
EARLIEST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MILLISECOND
LATEST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MILLISECOND

Value: TypeAlias = bool | int | str | None


def value_and_reason(text: str | None, kind: ColumnType) -> tuple[Value, str | None]:
    """Read one value: it, or None and the reason (None for a plain `N/A`).

    Args:
        text: unmodified; None where the bytes are not text.
        kind: the type to read it as: a boolean, a timestamp (int, milliseconds since 1970, UTC) or a string.
    """
    if text in REASONS:
        return None, REASONS[text]
    value = None if text is None else _READERS[kind](text)
    return value, UNPARSED if value is None else None


def _boolean(text: str) -> bool | None:
    """`true` or `false` in any case; None for anything else."""
    return _BOOLEANS.get(text.lower())


def _timestamp(text: str) -> int | None:
    """Milliseconds since 1970, UTC, further digits cut off; None for text that is not an instant."""
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
    ColumnType.BOOLEAN: _boolean,
    ColumnType.TIMESTAMP: _timestamp,
    ColumnType.STRING: _string,
}

_SENTINELS = strings(*REASONS)
# By position among the sentinels. The first is `N/A`, the plain null.
_PLAIN_NULL = integers(0)[0]
_SENTINEL_REASONS = pa.concat_arrays([pa.nulls(1, pa.string()), strings(*filter(None, REASONS.values()))])

# Made once: for a small report, making them is most of the cost.
_TRUE, _FALSE, _UNPARSED = string("true"), string("false"), string(UNPARSED)

# `…:ssZ`, `…:ss.sssZ`, `…:ss+00:00`. At these lengths Arrow reads only what `_timestamp` reads too; at others it also
# accepts an hour without minutes, for example, which AWS does not write. None: no value at all.
_TIMESTAMP_LENGTHS = {20, 24, 25, None}


@dataclass(frozen=True, slots=True)
class TypedColumn:
    """A column, read."""

    values: pa.Array[Any]  # Of the column's Arrow type.
    reasons: pa.StringArray | None = None  # Text where a null is not a plain `N/A`, else null; None if none is.

    @property
    def unparsed_rows(self) -> list[int]:
        """Positions of the values that could not be read."""
        if self.reasons is None:
            return []
        return positions(pc.equal(self.reasons, _UNPARSED))


def positions(mask: pa.BooleanArray) -> list[int]:
    """Where the mask is true."""
    return cast("list[int]", pc.indices_nonzero(mask).to_pylist())


def typed_columns(columns: Sequence[pa.StringArray], kind: ColumnType) -> list[TypedColumn]:
    """Read columns of one type and length, by Arrow where that gives the same result as `value_and_reason`.

    They are read as one long column: for the reports of small accounts the number of calls is the cost.
    """
    if not columns:
        return []
    quick = _quickly(columns, kind)
    if quick is not None:
        return quick
    if len(columns) == 1:
        return [typed_exactly(columns[0], kind)]
    # One odd value somewhere: only its own column is read slowly.
    return [typed for texts in columns for typed in typed_columns([texts], kind)]


def typed_exactly(texts: pa.StringArray, kind: ColumnType) -> TypedColumn:
    """Read a column by `value_and_reason`, each distinct text once."""
    encoded = texts.dictionary_encode(null_encoding="encode")
    read = [value_and_reason(text, kind) for text in encoded.dictionary.to_pylist()]
    values = pa.array([value for value, _ in read], kind.arrow).take(encoded.indices)
    if all(reason is None for _, reason in read):
        return TypedColumn(values)
    return TypedColumn(values, pa.array([reason for _, reason in read], pa.string()).take(encoded.indices))


def _quickly(columns: Sequence[pa.StringArray], kind: ColumnType) -> list[TypedColumn] | None:
    texts = pa.concat_arrays(columns)
    read = None if texts.null_count else _QUICK[kind](texts)
    if read is None:
        return None
    values, marks = read
    length = len(columns[0])
    parts = [(number * length, length) for number in range(len(columns))]
    if marks is None:
        return [TypedColumn(values.slice(*part)) for part in parts]
    with_reason = pc.greater(marks, _PLAIN_NULL)
    return [
        TypedColumn(
            values.slice(*part),
            _SENTINEL_REASONS.take(marks.slice(*part)) if with_reason.slice(*part).true_count else None,
        )
        for part in parts
    ]


def _quick_booleans(texts: pa.StringArray) -> _Read | None:
    true = pc.equal(texts, _TRUE)
    plain = pc.or_(true, pc.equal(texts, _FALSE))
    return (true, None) if plain.true_count == len(plain) else None


def _quick_timestamps(texts: pa.StringArray) -> _Read | None:
    rest, marks = _without_sentinels(texts)
    shortest, longest = _ends(pc.binary_length(rest))
    if shortest != longest or shortest not in _TIMESTAMP_LENGTHS:
        return None
    try:
        values = rest.cast(ColumnType.TIMESTAMP.arrow)
    except pa.ArrowInvalid:
        return None
    first, last = _ends(values.view(pa.int64()))
    if first is not None and last is not None and (first < EARLIEST or last > LATEST):
        return None
    return values, marks


def _ends(numbers: pa.Array[Any]) -> tuple[int | None, int | None]:
    """The smallest and the largest number; None where there is none at all."""
    ends = pc.min_max(numbers)
    return ends["min"].as_py(), ends["max"].as_py()


def _without_sentinels(texts: pa.StringArray) -> tuple[pa.StringArray, pa.Int32Array]:
    """The texts with null for every sentinel, and the position of that sentinel."""
    marks = pc.index_in(texts, value_set=_SENTINELS)
    return pc.if_else(marks.is_null(), texts, NO_STRING), marks


_QUICK: dict[ColumnType, Callable[[pa.StringArray], _Read | None]] = {
    ColumnType.BOOLEAN: _quick_booleans,
    ColumnType.STRING: _without_sentinels,
    ColumnType.TIMESTAMP: _quick_timestamps,
}
