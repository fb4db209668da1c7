"""`credlake views`: list the views, show one, deploy them on Athena."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.options import Verbose, with_settings
from collector.cli.query import view_names
from collector.process.streams import may_be_lost, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.settings.model import Settings
    from collector.views.deploy import Step

ViewName = Annotated[str, typer.Argument(metavar="NAME", help="The name of a view.", autocompletion=view_names)]


def list_views() -> int:
    """List every view and what it answers. Each has a twin `<view>_history` over all snapshots, but for a few."""
    from collector.views.files import shipped_views

    _print_rows([(view.name, view.summary) for _, view in sorted(shipped_views().all.items())])
    return 0


def show_view(name: ViewName) -> int:
    """Print a view's file: what it answers, and its SQL."""
    from collector.views.files import shipped_views

    sys.stdout.write(shipped_views().shown(_found(name)))
    return 0


def describe_view(name: ViewName) -> int:
    """List the columns of a view: their types, what they mean, and which values they take."""
    from collector.views.files import column_meanings, shipped_views

    meanings = column_meanings()
    columns = [
        (column, kind, meanings[column]) for column, kind in shipped_views().by_name[_found(name)].columns.items()
    ]
    _print_rows(columns)
    return 0


def _found(name: str) -> str:
    from collector.errors import UsageError
    from collector.query.statement import named_view
    from collector.views.files import shipped_views

    names = shipped_views().by_name
    found = named_view(name, names)
    if found is None:
        raise UsageError([f"{name!r} is not the name of a view: `credlake views list` lists all views."])
    return found


def _print_rows(rows: Sequence[tuple[str, ...]]) -> None:
    """A table at a terminal, and lines with tabs elsewhere."""
    if not sys.stdout.isatty():
        sys.stdout.writelines("\t".join(row) + "\n" for row in rows)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(show_header=False, box=None)
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)


@with_settings("lake", "database", "workgroup", "output_location")
def deploy_views(
    settings: Settings,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", metavar="", help="Print the statements instead of running them.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", metavar="", help="Replace every view, also those that are in sync.")
    ] = False,
    verbose: Verbose = False,
) -> int:
    """Create or replace every view on Athena, and drop those of earlier versions. Views that are in sync are kept.

    Where one fails, those that were deployed before it stay, and are complete.
    """
    from collector.lake.layout import is_on_s3
    from collector.lake.local_store import open_store
    from collector.process.logs import set_up_logs
    from collector.views.deploy import deploy_views as deploy
    from collector.views.deploy import plan_views
    from collector.views.files import shipped_views

    set_up_logs(verbose=verbose, for_person=sys.stderr.isatty())
    if settings.lake is not None and is_on_s3(settings.lake):
        open_store(settings.lake)  # Settles the Region of Glue and Athena, where none is configured.
    shipped = shipped_views()
    plan = plan_views(
        shipped.athena_statements(settings.database),
        shipped.columns(),
        database=settings.database,
        is_forced=force,
    )
    if dry_run:
        sys.stdout.write(plan.sql())
        summary = f"{plan.summary()} (nothing was run)"
    else:
        database, workgroup, output = settings.database, settings.workgroup, settings.output_location
        summary = deploy(plan, database=database, workgroup=workgroup, output_location=output, done=_report)
    say(summary, to_stderr=True)
    return 0


def _report(step: Step) -> None:
    # A reader that left is no reason to leave the views half deployed.
    with may_be_lost():
        say(f"{step.action} {step.name}: {step.reason}")
