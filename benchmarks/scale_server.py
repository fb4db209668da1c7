"""`python -m benchmarks.scale_server`: the organization of `make bench-scale`, served in a process of its own.

AWS's quotas on Organizations are on (facts F4.3). A report takes 1.5 to 4.5 s, another time for each account. Five
accounts have 5,000 users, and every fiftieth has a fault: denied, throttled, cut, reset, lost, or an error of AWS.

Prints the environment that leads to it as a line of JSON; at the end of its input another: calls, how many of them were
throttled, and when the last one for an account was answered.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from dataclasses import replace
from itertools import cycle
from typing import TYPE_CHECKING

from collector.simulator import Simulator, faults
from collector.simulator.uniform import uniform_organization

if TYPE_CHECKING:
    from collector.simulator import OrganizationSpec
    from collector.simulator.wire import Call, Response

FASTEST_REPORT, SLOWEST_REPORT = 1.5, 4.5
LARGE_ACCOUNTS, LARGE_USERS = 5, 5_000
# One account in so many has a fault: 2 %.
FAULTY = 50
FAULTS = (
    faults.ROLE_MISSING,
    faults.throttled(1),
    faults.service_failure(1),
    faults.body_cut(1),
    faults.connection_reset(1),
    faults.NOT_PRESENT_AFTER_COMPLETE,
    faults.POLICY_DENIED,
    faults.GET_DENIED,
)


def organization(accounts: int, users: int, large: int) -> OrganizationSpec:
    """The organization; `large` of its accounts have 5,000 users."""
    uniform = uniform_organization(accounts, users)
    template = uniform_organization(1, LARGE_USERS).accounts[0].report_template
    kinds = cycle(FAULTS)
    specs = []
    for number, account in enumerate(uniform.accounts):
        # Spread over the range, and not in the order of the listing.
        share = number * 0.6180339887 % 1
        found = [faults.slow_report(FASTEST_REPORT + share * (SLOWEST_REPORT - FASTEST_REPORT))]
        if number % FAULTY == FAULTY - 1:
            found.append(next(kinds))
        is_large = large and number % (accounts // large) == accounts // large // 2
        changed = {"report_template": template} if is_large else {}
        specs.append(replace(account, faults=tuple(found), **changed))
    return replace(uniform, accounts=tuple(specs))


def main() -> None:
    """Serve until the input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, required=True)
    parser.add_argument("--users", type=int, required=True)
    parser.add_argument("--large", type=int, default=LARGE_ACCOUNTS)
    parser.add_argument("--latency", type=float, required=True, help="seconds that every response takes")
    chosen = parser.parse_args()
    served = organization(chosen.accounts, chosen.users, chosen.large)
    server = Simulator(served, latency_seconds=chosen.latency, enforce_rate_limits=True)
    plane = server._plane  # noqa: SLF001 -- the counts of the simulator have no times
    correctly, throttled, last = plane.respond, Counter[str](), {"account": 0.0, "listing": 0.0}

    def respond(call: Call) -> Response:
        response = correctly(call)
        last["listing" if call.service == "organizations" else "account"] = time.time()
        throttled[call.service] += b"hrottl" in response.body or b"TooManyRequests" in response.body
        return response

    plane.respond = respond
    with server:
        print(json.dumps({"environment": server.environment()}), flush=True)
        sys.stdin.read()
        print(json.dumps({"calls": server.calls.by_operation, "throttled": throttled, "last": last}), flush=True)


if __name__ == "__main__":
    main()
