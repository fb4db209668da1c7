"""Runs made in process: the collector as it is, an organization on loopback, and waits that take next to no time."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from collector.aws import clients
from collector.aws.gateway import Gateway
from collector.collect import Collection
from collector.lake.store import open_store
from collector.loopback import AccountSpec, LoopbackServer, OrganizationSpec
from collector.settings import Settings

MANAGEMENT = "000000000001"


@dataclass
class Onlooker:
    """A watch that remembers what it was told."""

    asked: int = 0
    not_asked: int = 0
    results: list = field(default_factory=list)

    def listed(self, *, is_asked):
        self.asked += is_asked
        self.not_asked += not is_asked

    def finished(self, result):
        self.results.append(result)


def organization(*members: AccountSpec, **spec) -> OrganizationSpec:
    """An organization of a management account, in which the collector runs, and these members."""
    management = AccountSpec(MANAGEMENT, "management", roles=())
    return OrganizationSpec(accounts=(management, *members), management_account_id=MANAGEMENT, **spec)


def member(number: int, **spec) -> AccountSpec:
    """The n-th account."""
    return AccountSpec(f"1000{number:08d}", spec.pop("name", f"member-{number}"), **spec)


@contextmanager
def at(server: LoopbackServer, **variables: str):
    """Let every client of AWS in this process speak to the server."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**server.environment(), **variables}.items():
            patch.setenv(name, value)
        yield


@contextmanager
def quick_to_hang_up(seconds: float):
    """Let clients wait only so long for an answer that does not come; the product waits 30 s."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clients, "_READ_TIMEOUT_SECONDS", seconds)
        yield


def collection(lake: Path, *, pace: float = 0.01, **settings) -> Collection:
    """A run that waits `pace` of a second where the product waits a second. Calls and deadlines take what they take."""
    ready = Settings(lake=str(lake), **settings)
    scratch = Path(tempfile.mkdtemp(prefix="scratch-", dir=lake.parent))
    return Collection(
        settings=ready,
        gateway=Gateway(ready),
        store=open_store(str(lake)),
        watch=Onlooker(),
        scratch=scratch,
        sleep=lambda seconds: asyncio.sleep(seconds * pace),
    )


def collect(server: LoopbackServer, lake: Path, *, pace: float = 0.01, **settings) -> Collection:
    """Make a run to its end, and give it with what it knows."""
    with at(server):
        run = collection(lake, pace=pace, **settings)
        try:
            asyncio.run(run.run())
        finally:
            join_calls()
    return run


def join_calls() -> None:
    """Wait for calls that a run has left behind: a server that stops while they connect complains."""
    for thread in threading.enumerate():
        if thread.name.startswith(("aws-call", "organizations")):
            thread.join(10)
