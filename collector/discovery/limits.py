"""The limits in force for each account: set for all, for an OU subtree or for an account; the narrowest rule wins.

`collector.limits` declares them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from collector.limits import LIMITS, Limits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.discovery.accounts import Account

LIMIT_NAMES: tuple[str, ...] = tuple(limit.name for limit in LIMITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitOverride:
    """Other limits for one account, or for an OU (id or path) and all below it."""

    limits: dict[str, int] = field(default_factory=dict)  # Limit → number.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRules:
    """All limits of a run's settings."""

    default: Limits = field(default_factory=Limits)  # For accounts and limits that no override names.
    overrides: tuple[LimitOverride, ...] = ()

    def resolve(self, account: Account) -> Limits:
        """The limits in force for the account: each taken from the narrowest rule that names it."""
        applying = [(breadth, rule) for rule in self.overrides if (breadth := rule.breadth(account)) is not None]
        applying.sort(key=lambda pair: pair[0], reverse=True)
        limits = self.default
        for _, rule in applying:
            limits = replace(limits, **rule.limits)
        return limits

    def for_the_record(self) -> dict[str, Any]:
        """The rules as in a settings file."""
        return {**asdict(self.default), "override": [{**rule.place, **rule.limits} for rule in self.overrides]}

    def warnings(self, accounts: Iterable[Account]) -> list[str]:
        """A sentence for every override that applies to no account; it may be one that was closed."""
        listed = list(accounts)
        return [
            f"[[limits.override]] {rule.account or rule.ou}: matches no account of the organization."
            for rule in self.overrides
            if not any(rule.breadth(account) is not None for account in listed)
        ]
