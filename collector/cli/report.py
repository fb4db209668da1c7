"""`credlake report`: the newest snapshot as a page or a workbook for people."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.engine import ENGINE_SETTINGS, Engine, athena_queries, engine_problems, query_limits
from collector.cli.lake import OrganizationId
from collector.cli.options import Verbose, with_settings
from collector.process.streams import may_be_lost, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from collector.lake.record import PublishedSnapshot
    from collector.query.rows import Rows
    from collector.reports.records import Snapshot
    from collector.reports.scope import Scope
    from collector.settings.model import Settings

    Run = Callable[[str], Rows]
    Published = Callable[[Snapshot], PublishedSnapshot | None]

_PAGES = (".html", ".htm")


@with_settings(*ENGINE_SETTINGS, "language", "access_portal")
def report(
    settings: Settings,
    *,
    output: Annotated[
        Path,
        typer.Option(
            metavar="FILE", help="The page (.html) or workbook (.xlsx) to write. It appears whole or not at all."
        ),
    ],
    account: Annotated[
        list[str] | None, typer.Option(metavar="ACCOUNT", help="Only this account, by ID or name. Repeatable.")
    ] = None,
    ou: Annotated[
        list[str] | None, typer.Option(metavar="OU", help="Only accounts in this OU and below. Repeatable.")
    ] = None,
    owner: Annotated[
        list[str] | None, typer.Option(metavar="OWNER", help="Only accounts of this owner. Repeatable.")
    ] = None,
    organization_id: OrganizationId = None,
    engine: Engine = "duckdb",
    verbose: Verbose = False,
) -> int:
    """Write the newest snapshot as one HTML page, which needs no network: what is known, what fails, what to fix first.

    Or as a workbook for Excel, with a sheet to review every user. With --account, --ou or --owner, it holds nothing
    about any other account.

    Examples:
      credlake report --lake ./lake --output page.html

      credlake report --lake ./lake --ou Root/Workloads/Prod --language ja --output prod.html

      credlake report --lake ./lake --output book.xlsx

      credlake report --lake s3://my-bucket/credlake --engine athena --workgroup credlake --output page.html
    """
    from collector.errors import UsageError
    from collector.process.logs import set_up_logs
    from collector.reports.scope import Scope

    set_up_logs(verbose=verbose, for_person=sys.stderr.isatty())
    place = settings.required_lake
    target = output.expanduser()
    problems = output_problems("--output", target, (*_PAGES, ".xlsx"))
    problems += engine_problems(engine, place)
    if problems:
        raise UsageError(problems)
    source = _athena(settings, place) if engine == "athena" else _duckdb(settings, place)
    request = _Request(
        target=target,
        lake=place,
        scope=Scope(tuple(account or ()), tuple(ou or ()), tuple(owner or ())),
        organization_id=organization_id,
        language=settings.language,
        access_portal=settings.access_portal,
    )
    with source as (run, published):
        lines = (_write_page if target.suffix.lower() in _PAGES else _write_workbook)(request, run, published)
    with may_be_lost():
        say(*lines, to_stderr=True)
    return 0


def output_problems(flag: str, output: Path, endings: Sequence[str] = _PAGES) -> list[str]:
    """Why a report cannot be written to this file, in sentences."""
    from collector.query.run import is_in_lake

    problems = []
    if output.suffix.lower() not in endings:
        problems.append(f"{flag} {output}: name the file PAGE.html{' or BOOK.xlsx' if '.xlsx' in endings else ''}.")
    if is_in_lake(output):
        problems.append(f"{flag} {output}: that is within a lake, which holds only what credlake collects.")
    return problems


def write_folder_page(folder: Path, output: Path, *, shown_lake: str) -> None:
    """Write the page of a lake in a folder that this command wrote, with its place as the page shows it."""
    from collector.query.duckdb import LocalLake
    from collector.query.run import write_text
    from collector.reports.data import read_report
    from collector.reports.page import render
    from collector.reports.scope import Scope

    with LocalLake(str(folder)) as lake:
        write_text(output, render(read_report(lake.rows, lake=shown_lake, scope=Scope())))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What to write."""

    target: Path  # The file.
    lake: str  # The lake's folder or URI.
    scope: Scope  # The accounts.
    organization_id: str | None  # The organization; None where the lake holds one.
    language: str  # One of `LANGUAGES`.
    access_portal: str | None  # Through which links to the console lead.


def _write_page(request: _Request, run: Run, published: Published) -> list[str]:
    from collector.query.run import write_text
    from collector.reports.data import read_report
    from collector.reports.page import render

    data = read_report(
        run, lake=request.lake, scope=request.scope, organization_id=request.organization_id, published=published
    )
    write_text(request.target, render(data, language=request.language, access_portal=request.access_portal))
    return [_done(request.target, data.snapshot, known=data.known, active=data.active, failing=data.failing)]


def _write_workbook(request: _Request, run: Run, _published: Published) -> list[str]:
    from collector.query.run import open_target
    from collector.reports.workbook import write_report

    with open_target(request.target, sys.stdout, format_name="xlsx") as stream:
        written = write_report(
            run,
            stream,
            lake=request.lake,
            scope=request.scope,
            organization_id=request.organization_id,
            language=request.language,
        )
    done = _done(request.target, written.snapshot, known=written.known, active=written.active, failing=written.failing)
    return [done, *written.notes]


def _done(target: Path, snapshot: Snapshot, *, known: int, active: int, failing: int) -> str:
    return (
        f"Wrote {target}: {snapshot.organization_id}, {snapshot.snapshot_date}, {known} of {active} active accounts "
        f"known, {failing} findings."
    )


@contextmanager
def _duckdb(settings: Settings, lake: str) -> Iterator[tuple[Run, Published]]:
    from collector.query.duckdb import LocalLake

    with LocalLake(lake, limits=query_limits(settings)) as local:
        records = local.snapshots.records
        yield (
            local.rows,
            lambda snapshot: records[snapshot.organization_id].snapshots.get(snapshot.snapshot_date),
        )


@contextmanager
def _athena(settings: Settings, lake: str) -> Iterator[tuple[Run, Published]]:
    from collector.errors import LakeError
    from collector.query.athena import run_on_athena
    from collector.query.snapshots import read_snapshots
    from collector.query.statement import athena_statement
    from collector.views.files import shipped_views

    def published(snapshot: Snapshot) -> PublishedSnapshot | None:
        # A reader may be allowed to query the tables, but not to read the record.
        with suppress(LakeError):
            record = read_snapshots(lake, [snapshot.organization_id]).records[snapshot.organization_id]
            found = record.snapshots.get(snapshot.snapshot_date)
            return found if found is not None and found.run_id == snapshot.run_id else None
        return None

    queries = athena_queries(settings)
    views = shipped_views()
    yield lambda sql: run_on_athena(queries, athena_statement(sql, views)).rows, published
