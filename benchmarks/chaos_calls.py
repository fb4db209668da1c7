"""Faulty calls in `make chaos`: endless listings, answers that drip, and throttling. Each run must end by itself."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from collector.simulator import Simulator
from collector.simulator.uniform import uniform_organization
from collector.simulator.wire import THROTTLING, Response, write_error
from tests.fixtures.dripping import dripping

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.chaos import Outcome
    from collector.simulator.wire import Call

    # The call and its correct response → the one that is sent.
    Change = Callable[[Call, Response], Response]

ACCOUNTS = 21
# Of these accounts the answers drip.
_DRIPPING = {f"{number:012d}" for number in range(2, 6)}
# A run that takes longer has not ended by itself.
_LONGEST_SECONDS = 150


@dataclass
class Case:
    """A run over calls of one kind of fault."""

    name: str
    exit_codes: set[int]  # those that the run may end with
    least: int  # how many accounts it must collect
    change: Change | None = None  # what becomes of a response
    drips: str = ""  # the call whose answers drip
    arguments: list[str] = field(default_factory=list)


def _endless(page: Callable[[dict[str, object], int], dict[str, object]]) -> Change:
    numbers = count()

    def change(call: Call, response: Response) -> Response:
        if call.operation != "ListAccounts":
            return response
        body = json.loads(response.body)
        return Response(200, response.content_type, json.dumps(page(body, next(numbers))).encode())

    return change


def _throttled(share: float) -> Change:
    chance = random.Random(7)  # noqa: S311 -- a fixed sequence

    def change(call: Call, response: Response) -> Response:
        is_free = call.service == "organizations" or call.operation == "GetCallerIdentity"
        return response if is_free or chance.random() >= share else write_error(call, THROTTLING)

    return change


def cases() -> list[Case]:
    """Every case, for one time each."""
    deadline, account_deadline = ["--deadline", "5"], ["--account-deadline", "15"]
    slow = [*account_deadline, "--concurrency", "4"]
    return [
        Case("tokens A, B, A", {3}, 0, _endless(lambda page, number: page | {"NextToken": "AB"[number % 2]})),
        Case("new tokens", {3}, 0, _endless(lambda page, number: page | {"NextToken": str(number)})),
        Case("empty pages", {3}, 0, _endless(lambda _, number: {"Accounts": [], "NextToken": str(number)})),
        Case(
            "slow new tokens, deadline",
            {3},
            0,
            _endless(lambda page, number: time.sleep(0.05) or page | {"NextToken": str(number)}),  # type: ignore[func-returns-value]  # None, so the page counts
            arguments=deadline,
        ),
        *(
            Case(f"{action} drips", {1}, ACCOUNTS - len(_DRIPPING), drips=action, arguments=slow)
            for action in ("AssumeRole", "GenerateCredentialReport", "GetCredentialReport")
        ),
        Case("10 % throttled", {0}, ACCOUNTS, _throttled(0.1)),
        Case("50 % throttled", {0, 1}, ACCOUNTS - 2, _throttled(0.5)),
        Case("100 % throttled", {3}, 0, _throttled(1.0), arguments=account_deadline),
    ]


def run_over_faulty_calls(outcome: Outcome, *, until: float) -> Outcome:
    """Make a run of each case; `outcome` takes in what came of it, its losses what did not end as it should.

    Args:
        outcome: it counts the calls, those wasted, and the accounts collected.
        until: when to stop, on the monotonic clock.
    """
    began = time.monotonic()
    for case in cases():
        if time.monotonic() > until:
            break
        _run(case, outcome)
        outcome.done += 1
    outcome.seconds = time.monotonic() - began
    return outcome


def _run(case: Case, outcome: Outcome) -> None:
    calls: Counter[str] = Counter()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        server = stack.enter_context(Simulator(uniform_organization(ACCOUNTS, 2), generation_seconds=1.0))
        plane = server._plane  # noqa: SLF001 -- the simulator's own faults are of single accounts
        correctly = plane.respond

        def respond(call: Call) -> Response:
            response = correctly(call)
            changed = response if case.change is None else case.change(call, response)
            calls["calls"] += 1
            calls["wasted"] += changed.status >= 400
            return changed

        plane.respond = respond  # type: ignore[method-assign]
        environment = server.environment()
        if case.drips:
            url, _ = stack.enter_context(dripping(server, _drips(server, case.drips)))
            environment |= {name: url for name in environment if name.startswith("AWS_ENDPOINT_URL")}
        command = [sys.executable, "-m", "collector", "collect", "--lake", folder, *case.arguments]
        began = time.monotonic()
        try:
            exit_code = subprocess.run(
                command, env=os.environ | environment, capture_output=True, timeout=_LONGEST_SECONDS, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            exit_code = -1
        seconds = time.monotonic() - began
        collected = _collected(Path(folder))
    name = f"{case.name}: {seconds:.0f} s"
    outcome.counts[f"{name}, calls"] += calls["calls"]
    outcome.counts[f"{name}, wasted"] += calls["wasted"]
    outcome.counts[f"{name}, collected"] += collected
    if exit_code not in case.exit_codes or collected < case.least:
        outcome.losses.append(f"{case.name}: exit {exit_code}, {collected} accounts collected, {seconds:.0f} s")


def _drips(server: Simulator, action: str) -> Callable[[Mapping[str, str], bytes], bool]:
    def is_dripping(headers: Mapping[str, str], body: bytes) -> bool:
        form = parse_qs(body.decode())
        if form.get("Action") != [action]:
            return False
        if action == "AssumeRole":
            return form["RoleArn"][0].split(":")[4] in _DRIPPING
        key = headers["Authorization"].partition("Credential=")[2].split("/")[0]
        return server._plane.identities._identities[key].account_id in _DRIPPING  # noqa: SLF001 -- no other way to know

    return is_dripping


def _collected(lake: Path) -> int:
    records = [json.loads(path.read_bytes()) for path in (lake / "catalog").glob("*.json")]
    return sum(
        snapshot["accounts"]["by_outcome"]["collected"]
        for record in records
        for snapshot in record["snapshots"].values()
    )
