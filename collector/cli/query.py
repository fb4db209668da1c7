"""`credlake query`: the engine that fits the lake, and its rows on stdout or in a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.options import required_lake, with_settings

if TYPE_CHECKING:
    from collector.query.athena import AthenaAnswer
    from collector.settings.model import Settings

ENGINES = ("duckdb", "athena")


@with_settings("lake", "database", "workgroup", "output_location", "scan_limit")
def query(
    settings: Settings,
    *,
    question: Annotated[
        str,
        typer.Argument(
            metavar="SQL_OR_VIEW", help="A view's name, or one SQL statement that reads, in the engine's own SQL."
        ),
    ],
    format: Annotated[  # noqa: A002 -- the flag's name is the contract's
        str, typer.Option("--format", metavar="FORMAT", help="table, csv, json or parquet.")
    ] = "table",
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the rows to this file.")] = None,
    engine: Annotated[
        str | None, typer.Option(metavar="ENGINE", help="duckdb (default for a folder) or athena (default for S3).")
    ] = None,
) -> int:
    """Query the lake. Rows go to stdout; the snapshot they come from, and its age, to stderr.

    A view returns the same rows on both engines. SQL is DuckDB's own on a folder, or with --engine duckdb, where it can
    read the lake and nothing else; on S3 it is Athena's, sent unmodified.

    Examples:
      credlake query --lake ./lake findings

      credlake query --lake ./lake --format json "select account_id, outcome from account where outcome <> 'collected'"

      credlake query --lake ./lake "select median(age_days) from credentials where credential_type = 'access_key'"

      credlake query --lake ./lake stale_access_keys_history --format parquet --output keys.parquet

      credlake query --lake s3://my-bucket/credlake --workgroup credlake findings
    """
    from collector.errors import UsageError
    from collector.lake.layout import is_on_s3
    from collector.process.logs import set_up_logs
    from collector.query.ask import run_query

    set_up_logs(for_person=sys.stderr.isatty())
    place = required_lake(settings)
    chosen = engine or ("athena" if is_on_s3(place) else "duckdb")
    if chosen not in ENGINES:
        raise UsageError([f"Unknown engine {chosen!r}: use {' or '.join(ENGINES)}."])
    if chosen == "duckdb":
        run_query(place, question, format=format, output=output, out_stream=sys.stdout, err_stream=sys.stderr)
        return 0
    if not is_on_s3(place):
        raise UsageError([f"Athena reads S3, and {place} is a local folder. Use --engine duckdb."])
    _query_athena(settings, place, question, format_name=format, output=output)
    return 0


def _query_athena(settings: Settings, lake: str, question: str, *, format_name: str, output: Path | None) -> None:
    from collector.aws.athena import AthenaQueries
    from collector.query.ask import check_format, write_rows
    from collector.query.athena import answer
    from collector.query.statement import athena_statement
    from collector.views.files import shipped_views

    check_format(format_name, output, sys.stdout)
    statement = athena_statement(question, shipped_views())
    queries = AthenaQueries(
        database=settings.database,
        workgroup=settings.workgroup,
        output_location=settings.output_location,
        scan_limit=settings.scan_limit,
    )
    answered = answer(queries, statement)
    for line in (*_freshness(lake, settings.database), answered.query.cost(), *_notes(answered)):
        typer.echo(line, err=True)
    write_rows(answered.rows, format=format_name, output=output, out_stream=sys.stdout, err_stream=sys.stderr)


def _notes(answered: AthenaAnswer) -> list[str]:
    """How to get the columns that Athena returns as text that no program can take apart again."""
    return [
        f"Athena returns the {kind} {name} as plain text. As JSON: json_format(cast({name} as json)) as {name}"
        for name, kind in answered.text_columns.items()
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
