from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from collector.discovery.limits import LimitOverride, LimitRules
from collector.simulator import OrganizationSpec, Simulator
from tests.fixtures import every_fault
from tests.fixtures.published import accounts_of, users_of
from tests.fixtures.runs import calls_made, collect, quick_to_hang_up

if TYPE_CHECKING:
    from pathlib import Path

    from collector.collection.run import Collection
    from collector.simulator import TrafficCounts


@dataclass
class Everything:
    """The one run over `every_fault.organization()`: what was served, and what was published."""

    organization: OrganizationSpec
    server: Simulator
    calls: TrafficCounts
    lake: Path
    run: Collection
    accounts: dict[str, dict]
    users: dict[str, list[dict]]
    seconds: float


@pytest.fixture(params=["lean", "client"], name="both_ways")
def _both_ways(request):
    """Runs of the test make their calls without botocore's client layer, and then through it."""
    with calls_made(request.param):
        yield request.param


@pytest.fixture(scope="session", params=["lean", "client"], name="everything")
def _everything(request, tmp_path_factory):
    """Made once for all tests that look at it: it takes as long as its slowest account."""
    lake = tmp_path_factory.mktemp("everything") / "lake"
    organization = every_fault.organization()
    began = time.monotonic()
    with (
        Simulator(organization, generation_seconds=0.3) as server,
        calls_made(request.param),
        quick_to_hang_up(2.0),
    ):
        run = collect(
            server,
            lake,
            role_path="/audit/",
            external_id=every_fault.EXTERNAL_ID,
            exclude_account=frozenset({every_fault.account_id("left-out")}),
            tags=True,
            account_deadline=9,
            limits=LimitRules(
                overrides=(
                    LimitOverride(limits={"access_key_unused_days": 30, "password_length": 20}, ou="Root/Workloads"),
                    LimitOverride(limits={"password_length": 16}, ou="Root/Workloads/Prod"),
                )
            ),
        )
        calls = server.calls
    seconds = time.monotonic() - began
    return Everything(organization, server, calls, lake, run, accounts_of(lake), users_of(lake), seconds)
