"""Which fault strikes which call: counts how often each has."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from collector.simulator.faults import CallFault

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.simulator.organization import AccountSpec


class FaultSchedule:
    """Remembers, for each account, fault and operation, how many calls were struck."""

    def __init__(self) -> None:
        self._struck: Counter[tuple[str, int, str]] = Counter()

    def next_fault(self, account: AccountSpec, action: str, is_ready: Callable[[], bool]) -> CallFault | None:
        """The fault that strikes this call, the account's first that applies; None: the call goes well.

        `is_ready` says whether the account's report is there to be fetched; it is asked only where a fault wants it.
        """
        for position, fault in enumerate(account.faults):
            if not isinstance(fault, CallFault) or action not in fault.operations:
                continue
            key = (account.account_id, position, action)
            if fault.times is not None and self._struck[key] >= fault.times:
                continue
            if fault.when_ready and not is_ready():
                continue
            self._struck[key] += 1
            return fault
        return None
