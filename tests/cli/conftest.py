from __future__ import annotations

import asyncio

import pytest

from collector.cli.main import exit_code_of
from collector.collection import run as run_module
from collector.collection.run import Collection
from tests.fixtures.commands import Ended, hide_settings
from tests.fixtures.runs import join_calls


@pytest.fixture(name="clean", autouse=True)
def _clean(monkeypatch, tmp_path):
    hide_settings(monkeypatch, tmp_path)


@pytest.fixture(name="credlake")
def _credlake(monkeypatch, capsys):
    """Runs a command in this process: `credlake("collect", …, at=server)`. What it waits for takes next to no time."""

    def quick(**options):
        return Collection(**options | {"sleep": lambda seconds: asyncio.sleep(seconds * 0.01)})

    monkeypatch.setattr(run_module, "Collection", quick)

    def credlake(*arguments, at=None, environment=None) -> Ended:
        with monkeypatch.context() as patch:
            for name, value in {**(at.environment() if at else {}), **(environment or {})}.items():
                patch.setenv(name, value)
            capsys.readouterr()
            code = exit_code_of([str(argument) for argument in arguments])
            join_calls()
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return credlake
