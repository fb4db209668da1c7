"""The container's command: makes the scheduled run; with `doctor`, checks the deployment instead.

The result goes to stdout as JSON, errors to stderr. CREDLAKE_DEADLINE limits a run. The first process of a container
receives no signal for which it has no handler, so SIGTERM is handled before the imports that take a second.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from collector.process.exit import INTERNAL_ERROR, internal_error, no_files_left, stoppable
from collector.process.streams import take_streams


def main(arguments: Sequence[str]) -> int:
    """Run the command; the exit code of `credlake collect` or `credlake doctor`."""
    # A log that cannot be written does not change the run.
    take_streams(is_data_on_stdout=False)
    event = vars(_parser().parse_args(arguments))
    return stoppable(lambda: run_command(event))


def run_command(event: Mapping[str, Any]) -> int:
    """Run the event's command; its exit code."""
    # ruff: noqa: PLC0415 -- these take a second
    import json
    import os

    from collector.collection.run import run_until_signal
    from collector.errors import CredlakeError
    from collector.process.logs import set_up_logs
    from collector.scheduled.handler import exit_code_of, result_of
    from collector.scheduled.job import job_of

    set_up_logs(for_person=False)
    try:
        is_for_new = bool(event.get("joined"))
        result = result_of(event, lambda: job_of(os.environ, run_until_signal, is_for_new=is_for_new).do())
    except CredlakeError as error:
        sys.stderr.write(f"{error.message}\n")
        return error.exit_code
    except Exception as error:  # noqa: BLE001 -- the last place where a bug can be reported as one
        limit = no_files_left(error)
        sys.stderr.write(f"{limit.message if limit else internal_error(error)}\n")
        return limit.exit_code if limit else INTERNAL_ERROR
    sys.stdout.write(json.dumps(result) + "\n")
    return exit_code_of(result)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m collector.scheduled")
    parser.set_defaults(command="collect")
    commands = parser.add_subparsers(metavar="COMMAND", help="collect (the default) or doctor")
    collect = commands.add_parser("collect", help="make a run")
    collect.set_defaults(command="collect")
    text = "accounts have joined: collect only what today's snapshot does not cover"
    collect.add_argument("--joined", action="store_true", default=argparse.SUPPRESS, help=text)
    doctor = commands.add_parser("doctor", help="check the deployment with the role that collects; findings as JSON")
    doctor.set_defaults(command="doctor")
    text = "check a random sample of N accounts (default 50), or `all`"
    doctor.add_argument("--sample", type=_accounts, default=argparse.SUPPRESS, metavar="N", help=text)
    return parser


def _accounts(text: str) -> int | None:
    return None if text == "all" else int(text)
