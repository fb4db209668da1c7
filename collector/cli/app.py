"""The commands. Each lives in a module of its own; what it does is in the modules that one calls."""

from __future__ import annotations

from typing import Annotated

import typer

from collector.cli.collect_command import collect
from collector.cli.demo_command import demo
from collector.cli.doctor import doctor
from collector.cli.lake import rebuild, verify
from collector.cli.query import deploy_views, list_views, query, show_view

app = typer.Typer(
    name="credlake",
    help="Which credentials in an AWS organization are old, unused or unprotected, in which account, since when.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
views_app = typer.Typer(help="The views: what can be asked.", no_args_is_help=True)
app.add_typer(views_app, name="views")


@app.callback(invoke_without_command=True)
def credlake(
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    """Run one of the commands."""
    if version:
        from collector import __version__

        typer.echo(f"credlake {__version__}")
        raise typer.Exit


app.command()(collect)
app.command()(query)
app.command()(rebuild)
app.command()(verify)
app.command()(doctor)
app.command()(demo)
views_app.command("list")(list_views)
views_app.command("show")(show_view)
views_app.command("deploy")(deploy_views)
