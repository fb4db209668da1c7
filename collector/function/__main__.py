"""The container: `python -m collector.function` makes the scheduled run and leaves with `credlake collect`'s exit code.

CREDLAKE_DEADLINE says how long it may take; a signal ends it as it ends the command.
"""

from __future__ import annotations

import json
import os
import sys

from collector.cli.logs import set_up_logs
from collector.cli.main import FAULT_OF_OURS, leave
from collector.cli.signals import StoppedBySignal, run_stoppable
from collector.errors import CredlakeError
from collector.function.job import exit_code, job_of


def main() -> int:
    """Make the run; the exit code."""
    set_up_logs(for_person=False)
    try:
        summary = job_of(os.environ, run_stoppable).do()
    except CredlakeError as error:
        sys.stderr.write(f"{error.message}\n")
        return error.exit_code
    except StoppedBySignal as stopped:
        return stopped.exit_code
    except Exception as error:  # noqa: BLE001 -- the last place where a fault of ours can be told as one
        sys.stderr.write(f"A fault of ours: {type(error).__name__}\n")
        return FAULT_OF_OURS
    sys.stdout.write(json.dumps(summary) + "\n")
    return exit_code(summary)


if __name__ == "__main__":
    leave(main())
