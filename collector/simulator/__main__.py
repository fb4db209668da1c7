"""`python -m collector.simulator`: a simulated organization in a process of its own, so that it is not measured.

Prints one line of JSON (`endpoint_url`, `environment`), serves until SIGTERM, SIGINT or the end of its standard input,
and then prints one more line: the calls by operation, the most requests in flight at once, and the CPU time of serving.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
from datetime import UTC, datetime

from collector.simulator.demo import demo_organization
from collector.simulator.server import Simulator
from collector.simulator.uniform import uniform_organization


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped."""
    options = _parser().parse_args(arguments)
    if options.scenario == "demo":
        organization = demo_organization(datetime.now(UTC))
    else:
        organization = uniform_organization(options.accounts, options.users_per_account)
    stopped = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopped.set())
    threading.Thread(target=_watch_input, args=(stopped,), daemon=True).start()
    with Simulator(
        organization,
        latency_seconds=options.latency,
        generation_seconds=options.generation_seconds,
        enforce_rate_limits=options.rate_limits,
        port=options.port,
    ) as server:
        _print_line({"endpoint_url": server.endpoint_url, "environment": server.environment()})
        started = time.process_time()
        stopped.wait()
        counts, cpu_seconds = server.calls, time.process_time() - started
    _print_line(
        {
            "calls": counts.by_operation,
            "total": counts.total,
            "peak_in_flight": counts.peak_in_flight,
            "cpu_seconds": round(cpu_seconds, 3),
        }
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m collector.simulator", description=__doc__)
    parser.add_argument("--scenario", choices=["uniform", "demo"], default="uniform", help="which organization")
    parser.add_argument("--accounts", type=int, default=100, help="accounts of the uniform organization")
    parser.add_argument("--users-per-account", type=int, default=50, help="users of each, root not counted")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that every response takes")
    parser.add_argument("--generation-seconds", type=float, default=0.0, help="seconds that a report takes")
    parser.add_argument("--rate-limits", action="store_true", help="limit the calls of Organizations as AWS does")
    parser.add_argument("--port", type=int, default=0, help="the port to listen on; 0: any free port")
    return parser


def _watch_input(stopped: threading.Event) -> None:
    """Stop when the parent process closes our input, or dies. Read unbuffered: a lock held here hangs the exit."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    stopped.set()


def _print_line(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
