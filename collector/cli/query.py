"""`credlake query`: run a query with the lake's engine, and write its rows to stdout or a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.engine import ENGINE_SETTINGS, athena_queries, engine_problems, query_limits
from collector.cli.options import Verbose, with_settings
from collector.process.streams import say

if TYPE_CHECKING:
    from collector.query.athena import AthenaResult
    from collector.query.choice import Choice
    from collector.settings.model import Settings


def view_names(incomplete: str) -> list[str]:
    """The views whose names begin so, for a shell's completion."""
    from collector.views.files import shipped_views

    return [name for name in shipped_views().by_name if name.startswith(incomplete)]


@with_settings(*ENGINE_SETTINGS)
def query(
    settings: Settings,
    *,
    text: Annotated[
        str | None,
        typer.Argument(
            metavar="SQL_OR_VIEW",
            help="A view's name, or one SQL statement that only reads, in the engine's dialect; - reads it from stdin.",
            autocompletion=view_names,
        ),
    ] = None,
    file: Annotated[Path | None, typer.Option(metavar="FILE", help="Read the SQL from this file; - is stdin.")] = None,
    format: Annotated[  # noqa: A002 -- the flag is --format
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="table (default), csv, json, parquet or xlsx. csv is for programs: formulas stay in it.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the rows to this file; its name sets the format.")
    ] = None,
    columns: Annotated[str | None, typer.Option(metavar="NAME,NAME", help="Only these columns.")] = None,
    limit: Annotated[int | None, typer.Option(metavar="N", min=0, help="At most N rows.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", metavar="", help="Every column and row of a table, at a terminal too.")
    ] = False,
    engine: Annotated[
        str | None, typer.Option(metavar="ENGINE", help="duckdb (default for a folder) or athena (default for S3).")
    ] = None,
    verbose: Verbose = False,
) -> int:
    """Query the lake. Rows go to stdout; the snapshot they come from, and its age, to stderr.

    A view returns the same rows on both engines. SQL is in DuckDB's dialect on a local folder, or with --engine duckdb,
    and can read the lake and nothing else. On S3 it is in Athena's dialect, and sent unmodified.

    Examples:
      credlake query --lake ./lake findings

      credlake query --lake ./lake --format json "select account_id, outcome from account where outcome <> 'collected'"

      credlake query --lake ./lake "select median(age_days) from credentials where credential_type = 'access_key'"

      credlake query --lake ./lake stale_access_keys_history --format parquet --output keys.parquet

      credlake query --lake ./lake --file keys.sql --format csv

      credlake query --lake s3://my-bucket/credlake --workgroup credlake findings
    """
    from collector.errors import UsageError
    from collector.lake.layout import is_on_s3
    from collector.process.logs import set_up_logs
    from collector.query.choice import Choice
    from collector.query.run import run_query

    set_up_logs(verbose=verbose, for_person=sys.stderr.isatty())
    place = settings.required_lake
    sql = _text_of(text, file)
    target = None if output is None else output.expanduser()
    names = tuple(name.strip() for name in (columns or "").split(",") if name.strip())
    choice = Choice(columns=names, limit=limit, is_everything=everything)
    chosen = engine or ("athena" if is_on_s3(place) else "duckdb")
    if problems := engine_problems(chosen, place):
        raise UsageError(problems)
    if chosen == "duckdb":
        run_query(
            place,
            sql,
            format=format,
            output=target,
            choice=choice,
            limits=query_limits(settings),
            out_stream=sys.stdout,
            err_stream=sys.stderr,
        )
        return 0
    _query_athena(settings, place, sql, format_name=format, output=target, choice=choice)
    return 0


def _text_of(argument: str | None, file: Path | None) -> str:
    """The name of a view or the SQL: the argument itself, or the content of a file or of stdin.

    Raises:
        UsageError: neither or both are given, or the content is not UTF-8.
        CredlakeError: it cannot be read.
    """
    from collector.errors import CredlakeError, UsageError

    if (argument is None) == (file is None):
        raise UsageError(["Give either SQL_OR_VIEW or --file FILE."])
    if argument not in (None, "-"):
        return argument
    try:
        if file in (None, Path("-")):
            content = sys.stdin.buffer.read() if sys.stdin else b""  # None where it is closed
        else:
            content = file.expanduser().read_bytes()
        # Editors on Windows begin a file with a byte order mark.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError([f"The SQL in {file or 'stdin'} is not UTF-8."]) from error
    except OSError as error:
        raise CredlakeError(f"The SQL in {file} cannot be read: {error.strerror or error}.") from error


def _query_athena(
    settings: Settings, lake: str, text: str, *, format_name: str | None, output: Path | None, choice: Choice
) -> None:
    from collector.query.athena import run_on_athena
    from collector.query.run import checked_format, write_rows
    from collector.query.statement import athena_statement
    from collector.views.files import shipped_views

    chosen = checked_format(format_name, output, sys.stdout)
    statement = athena_statement(text, shipped_views())
    queries = athena_queries(settings)
    result = run_on_athena(queries, statement)
    for line in (*_freshness(lake, settings.database), result.query.cost(), *_notes(result)):
        say(line, to_stderr=True)
    write_rows(
        result.rows,
        text,
        format=chosen,
        output=output,
        choice=choice,
        out_stream=sys.stdout,
        err_stream=sys.stderr,
    )


def _notes(result: AthenaResult) -> list[str]:
    """How to select the columns that Athena returned as text that cannot be parsed."""
    return [
        f"Athena returns the {kind} {name} as plain text. As JSON: json_format(cast({name} as json)) as {name}"
        for name, kind in result.text_columns.items()
    ]


def _freshness(lake: str, database: str) -> list[str]:
    """The snapshot that was read. An analyst may be allowed to read the tables but not the record."""
    from datetime import UTC, datetime

    from collector.catalog.sync import lagging_partitions
    from collector.errors import LakeError
    from collector.query.snapshots import read_snapshots

    try:
        snapshots = read_snapshots(lake)
        return [*snapshots.freshness(datetime.now(UTC)), *lagging_partitions(snapshots, database)]
    except LakeError as error:
        return [f"The age of the snapshot is unknown: {error.message} Query the view `snapshots`."]
