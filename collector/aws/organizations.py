"""The calls to Organizations. Retries are botocore's; every failure is a CallFault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.aws.translation import translated

if TYPE_CHECKING:
    from collections.abc import Iterator

# ListAccounts gives no more than 20 a page (facts F4.1).
_PAGE_SIZE = 20


class OrganizationsApi:
    """Organizations, as the management account or a delegated administrator may read it (facts F4.4)."""

    def __init__(self, client: Any) -> None:
        """Take a client of `Clients.organizations`."""
        self._client = client

    def organization_id(self) -> str:
        """The id of the caller's organization."""
        with translated("organizations:DescribeOrganization"):
            return str(self._client.describe_organization()["Organization"]["Id"])

    def account_pages(self) -> Iterator[list[dict[str, Any]]]:
        """Every page of ListAccounts. A page may be empty and still have a successor: only a missing token ends it."""
        return self._pages("list_accounts", "Accounts", "organizations:ListAccounts")

    def root(self) -> tuple[str, str]:
        """Id and name of the organization's one root."""
        for page in self._pages("list_roots", "Roots", "organizations:ListRoots", page_size=None):
            for root in page:
                return root["Id"], root["Name"]
        raise LookupError("the organization has no root")

    def child_ous(self, parent_id: str) -> list[tuple[str, str]]:
        """Id and name of each OU right below the parent."""
        pages = self._pages(
            "list_organizational_units_for_parent",
            "OrganizationalUnits",
            "organizations:ListOrganizationalUnitsForParent",
            ParentId=parent_id,
        )
        return [(ou["Id"], ou["Name"]) for page in pages for ou in page]

    def ou_name(self, ou_id: str) -> str:
        """The name of one OU."""
        with translated("organizations:DescribeOrganizationalUnit"):
            answer = self._client.describe_organizational_unit(OrganizationalUnitId=ou_id)
        return str(answer["OrganizationalUnit"]["Name"])

    def child_accounts(self, parent_id: str) -> list[str]:
        """The ids of the accounts right below the parent."""
        pages = self._pages(
            "list_accounts_for_parent", "Accounts", "organizations:ListAccountsForParent", ParentId=parent_id
        )
        return [account["Id"] for page in pages for account in page]

    def tags(self, account_id: str) -> dict[str, str]:
        """The account's tags; one call or more an account, 10 a second (facts F4.3)."""
        pages = self._pages(
            "list_tags_for_resource",
            "Tags",
            "organizations:ListTagsForResource",
            page_size=None,
            ResourceId=account_id,
        )
        return {tag["Key"]: tag["Value"] for page in pages for tag in page}

    def _pages(
        self, method: str, member: str, operation: str, *, page_size: int | None = _PAGE_SIZE, **request: str
    ) -> Iterator[list[dict[str, Any]]]:
        pagination = {} if page_size is None else {"PageSize": page_size}
        pages = iter(self._client.get_paginator(method).paginate(PaginationConfig=pagination, **request))
        while True:
            with translated(operation):
                page = next(pages, None)
            if page is None:
                return
            yield page.get(member) or []
