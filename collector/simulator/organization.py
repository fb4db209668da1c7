"""The organization as plain data: accounts with users and roles, OUs, the caller; and the tree that they form."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.simulator.faults import Fault

# The name of the collector's role, unless a role has another.
DEFAULT_ROLE_NAME = "credlake-reader"

# What a role for this job has to allow (facts F5), and nothing else.
READER_ACTIONS = (
    "iam:GenerateCredentialReport",
    "iam:GetCredentialReport",
    "iam:GetAccountSummary",
    "iam:GetAccountPasswordPolicy",
    "iam:ListAccountAliases",
)

# Stands for the account's id in `AccountSpec.report_template`.
ACCOUNT_ID_MARK = "@ACCOUNT@"

_EPOCH = datetime(2019, 3, 4, 5, 6, 7, tzinfo=UTC)

OuPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PasswordSpec:
    """A console password."""

    # When it was last set.
    changed_at: datetime
    # The last sign-in; None: none on record.
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccessKeySpec:
    """An access key."""

    # When it was created; an inactive key keeps its date.
    created_at: datetime
    # Whether it is active.
    active: bool = True
    # The last use; None: never.
    last_used_at: datetime | None = None
    # The Region of the last use; None: the service has none (S3).
    last_used_region: str | None = None
    # The service of the last use, `sts`.
    last_used_service: str | None = None


@dataclass(frozen=True, slots=True)
class CertificateSpec:
    """An X.509 signing certificate. AWS does not track its use."""

    # When it was uploaded.
    created_at: datetime
    # Whether it is active.
    active: bool = True


@dataclass(frozen=True, slots=True)
class UserSpec:
    """An IAM user. Credentials have slots: `access_keys=(None, key)` is a user whose only key is in slot 2.

    A slot is no identity: AWS was seen to put the active key first, once against the order of creation (facts F1.5).
    """

    # The user name.
    name: str
    # When the user was created.
    created_at: datetime
    # The path, which only the ARN shows.
    path: str = "/"
    # The console password, if there is one.
    password: PasswordSpec | None = None
    # Whether an MFA device is assigned.
    mfa_active: bool = False
    # Up to two access keys, by slot.
    access_keys: tuple[AccessKeySpec | None, ...] = ()
    # Up to two signing certificates, by slot.
    certificates: tuple[CertificateSpec | None, ...] = ()


@dataclass(frozen=True, slots=True)
class RootSpec:
    """The root user; by default like that of a member account created by Organizations (facts F1.6)."""

    # When the account was created.
    created_at: datetime
    # The password, if there is one.
    password: PasswordSpec | None = None
    # Whether an MFA device is assigned.
    mfa_active: bool = False
    # Up to two access keys, by slot.
    access_keys: tuple[AccessKeySpec | None, ...] = ()
    # Up to two signing certificates, by slot.
    certificates: tuple[CertificateSpec | None, ...] = ()


@dataclass(frozen=True, slots=True)
class PasswordPolicySpec:
    """A custom password policy, member by member of IAM's `PasswordPolicy`; None where the policy sets nothing."""

    minimum_password_length: int = 8
    require_symbols: bool = False
    require_numbers: bool = False
    require_uppercase_characters: bool = False
    require_lowercase_characters: bool = False
    allow_users_to_change_password: bool = False
    max_password_age: int | None = None
    password_reuse_prevention: int | None = None
    hard_expiry: bool | None = None


@dataclass(frozen=True, slots=True)
class RoleSpec:
    """A role that trusts the management account and delegated administrators."""

    # The role's name.
    name: str = DEFAULT_ROLE_NAME
    # The role's path.
    path: str = "/"
    # The external id that the trust policy requires, if any.
    external_id: str | None = None
    # The IAM actions that it allows, wildcards included.
    permissions: tuple[str, ...] = READER_ACTIONS


class AccountState(StrEnum):
    """An account's state in Organizations (facts F4.1)."""

    PENDING_ACTIVATION = "PENDING_ACTIVATION"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    PENDING_CLOSURE = "PENDING_CLOSURE"
    CLOSED = "CLOSED"

    @property
    def legacy_status(self) -> str:
        """The retired `Status`: closed accounts were shown as SUSPENDED, pending ones as ACTIVE."""
        return {"CLOSED": "SUSPENDED", "PENDING_ACTIVATION": "ACTIVE"}.get(self.value, self.value)

    @property
    def is_usable(self) -> bool:
        """Whether roles of the account can still be assumed: closing accounts stay usable until closed."""
        return self in {AccountState.ACTIVE, AccountState.PENDING_CLOSURE}


@dataclass(frozen=True)
class AccountSpec:
    """One account."""

    # Twelve digits, leading zeros included.
    account_id: str
    # The account's name.
    name: str
    # The names of its OUs below the root, `("Workloads", "Prod")`; empty: directly under the root.
    ou: OuPath = ()
    # The state in Organizations.
    state: AccountState = AccountState.ACTIVE
    # When it joined the organization.
    joined_at: datetime = _EPOCH
    # The alias of the sign-in page, if there is one.
    alias: str | None = None
    # The root user's address; None: a made-up one.
    email: str | None = None
    # The account's tags in Organizations.
    tags: Mapping[str, str] = field(default_factory=dict)
    # The root user.
    root: RootSpec = field(default_factory=lambda: RootSpec(created_at=_EPOCH))
    # The IAM users.
    users: tuple[UserSpec, ...] = ()
    # The report's text with `ACCOUNT_ID_MARK` for the id: far cheaper than rendering. None: rendered from the users.
    report_template: str | None = None
    # The age of a report that another caller had generated before; None: there is none.
    existing_report_age: timedelta | None = None
    # The custom password policy, if there is one.
    password_policy: PasswordPolicySpec | None = None
    # Numbers of GetAccountSummary that differ from the users given: it is fresher than the report.
    summary_overrides: Mapping[str, int] = field(default_factory=dict)
    # The account's roles; None: the organization's `member_roles`.
    roles: tuple[RoleSpec, ...] | None = None
    # What is wrong with the account.
    faults: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        """Reject an invalid account id: leading zeros are lost where it was a number."""
        if not (len(self.account_id) == 12 and self.account_id.isascii() and self.account_id.isdigit()):  # noqa: PLR2004 - AWS's own length
            raise ValueError(f"an account id is 12 digits, as text: {self.account_id!r}")


