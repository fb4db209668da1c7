"""The limits in force for each account: set for all, for an OU subtree or for an account; the narrowest rule wins.

`collector.limits` declares them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from collector.discovery.overrides import Override, applying
from collector.limits import LIMITS, Limits

if TYPE_CHECKING:
    from collector.discovery.accounts import Account

LIMIT_NAMES: tuple[str, ...] = tuple(limit.name for limit in LIMITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitOverride(Override):
    """Other limits for one account, or for an OU (id or path) and all below it."""

    limits: dict[str, int] = field(default_factory=dict)  # Limit → number.


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRules:
    """All limits of a run's settings."""

    default: Limits = field(default_factory=Limits)  # For accounts and limits that no override names.
    overrides: tuple[LimitOverride, ...] = ()

    def resolve(self, account: Account) -> Limits:
        """The limits in force for the account: each taken from the narrowest rule that names it."""
        limits = self.default
        for rule in applying(self.overrides, account):
            limits = replace(limits, **rule.limits)
        return limits

    def for_the_record(self) -> dict[str, Any]:
        """The rules as in a settings file."""
        return {**asdict(self.default), "override": [{**rule.place, **rule.limits} for rule in self.overrides]}
