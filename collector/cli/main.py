"""The way in and out: whatever happens, the user gets words and an exit code, no traceback for what can be mended."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING, NoReturn

from collector.process.exit import FAULT_OF_OURS, leave, place_of, stoppable
from collector.process.streams import ReaderLeftError, take_streams

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with the command's exit code."""
    take_streams()
    given = list(sys.argv[1:] if arguments is None else arguments)
    leave(stoppable(lambda: exit_code_of(given)))


def exit_code_of(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    from typer.exceptions import TyperException

    from collector.cli.app import app
    from collector.errors import CredlakeError
    from collector.process.signals import StoppedBySignal

    try:
        exit_code = int(app(arguments, prog_name="credlake", standalone_mode=False) or 0)
        # What is still held back has to arrive as well, before it is said that all went well.
        sys.stdout.flush()
    except TyperException as error:
        # Empty where no command was named: the help has been printed then.
        if said := error.format_message():
            _say(f"{said} (`credlake --help` shows what there is.)")
        return 2
    except CredlakeError as error:
        _say(error.message)
        return error.exit_code
    except StoppedBySignal as stopped:
        return stopped.exit_code
    except ReaderLeftError:
        return 0
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- the last place where a fault of ours can be told as one
        # Nothing of ours leaves by SystemExit; typer does, with 1, where a connection broke that nobody looked after.
        _say_fault_of_ours(error, arguments)
        return FAULT_OF_OURS
    return exit_code


def _say(message: str) -> None:
    lines = message.splitlines() or [""]
    print(*(f"credlake: {line}" for line in lines), sep="\n", file=sys.stderr)  # noqa: T201 -- the command's own words


def _say_fault_of_ours(error: BaseException, arguments: list[str]) -> None:
    _say(
        f"a fault of ours: {type(error).__name__} at {place_of(error)}. What was published before stands. Please "
        "report it, with what `--verbose` shows."
    )
    if "--verbose" in arguments or "-v" in arguments:
        traceback.print_exception(error)


if __name__ == "__main__":
    main()
