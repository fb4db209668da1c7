"""Which accounts of the organization a run collects, and why not the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.discovery.accounts import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The include and exclude rules of a run.

    Exclude beats include. Accounts and OUs given together must both match. An OU is an ID (`ou-…`, `r-…`) or a path of
    names (`Root/Workloads`), and stands for its subtree.
    """

    accounts: frozenset[str] = frozenset()  # Only these accounts; empty: all.
    exclude_accounts: frozenset[str] = frozenset()  # Not these accounts.
    include_ous: tuple[str, ...] = ()  # Only accounts in these OUs; empty: all.
    exclude_ous: tuple[str, ...] = ()  # No accounts in these OUs.

    @property
    def is_everything(self) -> bool:
        """Whether there is no rule, so that the collection can start before the list is complete."""
        return not (self.accounts or self.exclude_accounts or self.include_ous or self.exclude_ous)

    @property
    def names_ous(self) -> bool:
        """Whether the rules need the OUs of the accounts."""
        return bool(self.include_ous or self.exclude_ous)

    def why_excluded(self, account: Account) -> str | None:
        """The rule that excludes the account, to follow "The account was"; None where it is collected."""
        if account.account_id in self.exclude_accounts:
            return "excluded by --exclude-account"
        for ou in self.exclude_ous:
            if account.location.is_within(ou):
                return f"excluded by --exclude-ou {ou}"
        if self.accounts and account.account_id not in self.accounts:
            return "not named by --account"
        if self.include_ous and not any(account.location.is_within(ou) for ou in self.include_ous):
            return "not in an OU named by --include-ou"
        return None

    def problems(self, accounts: Iterable[Account]) -> list[str]:
        """A sentence for every rule that matches no account: usually a typo, so never ignored."""
        listed = list(accounts)
        ids = {account.account_id for account in listed}
        problems = [
            f"{flag} {account_id}: not an account of the organization."
            for flag, named in (("--account", self.accounts), ("--exclude-account", self.exclude_accounts))
            for account_id in sorted(named - ids)
        ]
        problems += [
            f"{flag} {ou}: matches no account of the organization "
            "(a path starts at the root, as in Root/Workloads/Prod)."
            for flag, named in (("--include-ou", self.include_ous), ("--exclude-ou", self.exclude_ous))
            for ou in named
            if not any(account.location.is_within(ou) for account in listed)
        ]
        return problems
