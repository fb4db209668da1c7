"""The calls to Organizations. Retries are botocore's; every failure is a CallFault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.aws.errors import translated
from collector.aws.pages import every_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from types_boto3_organizations import OrganizationsClient
    from types_boto3_organizations.type_defs import AccountTypeDef, PaginatorConfigTypeDef

# ListAccounts gives no more than 20 a page (facts F4.1).
_PAGES: PaginatorConfigTypeDef = {"PageSize": 20}


class OrganizationsApi:
    """Organizations, as the management account or a delegated administrator may read it (facts F4.4)."""

    def __init__(self, client: OrganizationsClient) -> None:
        """Take a client in the Region of the partition."""
        self._client = client

    def organization_id(self) -> str:
        """The id of the caller's organization."""
        with translated("organizations:DescribeOrganization"):
            return self._client.describe_organization()["Organization"]["Id"]

    def account_pages(self) -> Iterator[list[AccountTypeDef]]:
        """Every page of ListAccounts. A page may be empty and still have a successor: only a missing token ends it."""
        pages = self._client.get_paginator("list_accounts").paginate(PaginationConfig=_PAGES)
        read = every_page("organizations:ListAccounts", pages, lambda page: _ids(page.get("Accounts")))
        return (page.get("Accounts") or [] for page in read)

    def root(self) -> tuple[str, str]:
        """Id and name of the organization's one root."""
        pages = self._client.get_paginator("list_roots").paginate()
        for page in every_page("organizations:ListRoots", pages, lambda page: _ids(page.get("Roots"))):
            for root in page.get("Roots") or ():
                return root["Id"], root["Name"]
        raise LookupError("the organization has no root")

    def child_ous(self, parent_id: str) -> list[tuple[str, str]]:
        """Id and name of each OU right below the parent."""
        pages = self._client.get_paginator("list_organizational_units_for_parent").paginate(
            ParentId=parent_id, PaginationConfig=_PAGES
        )
        operation = "organizations:ListOrganizationalUnitsForParent"
        read = every_page(operation, pages, lambda page: _ids(page.get("OrganizationalUnits")))
        with translated(operation):
            return [(ou["Id"], ou["Name"]) for page in read for ou in page.get("OrganizationalUnits") or ()]

    def ou_name(self, ou_id: str) -> str:
        """The name of one OU."""
        with translated("organizations:DescribeOrganizationalUnit"):
            answer = self._client.describe_organizational_unit(OrganizationalUnitId=ou_id)
        return answer["OrganizationalUnit"]["Name"]

    def child_accounts(self, parent_id: str) -> list[str]:
        """The ids of the accounts right below the parent."""
        pages = self._client.get_paginator("list_accounts_for_parent").paginate(
            ParentId=parent_id, PaginationConfig=_PAGES
        )
        operation = "organizations:ListAccountsForParent"
        read = every_page(operation, pages, lambda page: _ids(page.get("Accounts")))
        with translated(operation):
            return [account["Id"] for page in read for account in page.get("Accounts") or ()]

    def tags(self, account_id: str) -> dict[str, str]:
        """The account's tags; one call or more an account, 10 a second (facts F4.3)."""
        pages = self._client.get_paginator("list_tags_for_resource").paginate(ResourceId=account_id)
        operation = "organizations:ListTagsForResource"
        read = every_page(operation, pages, lambda page: [tag["Key"] for tag in page.get("Tags") or ()])
        with translated(operation):
            return {tag["Key"]: tag["Value"] for page in read for tag in page.get("Tags") or ()}


def _ids(things: Sequence[Mapping[str, object]] | None) -> list[object]:
    return [thing.get("Id") for thing in things or ()]
