"""Words in: the flags that are stable, and every setting as a flag."""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys

import pytest

from collector.cli.collect import collect
from collector.cli.notify import notify
from collector.cli.query import query
from collector.cli.report import report
from collector.settings.model import Settings

# Stable (docs/versioning.md).
FLAGS = (
    *("--lake", "--role-name", "--external-id", "--account", "--exclude-account", "--include-ou", "--exclude-ou"),
    *("--accounts-file", "--organization-id", "--concurrency", "--deadline", "--tags", "--no-tags", "--dry-run"),
    *("--min-coverage", "--replace", "--single-account"),
)


@pytest.mark.parametrize("flag", FLAGS)
def test_every_stable_flag_is_there(credlake, flag, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    ended = credlake("collect", "--help")

    assert ended.code == 0
    assert flag in ended.out


def test_every_setting_is_a_flag_too_but_for_the_tables():
    flags = {name for command in (collect, query, report, notify) for name in inspect.signature(command).parameters}

    assert {field.name for field in dataclasses.fields(Settings)} - flags == {
        *("limits", "owners", "notify"),
        # Of the environment alone.
        "notify_urls",
        # Of the scheduled run, which has no flags.
        *("event_bus", "quicksight_data_set", "publish_page"),
    }
    assert set(inspect.signature(collect).parameters) - {field.name for field in dataclasses.fields(Settings)} == {
        *("dry_run", "config", "verbose"),
    }


@pytest.mark.parametrize("flag", ["--account", "--exclude-account", "--include-ou", "--exclude-ou"])
def test_the_help_says_which_flags_are_repeatable(credlake, flag, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    lines = [line for line in credlake("collect", "--help").out.splitlines() if f"{flag} " in line]

    assert any("Repeatable" in line for line in lines)


@pytest.mark.parametrize("words", [(), ("--help",), ("views",)])
def test_without_a_command_the_commands_are_shown(credlake, words):
    ended = credlake(*words)

    assert "Usage" in ended.out + ended.err
    assert ended.code == (0 if words == ("--help",) else 2)
    assert ended.said == []


def test_a_wrong_argument_leads_to_the_help_of_its_own_command(credlake):
    assert credlake("views", "show").said == [
        "credlake: Missing argument 'NAME'. (`credlake views show --help` shows what it takes.)"
    ]
    assert credlake("reed").said[-1].endswith("(`credlake --help` shows what it takes.)")


@pytest.mark.parametrize("name", ["s3:/b/x", "gs://x/y", "file:///x"])
@pytest.mark.parametrize(
    "words",
    [
        ("collect",),
        ("collect", "--dry-run"),
        ("query", "account"),
        ("query", "--engine", "athena", "account"),
        ("verify",),
        ("rebuild", "--date", "2026-11-24"),
        ("doctor",),
    ],
    ids=" ".join,
)
def test_2_for_a_lake_that_is_neither_a_folder_nor_on_s3_and_no_folder_is_made(credlake, tmp_path, words, name):
    ended = credlake(*words, "--lake", name)

    assert ended.code == 2
    assert len(ended.said) == 1
    assert ended.said[0].startswith(f"credlake: command line: --lake: {name}")
    assert list(tmp_path.iterdir()) == []


def test_a_message_steers_no_terminal(credlake, tmp_path):
    ended = credlake("query", "--lake", tmp_path / "a\x1b[2Jb", "findings")

    assert ended.code == 3
    assert "a\ufffd[2Jb" in ended.err
    assert "\x1b" not in ended.err


def test_3_on_a_system_without_file_locks_with_one_sentence(credlake, lake, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    ended = credlake("query", "--lake", lake, "findings")

    assert (ended.code, len(ended.said)) == (3, 1)
    assert "Linux and macOS" in ended.said[0]


def test_2_where_the_demo_is_to_leave_its_lake_on_s3(credlake, tmp_path):
    """Its lake is a folder; a path swallows one of the slashes."""
    ended = credlake("demo", "--lake", "s3://bucket/demo")

    assert (ended.code, list(tmp_path.iterdir())) == (2, [])
    assert ended.said == ["credlake: --lake s3:/bucket/demo: the demo's lake must be a local folder."]


@pytest.mark.parametrize(
    "words",
    [(), ("collect",), ("query",), ("rebuild",), ("verify",), ("doctor",), ("demo",), ("views",), ("views", "deploy")],
)
def test_the_help_shows_no_types_of_python(credlake, words):
    assert re.findall(r"<(?:bool|str|int|float|path|list).*?>", credlake(*words, "--help").out) == []


@pytest.mark.parametrize("command", [(), ("collect",), ("query",), ("views", "list")])
def test_h_is_short_for_help(credlake, command):
    short, long = credlake(*command, "-h"), credlake(*command, "--help")
    assert (short.code, short.out) == (0, long.out)
    assert "Usage: credlake" in short.out


@pytest.mark.parametrize(
    ("words", "expected"),
    [("credlake coll", {"collect"}), ("credlake query stale_", {"stale_access_keys", "stale_access_keys_history"})],
)
def test_a_shell_completes_commands_and_views(credlake, words, expected):
    environment = {
        "_CREDLAKE_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    ended = credlake(environment=environment)
    assert (ended.code, set(ended.out.split())) == (0, expected)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_every_shell(credlake, shell):
    ended = credlake(environment={"_CREDLAKE_COMPLETE": f"source_{shell}"})
    assert ended.code == 0
    assert "_CREDLAKE_COMPLETE=complete_" in ended.out
