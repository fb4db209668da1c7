"""Run one query with DuckDB, and write the rows of any engine to a stream or a file."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any, TextIO, cast

from collector.errors import CredlakeError, UsageError
from collector.query.duckdb import LocalLake
from collector.query.formats import write_csv, write_json, write_parquet, write_table
from collector.query.statement import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from collector.query.rows import Rows

FORMATS = ("table", "csv", "json", "parquet")


def run_query(
    lake: str,
    text: str,
    *,
    format: str = "table",  # noqa: A002 -- the flag's own name
    output: Path | None = None,
    out_stream: TextIO,
    err_stream: TextIO,
    now: datetime | None = None,
) -> None:
    """Run one query with DuckDB.

    Args:
        lake: the lake's folder, or `s3://bucket/prefix`.
        text: the name of a view, or one statement in DuckDB's SQL that only reads.
        format: one of `FORMATS`.
        output: a file to write instead of `out_stream`; it appears complete or not at all.
        out_stream: receives the rows, and nothing else.
        err_stream: receives the date, age and coverage of the snapshots that are read, and notes on the rows.
        now: the time from which a snapshot's age is counted; by default the current time.

    Raises:
        UsageError: a wrong name, wrong SQL or an unknown format.
        CredlakeError: there is no snapshot, or the query failed.
    """
    check_format(format, output, out_stream)
    with LocalLake(lake) as local:
        rows = local.rows(text)
        for line in local.snapshots.freshness(now or datetime.now(UTC)):
            print(line, file=err_stream)
        write_rows(rows, format=format, output=output, out_stream=out_stream, err_stream=err_stream)


def write_rows(
    rows: Rows,
    *,
    format: str,  # noqa: A002 -- the flag's own name
    output: Path | None,
    out_stream: TextIO,
    err_stream: TextIO,
) -> None:
    """Write the rows of either engine; the arguments are those of `run_query`."""
    with _target(output, out_stream, binary=format == "parquet") as target:
        match format:
            case "parquet":
                write_parquet(rows, target)
            case "json":
                write_json(rows, target)
            case "csv":
                write_csv(rows, target)
            case _:
                count, is_cut = write_table(rows, target)
                if is_cut:
                    print(f"Only the first {count} rows. For all: --format csv or --format json.", file=err_stream)
                elif count == 0:
                    print("No rows.", file=err_stream)


def check_format(format_name: str, output: Path | None, out_stream: TextIO) -> None:
    """Raise UsageError if the format is unknown, or if it is binary and would go to a terminal."""
    if format_name not in FORMATS:
        known = f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
        raise UsageError([f"Unknown format {format_name!r}: use {known}.{suggestion(format_name, FORMATS)}"])
    if format_name == "parquet" and output is None and out_stream.isatty():
        raise UsageError(["Parquet is a binary format. Write it to a file with --output FILE."])


@contextmanager
def _target(output: Path | None, out_stream: TextIO, *, binary: bool) -> Iterator[Any]:
    """The stream for the rows. A file is renamed into place when complete: a failed query leaves an old one alone."""
    if output is None:
        yield _binary(out_stream) if binary else out_stream
        out_stream.flush()
        return
    # A symbolic link stays: the file that it points to is replaced.
    place = output.resolve() if output.is_file() else output
    try:
        if place.exists() and not place.is_file():
            # A device or a pipe is written to directly: renaming a file onto it would remove it for everyone.
            with _opened(place, binary=binary) as stream:
                yield stream
            return
        temporary = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
        try:
            with _opened(temporary, binary=binary) as stream:
                yield stream
            temporary.replace(place)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise CredlakeError(f"The file {output} could not be written: {error.strerror or error}.") from error


def _opened(path: Path, *, binary: bool) -> IO[Any]:
    return path.open("wb") if binary else path.open("w", encoding="utf-8", newline="")


def _binary(out_stream: TextIO) -> BinaryIO:
    buffer = getattr(out_stream, "buffer", None)
    if buffer is None:
        raise UsageError(["Parquet is a binary format. Write it to a file with --output FILE."])
    return cast("BinaryIO", buffer)
