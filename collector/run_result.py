"""What a user is told of a run and of its accounts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from collector.outcome import Outcome

if TYPE_CHECKING:
    from collector.evidence import RunEvidence
    from collector.lake.record import PublicationRecord, WrittenSnapshot


@dataclass(frozen=True, slots=True)
class AccountResult:
    """What a user is told of one account."""

    account_id: str
    name: str | None
    outcome: Outcome
    error_code: str | None = None
    error_message: str | None = None
    password_policy_error: str | None = None


@dataclass(slots=True, kw_only=True)
class RunResult:
    """The result of a run. `needs_attention`: the accounts in its scope that are not completely in the snapshot."""

    run: RunEvidence
    counts: Counter[Outcome] = field(default_factory=Counter)
    needs_attention: list[AccountResult] = field(default_factory=list)
    untagged: int = 0
    written: WrittenSnapshot | None = None
    record: PublicationRecord | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every account in the run's scope was collected in full, its policy and the tags asked for included.

        Tags that could not be read are an empty map in the lake: so it must not look as if there were none.
        """
        return not (self.needs_attention or self.untagged) and not any(
            count for outcome, count in self.counts.items() if outcome.is_in_scope and outcome is not Outcome.COLLECTED
        )


class Watch(Protocol):
    """Who looks on while a run is under way."""

    def listed(self, *, is_asked: bool) -> None: ...  # noqa: D102 -- one more account is known
    def finished(self, result: AccountResult) -> None: ...  # noqa: D102 -- one more account has its outcome
