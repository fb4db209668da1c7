"""A column of text becomes a column of values, and a column of reasons where values are missing.

Text that is null stands for bytes that are no text. Every distinct text is read once by the rules of `values`; whole
columns that need none of that (timestamps in one of AWS's forms, plain `true` and `false`) go through Arrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from collector.report.literals import NO_STRING, integers, string, strings
from collector.report.values import EARLIEST, LATEST, REASONS, UNPARSED, value_and_reason
from collector.schema import ColumnType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    # Values, and for each the position of the sentinel that stood there, or null; None: no sentinel anywhere.
    _Read = tuple[pa.Array[Any], pa.Int32Array | None]

_SENTINELS = strings(*REASONS)
# By position among the sentinels. The first is `N/A`, the plain null.
_PLAIN_NULL = integers(0)[0]
_SENTINEL_REASONS = pa.concat_arrays([pa.nulls(1, pa.string()), strings(*filter(None, REASONS.values()))])

# Made once: making them for every call is what a small report would mostly pay for.
_TRUE, _FALSE, _UNPARSED = string("true"), string("false"), string(UNPARSED)

# `…:ssZ`, `…:ss.sssZ`, `…:ss+00:00`. At these lengths Arrow reads only what `values.timestamp` reads too; at others it
# also takes an hour without minutes, say, which is no instant that AWS writes.
# None: no value at all.
_TIMESTAMP_LENGTHS = {20, 24, 25, None}


@dataclass(frozen=True, slots=True)
class TypedColumn:
    """A column, read.

    Attributes:
        values: of the column's Arrow type.
        reasons: a string where a null is not a plain `N/A`, else null; None where there is none in the whole column.
    """

    values: pa.Array[Any]
    reasons: pa.StringArray | None = None

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
    """Read columns of one type and length, through Arrow where that gives the same answer as the rules of `values`.

    They are read as one long column: for the reports of small accounts the number of calls is the cost.
    """
    if not columns:
        return []
    quick = _quickly(columns, kind)
    if quick is not None:
        return quick
    if len(columns) == 1:
        return typed_columns_exactly(columns, kind)
    # One odd value somewhere: only its own column has to pay for it.
    return [typed for texts in columns for typed in typed_columns([texts], kind)]


def typed_columns_exactly(columns: Sequence[pa.StringArray], kind: ColumnType) -> list[TypedColumn]:
    """Read columns by the rules of `values`, each distinct text once."""
    return [_exactly(texts, kind) for texts in columns]


def _exactly(texts: pa.StringArray, kind: ColumnType) -> TypedColumn:
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


def _booleans(texts: pa.StringArray) -> _Read | None:
    true = pc.equal(texts, _TRUE)
    plain = pc.or_(true, pc.equal(texts, _FALSE))
    return (true, None) if plain.true_count == len(plain) else None


def _strings(texts: pa.StringArray) -> _Read:
    return _without_sentinels(texts)


def _timestamps(texts: pa.StringArray) -> _Read | None:
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
    """The texts with null for every sentinel, and which sentinel it was."""
    marks = pc.index_in(texts, value_set=_SENTINELS)
    return pc.if_else(marks.is_null(), texts, NO_STRING), marks


_QUICK: dict[ColumnType, Callable[[pa.StringArray], _Read | None]] = {
    ColumnType.BOOLEAN: _booleans,
    ColumnType.STRING: _strings,
    ColumnType.TIMESTAMP: _timestamps,
}
