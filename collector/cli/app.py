"""The commands. Each has a module of its own, which imports what it needs when the command runs."""

from __future__ import annotations

from typing import Annotated

import typer

from collector.cli.collect import collect
from collector.cli.demo import demo
from collector.cli.doctor import doctor
from collector.cli.lake import rebuild, verify
from collector.cli.query import query
from collector.cli.views import deploy_views, list_views, show_view

app = typer.Typer(
    name="credlake",
    help="Find old, unused and unprotected IAM credentials in every account of an AWS organization.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
views_app = typer.Typer(help="List, show and deploy the views.", no_args_is_help=True)
app.add_typer(views_app, name="views")


@app.callback(invoke_without_command=True)
def credlake(
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
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
