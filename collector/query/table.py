"""The rows of a query as a table: within the width of a terminal, or as wide as it needs to be in a file or pipe."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TextIO

from rich.cells import cell_len

from collector.process.streams import printable
from collector.query.formats import cells

if TYPE_CHECKING:
    from rich.console import Console

    from collector.query.rows import Rows

# A column is folded to this width if that makes the table fit.
_COLUMN_WIDTH = 9
_PADDING = 2


def write_table(rows: Rows, stream: TextIO, most: int | None) -> tuple[int, int]:
    """Write the first rows as a table, or at a terminal as one block a row where a table would be too wide.

    Columns are measured before the first line is written, so all rows that are written are held in memory.

    Args:
        rows: the rows, which are read to the end, to count them.
        stream: where the table is written.
        most: how many rows to write at most; None for all.

    Returns:
        The number of rows written, and the number that there are.
    """
    names = rows.schema.names
    shown: list[list[str]] = []
    count = 0
    for batch in rows.batches:
        count += batch.num_rows
        first = batch if most is None else batch[: max(most - len(shown), 0)]
        shown += [[_one_line(value) for value in row] for row in zip(*map(cells, first.columns), strict=True)]
    if stream.isatty():
        _draw(stream, names, shown)
    else:
        _write_lines(stream, names, shown)
    return len(shown), count


def _one_line(value: object) -> str:
    """A value without control characters: one in a tag, for example, could send escape codes to the terminal."""
    return "" if value is None else printable(str(value))


def _write_lines(stream: TextIO, names: list[str], shown: list[list[str]]) -> None:
    widths = _widths(names, shown)
    stream.write(f"{_line(names, widths)}{'─' * (sum(widths) + _PADDING * (len(widths) - 1))}\n")
    stream.writelines(_line(row, widths) for row in shown)


def _line(values: list[str], widths: list[int]) -> str:
    padded = [value + " " * (width - _cells(value)) for value, width in zip(values, widths, strict=True)]
    return (" " * _PADDING).join(padded) + "\n"


def _draw(stream: TextIO, names: list[str], shown: list[list[str]]) -> None:
    # A tenth of a second to import, which only a terminal needs.
    from rich import box  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(file=stream, highlight=False, soft_wrap=False)
    widths = _widths(names, shown)
    if sum(min(width, _COLUMN_WIDTH) + _PADDING for width in widths) > console.width:
        _print_blocks(console, names, shown)
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    is_narrow = sum(width + _PADDING for width in widths) > console.width
    for name in names:
        table.add_column(Text(_folded(name) if is_narrow else name), overflow="fold")
    for row in shown:
        table.add_row(*map(Text, row))
    console.print(table)


def _folded(name: str) -> str:
    """The name of a column in short lines that break after `_`."""
    lines = [""]
    for word in re.findall(r"[^_]+_?|_", name):
        if lines[-1] and len(lines[-1] + word) > _COLUMN_WIDTH + 1:
            lines.append("")
        lines[-1] += word
    return "\n".join(lines)


def _widths(names: list[str], shown: list[list[str]]) -> list[int]:
    """The width of each column, in cells of a terminal: a Japanese letter has two."""
    return [max(map(_cells, values)) for values in zip(names, *shown, strict=True)]


def _cells(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)


def _print_blocks(console: Console, names: list[str], shown: list[list[str]]) -> None:
    from rich.text import Text  # noqa: PLC0415

    margin = max(map(cell_len, names))
    for number, row in enumerate(shown, start=1):
        console.rule(Text(f"row {number}"), align="left", characters="─")
        for name, value in zip(names, row, strict=True):
            console.print(Text.assemble((f"{name:>{margin}}  ", "bold"), value), soft_wrap=True)
