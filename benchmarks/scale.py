"""`make bench-scale`: whole runs at the quotas of AWS, against the limit that nobody can beat, a bare loop, and peers.

The limit of a run: ListAccounts gives 20 accounts a page at 8 pages a second after a burst of 12, page after page; or
all calls through 128 connections, if that takes longer. Then the report of the last account has to be generated, up to
4.5 s, and the process has to start. Everything is on loopback and shares this machine, the simulator included.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.processes import Cost, Served, measured, organization, served
from benchmarks.scale_server import LARGE_ACCOUNTS, SLOWEST_REPORT
from benchmarks.slow_store import slow_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

PAGE, PAGES_A_SECOND, PAGES_AT_ONCE = 20, 8, 12
CONNECTIONS = 128
START_SECONDS = 0.6
# Smaller organizations have no account of 5,000 users: it would be most of them.
SMALLEST_WITH_LARGE_ACCOUNTS = 1_000
BARE_ACCOUNTS, BARE_CONNECTIONS, BARE_LATENCY = 1_000, 32, 0.03
PEERS = {"one-after-another": 10, "thread-and-client": 160}
FUNCTION_SECONDS = 900


@dataclass(frozen=True)
class Row:
    """One run, and what it is measured by."""

    accounts: int
    users: int
    latency: float  # seconds a call
    on_s3: bool
    cost: Cost
    served: Served
    tail: float  # seconds from the last answer for an account to the end of the process
    files: int
    megabytes: float

    @property
    def listing(self) -> float:
        """The seconds in which all accounts can be listed."""
        pages = math.ceil(self.accounts / PAGE)
        return max((pages - PAGES_AT_ONCE) / PAGES_A_SECOND, pages * self.latency)

    @property
    def limit(self) -> float:
        """The seconds that no run can be quicker than."""
        calls = self.served.iam_and_sts_calls * self.latency / CONNECTIONS
        return max(self.listing, calls) + SLOWEST_REPORT + START_SECONDS

    def line(self, bare: float) -> str:
        """The row of the table; `bare` is the CPU of the bare loop, in seconds an account."""
        cpu, calls = self.cost.cpu / self.accounts, self.served.iam_and_sts_calls
        return (
            f"{self.accounts:>6} {self.users:>3} {self.latency * 1000:>4.0f} {'S3' if self.on_s3 else 'folder':<6}"
            f"{self.cost.wall:>7.1f} {self.limit:>6.1f} {self.cost.wall / self.limit:>5.2f}"
            f"{cpu * 1000:>7.2f} {cpu / bare:>5.2f} {self.cost.peak_mb:>5.0f} {calls:>7}"
            f"{self.served.throttled.get('organizations', 0):>6} {self.served.throttled.get('iam', 0):>5}"
            f"{self.files:>7} {self.megabytes:>6.1f} {self.tail:>5.1f} {os.getloadavg()[0]:>5.1f}"
        )


_HEADINGS = (
    "accounts, users each, ms a call, store | s, limit s, ratio | CPU ms an account, against the bare loop | MB of "
    "memory | calls, throttled: Organizations, accounts | files, MB | tail s | load"
)


def run(accounts: int, users: int, latency: float, *, on_s3: bool) -> Row:
    """Collect the organization once."""
    large = LARGE_ACCOUNTS if accounts >= SMALLEST_WITH_LARGE_ACCOUNTS else 0
    server = [
        *(sys.executable, "-m", "benchmarks.scale_server", "--accounts", str(accounts), "--users", str(users)),
        *("--latency", str(latency), "--large", str(large)),
    ]
    with tempfile.TemporaryDirectory() as folder, served(server) as organization_served:
        environment = organization_served.environment
        keys = environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
        store: AbstractContextManager = slow_store(*keys) if on_s3 else nullcontext()
        with store as bucket_server:
            lake, more = str(Path(folder) / "lake"), {}
            if bucket_server is not None:
                lake = f"s3://{bucket_server.new_bucket()}/lake"
                more = {"AWS_ENDPOINT_URL_S3": bucket_server.url, "AWS_SESSION_TOKEN": ""}
            command = [sys.executable, "-m", "collector", "collect", "--no-glue", "--lake", lake]
            cost = measured(command, environment | more)
            ended = time.time()
            sizes = list(_sizes(lake, bucket_server))
    # 1: some accounts were not collected, because of their faults.
    assert cost.exit_code in {0, 1}, f"the collection of {accounts} accounts ended with {cost.exit_code}: {cost.output}"
    tail = ended - organization_served.last["account"]
    return Row(accounts, users, latency, on_s3, cost, organization_served, tail, len(sizes), sum(sizes) / 1e6)


def _sizes(lake: str, server) -> Iterator[int]:
    """The bytes of each file of the lake."""
    if server is None:
        yield from (path.stat().st_size for path in Path(lake).rglob("*") if path.is_file())
        return
    bucket = lake.removeprefix("s3://").partition("/")[0]
    for page in server.client().get_paginator("list_objects_v2").paginate(Bucket=bucket):
        yield from (found["Size"] for found in page.get("Contents", ()))


def bare_loop() -> float:
    """The CPU of a bare boto3 loop that makes the same calls, in seconds an account."""
    with organization(accounts=BARE_ACCOUNTS, users=20, latency=BARE_LATENCY, generation=3.0) as bare:
        cost = measured(
            [sys.executable, "-m", "benchmarks.bare_loop", str(BARE_ACCOUNTS), str(BARE_CONNECTIONS)], bare.environment
        )
    assert cost.exit_code == 0, f"the bare loop ended with {cost.exit_code}"
    return float(cost.output.split()[1]) / BARE_ACCOUNTS


def peers() -> None:
    """Print what other ways take on the same organization of 1,000 accounts."""
    for way, accounts in PEERS.items():
        server = [sys.executable, "-m", "benchmarks.scale_server", "--accounts", "1000", "--users", "20"]
        with served([*server, "--latency", str(BARE_LATENCY), "--large", "0"]) as one:
            cost = measured([sys.executable, "-m", "benchmarks.peers", way, str(accounts)], one.environment)
        assert cost.exit_code == 0, f"{way} ended with {cost.exit_code}"
        wall, cpu, collected = map(float, cost.output.split())
        print(
            f"  {way}, {accounts} accounts, {collected:.0f} collected: {accounts / wall:.2f} accounts a second, "
            f"{cpu / accounts * 1000:.1f} ms of CPU an account",
            flush=True,
        )


def prowler(executable: str) -> None:
    """Print what Prowler takes for one account of 20 users and one check of its credentials."""
    with (
        organization(accounts=5, users=20, latency=BARE_LATENCY, generation=3.0) as one,
        tempfile.TemporaryDirectory() as to,
    ):
        role = "arn:aws:iam::000000000002:role/credlake-reader"
        options = ["--check", "iam_rotate_access_key_90_days", "--region", "us-east-1", "--output-formats", "csv"]
        cost = measured([executable, "aws", "--role", role, *options, "-o", to, "--no-banner", "-z"], one.environment)
    assert cost.exit_code == 0, f"Prowler ended with {cost.exit_code}: {cost.output}"
    print(f"  prowler, 1 account: {cost.wall:.0f} s, {cost.cpu:.1f} s of CPU, {cost.peak_mb:.0f} MB, {one.calls}")


def main() -> None:
    """Run from the command line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", type=int, nargs="+", default=[100, 200, 1_000, 4_000, 10_000], metavar="N")
    options.add_argument("--users", type=int, nargs="+", default=[20, 50], metavar="N")
    options.add_argument("--latency", type=int, nargs="+", default=[30, 150], metavar="MS")
    options.add_argument("--stores", nargs="+", choices=("folder", "s3"), default=["folder", "s3"])
    options.add_argument("--no-peers", action="store_true")
    options.add_argument("--prowler", metavar="EXECUTABLE", help="of an environment of its own: pip install prowler")
    chosen = options.parse_args()
    bare = bare_loop()
    print(f"bare boto3 loop: {bare * 1000:.2f} ms of CPU an account\n{_HEADINGS}", flush=True)
    for accounts in chosen.sizes:
        for users in chosen.users:
            for latency in chosen.latency:
                for store in chosen.stores:
                    row = run(accounts, users, latency / 1000, on_s3=store == "s3")
                    print(row.line(bare), flush=True)
                    if row.cost.wall > FUNCTION_SECONDS:
                        print(f"  More than the {FUNCTION_SECONDS} s of a function.", flush=True)
    if not chosen.no_peers:
        print("peers, on 1,000 accounts of 20 users, 30 ms a call:")
        peers()
        if chosen.prowler:
            prowler(chosen.prowler)


if __name__ == "__main__":
    main()
