"""Arrow values made from their bytes, and map columns made from whole columns.

`pa.array` and `pa.scalar` import pandas where it is installed (a third of a second and 40 MB), only to check whether
they were given a Series.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import accumulate
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

    _StringMaps = pa.MapArray[pa.lib.StringType, pa.lib.StringType]


def strings(*texts: str) -> pa.StringArray:
    """An array of these strings."""
    encoded = [text.encode() for text in texts]
    offsets = array("i", accumulate(map(len, encoded), initial=0))
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded)))


def string(text: str) -> pa.StringScalar:
    """This string."""
    return strings(text)[0]


def integers(*numbers: int) -> pa.Int32Array:
    """An array of these 32-bit integers."""
    made = pa.Array.from_buffers(pa.int32(), len(numbers), [None, pa.py_buffer(array("i", numbers))])
    return cast("pa.Int32Array", made)


def instants(*times: datetime | None) -> pa.Array[Any]:
    """An array of these instants as milliseconds since 1970, UTC, what is less cut off; null for None."""
    milliseconds = array("q", (0 if time is None else (time - _EPOCH) // _MILLISECOND for time in times))
    known = bytearray((len(times) + 7) // 8)
    for at, time in enumerate(times):
        known[at // 8] |= (time is not None) << at % 8
    return pa.Array.from_buffers(
        pa.timestamp("ms", "UTC"), len(times), [pa.py_buffer(bytes(known)), pa.py_buffer(milliseconds)]
    )


NO_STRING: pa.StringScalar = pa.nulls(1, pa.string())[0]
_NO_STRINGS = strings()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_ZERO, _ONE = integers(0), integers(1)


@dataclass(frozen=True, slots=True)
class Entries:
    """One key of a map column, with its values."""

    key: str
    values: pa.StringArray  # A string for every row that has the key, in the order of the rows.
    rows: pa.BooleanArray | None = None  # Per row of the table: whether it has the key. None: all rows have it.


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
