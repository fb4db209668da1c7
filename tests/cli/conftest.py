from __future__ import annotations

import asyncio

import pytest

from collector.cli.main import exit_code_of
from collector.collection import run as run_module
from collector.collection.run import Collection
from collector.simulator import AccountSpec, OrganizationSpec, Simulator, faults
from tests.fixtures.commands import Ended, hide_settings
from tests.fixtures.runs import MANAGEMENT, join_calls, member, organization

# Every account can be collected; one cannot; none can.
GOOD = organization(*(member(number) for number in range(3)))
SOME_DENIED = organization(member(1), member(2, name="the-denied", faults=(faults.ROLE_MISSING,)))
NOBODY = OrganizationSpec(
    (AccountSpec(MANAGEMENT, "management", faults=(faults.GENERATE_DENIED,)), member(1, roles=())), MANAGEMENT
)


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


@pytest.fixture(name="good", scope="module")
def _good():
    with Simulator(GOOD) as server:
        yield server
