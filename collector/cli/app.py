"""The commands. Each has a module of its own, which imports what it needs when the command runs."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup

from collector.cli.collect import collect
from collector.cli.demo import demo
from collector.cli.deploy import deploy
from collector.cli.doctor import doctor
from collector.cli.evidence import evidence
from collector.cli.exceptions import check_exceptions, exceptions_from
from collector.cli.export import export
from collector.cli.gate import gate
from collector.cli.init import init
from collector.cli.lake import rebuild, verify
from collector.cli.notify import notify
from collector.cli.query import query
from collector.cli.read import read
from collector.cli.report import report
from collector.cli.show import show
from collector.cli.views import deploy_views, describe_view, list_views, show_view
from collector.process.streams import say

# A comment is followed by SQL on the next line; a name of an option has no blanks.
_COMMENT = re.compile(r"--(\s|.*\n)")


def _without_types(params: list[Any]) -> list[Any]:
    """The parameters, without Python's types in the help: a flag has none, an argument is named by its metavar."""
    for param in params:
        if isinstance(param, TyperArgument):
            param.display_type_rich = lambda **_: None  # type: ignore[method-assign]  # typer has no option for it
        elif getattr(param, "is_flag", False):
            param.metavar = ""
    return params


class _Command(TyperCommand):
    def parse_args(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 -- typer's own types are private
        """Parse the arguments; SQL that begins with a comment (`-- all keys`) is not an option."""
        return super().parse_args(ctx, [f" {each}" if _COMMENT.match(each) else each for each in args])

    def get_params(self, *context: Any) -> Any:  # noqa: ANN401 -- typer's own types are private
        return _without_types(super().get_params(*context))


class _Group(TyperGroup):
    def get_params(self, *context: Any) -> Any:  # noqa: ANN401 -- typer's own types are private
        return _without_types(super().get_params(*context))


app = typer.Typer(
    name="credlake",
    cls=_Group,
    help="Find old, unused and unprotected IAM credentials: in a downloaded report, an account or an AWS organization.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
views_app = typer.Typer(cls=_Group, help="List, show and deploy the views.", no_args_is_help=True)
app.add_typer(views_app, name="views")
exceptions_app = typer.Typer(
    cls=_Group, help="Check an exceptions file, or make one from a review sheet.", no_args_is_help=True
)
app.add_typer(exceptions_app, name="exceptions")


@app.callback(invoke_without_command=True)
def credlake(
    *, version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False
) -> None:
    """Run one of the commands."""
    if version:
        from collector import __version__

        say(f"credlake {__version__}")
        raise typer.Exit


for _command in (
    *(collect, read, query, show, report, notify, gate, export, evidence),
    *(rebuild, verify, doctor, deploy, demo, init),
):
    app.command(cls=_Command)(_command)
exceptions_app.command("check", cls=_Command)(check_exceptions)
exceptions_app.command("from", cls=_Command)(exceptions_from)
views_app.command("list", cls=_Command)(list_views)
views_app.command("show", cls=_Command)(show_view)
views_app.command("describe", cls=_Command)(describe_view)
views_app.command("deploy", cls=_Command)(deploy_views)
