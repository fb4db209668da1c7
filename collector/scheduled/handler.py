"""The Lambda function: the schedule's run, and the doctor's look at what it needs.

A run that is published returns its summary, complete or not (exit codes 0 and 1 of `credlake collect`). Everything
else raises, so that Lambda counts an error, tries once more, and then keeps the event in the dead-letter queue.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING, Any, Protocol

from collector.errors import UsageFaultsError
from collector.process.logs import set_up_logs
from collector.scheduled.commands import answer
from collector.scheduled.job import job_of, with_deadline

if TYPE_CHECKING:
    from collections.abc import Mapping

# Publishing, Glue and the notice take a few seconds; Lambda ends a function without a word.
RESERVE_SECONDS = 60.0
# By then a statement that is under way should be done.
_VIEWS_RESERVE_SECONDS = 15.0


class LambdaContext(Protocol):
    """What the function is told of its time."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends it."""


def handle(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Make a run; with `{"command": "doctor"}`, look for faults instead.

    Raises:
        CredlakeError: nothing was published, or Glue or the views could not follow.
    """
    set_up_logs(for_person=False)
    left = context.get_remaining_time_in_millis() / 1000
    return answer(event, lambda: _collect(left))


def _collect(left: float) -> dict[str, Any]:
    if left <= RESERVE_SECONDS:
        raise UsageFaultsError(
            [f"The function has {left:.0f} s left, and {RESERVE_SECONDS:.0f} s are kept for publishing: give it 900 s."]
        )
    ends_at = time.monotonic() + left - _VIEWS_RESERVE_SECONDS
    job = with_deadline(job_of(os.environ, asyncio.run), left - RESERVE_SECONDS)
    return job.do(ends_at=ends_at)
