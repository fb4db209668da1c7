"""Small Arrow values, made from their bytes.

`pa.array` and `pa.scalar` import pandas, a third of a second and 40 MB, only to ask whether they were given a Series.
"""

from __future__ import annotations

from array import array
from itertools import accumulate
from typing import cast

import pyarrow as pa


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


NO_STRING: pa.StringScalar = pa.nulls(1, pa.string())[0]
