"""Every command and option that a message names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import typer

import collector
from collector.cli.app import app

ROOT = Path(collector.__file__).parent
# Backticked in a message; or the whole text, as the doctor's remediation is.
COMMAND = re.compile(r"`credlake ([^`]+)`|^credlake ([a-z][^.]*)$")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]\b(?!-)")
# The AWS command line, whose commands the doctor names, has options of its own.
FOREIGN = re.compile(r"\baws [a-z]")


def texts_of(tree: ast.AST):
    """Every text in the code but docstrings; what is computed is shown as `X`."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and isinstance(node.body[0], ast.Expr)
    }
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "X" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (docstrings | parts):
            yield node.value


# The simulator is not a command of credlake.
MODULES = [path for path in ROOT.rglob("*.py") if path.parent.name != "simulator"]
TEXTS = [(path.name, text) for path in MODULES for text in texts_of(ast.parse(path.read_text("utf-8")))]
COMMANDS = sorted({(name, found[1] or found[2]) for name, text in TEXTS for found in COMMAND.finditer(text)})
ROOT_COMMAND = typer.main.get_command(app)


def options_of(command):
    return {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}


def command_of(words):
    """The command that the words name, and the words that are left."""
    command, left = ROOT_COMMAND, list(words)
    while left and hasattr(command, "commands") and not left[0].startswith("-"):
        assert left[0] in command.commands, f"there is no `credlake {' '.join(words)}`"
        command = command.commands[left.pop(0)]
    return command, left


def every_command(command=ROOT_COMMAND):
    yield command
    for part in getattr(command, "commands", {}).values():
        yield from every_command(part)


def test_there_are_messages_that_name_commands():
    assert {words.split()[0] for _, words in COMMANDS} >= {"collect", "query", "rebuild", "verify", "views"}


@pytest.mark.parametrize(("module", "words"), COMMANDS)
def test_a_command_that_a_message_names_exists_with_its_options(module, words):
    command, left = command_of(words.split())

    assert not hasattr(command, "commands") or left == ["--help"], f"{module}: `credlake {words}` is not a command"
    named = {word.partition("=")[0].rstrip(",.") for word in left if word.startswith("-")}
    assert named <= options_of(command) | {"--help"}, f"{module}: `credlake {words}`"


def test_an_option_that_a_message_names_exists():
    # `--joined` is the container's own.
    known = set().union(*(options_of(command) for command in every_command())) | {"--help", "--joined"}
    unknown = {
        (name, option)
        for name, text in TEXTS
        if not FOREIGN.search(text)
        for option in OPTION.findall(text)
        if option not in known
    }

    assert unknown == set()


def test_every_command_that_can_fail_internally_has_the_option_that_the_message_names():
    """`internal error …, with what --verbose shows`."""
    quick = {"list", "show", "describe", "init"}  # print or write what the package contains
    leaves = [command for command in every_command() if not hasattr(command, "commands")]

    assert {command.name for command in leaves if "--verbose" not in options_of(command)} <= quick | {"demo"}
