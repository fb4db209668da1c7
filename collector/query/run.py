"""Run one query with DuckDB, and write the rows of any engine to a stream or a file."""

from __future__ import annotations

import secrets
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TextIO, cast

from collector.errors import CredlakeError, UsageError
from collector.process.streams import printable
from collector.query.choice import Choice
from collector.query.duckdb import LocalLake, QueryLimits
from collector.query.formats import write_csv, write_json, write_parquet
from collector.query.statement import suggestion
from collector.query.table import write_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from collector.query.rows import Rows

FORMATS = ("table", "csv", "json", "parquet", "xlsx")
# The formats that are files of their own: not for a terminal.
_BINARY = {"parquet": "Parquet is", "xlsx": "A workbook is"}
# The rows of a table: at a terminal what one can read; elsewhere what can be measured before the first line is written.
TERMINAL_ROWS = 50
MAXIMUM_ROWS = 1000
EVERY_COLUMN = Choice()


def run_query(
    lake: str,
    text: str,
    *,
    format: str | None = None,  # noqa: A002 -- the flag's own name
    output: Path | None = None,
    choice: Choice = EVERY_COLUMN,
    limits: QueryLimits | None = None,
    out_stream: TextIO,
    err_stream: TextIO,
    now: datetime | None = None,
) -> None:
    """Run one query with DuckDB.

    Args:
        lake: the lake's folder, or `s3://bucket/prefix`.
        text: the name of a view, or one statement in DuckDB's SQL that only reads.
        format: one of `FORMATS`; None for the one that the name of `output` ends in, else a table.
        output: a file to write instead of `out_stream`; it appears complete or not at all.
        choice: which columns and rows are written.
        limits: what the query may take; None for the defaults.
        out_stream: receives the rows, and nothing else.
        err_stream: receives the date, age and coverage of the snapshots that are read, and notes on the rows.
        now: the time from which a snapshot's age is counted; by default the current time.

    Raises:
        UsageError: a wrong name, wrong SQL or an unknown format.
        CredlakeError: there is no snapshot, or the query failed.
    """
    chosen = checked_format(format, output, out_stream)
    with LocalLake(lake, limits=limits or QueryLimits()) as local:
        rows = local.rows(text)
        for line in (*local.snapshots.freshness(now or datetime.now(UTC)), *local.notes()):
            print(printable(line), file=err_stream)
        write_rows(
            rows, text, format=chosen, output=output, choice=choice, out_stream=out_stream, err_stream=err_stream
        )


def write_rows(
    rows: Rows,
    text: str,
    *,
    format: str,  # noqa: A002 -- the flag's own name
    output: Path | None,
    choice: Choice,
    out_stream: TextIO,
    err_stream: TextIO,
) -> None:
    """Write the rows of either engine; the arguments are those of `run_query`."""
    all_columns = len(rows.schema)
    is_at_terminal = format == "table" and output is None and out_stream.isatty()
    rows = (choice.at_terminal(text) if is_at_terminal else choice).applied(rows)
    most = TERMINAL_ROWS if is_at_terminal and choice.limit is None else MAXIMUM_ROWS
    with open_target(output, out_stream, format_name=format) as target:
        match format:
            case "xlsx":
                # A fifth of a second to import, which no other format needs.
                from collector.query.workbook import write_workbook  # noqa: PLC0415

                write_workbook([("Rows", rows)], target)
            case "parquet":
                write_parquet(rows, target)
            case "json":
                write_json(rows, target)
            case "csv":
                write_csv(rows, target)
            case _:
                shown, count = write_table(rows, target, None if choice.is_everything else most)
                if note := _note(shown, count, len(rows.schema), len(choice.columns) or all_columns):
                    print(note, file=err_stream)


