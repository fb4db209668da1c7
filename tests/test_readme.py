"""The README says what is true: its links lead somewhere, its commands and settings are taken, its policy is ours."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import typer

from collector.aws.iam import SESSION_ACTIONS
from collector.cli.app import app
from collector.settings.model import SettingsSchema
from collector.views.files import shipped_views

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
README = PAGES[0].read_text("utf-8")
COMMAND = typer.main.get_command(app)


def fenced(text: str, language: str = "") -> list[str]:
    return re.findall(rf"^[ ]*```{language}\n(.*?)^[ ]*```$", text, re.DOTALL | re.MULTILINE)


def shell_lines(text: str) -> list[str]:
    lines = [line.strip() for block in fenced(text) for line in block.splitlines()]
    return [line for line in lines if re.match(r"(\.venv/bin/)?credlake ", line)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_relative_link_leads_to_a_file_of_the_repository(page):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text("utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("line", shell_lines(README))
def test_a_command_of_the_readme_is_one_that_the_command_line_takes(line):
    words = shlex.split(line.removeprefix(".venv/bin/"))[1:]
    command, context = COMMAND, COMMAND.make_context("credlake", list(words), resilient_parsing=True)
    while hasattr(command, "commands") and words:
        name = words.pop(0)
        assert name in command.commands, f"there is no command {name}"
        command = command.commands[name]
    parsed = command.make_context(command.name, words, parent=context)

    assert parsed.command is command


def test_every_command_is_in_the_readme_or_shown_by_help():
    assert {"collect", "query", "demo", "rebuild", "verify"} <= set(COMMAND.commands)
    for name in ("collect", "query", "demo"):
        assert f"credlake {name}" in README or f"make {name}" in README


def test_the_settings_that_a_page_shows_are_taken():
    (shown,) = fenced((ROOT / "docs" / "settings.md").read_text("utf-8"), "toml")

    SettingsSchema().load(tomllib.loads(shown))


def test_the_policy_that_the_readme_shows_allows_exactly_the_calls_that_are_made():
    (shown,) = fenced(README, "json")
    (statement,) = json.loads(shown)["Statement"]

    assert set(SESSION_ACTIONS) == set(statement["Action"])


def test_every_view_is_named_in_the_page_of_views_and_the_readmes_are_views():
    named = set(re.findall(r"\[`(\w+)`\]\(athena_queries/", README))
    page = (ROOT / "docs" / "views.md").read_text("utf-8")

    assert named <= set(shipped_views().all)
    assert [view for view in shipped_views().all if f"`{view}`" not in page and f"## {view}" not in page] == []
