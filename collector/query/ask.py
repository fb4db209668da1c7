"""One query from its text to its rows on a stream: what `credlake query` and `credlake views` do with DuckDB."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any, TextIO, cast

from collector.errors import CredlakeError, UsageError
from collector.query.duckdb import LocalLake
from collector.query.formats import write_csv, write_json, write_parquet
from collector.query.question import closest, named_view
from collector.query.snapshots import read_snapshots
from collector.query.table import write_table
from collector.views.files import shipped_views

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
        text: the name of a view, or one statement in DuckDB's SQL that reads.
        format: one of `FORMATS`.
        output: a file to write instead of `out_stream`; it appears whole or not at all.
        out_stream: where the rows go, and nothing else.
        err_stream: where it is said which snapshot is read and how old it is.
        now: the time to count a snapshot's age from; the clock's, unless given.

    Raises:
        UsageError: a wrong query (a name, the SQL, the format).
        CredlakeError: there is no snapshot, or the query could not be carried out.
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
    """Write rows, whichever engine they come from, as `run_query` says."""
    with _target(output, out_stream, binary=format == "parquet") as target:
        _write(rows, format, target, err_stream)


def freshness(lake: str, now: datetime | None = None) -> list[str]:
    """For each organization of the lake: the newest snapshot, its age, and how much of the organization it covers."""
    return read_snapshots(lake).freshness(now or datetime.now(UTC))


def list_views() -> list[tuple[str, str]]:
    """Every view with what it answers, by name."""
    return [(view.name, view.summary) for _, view in sorted(shipped_views().all.items())]


def show_view(name: str) -> str:
    """What a view answers, and the statement behind that name in Athena's SQL.

    Raises:
        UsageError: there is no view of that name.
    """
    views = shipped_views()
    found = named_view(name, views.by_name)
    if found is None:
        raise UsageError([f"`{name}` is not a name. `credlake views list` names all views."])
    return views.shown(found)


def check_format(format_name: str, output: Path | None, out_stream: TextIO) -> None:
    """Raise UsageError where rows cannot be written in that format to that place."""
    if format_name not in FORMATS:
        raise UsageError(
            [f"There is no format {format_name}.{closest(format_name, FORMATS)} There are {', '.join(FORMATS)}."]
        )
    if format_name == "parquet" and output is None and out_stream.isatty():
        raise UsageError(["Parquet is no text for a terminal: name a file with --output FILE."])


def _write(rows: Rows, format_name: str, target: TextIO | BinaryIO, err_stream: TextIO) -> None:
    if format_name == "parquet":
        write_parquet(rows, cast("BinaryIO", target))
        return
    text = cast("TextIO", target)
    if format_name == "json":
        write_json(rows, text)
    elif format_name == "csv":
        write_csv(rows, text)
    else:
        count, more = write_table(rows, text)
        if more:
            print(f"The first {count} rows. All of them: --format csv or --format json.", file=err_stream)
        elif count == 0:
            print("No rows.", file=err_stream)


@contextmanager
def _target(output: Path | None, out_stream: TextIO, *, binary: bool) -> Iterator[Any]:
    """Where the rows go. A file gets its name when it is complete: a failed query leaves none, or the old one."""
    if output is None:
        yield _binary(out_stream) if binary else out_stream
        out_stream.flush()
        return
    # A link stays one: what it leads to is replaced.
    place = output.resolve() if output.is_file() else output
    try:
        if place.exists() and not place.is_file():
            # A device or a pipe takes the rows as they come. Put in its place, a file would take it from everyone.
            with _opened(place, binary=binary) as stream_:
                yield stream_
            return
        temporary = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
        try:
            with _opened(temporary, binary=binary) as stream_:
                yield stream_
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
        raise UsageError(["Parquet is no text: name a file with --output FILE."])
    return cast("BinaryIO", buffer)
