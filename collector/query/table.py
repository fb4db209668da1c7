"""An answer for people: a table as wide as the terminal, or one block a row where a table would not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from collector.process.streams import printable
from collector.query.formats import cells

if TYPE_CHECKING:
    from typing import TextIO

    from collector.query.rows import Rows

# A table is for looking at; its columns are measured before the first line is written, so it has to end somewhere.
MAXIMUM_ROWS = 1000

# A column is folded rather than wider than this, when that makes the table fit.
_COLUMN_WIDTH = 32
_PADDING = 3
_ROOM_FOR_ANYTHING = 100_000


def write_table(rows: Rows, stream: TextIO, *, width: int | None = None) -> tuple[int, bool]:
    """Write the first rows as a table.

    Args:
        rows: the answer.
        stream: where to; a terminal's own width counts, anything else is as wide as the table needs.
        width: a width to use instead.

    Returns:
        The number of rows written, and whether there are more.
    """
    names = rows.schema.names
    found: list[list[str]] = []
    more = False
    for batch in rows.batches:
        found += [[_cell(value) for value in row] for row in zip(*map(cells, batch.columns), strict=True)]
        if len(found) > MAXIMUM_ROWS:
            more = True
            break
    found = found[:MAXIMUM_ROWS]
    if width is None and not stream.isatty():
        width = _ROOM_FOR_ANYTHING
    console = Console(file=stream, width=width, highlight=False, soft_wrap=False)
    if _least_width(names, found) <= console.width:
        console.print(_as_table(names, found))
    else:
        _print_blocks(console, names, found)
    return len(found), more


def _cell(value: object) -> str:
    """A value on one line, without what could steer a terminal."""
    return "" if value is None else printable(str(value))


def _least_width(names: list[str], found: list[list[str]]) -> int:
    widths = [max(map(cell_len, [name, *(row[place] for row in found)])) for place, name in enumerate(names)]
    return sum(min(width, _COLUMN_WIDTH) + _PADDING for width in widths) + 1


def _as_table(names: list[str], found: list[list[str]]) -> Table:
    table = Table(show_edge=True, header_style="bold")
    for name in names:
        table.add_column(Text(name), overflow="fold")
    for row in found:
        table.add_row(*map(Text, row))
    return table


def _print_blocks(console: Console, names: list[str], found: list[list[str]]) -> None:
    margin = max(map(cell_len, names))
    for number, row in enumerate(found, start=1):
        console.rule(Text(f"row {number}"), align="left", characters="─")
        for name, value in zip(names, row, strict=True):
            console.print(Text.assemble((f"{name:>{margin}}  ", "bold"), value), soft_wrap=True)
