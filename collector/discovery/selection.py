"""Which accounts of the organization a run asks, and why not the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.discovery.accounts import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The include and exclude rules of a run.

    Exclude beats include. Accounts and OUs given together must both match. An OU is an id (`ou-…`, `r-…`) or a path of
    names (`Root/Workloads`), and stands for its subtree.
    """

    accounts: frozenset[str] = frozenset()
    exclude_accounts: frozenset[str] = frozenset()
    include_ous: tuple[str, ...] = ()
    exclude_ous: tuple[str, ...] = ()

    @property
    def is_everything(self) -> bool:
        """Whether there is no rule, so that collection need not wait for the end of the list."""
        return not (self.accounts or self.exclude_accounts or self.include_ous or self.exclude_ous)

    @property
    def names_ous(self) -> bool:
        """Whether the rules need to know where accounts hang."""
        return bool(self.include_ous or self.exclude_ous)

    def why_left_out(self, account: Account) -> str | None:
        """The rule that leaves the account out, as a sentence; None where it is asked."""
        if account.account_id in self.exclude_accounts:
            return "left out by --exclude-account"
        for ou in self.exclude_ous:
            if account.location.is_within(ou):
                return f"left out by --exclude-ou {ou}"
        if self.accounts and account.account_id not in self.accounts:
            return "not named by --account"
        if self.include_ous and not any(account.location.is_within(ou) for ou in self.include_ous):
            return "in no OU named by --include-ou"
        return None

    def faults(self, accounts: Iterable[Account]) -> list[str]:
        """A sentence for every rule that matches no account: most often a typing error, so never passed over."""
        listed = list(accounts)
        ids = {account.account_id for account in listed}
        faults = [
            f"{flag} {account_id}: the organization has no such account."
            for flag, named in (("--account", self.accounts), ("--exclude-account", self.exclude_accounts))
            for account_id in sorted(named - ids)
        ]
        faults += [
            f"{flag} {ou}: no account of the organization is in an OU of that id or path "
            "(a path is spelled from the root down, as in Root/Workloads/Prod)."
            for flag, named in (("--include-ou", self.include_ous), ("--exclude-ou", self.exclude_ous))
            for ou in named
            if not any(account.location.is_within(ou) for account in listed)
        ]
        return faults
