"""The result of a run and of each of its accounts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collector.denial import by_policy, read_denial, short_message
from collector.errors import environment_step
from collector.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.denial import DeniedAccounts
    from collector.evidence import AccountEvidence, RunEvidence
    from collector.lake.record import PublicationRecord
    from collector.lake.rows import AccountOutcome
    from collector.lake.writer import WrittenSnapshot

# AWS's texts about denied calls are shortened to less; a proxy's page may be of any length.
_MAX_REASON = 300
# How many of the accounts that one policy denies a call are named.
_MAX_NAMED = 10


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
        # The session of the account's role is renewed, so these are the collector's own credentials, clock and so on.
        if step := environment_step(self.error_code, self.error_message):
            return f"{step} Then run `credlake collect --retry-failed`."
        return read_denial(self.error_message).next_step or self.outcome.next_step

    @property
    def reasons(self) -> list[str]:
        """Why the account was not collected in full, for a person: the action and the reason of a denial first."""
        reasons = [f"{self.error_code}: {short_message(self.error_message or '')}".rstrip(": ")]
        if self.error_code is None:
            reasons = []
        if self.password_policy_error:
            reasons.append(f"password policy unknown: {short_message(self.password_policy_error)}")
        return [reason if len(reason) <= _MAX_REASON else f"{reason[: _MAX_REASON - 1]}…" for reason in reasons]

    @property
    def next_steps(self) -> list[str]:
        """What to do about each of the reasons, as sentences that begin with what they are about."""
        subjects = {str(self.outcome): self.next_step}
        if self.password_policy_error:
            step = read_denial(self.password_policy_error).next_step
            subjects["password policy"] = step or "Allow iam:GetAccountPasswordPolicy in the role."
        return [f"{subject}: {step}" for subject, step in subjects.items() if step]


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


@dataclass(frozen=True, slots=True)
class AttentionRow:
    """A row of the list of accounts that need attention: one account, or all those that one policy denies a call."""

    first: AccountResult  # the account, or the first of them
    denied: DeniedAccounts | None = None  # the accounts and their policy; None where the row is about one account

    @property
    def account(self) -> str:
        """The account's id, or how many accounts there are."""
        return self.first.account_id if self.denied is None else f"{len(self.denied.account_ids)} accounts"

    @property
    def name(self) -> str:
        """The account's name; empty where the list of accounts gives none, and for more than one account."""
        return "" if self.denied else self.first.name or ""

    @property
    def why(self) -> str:
        """The reasons, for a person."""
        if self.denied is None:
            return "; ".join(self.first.reasons)
        return f"{self.denied.sentence}: {_named(self.denied.account_ids)}"


def attention_rows(accounts: Iterable[AccountResult]) -> list[AttentionRow]:
    """The accounts by outcome and id; a policy that denies two or more of them the same call is one row."""
    ordered = _ordered(accounts)
    only = [one for one in ordered if not (one.error_code and one.password_policy_error)]
    groups = by_policy((one.account_id, one.error_message or one.password_policy_error) for one in only)
    row_of = {group.account_ids[0]: group for group in groups if len(group.account_ids) > 1}
    others = {account_id for group in row_of.values() for account_id in group.account_ids[1:]}
    return [AttentionRow(one, row_of.get(one.account_id)) for one in ordered if one.account_id not in others]


def next_steps(accounts: Iterable[AccountResult]) -> list[str]:
    """What to do about the accounts that need attention: a sentence each, in the order of the rows."""
    return list(dict.fromkeys(step for account in _ordered(accounts) for step in account.next_steps))


def _ordered(accounts: Iterable[AccountResult]) -> list[AccountResult]:
    order = list(Outcome)
    return sorted(accounts, key=lambda account: (order.index(account.outcome), account.account_id))


def _named(account_ids: tuple[str, ...]) -> str:
    more = len(account_ids) - _MAX_NAMED
    return ", ".join(account_ids[:_MAX_NAMED]) + (f" and {more} more" if more > 0 else "")


class Watch:
    """Follows a run that is under way; this one shows nothing."""

    def listed(self, account_id: str) -> None:
        """One more account is known."""

    def finished(self, result: AccountResult) -> None:
        """One more account has its outcome."""

    def interrupted(self) -> None:
        """A signal stops the run."""
