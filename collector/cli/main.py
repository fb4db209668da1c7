"""The entry point: whatever happens, the user gets a message and an exit code, and a traceback only on request."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from collector.process.exit import INTERNAL_ERROR, internal_error, leave, no_files_left, stoppable
from collector.process.imports import refuse_unused
from collector.process.streams import ReaderLeftError, say, take_streams

# Set by the shell's completion script.
_COMPLETION = "_CREDLAKE_COMPLETE"


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with the command's exit code."""
    take_streams()
    refuse_unused()
    given = list(sys.argv[1:] if arguments is None else arguments)
    leave(stoppable(lambda: exit_code_of(given)))


def exit_code_of(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    from typer.exceptions import TyperException

    from collector.errors import CredlakeError

    try:
        _require_file_locks()
        from collector.cli.app import app

        exit_code = int(app(arguments, prog_name="credlake", standalone_mode=False) or 0)
        # Buffered output has to arrive as well, before the command counts as successful.
        sys.stdout.flush()
    except TyperException as error:
        # Empty where no command was given: the help has been printed then.
        if message := error.format_message():
            # An error in the arguments of a command has its context; `credlake read` is then the path of the command.
            command = context.command_path if (context := getattr(error, "ctx", None)) else "credlake"
            _print(f"{message} (`{command} --help` shows what it takes.)")
        return 2
    except CredlakeError as error:
        _print(error.message)
        return error.exit_code
    except ReaderLeftError:
        return 0
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- the last place where a bug can be reported as one
        # credlake never raises SystemExit. typer does: after it has answered a shell's completion, and with 1 where a
        # BrokenPipeError was not handled.
        if isinstance(error, SystemExit) and (not error.code or _COMPLETION in os.environ):
            return int(error.code or 0)
        limit = no_files_left(error)
        _print(limit.message if limit else f"{internal_error(error)[:-1]}, with what `--verbose` shows.")
        if "--verbose" in arguments or "-v" in arguments:
            traceback.print_exception(error)
        return limit.exit_code if limit else INTERNAL_ERROR
    return exit_code


def _require_file_locks() -> None:
    """Raise CredlakeError on a system that has none (Windows)."""
    from collector.errors import CredlakeError

    try:
        import fcntl  # noqa: F401 -- not there on Windows
    except ImportError as error:
        message = "credlake runs on Linux and macOS; this system has no file locks (fcntl). On Windows, run it in WSL."
        raise CredlakeError(message) from error


def _print(message: str) -> None:
    lines = message.splitlines() or [""]
    say(*(f"credlake: {line}" for line in lines), to_stderr=True)


if __name__ == "__main__":
    main()
