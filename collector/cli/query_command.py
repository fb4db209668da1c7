"""`credlake query` and `credlake views`: ask the lake, and see what can be asked."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from collector.cli.flags import ConfigFile, Lake


def query(
    question: Annotated[str, typer.Argument(metavar="SQL_OR_VIEW", help="A view's name, or a select in Athena's SQL.")],
    lake: Lake = None,
    format: Annotated[  # noqa: A002 -- the flag's name is the contract's
        str, typer.Option("--format", metavar="FORMAT", help="table, csv, json or parquet.")
    ] = "table",
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the rows there.")] = None,
    config: ConfigFile = None,
) -> int:
    """Ask the lake. Rows go to stdout; which snapshot answers, and how old it is, to stderr.

    Examples:
      credlake query --lake ./lake findings

      credlake query --lake ./lake --format json "select account_id, outcome from account where outcome <> 'collected'"

      credlake query --lake ./lake stale_access_keys_history --format parquet --output keys.parquet
    """
    from collector.cli.logs import set_up_logs
    from collector.errors import UsageFaultsError
    from collector.query.answer import run_query
    from collector.settings_sources import read_settings

    set_up_logs(verbose=False, for_person=sys.stderr.isatty())
    settings = read_settings({"lake": lake}, os.environ, config_file=config, directory=Path.cwd())
    if settings.lake is None:
        raise UsageFaultsError(["Which lake? Name it with --lake, CREDLAKE_LAKE, or `lake` in credlake.toml."])
    run_query(settings.lake, question, format=format, output=output, out_stream=sys.stdout, err_stream=sys.stderr)
    return 0


def list_views() -> int:
    """Name every view and what it answers."""
    from rich.console import Console
    from rich.table import Table

    from collector.query.answer import list_views as views

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
    from collector.query.answer import show_view as text_of

    typer.echo(text_of(name), nl=False)
    return 0
