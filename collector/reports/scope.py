"""Whose accounts a report shows: all of an organization, or those that its reader may see. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.errors import UsageError
from collector.query.statement import suggestion

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from collector.reports.records import Account

_ACCOUNT_ID = re.compile(r"(?<!\d)\d{12}(?!\d)")
_HIDDEN = "************"


@dataclass(frozen=True, slots=True)
class Scope:
    """The accounts, OUs and owners that a reader is shown; if several are given, an account must match each."""

    accounts: tuple[str, ...] = ()  # Account IDs or exact names; empty: all.
    ous: tuple[str, ...] = ()  # OU IDs or paths, each with everything below; empty: all.
    owners: tuple[str, ...] = ()  # Owners of accounts; empty: all.

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return not (self.accounts or self.ous or self.owners)

    def chosen(self, accounts: Sequence[Account]) -> list[Account]:
        """The accounts of the scope.

        Raises:
            UsageError: a name matches no account, with those that are near; or no account matches each of them.
        """
        paths = {account.ou_id: account.ou_path for account in accounts}
        names = {name for account in accounts for name in (account.account_id, account.account_name) if name}
        problems = [
            f"--account {each}: not an account of the newest snapshot.{suggestion(each, names)}"
            for each in self.accounts
            if each not in names
        ]
        problems += [
            f"--ou {ou}: the newest snapshot has no account there.{suggestion(ou, {*paths, *paths.values()})}"
            for ou in self.ous
            if not any(_is_within(account, ou, paths) for account in accounts)
        ]
        owners = {account.owner for account in accounts if account.owner}
        problems += [
            f"--owner {each}: owns no account of the newest snapshot.{suggestion(each, owners)}"
            for each in self.owners
            if each not in owners
        ]
        found = [account for account in accounts if self._includes(account, paths)]
        if not (found or problems or self.is_everything):
            problems = ["No account matches each of --account, --ou and --owner."]
        if problems:
            raise UsageError(problems)
        return found

    def _includes(self, account: Account, paths: Mapping[str, str]) -> bool:
        if self.owners and account.owner not in self.owners:
            return False
        is_named = not self.accounts or bool({account.account_id, account.account_name} & {*self.accounts})
        return is_named and (not self.ous or any(_is_within(account, ou, paths) for ou in self.ous))


def without_others(text: str | None, account_ids: Collection[str]) -> str | None:
    """The text without the IDs of other accounts: AWS's messages name the caller's account and the policy's."""
    return text and _ACCOUNT_ID.sub(lambda found: found[0] if found[0] in account_ids else _HIDDEN, text)


def _is_within(account: Account, ou: str, paths: Mapping[str, str]) -> bool:
    path = paths.get(ou, ou).rstrip("/")
    return account.ou_id == ou or account.ou_path == path or account.ou_path.startswith(f"{path}/")
