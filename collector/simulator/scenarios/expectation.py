"""What a right collector finds, read off the organization's description alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.outcome import Outcome
from collector.simulator.faults import AccessFault, CallFault, Fault, GenerationFault, ReportFault
from collector.simulator.organization import AccountSpec, AccountState

if TYPE_CHECKING:
    from collections.abc import Mapping

# In the order in which a collector meets them: a role first, the report's bytes last.
_STAGES: tuple[type[Fault], ...] = (AccessFault, CallFault, GenerationFault, ReportFault)


def expected_outcome(account: AccountSpec, *, own_account_id: str | None = None) -> Outcome:
    """How the collection of an account ends when nothing excludes it and no deadline cuts the retries short.

    The account that the collector runs in (`own_account_id`) is read without a role: faults of access do not matter.
    """
    if account.state is not AccountState.ACTIVE:
        return Outcome.SKIPPED_STATE
    is_own = account.account_id == own_account_id
    if account.roles == () and not is_own:
        return Outcome.ASSUME_DENIED
    for stage in _STAGES:
        if stage is AccessFault and is_own:
            continue
        for fault in account.faults:
            if isinstance(fault, stage) and fault.outcome is not Outcome.COLLECTED:
                return fault.outcome
    return Outcome.COLLECTED


def expected_password_policy_state(account: AccountSpec) -> str:
    """`custom`, `default` or `unknown`, where the account is collected."""
    if not all(fault.policy_known for fault in account.faults):
        return "unknown"
    return "default" if account.password_policy is None else "custom"


def expects_summary(account: AccountSpec) -> bool:
    """Whether GetAccountSummary can be read, where the account is collected."""
    return all(fault.summary_known for fault in account.faults)


def expected_outcomes(accounts: tuple[AccountSpec, ...], *, own_account_id: str | None = None) -> Mapping[str, Outcome]:
    """The expected outcome of every account, by id."""
    return {account.account_id: expected_outcome(account, own_account_id=own_account_id) for account in accounts}
