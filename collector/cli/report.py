"""`credlake report`: the newest snapshot as a page for people."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.lake import OrganizationId
from collector.cli.options import Verbose, with_settings
from collector.process.streams import may_be_lost, say

if TYPE_CHECKING:
    from collector.lake.record import PublishedSnapshot
    from collector.reports.data import ReportData
    from collector.reports.records import Snapshot
    from collector.reports.scope import Scope
    from collector.settings.model import Settings

ENGINES = ("duckdb", "athena")


@with_settings(
    *("lake", "access_portal", "database", "workgroup", "output_location", "scan_limit"),
    *("time_limit", "memory_limit", "disk_limit"),
)
def report(
    settings: Settings,
    *,
    output: Annotated[
        Path, typer.Option(metavar="PAGE.html", help="The file to write. It appears whole or not at all.")
    ],
    language: Annotated[str, typer.Option(metavar="LANGUAGE", help="en (default) or ja.")] = "en",
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
    engine: Annotated[
        str, typer.Option(metavar="ENGINE", help="duckdb (default) or athena (for a lake on S3).")
    ] = "duckdb",
    verbose: Verbose = False,
) -> int:
    """Write the newest snapshot as one HTML page, which needs no network: what is known, what fails, what to fix first.

    With --account, --ou or --owner, the page holds nothing about any other account.

    Examples:
      credlake report --lake ./lake --output page.html

      credlake report --lake ./lake --ou Root/Workloads/Prod --language ja --output prod.html

      credlake report --lake s3://my-bucket/credlake --engine athena --workgroup credlake --output page.html
    """
    from collector.errors import UsageError
    from collector.lake.layout import is_on_s3
    from collector.process.logs import set_up_logs
    from collector.query.run import write_text
    from collector.reports.page import render
    from collector.reports.scope import Scope
    from collector.reports.texts import LANGUAGES

    set_up_logs(verbose=verbose, for_person=sys.stderr.isatty())
    place = settings.required_lake
    target = output.expanduser()
    problems = page_problems("--output", target)
    if language not in LANGUAGES:
        problems.append(f"Unknown language {language!r}: use {' or '.join(LANGUAGES)}.")
    if engine not in ENGINES:
        problems.append(f"Unknown engine {engine!r}: use {' or '.join(ENGINES)}.")
    elif engine == "athena" and not is_on_s3(place):
        problems.append(f"Athena reads S3, and {place} is a local folder. Use --engine duckdb.")
    if problems:
        raise UsageError(problems)
    read = _from_athena if engine == "athena" else _from_duckdb
    data = read(settings, place, Scope(tuple(account or ()), tuple(ou or ()), tuple(owner or ())), organization_id)
    write_text(target, render(data, language=language, access_portal=settings.access_portal))
    with may_be_lost():
        say(
            f"Wrote {target}: {data.snapshot.organization_id}, {data.snapshot.snapshot_date}, {data.known} of "
            f"{data.active} active accounts known, {data.failing} findings.",
            to_stderr=True,
        )
    return 0


def page_problems(flag: str, output: Path) -> list[str]:
    """Why a page cannot be written to this file, in sentences."""
    from collector.query.run import is_in_lake

    problems = []
    if output.suffix.lower() not in {".html", ".htm"}:
        problems.append(f"{flag} {output}: a report is a page; name the file PAGE.html.")
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


def _from_duckdb(settings: Settings, lake: str, scope: Scope, organization_id: str | None) -> ReportData:
    from collector.query.duckdb import LocalLake, QueryLimits
    from collector.reports.data import read_report

    limits = QueryLimits(
        time_limit=settings.time_limit, memory_limit=settings.memory_limit, disk_limit=settings.disk_limit
    )
    with LocalLake(lake, limits=limits) as local:
        records = local.snapshots.records
        return read_report(
            local.rows,
            lake=lake,
            scope=scope,
            organization_id=organization_id,
            published=lambda snapshot: records[snapshot.organization_id].snapshots.get(snapshot.snapshot_date),
        )


def _from_athena(settings: Settings, lake: str, scope: Scope, organization_id: str | None) -> ReportData:
    from collector.aws.athena import AthenaQueries
    from collector.errors import LakeError
    from collector.lake.local_store import open_store
    from collector.query.athena import run_on_athena
    from collector.query.snapshots import read_snapshots
    from collector.query.statement import athena_statement
    from collector.reports.data import read_report
    from collector.views.files import shipped_views

    def published(snapshot: Snapshot) -> PublishedSnapshot | None:
        # A reader may be allowed to query the tables, but not to read the record.
        with suppress(LakeError):
            record = read_snapshots(lake, [snapshot.organization_id]).records[snapshot.organization_id]
            found = record.snapshots.get(snapshot.snapshot_date)
            return found if found is not None and found.run_id == snapshot.run_id else None
        return None

    open_store(lake)  # Settles the Region of Athena, where none is configured.
    queries = AthenaQueries(
        database=settings.database,
        workgroup=settings.workgroup,
        output_location=settings.output_location,
        scan_limit=settings.scan_limit,
        time_limit=settings.time_limit,
    )
    views = shipped_views()
    return read_report(
        lambda sql: run_on_athena(queries, athena_statement(sql, views)).rows,
        lake=lake,
        scope=scope,
        organization_id=organization_id,
        published=published,
    )
