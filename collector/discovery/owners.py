"""Who answers for each account: its owner tag, else the narrowest rule for its OU or itself, else the default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from collector.discovery.overrides import Override, applying

if TYPE_CHECKING:
    from collector.discovery.accounts import Account

# The names in `[owners]` and its overrides.
OWNER_NAMES = ("tag", "default", "override", "owner", "ou", "account")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerOverride(Override):
    """The owner of one account, or of an OU and all below it."""

    owner: str  # A name, a team or an address: whatever identifies the owner.


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerRules:
    """The `[owners]` of a run's settings."""

    tag: str | None = None  # The account tag that holds the owner; None: tags name no owner.
    default: str | None = None  # The owner of accounts that no tag and no override gives one.
    overrides: tuple[OwnerOverride, ...] = ()

    def resolve(self, account: Account) -> str | None:
        """The account's owner; None where nothing names one."""
        tagged = account.tags.get(self.tag, "").strip() if self.tag is not None else ""
        if tagged:
            return tagged
        rules = applying(self.overrides, account)
        return rules[-1].owner if rules else self.default

    def for_the_record(self) -> dict[str, Any]:
        """The rules as in a settings file."""
        overrides = [{**rule.place, "owner": rule.owner} for rule in self.overrides]
        return {"tag": self.tag, "default": self.default, "override": overrides}
