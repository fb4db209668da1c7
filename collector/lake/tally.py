"""The counts that a snapshot is judged by, kept while its accounts come in. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collector.discovery.accounts import ACTIVE
from collector.lake.record import AccountCounts
from collector.outcome import Outcome

if TYPE_CHECKING:
    from collector.evidence import AccountEvidence
    from collector.lake.rows import Verdict


@dataclass(slots=True)
class Tally:
    """Accounts by outcome, ACTIVE ones, and users."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    active: int = 0
    users: int = 0

    def count(self, evidence: AccountEvidence, verdict: Verdict) -> None:
        """Count one account."""
        self.outcomes[verdict.outcome] += 1
        self.active += evidence.account_state == ACTIVE
        self.users += verdict.user_count or 0

    @property
    def accounts(self) -> AccountCounts:
        """The counts as the record holds them, every outcome named."""
        return AccountCounts(
            total=self.outcomes.total(),
            active=self.active,
            covered=sum(count for outcome, count in self.outcomes.items() if outcome.is_covered),
            by_outcome={str(outcome): self.outcomes[outcome] for outcome in Outcome},
        )
