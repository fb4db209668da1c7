"""The container: `python -m collector.scheduled` makes the scheduled run, with `doctor` it looks for faults.

CREDLAKE_DEADLINE says how long a run may take. SIGTERM ends everything: the first process of a container gets no
signal that it does not listen to, so it listens before it imports what takes a second.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from collector.process.exit import leave, stoppable
from collector.process.streams import take_streams

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def main(arguments: Sequence[str]) -> int:
    """Carry out the command; the exit code of `credlake collect` or `credlake doctor`."""
    # A log that takes nothing more changes nothing about a run.
    take_streams(is_data_on_stdout=False)
    event = vars(_parser().parse_args(arguments))
    return stoppable(lambda: _carry_out(event))


def _carry_out(event: Mapping[str, Any]) -> int:
    from collector.scheduled.container import carry_out  # noqa: PLC0415 -- it takes a second

    return carry_out(event)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m collector.scheduled")
    parser.set_defaults(command="collect")
    commands = parser.add_subparsers(metavar="COMMAND", help="collect (where none is named) or doctor")
    collect = commands.add_parser("collect", help="make a run")
    collect.set_defaults(command="collect")
    doctor = commands.add_parser("doctor", help="look for faults with the role that collects; findings as JSON")
    doctor.set_defaults(command="doctor")
    doctor.add_argument(
        "--sample",
        type=_accounts,
        default=argparse.SUPPRESS,
        metavar="N",
        help="look at so many accounts by chance (50 where it is not said), or at `all`",
    )
    return parser


def _accounts(text: str) -> int | None:
    return None if text == "all" else int(text)


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
