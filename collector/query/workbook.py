"""The rows of queries as an Excel workbook: a sheet each, nothing in it a formula or a link."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import xlsxwriter

from collector.errors import CredlakeError
from collector.query.formats import cells

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from collector.query.rows import Rows

# Excel's own limits.
_MAX_ROWS = 1_048_576
_MAX_TEXT = 32_767
# Excel keeps 15 digits of a number, so larger ones are text.
_MAX_NUMBER = 10**15
_MEASURED_ROWS = 200
_WIDEST = 60


def write_workbook(sheets: Iterable[tuple[str, Rows]], stream: BinaryIO) -> None:
    """Write a workbook with one sheet for each name; its header stays visible, and each column can be filtered.

    Text stays text: a user name may begin with `=`, an account ID with zeros. Instants are ISO 8601 with `Z`.

    Raises:
        CredlakeError: a sheet would have more rows than Excel opens; or see `formats.plain_values`.
    """
    # Rows are written to temporary files, so memory does not grow with them.
    with xlsxwriter.Workbook(stream, {"constant_memory": True}) as workbook:
        bold = workbook.add_format({"bold": True})
        for name, rows in sheets:
            _write_sheet(workbook.add_worksheet(name), rows, bold)


def _write_sheet(sheet: Worksheet, rows: Rows, bold: Format) -> None:
    names = rows.schema.names
    for place, name in enumerate(names):
        sheet.write_string(0, place, name, bold)
    values = _values(rows)
    measured = list(islice(values, _MEASURED_ROWS))
    for place, name in enumerate(names):
        longest = max((len(str(row[place])) for row in measured if row[place] is not None), default=0)
        sheet.set_column(place, place, min(max(longest, len(name)) + 2, _WIDEST))
    number = 0
    for rest in (measured, values):
        for row in rest:
            number += 1
            if number >= _MAX_ROWS:
                raise CredlakeError(f"A sheet of Excel has {_MAX_ROWS:,} rows, and there are more. Use --format csv.")
            for place, value in enumerate(row):
                _write_cell(sheet, number, place, value)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, number, len(names) - 1)


def _values(rows: Rows) -> Iterator[tuple[object, ...]]:
    for batch in rows.batches:
        yield from zip(*(cells(column) for column in batch.columns), strict=True)


def _write_cell(sheet: Worksheet, row: int, place: int, value: object) -> None:
    if isinstance(value, int | float) and abs(value) < _MAX_NUMBER:
        sheet.write_number(row, place, value)
    elif value is not None:
        text = str(value)
        sheet.write_string(row, place, text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…")