@dataclass(frozen=True, slots=True)
class OuSpec:
    """An OU that is empty or has tags. All others follow from the accounts' `ou`."""

    # The names from the root down to the OU.
    path: OuPath
    # The OU's tags.
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ListingSpec:
    """Which members the responses of Organizations have; today's by default."""

    # Accounts have `State`.
    has_state: bool = True
    # Accounts have the retired `Status`.
    has_status: bool = False
    # Accounts have `Paths`.
    has_paths: bool = True
    # So many empty pages come before each full one.
    empty_pages: int = 0


@dataclass(frozen=True, slots=True)
class CallerSpec:
    """The base credentials, with which the collector starts."""

    # The account they belong to.
    account_id: str
    # A role's temporary credentials (role chaining) in place of an IAM user's.
    is_role_session: bool = False
    # Every call fails with ExpiredToken.
    is_expired: bool = False
    # Every call fails with InvalidClientTokenId.
    is_unknown: bool = False
    # The actions that are denied.
    denied_actions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class OrganizationSpec:
    """An organization and its caller."""

    # All accounts, the management account included.
    accounts: tuple[AccountSpec, ...]
    # The management account's id.
    management_account_id: str
    # The organization's id.
    organization_id: str = "o-aa111bb222"
    # The root's id.
    root_id: str = "r-a1b2"
    # The partition of every ARN.
    partition: str = "aws"
    # OUs that do not follow from the accounts.
    ous: tuple[OuSpec, ...] = ()
    # The ids of delegated administrators.
    delegated_administrators: tuple[str, ...] = ()
    # The roles of every account that has none of its own.
    member_roles: tuple[RoleSpec, ...] = (RoleSpec(),)
    # Who calls; None: an IAM user of the management account.
    caller: CallerSpec | None = None
    # What the responses of Organizations look like.
    listing: ListingSpec = field(default_factory=ListingSpec)
    # False: the accounts are in no organization.
    in_use: bool = True

    @property
    def base_caller(self) -> CallerSpec:
        """The caller, the default filled in."""
        return self.caller or CallerSpec(self.management_account_id)

    @property
    def administrators(self) -> frozenset[str]:
        """The accounts that may list the organization, and that its roles trust."""
        return frozenset({self.management_account_id, *self.delegated_administrators})


def ou_id(root_id: str, path: OuPath) -> str:
    """The id of the OU at that path: the same in every run, `ou-<root's letters>-<8 letters>`."""
    digest = hashlib.sha256("/".join(path).encode()).hexdigest()
    return f"ou-{root_id.removeprefix('r-')}-{digest[:8]}"


class OrganizationTree:
    """The accounts and OUs of an organization by id, with their parents, children, paths and ARNs.

    Raises:
        ValueError: An account id occurs twice, or an administrator is not one of the accounts.
    """

    def __init__(self, organization: OrganizationSpec) -> None:
        self.organization = organization
        self.accounts: dict[str, AccountSpec] = {}
        self.units: dict[str, OuSpec] = {}
        self.child_units: dict[str, list[str]] = {organization.root_id: []}
        self.child_accounts: dict[str, list[str]] = {organization.root_id: []}
        self._parents: dict[str, str] = {}
        for unit in organization.ous:
            self._add_unit(unit)
        for account in organization.accounts:
            self._add_account(account)
        for account_id in organization.administrators - self.accounts.keys():
            raise ValueError(f"account {account_id} administers the organization but is not one of its accounts")

    def _add_unit(self, unit: OuSpec) -> str:
        if not unit.path:
            return self.organization.root_id
        unit_id = ou_id(self.organization.root_id, unit.path)
        if unit_id not in self.units:
            parent_id = self._add_unit(OuSpec(unit.path[:-1]))
            self.units[unit_id] = unit
            self.child_units[parent_id].append(unit_id)
            self.child_units[unit_id] = []
            self.child_accounts[unit_id] = []
            self._parents[unit_id] = parent_id
        return unit_id

    def _add_account(self, account: AccountSpec) -> None:
        if account.account_id in self.accounts:
            raise ValueError(f"account {account.account_id} occurs twice")
        parent_id = self._add_unit(OuSpec(account.ou))
        self.accounts[account.account_id] = account
        self.child_accounts[parent_id].append(account.account_id)
        self._parents[account.account_id] = parent_id

    def id_path(self, resource_id: str) -> str:
        """The path of ids down to an OU or account, `o-…/r-…/ou-…/123456789012/` (facts F4.1)."""
        ids = [resource_id]
        while ids[-1] != self.organization.root_id:
            ids.append(self._parents[ids[-1]])
        return "/".join([self.organization.organization_id, *reversed(ids)]) + "/"

    def arn(self, kind: str, resource_id: str = "") -> str:
        """The ARN of a resource of Organizations: `account`, `ou`, `root`, `organization`."""
        organization = self.organization
        prefix = f"arn:{organization.partition}:organizations::{organization.management_account_id}"
        suffix = f"/{resource_id}" if resource_id else ""
        return f"{prefix}:{kind}/{organization.organization_id}{suffix}"
