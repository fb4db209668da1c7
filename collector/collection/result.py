"""The result of a run and of each of its accounts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collector.outcome import Outcome

if TYPE_CHECKING:
    from collector.evidence import AccountEvidence, RunEvidence
    from collector.lake.record import PublicationRecord
    from collector.lake.rows import AccountOutcome
    from collector.lake.writer import WrittenSnapshot

# Codes of an account that failed: the session of its role is renewed, so these are the collector's own credentials.
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException"})


@dataclass(frozen=True, slots=True)
class AccountResult:
    """The result of one account, as in its row of `account`."""

    account_id: str
    name: str | None  # null where the list of accounts gives none
    outcome: Outcome  # after the report was read, so `partial`, `malformed_report` and `wrong_account` as well
    error_code: str | None = None  # AWS's code and text, or ours for a faulty report; null where collected in full.
    error_message: str | None = None
    password_policy_error: str | None = None  # Why the policy is unknown; null if known, or if no users are published.

    @property
    def next_step(self) -> str:
        """What to do about the outcome; empty where nothing is to be done."""
        if self.outcome is Outcome.FAILED and self.error_code in _EXPIRED:
            return (
                "Renew the collector's own AWS credentials (`aws sso login`, or a session that lasts longer), then "
                "`credlake collect --retry-failed`."
            )
        return self.outcome.next_step

    @property
    def reasons(self) -> list[str]:
        """Why the account was not collected in full, for a person."""
        reasons = [f"{self.error_code}: {self.error_message or ''}".rstrip(": ")] if self.error_code else []
        policy = self.password_policy_error
        return [*reasons, f"password policy unknown: {policy}"] if policy else reasons


@dataclass(slots=True, kw_only=True)
class RunResult:
    """The result of a run, filled in while it is under way."""

    run: RunEvidence
    counts: Counter[Outcome] = field(default_factory=Counter)  # every account of the organization, in scope or not
    needs_attention: list[AccountResult] = field(default_factory=list)  # In scope and not collected in full.
    warnings: list[str] = field(default_factory=list)  # A sentence for each rule of the settings that matches nothing.
    taken_over: int = 0  # how many accounts an earlier run of the day collected (--retry-failed)
    untagged: int = 0  # how many accounts have tags that could not be read, where the run wants tags
    written: WrittenSnapshot | None = None  # the tables, once they are in the lake
    record: PublicationRecord | None = None  # once they are published

    def add(self, evidence: AccountEvidence, verdict: AccountOutcome) -> AccountResult:
        """Count an account, and list it where the run was to collect it and did not get all of it."""
        outcome = verdict.outcome
        account = AccountResult(
            account_id=evidence.account_id,
            name=evidence.account.get("Name"),
            outcome=outcome,
            error_code=verdict.error_code,
            error_message=verdict.error_message,
            password_policy_error=evidence.password_policy_error if outcome.is_covered else None,
        )
        self.counts[outcome] += 1
        self.taken_over += evidence.origin_run_id is not None
        self.untagged += evidence.tags_error is not None
        if outcome.needs_attention or account.password_policy_error:
            self.needs_attention.append(account)
        return account

    @property
    def collected_now(self) -> int:
        """How many accounts the run itself set out to collect, those of an earlier run not counted."""
        return sum(count for outcome, count in self.counts.items() if outcome.is_in_scope) - self.taken_over

    @property
    def is_complete(self) -> bool:
        """Whether every account in the run's scope was collected in full, its policy and the tags asked for included.

        Tags that could not be read are an empty map in the lake, which must not look as if there were none.
        """
        return not (self.needs_attention or self.untagged)


class Watch:
    """Follows a run that is under way; this one shows nothing."""

    def listed(self, account_id: str) -> None:
        """One more account is known."""

    def finished(self, result: AccountResult) -> None:
        """One more account has its outcome."""

    def interrupted(self) -> None:
        """A signal stops the run."""
