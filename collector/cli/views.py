"""`credlake views`: list the views, show one, deploy them on Athena."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from collector.cli.options import ConfigFile, Database, OutputLocation, Workgroup, read_flags


def list_views() -> int:
    """List every view and what it answers."""
    from collector.query.ask import list_views as views

    if not sys.stdout.isatty():
        for name, summary in views():
            typer.echo(f"{name}\t{summary}")
        return 0
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None)
    for name, summary in views():
        table.add_row(name, summary)
    Console().print(table)
    return 0


def show_view(name: Annotated[str, typer.Argument(metavar="NAME", help="The name of a view.")]) -> int:
    """Print a view's file: what it answers, and its SQL."""
    from collector.query.ask import show_view as text_of

    typer.echo(text_of(name), nl=False)
    return 0


def deploy_views(
    database: Database = None,
    workgroup: Workgroup = None,
    output_location: OutputLocation = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the statements instead of running them.")] = False,
    config: ConfigFile = None,
) -> int:
    """Create or replace every view on Athena, and drop those of earlier versions. Views that are in sync are kept.

    Where one fails, those that were deployed before it stay, and are complete.
    """
    from collector.aws.athena import AthenaQueries
    from collector.aws.clients import client
    from collector.process.logs import set_up_logs
    from collector.process.streams import may_be_lost
    from collector.views.deploy import DeployedViews
    from collector.views.files import shipped_views
    from collector.views.plan import carry_out, plan_deployment

    set_up_logs(for_person=sys.stderr.isatty())
    settings = read_flags(config, database=database, workgroup=workgroup, output_location=output_location)
    shipped = shipped_views()
    views = DeployedViews(client("glue"), settings.database)
    plan = plan_deployment(
        shipped.athena_statements(settings.database),
        views.held(),
        database=settings.database,
        columns_of=shipped.columns().__getitem__,
    )
    if dry_run:
        typer.echo(plan.sql(), nl=False)
    else:
        queries = AthenaQueries(
            database=settings.database, workgroup=settings.workgroup, output_location=settings.output_location
        )
        for step in carry_out(plan, run=queries.run, mark=views.mark):
            # A reader that left is no reason to leave the views half deployed.
            with may_be_lost():
                typer.echo(f"{step.action} {step.name}: {step.reason}")
    typer.echo(plan.summary() + (" (nothing was run)" if dry_run else ""), err=True)
    return 0
