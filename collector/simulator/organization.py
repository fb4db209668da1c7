"""The organization as plain data: accounts, OUs, roles, policies, and who calls.

Nothing here runs. `tree` gives ids and paths to it, `report_text` writes its reports, `control_plane` answers for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from collector.simulator.users import RootSpec, UserSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.simulator.faults import Fault
    from collector.simulator.report_source import ReportSource

# What the collector's own role is called here unless a role says otherwise.
DEFAULT_ROLE_NAME = "credlake-reader"

# What a role for this job has to allow (facts F5), and nothing else.
READER_ACTIONS = (
    "iam:GenerateCredentialReport",
    "iam:GetCredentialReport",
    "iam:GetAccountSummary",
    "iam:GetAccountPasswordPolicy",
    "iam:ListAccountAliases",
)

_EPOCH = datetime(2019, 3, 4, 5, 6, 7, tzinfo=UTC)


class AccountState(StrEnum):
    """An account's state in Organizations (facts F4.1)."""

    PENDING_ACTIVATION = "PENDING_ACTIVATION"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    PENDING_CLOSURE = "PENDING_CLOSURE"
    CLOSED = "CLOSED"

    @property
    def legacy_status(self) -> str:
        """What the retired `Status` said: closed accounts showed as SUSPENDED, unfinished ones as ACTIVE."""
        return {"CLOSED": "SUSPENDED", "PENDING_ACTIVATION": "ACTIVE"}.get(self.value, self.value)

    @property
    def is_usable(self) -> bool:
        """Whether roles of the account can still be assumed: closing accounts stay usable until closed."""
        return self in {AccountState.ACTIVE, AccountState.PENDING_CLOSURE}


@dataclass(frozen=True, slots=True)
class PasswordPolicySpec:
    """A custom password policy; None where the policy sets nothing."""

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
    """A role, whom it trusts and what it allows.

    `trusted_account_ids` None stands for the accounts that may run a collector: management and delegated
    administrators. `permissions` are IAM actions, wildcards included.
    """

    name: str = DEFAULT_ROLE_NAME
    path: str = "/"
    external_id: str | None = None
    trusted_account_ids: frozenset[str] | None = None
    permissions: tuple[str, ...] = READER_ACTIONS
    max_session_seconds: int = 3600
    allows_source_identity: bool = False
    allows_session_tags: bool = False


@dataclass(frozen=True, slots=True)
class StoredReportSpec:
    """A report that somebody else had AWS make before the collector came; within four hours it comes back as it is."""

    age: timedelta
    content: bytes | None = None


@dataclass(frozen=True)
class AccountSpec:
    """One account.

    `ou` is a path of names below the root, `("Workloads", "Prod")`; empty: right under the root. `roles` None stands
    for the organization's `member_roles`. `report` None: rendered from root and users. `summary_overrides` changes
    single numbers of GetAccountSummary, which is fresher than the report.
    """

    account_id: str
    name: str
    ou: tuple[str, ...] = ()
    state: AccountState = AccountState.ACTIVE
    joined_at: datetime = _EPOCH
    joined_method: str = "CREATED"
    email: str | None = None
    alias: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    root: RootSpec = field(default_factory=lambda: RootSpec(created_at=_EPOCH))
    users: tuple[UserSpec, ...] = ()
    report: ReportSource | None = None
    existing_report: StoredReportSpec | None = None
    password_policy: PasswordPolicySpec | None = None
    summary_overrides: Mapping[str, int] = field(default_factory=dict)
    roles: tuple[RoleSpec, ...] | None = None
    faults: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an id that is no account id: leading zeros are lost where it was a number."""
        if not (len(self.account_id) == 12 and self.account_id.isascii() and self.account_id.isdigit()):  # noqa: PLR2004 - AWS's own length
            raise ValueError(f"an account id is 12 digits, as text: {self.account_id!r}")


@dataclass(frozen=True, slots=True)
class OuSpec:
    """An OU that must exist though no account lies in it, or that has tags. Others follow from the accounts' `ou`."""

    path: tuple[str, ...]
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ListingSpec:
    """Which members Organizations' answers carry; today's by default. `empty_pages` come before each full one."""

    has_state: bool = True
    has_status: bool = False
    has_paths: bool = True
    has_ou_path: bool = True
    empty_pages: int = 0


@dataclass(frozen=True, slots=True)
class CallerSpec:
    """The base credentials: the account they belong to, and what they may not do.

    With `is_role_session` they are a role's temporary credentials (role chaining: sessions of an hour at most).
    `is_expired` lets every call end in ExpiredToken, `expires_after` those so long after the server began,
    `is_unknown` every call in InvalidClientTokenId.
    """

    account_id: str
    user_name: str = "credlake-collector"
    is_role_session: bool = False
    is_expired: bool = False
    expires_after: timedelta | None = None
    is_unknown: bool = False
    denied_actions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class OrganizationSpec:
    """An organization and the one who asks it.

    `caller` None: an IAM user of the management account. `in_use` False: the accounts are in no organization.
    """

    accounts: tuple[AccountSpec, ...]
    management_account_id: str
    organization_id: str = "o-aa111bb222"
    root_id: str = "r-a1b2"
    root_name: str = "Root"
    partition: str = "aws"
    ous: tuple[OuSpec, ...] = ()
    delegated_administrators: tuple[str, ...] = ()
    member_roles: tuple[RoleSpec, ...] = (RoleSpec(),)
    caller: CallerSpec | None = None
    listing: ListingSpec = field(default_factory=ListingSpec)
    in_use: bool = True

    @property
    def calling(self) -> CallerSpec:
        """The base credentials' owner."""
        return self.caller or CallerSpec(self.management_account_id)

    def account(self, account_id: str) -> AccountSpec:
        """The account of that id; KeyError where there is none."""
        for account in self.accounts:
            if account.account_id == account_id:
                return account
        raise KeyError(account_id)
