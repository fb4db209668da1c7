"""Command line options: those of the settings, made from their declaration, and those that several commands share."""

from __future__ import annotations

import inspect
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from collector.limits import LIMITS
from collector.settings.model import SETTINGS, Settings
from collector.settings.sources import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.models import OptionInfo

    from collector.limits import Limit

ConfigFile = Annotated[
    str | None, typer.Option(metavar="FILE", help="Settings file, instead of the nearest credlake.toml.")
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", metavar="", help="Log more; print the traceback of an internal error.")
]


def with_settings(*names: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Give a command the options of these settings, and `--config`; it receives `settings`, read from all sources.

    `limits` stands for one option for each limit in days; they override those for all accounts. typer reads options
    from a function's signature, so the command's is rewritten: `settings` is replaced by one parameter for each option.
    """
    limits = [limit for limit in LIMITS if "limits" in names and limit.unit == "days"]
    names = tuple(name for name in names if name != "limits")

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        def run(*, config: str | None = None, **values: Any) -> int:  # noqa: ANN401 -- as typer passes them
            flags = {name: values.pop(name, None) for name in names}
            given = {limit.name: values.pop(limit.name, None) for limit in limits}
            changed = {name: days for name, days in given.items() if days is not None}
            settings = read_settings(flags, os.environ, config_file=config, directory=Path.cwd())
            rules = replace(settings.limits, default=replace(settings.limits.default, **changed))
            settings = replace(settings, limits=rules)
            return command(settings=settings, **values)

        hints = get_type_hints(command, localns={"Settings": Settings}, include_extras=True)
        own = inspect.signature(command).parameters.values()
        parameters = [
            *(_parameter(name, Annotated[_type_of(name), option(name)]) for name in names),
            *(_parameter(limit.name, Annotated[int | None, _limit_option(limit)]) for limit in limits),
            *(each.replace(annotation=hints[each.name]) for each in own if each.name != "settings"),
            _parameter("config", ConfigFile),
        ]
        run.__name__, run.__doc__ = command.__name__, command.__doc__
        run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # functions take any attribute
            [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters]
        )
        return run

    return decorate


def option(name: str) -> OptionInfo:
    """The command line option of a setting."""
    declared = SETTINGS[name]
    flag = f"--{name.replace('_', '-')}"
    default = Settings.__dataclass_fields__[name].default
    help_text = declared.help + (" Repeatable." if declared.is_repeatable else "")
    if default is True:
        help_text += f" (default {flag})"
    elif default and not declared.is_repeatable:
        help_text += f" (default {default:g})" if isinstance(default, float) else f" (default {default})"
    made: OptionInfo = typer.Option(
        f"{flag}/--no-{flag[2:]}" if declared.is_switch else flag,
        metavar=declared.metavar,
        help=help_text,
        rich_help_panel=declared.group,
    )
    return made


def _limit_option(limit: Limit) -> OptionInfo:
    made: OptionInfo = typer.Option(
        f"--{limit.name.replace('_', '-')}",
        min=1,
        max=limit.highest,
        metavar="DAYS",
        help=f"{limit.meaning} (default {limit.default})",
        rich_help_panel="Limits",
    )
    return made


def _type_of(name: str) -> Any:  # noqa: ANN401 -- a type, or a union of types
    declared = SETTINGS[name]
    # Values are text here: all sources are read by the same checks, so that all problems come in one message.
    return bool | None if declared.is_switch else list[str] | None if declared.is_repeatable else str | None


def _parameter(name: str, annotation: object) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
