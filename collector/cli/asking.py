"""What `credlake query` does: the engine that fits the lake, and its rows on a stream."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from collector.errors import LakeError, UsageFaultsError
from collector.query.annotation import Names
from collector.query.ask import check_format, run_query, write_rows
from collector.query.snapshots import read_snapshots
from collector.views.files import shipped_views

if TYPE_CHECKING:
    from pathlib import Path

    from collector.settings.model import Settings

ENGINES = ("duckdb", "athena")


def ask(settings: Settings, question: str, *, engine: str | None, format_name: str, output: Path | None) -> None:
    """Answer the question from the lake of the settings.

    Raises:
        UsageFaultsError: no lake, no such engine or format, or a wrong question.
        CredlakeError: it could not be answered.
    """
    if settings.lake is None:
        raise UsageFaultsError(["Which lake? Name it with --lake, CREDLAKE_LAKE, or `lake` in credlake.toml."])
    is_on_s3 = settings.lake.startswith("s3://")
    chosen = engine or ("athena" if is_on_s3 else "duckdb")
    if chosen not in ENGINES:
        raise UsageFaultsError([f"There is no engine {chosen}. There are {', '.join(ENGINES)}."])
    if chosen == "athena" and not is_on_s3:
        raise UsageFaultsError([f"Athena reads S3, and {settings.lake} is a folder on this machine. Use DuckDB."])
    if chosen == "athena":
        _ask_athena(settings, question, format_name=format_name, output=output)
        return
    run_query(settings.lake, question, format=format_name, output=output, out_stream=sys.stdout, err_stream=sys.stderr)


def _ask_athena(settings: Settings, question: str, *, format_name: str, output: Path | None) -> None:
    from collector.aws.athena import AthenaQueries
    from collector.query.athena import answer
    from collector.query.statement import athena_statement

    check_format(format_name, output, sys.stdout)
    statement = athena_statement(question, Names(shipped_views()))
    queries = AthenaQueries(
        database=settings.database,
        workgroup=settings.workgroup,
        output_location=settings.output_location,
        scan_limit=settings.scan_limit,
    )
    answered = answer(queries, statement)
    for line in (*_freshness(settings.lake or "", settings.database), answered.query.cost()):
        print(line, file=sys.stderr)  # noqa: T201 -- the command's own words
    write_rows(answered.rows, format=format_name, output=output, out_stream=sys.stdout, err_stream=sys.stderr)


def _freshness(lake: str, database: str) -> list[str]:
    """Which snapshot answers. An analyst may read tables without being allowed to read the record: then it is said."""
    from collector.catalog.sync import lagging_partitions

    try:
        snapshots = read_snapshots(lake)
        return [*snapshots.freshness(datetime.now(UTC)), *lagging_partitions(snapshots, database)]
    except LakeError as error:
        return [f"How old the snapshot is cannot be told: {error.message} Ask the view `snapshots`."]
