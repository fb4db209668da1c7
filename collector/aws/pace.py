"""One pace for all calls to a service: lowered while AWS throttles, raised again by calls that succeed.

Where each account backs off alone, a thousand of them come back at once, and a third of all calls is wasted. botocore's
adaptive mode slows a client down, but it does so as well where a slower pace does not help: IAM also limits the calls
of each member account, so another tool in some of them would slow down the whole run. Here a pace that changes nothing
is given up again.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http import HTTPStatus
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from collector.aws.call_time import seconds_left
from collector.aws.errors import is_throttling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botocore.client import BaseClient

# The pace changes at most once in so many seconds, and by no fewer answers.
_STEP_SECONDS = 0.5
_STEP_ANSWERS = 20
# A share of throttled calls up to this is the price of finding the limit, or a matter of single accounts.
_TOLERATED = 0.05
# Where the pace was lowered so many times in a row and the share is still more than this part of what it was, a lower
# pace does not help. Once is not enough: AWS accepts some calls at once before its limit counts.
_LOWERED_IN_VAIN = 3
_STILL = 0.7
# Then calls are made at full speed for so many seconds, twice as many after each trial that is in vain.
_SECONDS_UNTIL_NEXT_TRIAL = 10.0
# Of the calls a second that were accepted: below them, so that AWS's bucket fills up again.
_LOWERED = 0.9
_RAISED = 1.1
# Calls a second that are always made: to see whether the throttling is over.
_SLOWEST = 5.0
# The quickest of so many answers shows the latency: others may have waited for a new connection, or for this process.
_LATENCY_ANSWERS = 32
# Without a call that succeeds for so many seconds, only those are made; no account waits for its turn any more.
_HOPELESS_SECONDS = 30.0


class _Answer(NamedTuple):
    at: float  # on the clock of the pace
    is_throttled: bool


@dataclass(slots=True)
class Pace:
    """The pace of one service. Clock and sleep are passed in so that tests need no wait."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    rate: float | None = None  # Calls a second; None: as many as there are.
    _seconds: deque[float] = field(default_factory=lambda: deque(maxlen=_LATENCY_ANSWERS))  # That answers took.
    _answers: deque[_Answer] = field(default_factory=lambda: deque(maxlen=4096))
    _lock: threading.Lock = field(default_factory=threading.Lock)  # Not taken while nothing is throttled.
    _next_turn: float = 0.0  # When the next call may be made, where there is a rate.
    _changed_at: float = float("-inf")  # When the rate was last looked at.
    _accepted_at: float = float("-inf")  # When a call last succeeded.
    # For each of the last changes, as far as they lowered it: the rate before, and the share of throttled calls then.
    _lowered: deque[tuple[float | None, float]] = field(default_factory=lambda: deque(maxlen=10))
    _next_trial: float = float("-inf")  # Until when the rate is not lowered, because that did not help.
    _between_trials: float = _SECONDS_UNTIL_NEXT_TRIAL  # Seconds until the next one.

    def wait(self, longest: float = float("inf")) -> None:
        """Wait for the turn of a call.

        Raises:
            ClientError: it would come after `longest` seconds, or AWS has throttled every call for some time.
        """
        if (rate := self.rate) is None:
            return
        with self._lock:
            now = self.clock()
            seconds = max(self._next_turn - now, 0.0)
            if seconds > longest or (seconds and now - self._accepted_at > _HOPELESS_SECONDS):
                raise ClientError({"Error": {"Code": "Throttling", "Message": _NOT_CALLED}}, "")
            self._next_turn = now + seconds + 1 / rate
        if seconds:
            self.sleep(seconds)

    @property
    def latency(self) -> float | None:
        """The seconds that a call takes at least; None before there were enough answers."""
        recent = list(self._seconds)
        return min(recent) if len(recent) == _LATENCY_ANSWERS else None

    def answered_with(self, parsed: Mapping[str, Any], seconds: float) -> None:
        """Count an answer as botocore parsed it."""
        code = parsed.get("Error", {}).get("Code", "")
        status = parsed.get("ResponseMetadata", {}).get("HTTPStatusCode")
        self.answered(is_throttled=is_throttling(code) or status == HTTPStatus.TOO_MANY_REQUESTS, seconds=seconds)

    def answered(self, *, is_throttled: bool, seconds: float | None = None) -> None:
        """Count an answer that took so many seconds, and change the pace where it is time to."""
        if seconds is not None:
            self._seconds.append(seconds)
        now = self.clock()
        self._answers.append(_Answer(now, is_throttled))
        if not is_throttled:
            self._accepted_at = now
            if self.rate is None:
                return
        with self._lock:
            if now - self._changed_at >= _STEP_SECONDS:
                self._change(now)

    def _change(self, now: float) -> None:
        recent: list[_Answer] = []
        for answer in reversed(self._answers):
            old = now - answer.at > _STEP_SECONDS and len(recent) >= _STEP_ANSWERS
            if old or answer.at <= self._changed_at:
                break
            recent.append(answer)
        if len(recent) < _STEP_ANSWERS:
            return
        seconds = max(now - recent[-1].at, 0.05)
        throttled = sum(answer.is_throttled for answer in recent)
        share, sent, accepted = throttled / len(recent), len(recent) / seconds, (len(recent) - throttled) / seconds
        if self.rate is None and share <= _TOLERATED:
            return
        self._changed_at = now
        if share <= _TOLERATED:
            self._lowered.clear()
            self._between_trials = _SECONDS_UNTIL_NEXT_TRIAL
            # A pace that no call has to wait for is none.
            self.rate = rate if (rate := (self.rate or 0) * _RAISED) < 2 * sent else None
        elif now < self._next_trial:
            return
        elif accepted and self._is_in_vain(share):
            self.rate = self._lowered[0][0]
            self._lowered.clear()
            self._next_trial = now + self._between_trials
            self._between_trials *= 2
        else:
            if self.rate is None:
                self._accepted_at = now
            self._lowered.append((self.rate, share))
            self.rate = max(accepted * _LOWERED, _SLOWEST)

    def _is_in_vain(self, share: float) -> bool:
        shares = [before for _, before in self._lowered]
        return len(shares) >= _LOWERED_IN_VAIN and share > _STILL * fmean(shares)


_NOT_CALLED = "AWS throttles the calls of all accounts, and this one could not be made in time."


def keep_pace(client: BaseClient, pace: Pace) -> None:
    """Let the client's calls keep a pace, which clients may share."""
    sent = threading.local()

    def wait(**_context: object) -> None:
        pace.wait(seconds_left())
        sent.at = pace.clock()

    def answered(parsed_response: Mapping[str, Any] | None, **_context: object) -> None:
        if parsed_response is not None:
            pace.answered_with(parsed_response, pace.clock() - sent.at)

    client.meta.events.register("before-send", wait)
    client.meta.events.register("response-received", answered)