def _note(shown: int, count: int, columns: int, all_columns: int) -> str:
    """What a table left out, and how to see it."""
    if count == 0:
        return "No rows."
    of_rows = f"{shown} of {count} rows" if shown < count else ""
    of_columns = f"{columns} of {all_columns} columns" if columns < all_columns else ""
    if not (of_rows or of_columns):
        return ""
    left_out = " and ".join(filter(None, (of_rows, of_columns)))
    return f"{left_out}. For all: --all. To choose: --columns NAME,NAME and --limit N. For a file: --output FILE."


def checked_format(format_name: str | None, output: Path | None, out_stream: TextIO) -> str:
    """The format to write: the one that is named, else the one that the name of the file ends in, else a table.

    Raises:
        UsageError: it is unknown, or binary and would go to a terminal; or the file would be in a lake.
    """
    known = f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
    if output is not None and is_in_lake(output):
        raise UsageError([f"--output {output}: that is within a lake, which holds only what credlake collects."])
    if format_name is None:
        ending = output.suffix.lower().removeprefix(".") if output is not None else ""
        if ending not in {"", "txt", *FORMATS}:
            raise UsageError([f"--output {output}: the name ends in no known format. Add --format: {known}."])
        format_name = ending if ending in FORMATS else "table"
    if format_name not in FORMATS:
        raise UsageError([f"Unknown format {format_name!r}: use {known}.{suggestion(format_name, FORMATS)}"])
    if format_name in _BINARY and output is None and out_stream.isatty():
        raise _binary_format(format_name)
    return format_name


def is_in_lake(path: Path) -> bool:
    """Whether the path is within the folder of a lake."""
    return any((folder / "catalog").is_dir() and (folder / "raw").is_dir() for folder in path.resolve().parents)


def write_text(output: Path, text: str) -> None:
    """Write a file of UTF-8 that appears complete or not at all.

    Raises:
        CredlakeError: it cannot be written; an old one is left alone.
    """
    with open_target(output, sys.stdout, format_name="html") as stream:
        stream.write(text)


@contextmanager
def open_target(output: Path | None, out_stream: TextIO, *, format_name: str) -> Iterator[Any]:
    """The stream for the rows, text or binary as the format needs.

    A file is renamed into place when complete: a failed query leaves an old one alone.
    """
    binary = format_name in _BINARY
    if output is None:
        yield _binary(out_stream, format_name) if binary else out_stream
        out_stream.flush()
        return
    place = output.resolve() if output.is_file() else output
    if place.exists() and not place.is_file():
        # A device or a pipe is written to directly: renaming a file onto it would remove it for everyone.
        with _writing(output), _opened(place, binary=binary) as stream:
            yield stream
        return
    with complete_file(output) as temporary, _opened(temporary, binary=binary) as stream:
        yield stream


@contextmanager
def complete_file(output: Path) -> Iterator[Path]:
    """A path to write to instead, which is renamed to `output` at the end, and removed if anything fails.

    Raises:
        UsageError: it is a folder, a device or a pipe: renaming a file onto a device would remove it for everyone.
        CredlakeError: it cannot be written; an old file is left alone.
    """
    with _writing(output):
        # A symbolic link stays: the file that it points to is replaced.
        place = output.resolve() if output.is_file() else output
        if place.exists() and not place.is_file():
            raise UsageError([f"--output {output}: that is not a file."])
        temporary = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
        try:
            yield temporary
            temporary.replace(place)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def _writing(output: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CredlakeError(f"The file {output} could not be written: {error.strerror or error}.") from error


def _opened(path: Path, *, binary: bool) -> IO[Any]:
    return path.open("wb") if binary else path.open("w", encoding="utf-8", newline="")


def _binary_format(format_name: str) -> UsageError:
    return UsageError([f"{_BINARY[format_name]} a binary format. Write it to a file with --output FILE."])


def _binary(out_stream: TextIO, format_name: str) -> BinaryIO:
    buffer = getattr(out_stream, "buffer", None)
    if buffer is None:
        raise _binary_format(format_name)
    return cast("BinaryIO", buffer)
