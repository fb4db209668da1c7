"""What the function and the container can be asked alike: a run, or the doctor's look at what a run needs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from collector.errors import UsageFaultsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def answer(event: Mapping[str, Any], collect: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What the event's command gives: the summary of the run that `collect` makes, or the doctor's findings.

    Raises:
        CredlakeError: nothing was published, Glue or the views could not follow, or the doctor has no caller.
    """
    match event.get("command", "collect"):
        case "collect":
            return collect()
        case "doctor":
            from collector.scheduled.doctor import examine  # noqa: PLC0415 -- a run does without

            return examine(os.environ, event)
        case other:
            raise UsageFaultsError([f"There is no command {other!r}: the event's command is collect or doctor."])


def exit_code(answered: Mapping[str, Any]) -> int:
    """The exit code of `credlake collect` for a run that was published, or of `credlake doctor` (contract part 4)."""
    is_fine = answered["is_healthy"] if "is_healthy" in answered else answered["is_complete"]
    return 0 if is_fine else 1
