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
        """A sentence for every include rule that matches no account: usually a typo, so never ignored."""
        return _unmatched(accounts, ("--account", self.accounts), ("--include-ou", self.include_ous))

    def warnings(self, accounts: Iterable[Account]) -> list[str]:
        """A sentence for every exclude rule that matches no account.

        It is no reason to stop: a closed account is no longer listed after 90 days (facts F4.1), and an OU can be
        removed; a scheduled run must not end because of that.
        """
        return _unmatched(accounts, ("--exclude-account", self.exclude_accounts), ("--exclude-ou", self.exclude_ous))


def _unmatched(
    accounts: Iterable[Account], named: tuple[str, frozenset[str]], located: tuple[str, tuple[str, ...]]
) -> list[str]:
    listed = list(accounts)
    flag, account_ids = named
    missing = sorted(account_ids - {account.account_id for account in listed})
    sentences = [f"{flag} {account_id}: not an account of the organization." for account_id in missing]
    flag, ous = located
    return sentences + [
        f"{flag} {ou}: matches no account of the organization (a path starts at the root, as in Root/Workloads/Prod)."
        for ou in ous
        if not any(account.location.is_within(ou) for account in listed)
    ]
