"""Rows as an Excel workbook: a sheet each, with dates as dates, and nothing that is a formula or a link."""

from __future__ import annotations

import shutil
from contextlib import contextmanager, suppress
from datetime import date, datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter
from rich.cells import cell_len
from xlsxwriter.exceptions import XlsxFileError

from collector.errors import CredlakeError
from collector.process.scratch import scratch_folder
from collector.query.formats import cells, instants

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from collector.query.rows import Rows

# Excel's own limits.
MAX_ROWS = 1_048_576
_MAX_TEXT = 32_767
_FIRST_YEAR = 1900
# Excel keeps 15 digits of a number, so larger ones are text.
_MAX_NUMBER = 10**15
_MEASURED_ROWS = 200
_WIDEST = 60
_DATE_WIDTH = 19


def write_workbook(sheets: Iterable[tuple[str, Rows]], stream: BinaryIO) -> None:
    """Write a workbook with one sheet for each name; see `Book.write`. Instants are in UTC.

    Raises:
        CredlakeError: a sheet would have more rows than Excel opens; or see `formats.plain_values`.
    """
    with open_book(stream) as book:
        for name, rows in sheets:
            values = row_values(rows)
            book.write(book.add(name), rows.schema.names, values)
            if next(values, None) is not None:
                raise CredlakeError(f"A sheet of Excel has {MAX_ROWS:,} rows, and there are more. Use --format csv.")


@contextmanager
def open_book(stream: BinaryIO) -> Iterator[Book]:
    """A workbook, which is written to the stream at the end.

    Raises:
        CredlakeError: it is too large for a workbook.
        OSError: it cannot be written.
    """
    with scratch_folder() as folder:
        # Rows are written to temporary files, so memory does not grow with them. So is the workbook itself: xlsxwriter
        # leaves its archive open where a stream fails, and Python complains about that after our own message.
        finished = folder / "finished.xlsx"
        workbook = xlsxwriter.Workbook(str(finished), {"constant_memory": True, "tmpdir": str(folder)})
        try:
            yield Book(workbook)
            workbook.close()
            with finished.open("rb") as file:
                shutil.copyfileobj(file, stream)
        except XlsxFileError as error:
            if isinstance(error.__context__, OSError):
                raise error.__context__ from error
            message = "The rows are more than a workbook can hold (4 GB). Choose fewer, or write a CSV file."
            raise CredlakeError(message) from error
        finally:
            for sheet in workbook.worksheets():
                with suppress(OSError):
                    sheet._opt_close()  # noqa: SLF001 -- there is no other way to close a workbook without writing it


class Book:
    """A workbook that is being written: sheets in their order, and each sheet row by row."""

    def __init__(self, workbook: Any) -> None:  # noqa: ANN401 -- xlsxwriter has no types
        """Take a workbook of xlsxwriter."""
        self._workbook = workbook
        self.bold: Format = workbook.add_format({"bold": True})
        self.percent: Format = workbook.add_format({"num_format": "0.0%"})
        self.day: Format = workbook.add_format({"num_format": "yyyy-mm-dd"})
        self._time: Format = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})

    def created(self, instant: datetime) -> None:
        """Set when the workbook was made, in UTC; without it, now."""
        self._workbook.set_properties({"created": instant})

    def add(self, name: str) -> Worksheet:
        """Add an empty sheet after those that there are."""
        return self._workbook.add_worksheet(name)

    def write(
        self, sheet: Worksheet, headings: Sequence[str], rows: Iterator[Sequence[object]], *, spare: int = 0
    ) -> int:
        """Write a header that stays visible, and as many rows as fit; each column can be filtered.

        Text stays text: a user name may begin with `=`, an account ID with zeros.

        Args:
            sheet: an empty sheet.
            headings: the names of the columns.
            rows: the rows, which may be shorter than the header; it keeps those that do not fit.
            spare: how many rows to leave empty at the end of a full sheet.

        Returns:
            The number of rows that were written.
        """
        for place, heading in enumerate(headings):
            sheet.write_string(0, place, heading, self.bold)
        fitting = MAX_ROWS - 1 - spare
        measured = list(islice(rows, min(_MEASURED_ROWS, fitting)))
        for place, heading in enumerate(headings):
            longest = max((_width(row[place]) for row in measured if place < len(row)), default=0)
            sheet.set_column(place, place, min(max(longest, cell_len(heading) + 2) + 2, _WIDEST))
        number = 0
        # `islice` takes no row that it does not return.
        for row in islice(chain(measured, rows), fitting):
            number += 1
            for place, value in enumerate(row):
                self.cell(sheet, number, place, value)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, number, len(headings) - 1)
        return number

    def cell(self, sheet: Worksheet, row: int, place: int, value: object, shape: Format | None = None) -> None:
        """Write one value as what it is: a number, true or false, a date, or else text; null is left empty."""
        if isinstance(value, bool):
            sheet.write_boolean(row, place, value, shape)
        elif isinstance(value, int | float) and abs(value) < _MAX_NUMBER:
            sheet.write_number(row, place, value, shape)
        elif isinstance(value, date) and value.year >= _FIRST_YEAR:
            sheet.write_datetime(row, place, value, shape or (self._time if isinstance(value, datetime) else self.day))
        elif value is not None:
            text = str(value)
            # xlsxwriter takes a text between these for markup, and writes it unescaped.
            text += " " if text.startswith("<r>") and text.endswith("</r>") else ""
            sheet.write_string(row, place, text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…", shape)


def row_values(rows: Rows) -> Iterator[tuple[object, ...]]:
    """The rows as values that a cell can hold; instants are in UTC, without a time zone."""
    for batch in rows.batches:
        yield from zip(*map(_values, batch.columns), strict=True)


def _values(column: pa.Array[Any]) -> Iterator[object]:
    if pa.types.is_date(column.type):
        return iter(pc.cast(instants(column), pa.date32()).to_pylist())
    if pa.types.is_timestamp(column.type):
        return iter(instants(column).to_pylist())
    return iter(column.to_pylist()) if pa.types.is_boolean(column.type) else cells(column)


def _width(value: object) -> int:
    if value is None:
        return 0
    return _DATE_WIDTH if isinstance(value, date) else cell_len(str(value))
