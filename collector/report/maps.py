"""Arrow map columns built from whole columns, never row by row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, cast

import pyarrow as pa
import pyarrow.compute as pc

from collector.report.literals import integers, string, strings

if TYPE_CHECKING:
    from collections.abc import Sequence

    _StringMaps = pa.MapArray[pa.lib.StringType, pa.lib.StringType]

_NO_STRINGS = strings()
_ZERO, _ONE = integers(0), integers(1)


@dataclass(frozen=True, slots=True)
class Entries:
    """One key of a map column.

    Attributes:
        key: the key.
        values: a string for every row that has the key, in the order of the rows.
        rows: a boolean for every row of the table: whether it has the key. None: all have.
    """

    key: str
    values: pa.StringArray
    rows: pa.BooleanArray | None = None


def map_column(length: int, entries: Sequence[Entries]) -> _StringMaps:
    """A column of that many maps; a row holds the keys that it has, in the order given."""
    if not entries or length == 0:
        return _maps(pa.repeat(_ZERO[0], length + 1), _NO_STRINGS, _NO_STRINGS)
    counts = reduce(pc.add, (_counts(entry, length) for entry in entries))
    offsets = pa.concat_arrays([_ZERO, pc.cumulative_sum(counts)])
    keys = pa.concat_arrays([pa.repeat(string(entry.key), len(entry.values)) for entry in entries])
    values = pa.concat_arrays([entry.values for entry in entries])
    if len(entries) > 1:
        # Arrow's sort is stable, so the keys of a row stay in order.
        by_row = pc.array_sort_indices(pa.concat_arrays([_row_numbers(entry, length) for entry in entries]))
        keys, values = keys.take(by_row), values.take(by_row)
    return _maps(offsets, keys, values)


def _maps(offsets: pa.Int32Array, keys: pa.StringArray, values: pa.StringArray) -> _StringMaps:
    # The stubs want 64-bit offsets, and those of Arrow's maps have 32 bits.
    return pa.MapArray.from_arrays(cast("pa.Int64Array", offsets), keys, values)


def _counts(entry: Entries, length: int) -> pa.Int32Array:
    if entry.rows is None:
        return pa.repeat(_ONE[0], length)
    return cast("pa.Int32Array", entry.rows.cast(pa.int32()))


def _row_numbers(entry: Entries, length: int) -> pa.UInt64Array:
    return pc.indices_nonzero(pa.repeat(_ONE[0], length) if entry.rows is None else entry.rows)
