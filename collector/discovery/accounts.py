"""The accounts of an organization, as Organizations or an accounts file describes them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from collector.errors import OrganizationUnreadableError
from collector.evidence import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from types_boto3_organizations.type_defs import AccountTypeDef

ACTIVE = "ACTIVE"
# PENDING: what older exports of the Organizations console write for PENDING_ACTIVATION (facts F11.3).
ACCOUNT_STATES = ("PENDING_ACTIVATION", "PENDING", ACTIVE, "SUSPENDED", "PENDING_CLOSURE", "CLOSED")

ACCOUNT_ID = re.compile(r"[0-9]{12}")
# AWS's own; in a lake also the ID of a single account, or the name given to report files.
ORGANIZATION_ID = re.compile(r"o-[a-z0-9]{10,32}")
LAKE_ORGANIZATION_ID = re.compile(rf"{ORGANIZATION_ID.pattern}|[a-z0-9-]{{1,32}}")
LAKE_ORGANIZATION_ID_FORM = "an organization ID (o-…), an account ID, or a name of 1 to 32 of a-z 0-9 -"
OU_ID = re.compile(r"r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}")
_ACCOUNT_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):organizations::(?P<management>[0-9]{12}):account/(?P<organization>o-[a-z0-9]+)"
    r"/(?P<account>[0-9]{12})"
)


@dataclass(frozen=True, slots=True)
class Location:
    """Where an account is in the tree of OUs.

    Both fields are empty where they could not be read.
    """

    ou_ids: tuple[str, ...] = ()  # From the root (`r-…`) to the account's own parent.
    ou_names: tuple[str, ...] = ()  # Their names in the same order.

    @property
    def ou_id(self) -> str:
        """The account's own parent, an OU or the root."""
        return self.ou_ids[-1] if self.ou_ids else UNKNOWN

    @property
    def ou_path(self) -> str:
        """Names from the root down, `Root/Workloads/Prod`."""
        return "/".join(self.ou_names) if self.ou_names else UNKNOWN

    def is_within(self, ou: str) -> bool:
        """Whether the OU, an id or a path, is the account's parent or one above it."""
        wanted = ou.strip("/")
        if wanted in self.ou_ids:
            return True
        return bool(self.ou_names) and f"{self.ou_path}/".startswith(f"{wanted}/")

    def can_decide(self, ou: str) -> bool:
        """Whether it is known if the account is within the OU.

        A path needs the names; an ID that is not among the known ones needs all IDs from the root down.
        """
        if not OU_ID.fullmatch(ou.strip("/")):
            return bool(self.ou_names)
        return self.is_within(ou) or (bool(self.ou_ids) and self.ou_ids[0].startswith("r-"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account of the organization."""

    account_id: str  # 12 digits.
    state: str  # `ACTIVE`, `SUSPENDED`, …: one of ACCOUNT_STATES, or one that AWS added later.
    partition: str  # `aws`, `aws-cn`, …
    name: str | None = None  # None where the list has none.
    role_arn: str | None = None  # The role to assume, where an accounts file names one; None: the run's role.
    ou_ids: tuple[str, ...] = ()  # The OU IDs of `Paths`; empty where Organizations did not send them.
    location: Location = field(default_factory=Location)
    tags: dict[str, str] = field(default_factory=dict)  # Empty unless the run reads tags.
    tags_error: str | None = None  # Why the tags could not be read; null where they were, or are not wanted.
    error: str | None = None  # What of the account's own description could not be read; None where all of it was.
    source: dict[str, Any] = field(default_factory=dict)  # The object it was read from, unmodified and JSON-ready.

    @property
    def is_active(self) -> bool:
        """Whether the account is collected at all. PENDING_CLOSURE is not (`skipped_state` in docs/columns.md)."""
        return self.state == ACTIVE


def account_from_organizations(answer: AccountTypeDef) -> Account:
    """The account in one object of ListAccounts.

    `State` replaced `Status`, which AWS retired on 2026-09-09; either is read (facts F4.1).

    Raises:
        OrganizationUnreadableError: it has neither. Treating such an account as inactive would silently yield an empty
            organization, which is how other tools broke.
    """
    account_id = str(answer.get("Id", ""))
    state = answer.get("State") or answer.get("Status")
    if not state:
        raise OrganizationUnreadableError(
            f"Organizations listed account {account_id or '(without an ID)'} with neither `State` nor `Status`, so it "
            "is unknown which accounts are active. Nothing was collected. Update boto3 (1.42.80 or newer reads "
            "`State`); if it is new enough, AWS changed its response: please open an issue.",
            account_id=account_id,
        )
    if not ACCOUNT_ID.fullmatch(account_id):
        raise OrganizationUnreadableError(f"Organizations listed an account whose ID is not 12 digits: {account_id!r}.")
    partition, _ = _parts_of_arn(answer.get("Arn"))
    joined: object = answer.get("JoinedTimestamp")
    return Account(
        account_id=account_id,
        state=str(state),
        partition=partition or "aws",
        name=answer.get("Name"),
        ou_ids=ou_ids_of(answer.get("Paths") or []),
        error=f"JoinedTimestamp is not a date: {joined[:100]!r}." if isinstance(joined, str) else None,
        source=json_ready(answer),
    )


def organization_id_of(answer: Mapping[str, object]) -> str | None:
    """The organization that an account's ARN names, None where the ARN does not have the usual form."""
    return _parts_of_arn(answer.get("Arn"))[1]


def account_id_of(answer: Mapping[str, object]) -> str | None:
    """The account that an account's ARN names, None where the ARN does not have the usual form."""
    arn = answer.get("Arn")
    match = _ACCOUNT_ARN.fullmatch(arn) if isinstance(arn, str) else None
    return match["account"] if match else None


def is_management_account(answer: Mapping[str, object], account_id: str) -> bool | None:
    """Whether the account is the one that its own ARN names as the organization's; None where the list has no ARN."""
    arn = answer.get("Arn")
    match = _ACCOUNT_ARN.fullmatch(arn) if isinstance(arn, str) else None
    return match["management"] == account_id if match and match["account"] == account_id else None


def _parts_of_arn(arn: object) -> tuple[str | None, str | None]:
    match = _ACCOUNT_ARN.fullmatch(arn) if isinstance(arn, str) else None
    return (match["partition"], match["organization"]) if match else (None, None)


def ou_ids_of(paths: list[str]) -> tuple[str, ...]:
    """The IDs from the root to the parent: `o-…/r-…/ou-…/123456789012/` (facts F4.1)."""
    if not paths:
        return ()
    return tuple(part for part in paths[0].split("/") if part.startswith(("r-", "ou-")))


def json_ready(answer: Mapping[str, object]) -> dict[str, Any]:
    """The answer as JSON can hold it: instants as ISO 8601 in UTC."""
    return {key: _instant(value) if isinstance(value, datetime) else value for key, value in answer.items()}


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
