"""Rows read by Arrow, where nothing in the report can be read in two ways.

The report must be ASCII without quotes, carriage returns and NUL; every row must have the header's number of fields;
all users and ARNs must agree and differ. AWS's reports are so (facts F1.1). Anything else is for `exact_rows`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, cast

import pyarrow as pa
import pyarrow.csv as pacsv

from collector.report.identity import all_agree
from collector.report.rows import Rows
from collector.report.verdict import Findings
from collector.schema import ROOT_USER

if TYPE_CHECKING:
    from typing import IO

    from collector.report.header import Header

# One block, so that every column is one array. Arrow counts a block in 32 bits.
_LARGEST = 1 << 30


def read_rows_quickly(content: bytes, start: int, header: Header, *, account_id: str) -> Rows | None:
    """Read the rows from an offset on; None where Arrow alone cannot be trusted with them."""
    if len(content) > _LARGEST or not content.isascii() or any(mark in content for mark in (b'"', b"\r", b"\0")):
        return None
    names, convert = _options(header.width)
    # A stream of Arrow's own, of which the stubs of `csv` do not know.
    stream = cast("IO[bytes]", pa.BufferReader(pa.py_buffer(content).slice(start)))
    try:
        table = pacsv.read_csv(
            stream,
            read_options=pacsv.ReadOptions(use_threads=False, block_size=len(content) + 1, column_names=names),
            convert_options=convert,
        )
    except pa.ArrowInvalid:  # a row of another width, or no row at all
        return None
    columns = [cast("pa.StringArray", column.chunk(0)) for column in table.itercolumns()]
    # Without nulls: an empty field is an empty string here.
    users, arns = (cast("list[str]", columns[at].to_pylist()) for at in (header.user, header.arn))
    if not all_agree(users, arns, account_id=account_id):
        return None
    findings = Findings(rows=len(users), has_root=ROOT_USER in users)
    return Rows(columns, range(1, len(users) + 1), findings)


@lru_cache(maxsize=16)
def _options(width: int) -> tuple[list[str], pacsv.ConvertOptions]:
    """All columns as text: the same sentinel means different things in different columns, and nothing in a name."""
    names = [str(position) for position in range(width)]
    return names, pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), check_utf8=False)
