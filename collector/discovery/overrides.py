"""Settings that differ for one account, or for an OU and all below it: the narrowest rule wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.discovery.accounts import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One account, or an OU (id or path) and all below it, where other settings apply."""

    ou: str | None = None  # Exactly one of the two.
    account: str | None = None

    @property
    def place(self) -> dict[str, str]:
        """The account or the OU, as in a settings file."""
        named = {"account": self.account, "ou": self.ou}
        return {name: value for name, value in named.items() if value is not None}

    def breadth(self, account: Account) -> int | None:
        """How far above the account the override applies (0 the account, 1 its OU, …); None where it does not."""
        if self.account is not None:
            return 0 if self.account == account.account_id else None
        if self.ou is None or not account.location.is_within(self.ou):
            return None
        wanted = self.ou.strip("/")
        location = account.location
        if wanted in location.ou_ids:
            return len(location.ou_ids) - location.ou_ids.index(wanted)
        return 1 + location.ou_path.removeprefix(wanted).count("/")


AnyOverride = TypeVar("AnyOverride", bound=Override)


def applying(overrides: Iterable[AnyOverride], account: Account) -> list[AnyOverride]:
    """The overrides that apply to the account, the widest first."""
    found = [(breadth, rule) for rule in overrides if (breadth := rule.breadth(account)) is not None]
    return [rule for _, rule in sorted(found, key=lambda pair: pair[0], reverse=True)]


def unused_overrides(overrides: Iterable[Override], table: str, accounts: Iterable[Account]) -> list[str]:
    """A sentence for every override of that table that applies to no account; it may be one that was closed."""
    listed = list(accounts)
    return [
        f"[[{table}.override]] {rule.account or rule.ou}: matches no account of the organization."
        for rule in overrides
        if not any(rule.breadth(account) is not None for account in listed)
    ]
