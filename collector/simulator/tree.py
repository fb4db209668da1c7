"""The organization's tree: ids, parents, children, paths and ARNs of roots, OUs and accounts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.simulator.organization import AccountSpec, OrganizationSpec

OuPath = tuple[str, ...]


def ou_id(root_id: str, path: OuPath) -> str:
    """The id of the OU at that path: the same in every run, `ou-<root's letters>-<8 letters>`."""
    digest = hashlib.sha256("/".join(path).encode()).hexdigest()
    return f"ou-{root_id.removeprefix('r-')}-{digest[:8]}"


@dataclass(frozen=True, slots=True)
class OrganizationalUnit:
    """An OU with what Organizations says of it."""

    id: str
    name: str
    path: OuPath
    parent_id: str
    tags: Mapping[str, str]


class OrganizationTree:
    """Looks up what stands where. Ids of OUs follow from their paths, so a day's organization keeps the last day's."""

    def __init__(self, organization: OrganizationSpec) -> None:
        self.organization = organization
        self.root_id = organization.root_id
        self.accounts: dict[str, AccountSpec] = {}
        self.units: dict[str, OrganizationalUnit] = {}
        self.child_units: dict[str, list[str]] = {self.root_id: []}
        self.child_accounts: dict[str, list[str]] = {self.root_id: []}
        self.parent_of: dict[str, str] = {}
        for unit in organization.ous:
            self._add_unit(unit.path, unit.tags)
        for account in organization.accounts:
            self._add_account(account)
        for account_id in (organization.management_account_id, *organization.delegated_administrators):
            if account_id not in self.accounts:
                raise ValueError(f"account {account_id} administers the organization but is not one of its accounts")

    def _add_unit(self, path: OuPath, tags: Mapping[str, str]) -> str:
        if not path:
            return self.root_id
        unit_id = ou_id(self.root_id, path)
        if unit_id not in self.units:
            parent_id = self._add_unit(path[:-1], {})
            self.units[unit_id] = OrganizationalUnit(unit_id, path[-1], path, parent_id, tags)
            self.child_units[parent_id].append(unit_id)
            self.child_units[unit_id] = []
            self.child_accounts[unit_id] = []
            self.parent_of[unit_id] = parent_id
        return unit_id

    def _add_account(self, account: AccountSpec) -> None:
        if account.account_id in self.accounts:
            raise ValueError(f"account {account.account_id} is there twice")
        parent_id = self._add_unit(account.ou, {})
        self.accounts[account.account_id] = account
        self.child_accounts[parent_id].append(account.account_id)
        self.parent_of[account.account_id] = parent_id

    def id_path(self, resource_id: str) -> str:
        """The path of ids down to an OU or account, `o-…/r-…/ou-…/123456789012/` (facts F4.1)."""
        ids = [resource_id]
        while ids[-1] != self.root_id:
            ids.append(self.parent_of[ids[-1]])
        return "/".join([self.organization.organization_id, *reversed(ids)]) + "/"

    def arn(self, kind: str, resource_id: str = "") -> str:
        """The ARN of a resource of Organizations: `account`, `ou`, `root`, `organization`."""
        organization = self.organization
        prefix = f"arn:{organization.partition}:organizations::{organization.management_account_id}"
        suffix = f"/{resource_id}" if resource_id else ""
        return f"{prefix}:{kind}/{organization.organization_id}{suffix}"
