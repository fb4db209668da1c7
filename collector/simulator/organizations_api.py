"""The read-only calls of Organizations (facts F4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from collector.simulator.answers import ErrorAnswer, RefusedError, Result
from collector.simulator.paging import read_page
from collector.simulator.rate_limits import ORGANIZATIONS_LIMITS, RateLimiter
from collector.simulator.refusals import (
    ACCOUNT_NOT_FOUND,
    CHILD_NOT_FOUND,
    NOT_IN_USE,
    NOT_MANAGEMENT_OR_DELEGATED,
    OU_NOT_FOUND,
    PARENT_NOT_FOUND,
    TARGET_NOT_FOUND,
    TOO_MANY_REQUESTS,
    invalid_input,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from collector.simulator.credentials import Identity
    from collector.simulator.tree import OrganizationTree

Value = TypeVar("Value")

_ACCOUNT = r"\d{12}"
_ROOT = r"r-[0-9a-z]{4,32}"
_UNIT = r"ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}"

# The one call that every account of an organization may make, as AWS's model says.
OPEN_TO_MEMBERS = frozenset({"DescribeOrganization"})


class OrganizationsApi:
    """Answers for the management account and delegated administrators; everyone else is refused."""

    def __init__(self, tree: OrganizationTree, *, enforce_rate_limits: bool) -> None:
        self._tree = tree
        self._organization = tree.organization
        self._listing = tree.organization.listing
        self._limiter = RateLimiter() if enforce_rate_limits else None
        self.operations: dict[str, Callable[[Mapping[str, Any]], Result]] = {
            "DescribeAccount": self._describe_account,
            "DescribeOrganization": self._describe_organization,
            "DescribeOrganizationalUnit": self._describe_organizational_unit,
            "ListAccounts": self._list_accounts,
            "ListAccountsForParent": self._list_accounts_for_parent,
            "ListChildren": self._list_children,
            "ListDelegatedAdministrators": self._list_delegated_administrators,
            "ListOrganizationalUnitsForParent": self._list_organizational_units_for_parent,
            "ListParents": self._list_parents,
            "ListRoots": self._list_roots,
            "ListTagsForResource": self._list_tags_for_resource,
        }

    def answer(self, operation: str, parameters: Mapping[str, Any], identity: Identity, now: datetime) -> Result:
        """Carry out an operation for whoever asks, within AWS's rate limits if they are on."""
        if self._limiter is not None:
            key = (identity.account_id, operation)
            if not self._limiter.take(key, ORGANIZATIONS_LIMITS[operation], now):
                raise RefusedError(TOO_MANY_REQUESTS)
        self._check_caller(operation, identity.account_id)
        return self.operations[operation](parameters)

    def _check_caller(self, operation: str, account_id: str) -> None:
        organization = self._organization
        if not organization.in_use or account_id not in self._tree.accounts:
            raise RefusedError(NOT_IN_USE)
        administrators = {organization.management_account_id, *organization.delegated_administrators}
        if account_id not in administrators and operation not in OPEN_TO_MEMBERS:
            raise RefusedError(NOT_MANAGEMENT_OR_DELEGATED)

    def _describe_organization(self, _parameters: Mapping[str, Any]) -> Result:
        management = self._tree.accounts[self._organization.management_account_id]
        return {
            "Organization": {
                "Id": self._organization.organization_id,
                "Arn": self._tree.arn("organization"),
                "FeatureSet": "ALL",
                "MasterAccountArn": self._tree.arn("account", management.account_id),
                "MasterAccountId": management.account_id,
                "MasterAccountEmail": _email(management.account_id, management.email),
                "AvailablePolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
            }
        }

    def _describe_account(self, parameters: Mapping[str, Any]) -> Result:
        account_id = _identifier(parameters, "AccountId", _ACCOUNT)
        if account_id not in self._tree.accounts:
            raise RefusedError(ACCOUNT_NOT_FOUND)
        return {"Account": self._account(account_id)}

    def _describe_organizational_unit(self, parameters: Mapping[str, Any]) -> Result:
        unit_id = _identifier(parameters, "OrganizationalUnitId", _UNIT)
        if unit_id not in self._tree.units:
            raise RefusedError(OU_NOT_FOUND)
        return {"OrganizationalUnit": self._unit(unit_id)}

    def _list_accounts(self, parameters: Mapping[str, Any]) -> Result:
        return self._page("Accounts", list(self._tree.accounts), parameters, self._account)

    def _list_accounts_for_parent(self, parameters: Mapping[str, Any]) -> Result:
        children = self._children_of(parameters, self._tree.child_accounts)
        return self._page("Accounts", children, parameters, self._account)

    def _list_organizational_units_for_parent(self, parameters: Mapping[str, Any]) -> Result:
        children = self._children_of(parameters, self._tree.child_units)
        return self._page("OrganizationalUnits", children, parameters, self._unit)

    def _list_children(self, parameters: Mapping[str, Any]) -> Result:
        kinds = {"ACCOUNT": self._tree.child_accounts, "ORGANIZATIONAL_UNIT": self._tree.child_units}
        kind = parameters.get("ChildType", "")
        if kind not in kinds:
            raise invalid_input("INVALID_ENUM", "You specified a child type that isn't valid.")
        children = self._children_of(parameters, kinds[kind])
        return self._page("Children", children, parameters, lambda child_id: {"Id": child_id, "Type": kind})

    def _list_parents(self, parameters: Mapping[str, Any]) -> Result:
        child_id = _identifier(parameters, "ChildId", f"{_ACCOUNT}|{_UNIT}")
        parent_id = _found(self._tree.parent_of, child_id, CHILD_NOT_FOUND)
        kind = "ROOT" if parent_id == self._tree.root_id else "ORGANIZATIONAL_UNIT"
        return self._page("Parents", [parent_id], parameters, lambda found: {"Id": found, "Type": kind})

    def _list_roots(self, parameters: Mapping[str, Any]) -> Result:
        root_id = self._tree.root_id
        root = {"Id": root_id, "Arn": self._tree.arn("root", root_id), "Name": self._organization.root_name}
        return self._page("Roots", [root_id], parameters, lambda _: {**root, "PolicyTypes": []})

    def _list_delegated_administrators(self, parameters: Mapping[str, Any]) -> Result:
        administrators = list(self._organization.delegated_administrators)
        return self._page("DelegatedAdministrators", administrators, parameters, self._administrator)

    def _list_tags_for_resource(self, parameters: Mapping[str, Any]) -> Result:
        resource_id = _identifier(parameters, "ResourceId", f"{_ROOT}|{_ACCOUNT}|{_UNIT}")
        if resource_id == self._tree.root_id:
            tags: Mapping[str, str] = {}
        elif resource_id in self._tree.units:
            tags = self._tree.units[resource_id].tags
        else:
            tags = _found(self._tree.accounts, resource_id, TARGET_NOT_FOUND).tags
        keys = list(tags)
        return self._page("Tags", keys, parameters, lambda key: {"Key": key, "Value": tags[key]})

    def _children_of(self, parameters: Mapping[str, Any], children: Mapping[str, list[str]]) -> list[str]:
        parent_id = _identifier(parameters, "ParentId", f"{_ROOT}|{_UNIT}")
        return _found(children, parent_id, PARENT_NOT_FOUND)

    def _page(
        self, name: str, ids: list[str], parameters: Mapping[str, Any], describe: Callable[[str], dict[str, Any]]
    ) -> Result:
        page, token = read_page(ids, parameters, self._listing.empty_pages)
        result: dict[str, Any] = {name: [describe(identifier) for identifier in page]}
        return result if token is None else {**result, "NextToken": token}

    def _account(self, account_id: str) -> dict[str, Any]:
        account = self._tree.accounts[account_id]
        result: dict[str, Any] = {
            "Id": account_id,
            "Arn": self._tree.arn("account", account_id),
            "Email": _email(account_id, account.email),
            "Name": account.name,
            "JoinedMethod": account.joined_method,
            "JoinedTimestamp": account.joined_at,
        }
        if self._listing.has_state:
            result["State"] = account.state.value
        if self._listing.has_status:
            result["Status"] = account.state.legacy_status
        if self._listing.has_paths:
            result["Paths"] = [self._tree.id_path(account_id)]
        return result

    def _administrator(self, account_id: str) -> dict[str, Any]:
        described = self._account(account_id)
        described.pop("Paths", None)
        return {**described, "DelegationEnabledDate": self._tree.accounts[account_id].joined_at}

    def _unit(self, unit_id: str) -> dict[str, Any]:
        unit = self._tree.units[unit_id]
        described = {"Id": unit_id, "Arn": self._tree.arn("ou", unit_id), "Name": unit.name}
        return {**described, "Path": self._tree.id_path(unit_id)} if self._listing.has_ou_path else described


def _found(things: Mapping[str, Value], identifier: str, refusal: ErrorAnswer) -> Value:
    if identifier not in things:
        raise RefusedError(refusal)
    return things[identifier]


def _identifier(parameters: Mapping[str, Any], name: str, pattern: str) -> str:
    """A parameter that is an id; refused where its form is not."""
    value = parameters.get(name)
    if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
        raise invalid_input(
            "INVALID_PATTERN", f"You provided a value that does not match the required pattern: {name}."
        )
    return value


def _email(account_id: str, email: str | None) -> str:
    return email or f"aws+{account_id}@example.com"
