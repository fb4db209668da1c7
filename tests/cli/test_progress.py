"""What the progress of a run shows at a terminal."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console
from rich.progress import Progress

from collector.cli import display
from collector.collection.result import AccountResult
from collector.outcome import Outcome

SLOW, OTHER = "111122223333", "444455556666"


@pytest.fixture(name="watch")
def _watch(monkeypatch):
    watch = display._BarWatch()
    watch.progress = Progress(console=Console(file=io.StringIO()))
    watch.bar = watch.progress.add_task("", total=None)
    return watch


def at(monkeypatch, seconds):
    monkeypatch.setattr(time, "monotonic", lambda: seconds)


def test_the_accounts_that_take_longest_are_named_with_their_seconds(watch, monkeypatch):
    assert watch.status() == "listing accounts"
    at(monkeypatch, 100)
    watch.listed(SLOW)
    at(monkeypatch, 103)
    watch.listed(OTHER)
    assert watch.status() == "0 collected, 0 failed"
    at(monkeypatch, 148)
    assert watch.status() == f"0 collected, 0 failed; waiting for {SLOW} 48 s, {OTHER} 45 s"
    watch.finished(AccountResult(SLOW, "pay", Outcome.REPORT_TIMEOUT))
    watch.finished(AccountResult(OTHER, "pay", Outcome.PARTIAL))
    assert watch.status() == "1 collected, 1 failed"


def test_an_interrupted_run_names_the_command_that_continues_it(watch):
    watch.interrupted()
    assert "`credlake collect --resume` continues the run" in watch.progress.console.file.getvalue()


def test_at_80_columns_count_time_and_status_fit_on_one_line(monkeypatch):
    terminal = io.StringIO()
    monkeypatch.setattr(display, "Console", lambda **_: Console(file=terminal, width=80, force_terminal=True))
    with display.watch_for(is_terminal=True) as watch:
        at(monkeypatch, 0)
        for account_id in (SLOW, OTHER):
            watch.listed(account_id)
        at(monkeypatch, 75)
        watch.progress.refresh()
        drawn = Console(width=80, file=io.StringIO())
        drawn.print(watch.progress)
        [line] = drawn.file.getvalue().splitlines()
    assert line.startswith("0/2 ")
    assert f"waiting for {SLOW} 75 s" in line
