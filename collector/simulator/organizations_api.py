"""The read-only calls of Organizations, with its pages and rate limits (facts F4)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any, TypeVar

from collector.simulator.wire import (
    NOT_IN_USE,
    NOT_MANAGEMENT_OR_DELEGATED,
    OU_NOT_FOUND,
    PARENT_NOT_FOUND,
    TARGET_NOT_FOUND,
    TOO_MANY_REQUESTS,
    ApiError,
    ErrorResponse,
    Result,
    invalid_input,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from collector.simulator.credentials import Identity
    from collector.simulator.organization import OrganizationTree

Value = TypeVar("Value")

LARGEST_PAGE = 20

# Calls a second in the long run and how many may come at once, per calling account (facts F4.3).
RATE_LIMITS: dict[str, tuple[float, int]] = {
    "ListAccounts": (8, 12),
    "ListAccountsForParent": (5, 8),
    "ListOrganizationalUnitsForParent": (5, 8),
    "ListTagsForResource": (10, 15),
    "ListRoots": (1, 2),
    "DescribeOrganization": (1, 2),
    "DescribeOrganizationalUnit": (2, 2),
}

# The one call that every account of an organization may make, according to AWS's model.
_OPEN_TO_MEMBERS = "DescribeOrganization"

_ACCOUNT = r"\d{12}"
_ROOT = r"r-[0-9a-z]{4,32}"
_UNIT = r"ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}"


class TokenBucket:
    """Holds up to `burst` tokens, refilled at `per_second`; a call takes one."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._per_second = per_second
        self._burst = burst
        self._tokens = float(burst)
        self._filled_at: datetime | None = None

    def take(self, now: datetime) -> bool:
        """Take a token; False when there is none."""
        if self._filled_at is not None:
            elapsed = (now - self._filled_at).total_seconds()
            self._tokens = min(self._burst, self._tokens + elapsed * self._per_second)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class OrganizationsApi:
    """Responds to the management account and delegated administrators; everyone else is denied."""

    def __init__(self, tree: OrganizationTree, *, enforce_rate_limits: bool) -> None:
        self._tree = tree
        self._organization = tree.organization
        self._listing = tree.organization.listing
        self._enforce_rate_limits = enforce_rate_limits
        self._buckets: dict[tuple[str, str], TokenBucket] = {}
        self.operations: dict[str, Callable[[Mapping[str, Any]], Result]] = {
            "DescribeOrganization": self._describe_organization,
            "DescribeOrganizationalUnit": self._describe_organizational_unit,
            "ListAccounts": self._list_accounts,
            "ListAccountsForParent": self._list_accounts_for_parent,
            "ListOrganizationalUnitsForParent": self._list_organizational_units_for_parent,
            "ListRoots": self._list_roots,
            "ListTagsForResource": self._list_tags_for_resource,
        }

    def call(self, operation: str, parameters: Mapping[str, Any], identity: Identity, now: datetime) -> Result:
        """Carry out an operation for the identity, within AWS's rate limits if they are enforced."""
        if self._enforce_rate_limits:
            bucket = self._buckets.setdefault((identity.account_id, operation), TokenBucket(*RATE_LIMITS[operation]))
            if not bucket.take(now):
                raise ApiError(TOO_MANY_REQUESTS)
        if not self._organization.in_use or identity.account_id not in self._tree.accounts:
            raise ApiError(NOT_IN_USE)
        if identity.account_id not in self._organization.administrators and operation != _OPEN_TO_MEMBERS:
            raise ApiError(NOT_MANAGEMENT_OR_DELEGATED)
        return self.operations[operation](parameters)

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

    def _describe_organizational_unit(self, parameters: Mapping[str, Any]) -> Result:
        unit_id = _identifier(parameters, "OrganizationalUnitId", _UNIT)
        _found(self._tree.units, unit_id, OU_NOT_FOUND)
        return {"OrganizationalUnit": self._unit(unit_id)}

    def _list_accounts(self, parameters: Mapping[str, Any]) -> Result:
        return self._page("Accounts", list(self._tree.accounts), parameters, self._account)

    def _list_accounts_for_parent(self, parameters: Mapping[str, Any]) -> Result:
        children = self._children_of(parameters, self._tree.child_accounts)
        return self._page("Accounts", children, parameters, self._account)

    def _list_organizational_units_for_parent(self, parameters: Mapping[str, Any]) -> Result:
        children = self._children_of(parameters, self._tree.child_units)
        return self._page("OrganizationalUnits", children, parameters, self._unit)

    def _list_roots(self, parameters: Mapping[str, Any]) -> Result:
        root_id = self._organization.root_id
        root = {"Id": root_id, "Arn": self._tree.arn("root", root_id), "Name": "Root", "PolicyTypes": []}
        return self._page("Roots", [root_id], parameters, lambda _: root)

    def _list_tags_for_resource(self, parameters: Mapping[str, Any]) -> Result:
        resource_id = _identifier(parameters, "ResourceId", f"{_ROOT}|{_ACCOUNT}|{_UNIT}")
        if resource_id == self._organization.root_id:
            tags: Mapping[str, str] = {}
        elif resource_id in self._tree.units:
            tags = self._tree.units[resource_id].tags
        else:
            tags = _found(self._tree.accounts, resource_id, TARGET_NOT_FOUND).tags
        return self._page("Tags", list(tags), parameters, lambda key: {"Key": key, "Value": tags[key]})

    def _children_of(self, parameters: Mapping[str, Any], children: Mapping[str, list[str]]) -> list[str]:
        return _found(children, _identifier(parameters, "ParentId", f"{_ROOT}|{_UNIT}"), PARENT_NOT_FOUND)

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
            "JoinedMethod": "CREATED",
            "JoinedTimestamp": account.joined_at,
        }
        if self._listing.has_state:
            result["State"] = account.state.value
        if self._listing.has_status:
            result["Status"] = account.state.legacy_status
        if self._listing.has_paths:
            result["Paths"] = [self._tree.id_path(account_id)]
        return result

    def _unit(self, unit_id: str) -> dict[str, Any]:
        return {
            "Id": unit_id,
            "Arn": self._tree.arn("ou", unit_id),
            "Name": self._tree.units[unit_id].path[-1],
            "Path": self._tree.id_path(unit_id),
        }


