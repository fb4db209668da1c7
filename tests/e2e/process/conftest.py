from __future__ import annotations

import pytest

from tests.fixtures.commands import Process, hide_settings


@pytest.fixture(name="clean", autouse=True)
def _clean(monkeypatch, tmp_path):
    hide_settings(monkeypatch, tmp_path)


@pytest.fixture(name="start")
def _start(tmp_path):
    """Starts a command in a process of its own: `start("collect", …, at=server)`."""
    started = []

    def start(*arguments, at=None, **options) -> Process:
        started.append(Process(tmp_path, arguments, at=at, **options))
        return started[-1]

    yield start
    for process in started:
        if process.process.poll() is None:
            process.process.kill()
            process.process.communicate()
