"""What was asked of the organization on loopback, counted; may be read from any thread."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class TrafficCounts:
    """A moment's counts. Operations are named as IAM names actions, `sts:AssumeRole`.

    Args:
        by_operation: Calls of each operation.
        by_account: Calls by account and operation; of AssumeRole the account is the one whose role was asked for.
        in_flight: Requests that wait for their answer now.
        peak_in_flight: The most that ever waited at once.
    """

    by_operation: dict[str, int]
    by_account: dict[tuple[str, str], int]
    in_flight: int
    peak_in_flight: int

    @property
    def total(self) -> int:
        """All calls."""
        return sum(self.by_operation.values())

    def of_account(self, account_id: str) -> dict[str, int]:
        """Calls of each operation for one account."""
        return {action: count for (account, action), count in self.by_account.items() if account == account_id}


class Traffic:
    """Counts calls as they come. Written by the server's thread, read by others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_account: Counter[tuple[str, str]] = Counter()
        self._in_flight = 0
        self._peak = 0

    def record(self, account_id: str, action: str) -> None:
        """Count a call."""
        with self._lock:
            self._by_account[account_id, action] += 1

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count a request as in flight while the block runs."""
        with self._lock:
            self._in_flight += 1
            self._peak = max(self._peak, self._in_flight)
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1

    def counts(self) -> TrafficCounts:
        """The counts as they stand."""
        with self._lock:
            by_account = dict(self._by_account)
            in_flight, peak = self._in_flight, self._peak
        by_operation: Counter[str] = Counter()
        for (_, action), count in by_account.items():
            by_operation[action] += count
        return TrafficCounts(dict(by_operation), by_account, in_flight, peak)

    def reset(self) -> None:
        """Forget all counts; the peak begins anew at what is in flight."""
        with self._lock:
            self._by_account.clear()
            self._peak = self._in_flight