def read_page(ids: Sequence[str], parameters: Mapping[str, Any], empty_pages: int) -> tuple[Sequence[str], str | None]:
    """One page of at most 20 ids, and the token of the next page; None: that was the last.

    `empty_pages` empty pages with a token come before each page with content: AWS may send those at any time, and a
    client that stops there has seen nothing (facts F4.1).
    """
    size = parameters.get("MaxResults", LARGEST_PAGE)
    if not isinstance(size, int) or size < 1:
        raise invalid_input("MIN_VALUE_EXCEEDED", "You provided a value for MaxResults that is below 1.")
    if size > LARGEST_PAGE:
        raise invalid_input("MAX_VALUE_EXCEEDED", f"You provided a value for MaxResults that is above {LARGEST_PAGE}.")
    start, empty_left = _read_token(parameters.get("NextToken"), len(ids), empty_pages)
    if empty_left:
        return [], _token(start, empty_left - 1)
    end = start + size
    return ids[start:end], _token(end, empty_pages) if end < len(ids) else None


def _token(start: int, empty_left: int) -> str:
    return base64.urlsafe_b64encode(f"simulator/{start}/{empty_left}".encode()).decode()


def _read_token(token: object, count: int, empty_pages: int) -> tuple[int, int]:
    if token is None:
        return 0, empty_pages
    try:
        mark, start, empty_left = base64.urlsafe_b64decode(str(token)).decode().split("/")
        position = int(start), int(empty_left)
    except (TypeError, ValueError, binascii.Error):
        raise invalid_input("INVALID_NEXT_TOKEN", "You provided a NextToken that isn't valid.") from None
    if mark != "simulator" or not 0 <= position[0] <= count:
        raise invalid_input("INVALID_NEXT_TOKEN", "You provided a NextToken that isn't valid.")
    return position


def _found(things: Mapping[str, Value], identifier: str, error: ErrorResponse) -> Value:
    if identifier not in things:
        raise ApiError(error)
    return things[identifier]


def _identifier(parameters: Mapping[str, Any], name: str, pattern: str) -> str:
    """A parameter that is an id; an error where its form is invalid."""
    value = parameters.get(name)
    if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
        raise invalid_input(
            "INVALID_PATTERN", f"You provided a value that does not match the required pattern: {name}."
        )
    return value


def _email(account_id: str, email: str | None) -> str:
    return email or f"aws+{account_id}@example.com"
