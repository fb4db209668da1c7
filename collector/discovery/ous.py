"""The OUs of each account, with as few calls as possible.

`Paths` gives the IDs without a call. Names cost a call for each parent (its children are listed with names, 5 calls a
second), or one for each OU (2 a second) where listing children is denied. Without `Paths` the tree is walked. What
cannot be read is unknown, never a reason to stop (facts F4.1, F4.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from collector.discovery.accounts import Location
from collector.errors import CallFault

if TYPE_CHECKING:
    from collector.aws.organizations import OrganizationsApi
    from collector.discovery.accounts import Account

_log = structlog.get_logger()


class OrganizationTree:
    """Finds the location of accounts. Not thread-safe: one thread calls, for one account after the other."""

    def __init__(self, source: OrganizationsApi) -> None:
        """Take the calls to Organizations."""
        self.faults: list[CallFault] = []  # The calls that failed; each leaves OUs unknown.
        self._source = source
        self._names: dict[str, str | None] = {}
        self._listed_parents: set[str] = set()
        self._walked: dict[str, Location] | None = None

    def known_location(self, account: Account) -> Location | None:
        """The account's location where that needs no call; None where it needs one."""
        if account.location.ou_ids or account.location.ou_names:
            return account.location
        if not account.ou_ids:
            return None if self._walked is None else self._walked.get(account.account_id, Location())
        names = [self._names.get(ou_id) for ou_id in account.ou_ids]
        return Location(account.ou_ids, tuple(name for name in names if name)) if all(names) else None

    def locate(self, account: Account) -> Location:
        """The account's location, empty in the part that cannot be read."""
        if account.location.ou_ids or account.location.ou_names:
            return account.location
        if not account.ou_ids:
            return self._walk().get(account.account_id, Location())
        names = [self._name(account.ou_ids[: depth + 1]) for depth in range(len(account.ou_ids))]
        known = tuple(name for name in names if name is not None)
        return Location(account.ou_ids, known if len(known) == len(names) else ())

    def _name(self, chain: tuple[str, ...]) -> str | None:
        """The name of the last OU of the chain, which runs down from the root."""
        ou_id = chain[-1]
        if ou_id not in self._names and len(chain) > 1:
            self._name_children(chain[-2])
        if ou_id not in self._names:
            self._names[ou_id] = self._call_for_name(ou_id)
        return self._names[ou_id]

    def _name_children(self, parent_id: str) -> None:
        if parent_id in self._listed_parents:
            return
        self._listed_parents.add(parent_id)
        try:
            self._names.update(self._source.child_ous(parent_id))
        except CallFault as fault:
            _log.info("ou.children_unlisted", ou_id=parent_id, error_code=fault.code)

    def _call_for_name(self, ou_id: str) -> str | None:
        try:
            if ou_id.startswith("r-"):
                root_id, name = self._source.root()
                return name if root_id == ou_id else None
            return self._source.ou_name(ou_id)
        except (CallFault, LookupError) as fault:
            _log.warning("ou.name_unknown", ou_id=ou_id, error=str(fault))
            self._remember(fault)
            return None

    def _walk(self) -> dict[str, Location]:
        """Every account's location, by walking the tree, where Organizations does not send `Paths`."""
        if self._walked is None:
            found: dict[str, Location] = {}
            try:
                root_id, name = self._source.root()
                self._descend(Location((root_id,), (name,)), found)
            except (CallFault, LookupError) as fault:
                _log.warning("ou.tree_unknown", error=str(fault), accounts_located=len(found))
                self._remember(fault)
            # Only now: `known_location` reads it from another thread, and must not see half a walk.
            self._walked = found
        return self._walked

    def _remember(self, fault: Exception) -> None:
        if isinstance(fault, CallFault):
            self.faults.append(fault)

    def _descend(self, here: Location, found: dict[str, Location]) -> None:
        for account_id in self._source.child_accounts(here.ou_id):
            found[account_id] = here
        for ou_id, name in self._source.child_ous(here.ou_id):
            self._descend(Location((*here.ou_ids, ou_id), (*here.ou_names, name)), found)
