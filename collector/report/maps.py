"""Arrow map columns built from whole columns, never row by row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from collector.report.literals import integers, string, strings

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    values: pa.Array
    rows: pa.Array | None = None


def map_column(length: int, entries: Sequence[Entries]) -> pa.Array:
    """A column of that many maps; a row holds the keys that it has, in the order given."""
    if not entries or length == 0:
        return pa.MapArray.from_arrays(pa.repeat(_ZERO[0], length + 1), _NO_STRINGS, _NO_STRINGS)
    counts = reduce(pc.add, (_counts(entry, length) for entry in entries))
    offsets = pa.concat_arrays([_ZERO, pc.cumulative_sum(counts)])
    keys = pa.concat_arrays([pa.repeat(string(entry.key), len(entry.values)) for entry in entries])
    values = pa.concat_arrays([entry.values for entry in entries])
    if len(entries) > 1:
        # Arrow's sort is stable, so the keys of a row stay in order.
        by_row = pc.array_sort_indices(pa.concat_arrays([_row_numbers(entry, length) for entry in entries]))
        keys, values = keys.take(by_row), values.take(by_row)
    return pa.MapArray.from_arrays(offsets, keys, values)


def _counts(entry: Entries, length: int) -> pa.Array:
    if entry.rows is None:
        return pa.repeat(_ONE[0], length)
    return entry.rows.cast(pa.int32())


def _row_numbers(entry: Entries, length: int) -> pa.Array:
    return pc.indices_nonzero(pa.repeat(_ONE[0], length) if entry.rows is None else entry.rows)
