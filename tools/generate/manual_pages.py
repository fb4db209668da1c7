"""The pages of the manual that come from declarations: every command, every setting."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import typer
from typer.cli import get_docs_for_click
from typer.main import get_command

from collector.cli.app import app
from collector.limits import LIMITS
from collector.settings.model import SETTINGS, Settings
from collector.settings.template import toml_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typer.core import TyperGroup

_COMMANDS_HEAD: Final = """\
<!-- Generated from the help texts by `make generate`. Do not edit. -->

"""
_SETTINGS_HEAD: Final = """\
# Every setting

<!-- Generated from collector/settings/model.py and collector/limits.py by `make generate`. Do not edit. -->

A setting has one name in `credlake.toml` (`role_name`), in the environment (`CREDLAKE_ROLE_NAME`) and as a flag
(`--role-name`). [Settings and exit codes](settings.md) describes how they combine.
`credlake init` writes a file with all of them.
"""
_LIMITS_HEAD: Final = """
## Limits

In the table `[limits]`, and for an OU or an account in `[[limits.override]]`.

| name | default | meaning |
|---|---|---|
"""

# What typer writes for an example of the help text: an indented line, with or without a blank line between two.
_EXAMPLES: Final = re.compile(r"^Examples:\n((?:  .*\n|\n(?=  ))+)", re.MULTILINE)
# The heading of a group of commands, and of its members.
_MEMBER: Final = re.compile(r"^### ", re.MULTILINE)


def commands_page() -> str:
    """`docs/commands.md`: what `--help` prints of each command."""
    command = get_command(app)
    context = typer.Context(command, info_name="credlake")
    text = get_docs_for_click(obj=command, ctx=context, name="credlake", title="Commands")
    text = _EXAMPLES.sub(_example_block, text)
    for each in _commands(command):
        # typer shortens the summaries of a list to 45 letters, which is the width of a terminal's column.
        text = text.replace(f": {each.get_short_help_str()}\n", f": {each.get_short_help_str(limit=200)}\n")
    return _COMMANDS_HEAD + _MEMBER.sub("## ", text).rstrip() + "\n"


def _commands(group: object) -> Iterator[TyperGroup]:
    for each in getattr(group, "commands", {}).values():
        yield each
        yield from _commands(each)


def _example_block(found: re.Match[str]) -> str:
    lines = [line.removeprefix("  ") for line in found[1].splitlines() if line]
    return "**Examples**:\n\n```console\n" + "".join(f"$ {line}\n" for line in lines) + "```\n\n"


def settings_page() -> str:
    """`docs/all-settings.md`: every setting with its default and meaning, by group; every limit."""
    parts = [_SETTINGS_HEAD]
    for group in dict.fromkeys(declared.group for declared in SETTINGS.values()):
        rows = [_setting(name) for name, declared in SETTINGS.items() if declared.group == group and declared.help]
        if rows:
            parts.append(f"\n## {group}\n\n| name | default | meaning |\n|---|---|---|\n{''.join(rows)}")
    limits = "".join(f"| `{limit.name}` | {limit.default} | {_cell(limit.meaning)} |\n" for limit in LIMITS)
    return "".join([*parts, _LIMITS_HEAD, limits])


def _setting(name: str) -> str:
    default = Settings.__dataclass_fields__[name].default
    shown = "" if default in {None, (), frozenset()} else f"`{toml_value(default)}`"
    return f"| `{name}` | {shown} | {_cell(SETTINGS[name].help)} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
