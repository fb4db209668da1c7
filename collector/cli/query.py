"""`credlake query` and `credlake views`: ask the lake, and see what can be asked."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from collector.cli.options import ConfigFile, Database, Lake, OutputLocation, Workgroup


def query(
    question: Annotated[str, typer.Argument(metavar="SQL_OR_VIEW", help="A view's name, or a select in Athena's SQL.")],
    lake: Lake = None,
    format: Annotated[  # noqa: A002 -- the flag's name is the contract's
        str, typer.Option("--format", metavar="FORMAT", help="table, csv, json or parquet.")
    ] = "table",
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the rows there.")] = None,
    engine: Annotated[
        str | None, typer.Option(metavar="ENGINE", help="duckdb (default on a folder) or athena (default on S3).")
    ] = None,
    database: Database = None,
    workgroup: Workgroup = None,
    output_location: OutputLocation = None,
    scan_limit: Annotated[
        str | None, typer.Option(metavar="BYTES", help="Stop an Athena query that has read more than that.")
    ] = None,
    config: ConfigFile = None,
) -> int:
    """Ask the lake. Rows go to stdout; which snapshot answers, and how old it is, to stderr.

    Examples:
      credlake query --lake ./lake findings

      credlake query --lake ./lake --format json "select account_id, outcome from account where outcome <> 'collected'"

      credlake query --lake ./lake stale_access_keys_history --format parquet --output keys.parquet

      credlake query --lake s3://my-bucket/credlake --workgroup credlake findings
    """
    from collector.cli.asking import ask
    from collector.process.logs import set_up_logs
    from collector.settings.sources import read_settings

    set_up_logs(verbose=False, for_person=sys.stderr.isatty())
    flags = {
        "lake": lake,
        "database": database,
        "workgroup": workgroup,
        "output_location": output_location,
        "scan_limit": scan_limit,
    }
    settings = read_settings(flags, os.environ, config_file=config, directory=Path.cwd())
    ask(settings, question, engine=engine, format_name=format, output=output)
    return 0


def list_views() -> int:
    """Name every view and what it answers."""
    from rich.console import Console
    from rich.table import Table

    from collector.query.ask import list_views as views

    if not sys.stdout.isatty():
        for name, summary in views():
            typer.echo(f"{name}\t{summary}")
        return 0
    table = Table(show_header=False, box=None)
    for name, summary in views():
        table.add_row(name, summary)
    Console().print(table)
    return 0


def show_view(name: Annotated[str, typer.Argument(metavar="NAME", help="A view's name.")]) -> int:
    """Print a view's file: what it answers, and its SQL."""
    from collector.query.ask import show_view as text_of

    typer.echo(text_of(name), nl=False)
    return 0


def deploy_views(
    database: Database = None,
    workgroup: Workgroup = None,
    output_location: OutputLocation = None,
    dry_run: Annotated[bool, typer.Option(help="Print the statements, and run none.")] = False,
    config: ConfigFile = None,
) -> int:
    """Create or replace every view on Athena, and remove views of ours that are gone. What is in step is left alone."""
    from collector.cli.views import deploy
    from collector.process.logs import set_up_logs
    from collector.settings.sources import read_settings

    set_up_logs(verbose=False, for_person=sys.stderr.isatty())
    flags = {"database": database, "workgroup": workgroup, "output_location": output_location}
    deploy(read_settings(flags, os.environ, config_file=config, directory=Path.cwd()), dry_run=dry_run)
    return 0
