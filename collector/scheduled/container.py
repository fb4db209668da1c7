"""What the container does with its command: the answer to stdout, what went wrong to stderr, and an exit code."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from collector.errors import CredlakeError
from collector.process.exit import FAULT_OF_OURS, place_of
from collector.process.logs import set_up_logs
from collector.process.signals import StoppedBySignal, run_stoppable
from collector.scheduled.commands import answer, exit_code
from collector.scheduled.job import job_of

if TYPE_CHECKING:
    from collections.abc import Mapping


def carry_out(event: Mapping[str, Any]) -> int:
    """Do what the event says; the exit code."""
    set_up_logs(for_person=False)
    try:
        answered = answer(event, lambda: job_of(os.environ, run_stoppable).do())
    except CredlakeError as error:
        sys.stderr.write(f"{error.message}\n")
        return error.exit_code
    except StoppedBySignal as stopped:
        return stopped.exit_code
    except Exception as error:  # noqa: BLE001 -- the last place where a fault of ours can be told as one
        sys.stderr.write(f"A fault of ours: {type(error).__name__} at {place_of(error)}\n")
        return FAULT_OF_OURS
    sys.stdout.write(json.dumps(answered) + "\n")
    return exit_code(answered)
