"""The engine of a command that reads the views: DuckDB, or Athena for a lake on S3."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from collector.process.streams import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.aws.athena import AthenaQueries
    from collector.query.duckdb import LocalLake, QueryLimits
    from collector.query.rows import Run
    from collector.settings.model import Settings

ENGINES = ("duckdb", "athena")
# The settings of both engines.
ENGINE_SETTINGS = (
    *("lake", "database", "workgroup", "output_location", "scan_limit"),
    *("time_limit", "memory_limit", "disk_limit"),
)
Engine = Annotated[str, typer.Option(metavar="ENGINE", help="duckdb (default) or athena (for a lake on S3).")]


def engine_problems(engine: str, lake: str) -> list[str]:
    """What is wrong with the choice of an engine, in sentences."""
    from collector.lake.layout import is_on_s3

    if engine not in ENGINES:
        return [f"Unknown engine {engine!r}: use {' or '.join(ENGINES)}."]
    if engine == "athena" and not is_on_s3(lake):
        return [f"Athena reads S3, and {lake} is a local folder. Use --engine duckdb."]
    return []


def query_limits(settings: Settings) -> QueryLimits:
    """The limits of a query with DuckDB."""
    from collector.query.duckdb import QueryLimits

    return QueryLimits(
        time_limit=settings.time_limit, memory_limit=settings.memory_limit, disk_limit=settings.disk_limit
    )


def athena_queries(settings: Settings) -> AthenaQueries:
    """Athena, for a lake on S3."""
    from collector.aws.athena import AthenaQueries
    from collector.lake.local_store import open_store

    open_store(settings.required_lake)  # Settles the Region of Athena, where none is configured.
    return AthenaQueries(
        database=settings.database,
        workgroup=settings.workgroup,
        output_location=settings.output_location,
        scan_limit=settings.scan_limit,
        time_limit=settings.time_limit,
    )


@contextmanager
def opened_lake(settings: Settings, organization_ids: tuple[str, ...] = ()) -> Iterator[LocalLake]:
    """The lake in DuckDB; stderr gets the date, age and coverage of its snapshots, and notes on its files."""
    from datetime import UTC, datetime

    from collector.query.duckdb import LocalLake

    with LocalLake(settings.required_lake, organization_ids, limits=query_limits(settings)) as local:
        say(*local.snapshots.freshness(datetime.now(UTC)), to_stderr=True)
        yield local
        for note in local.notes():
            say(note, to_stderr=True)


@contextmanager
def opened(settings: Settings, engine: str) -> Iterator[Run]:
    """Run selects on the lake with either engine."""
    if engine == "duckdb":
        with opened_lake(settings) as local:
            yield local.rows
        return
    from collector.query.athena import run_on_athena
    from collector.query.statement import athena_statement
    from collector.views.files import shipped_views

    queries = athena_queries(settings)
    views = shipped_views()
    yield lambda sql: run_on_athena(queries, athena_statement(sql, views)).rows
