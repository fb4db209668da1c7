"""The demo's accounts: where each stands in the tree, and what is wrong with it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from collector.simulator import fault_catalogue as faults
from collector.simulator.organization import AccountSpec, AccountState, PasswordPolicySpec, StoredReportSpec
from collector.simulator.scenarios.demo_users import Calendar, everybody, staff
from collector.simulator.users import AccessKeySpec, PasswordSpec, RootSpec

if TYPE_CHECKING:
    from collector.simulator.faults import Fault

MANAGEMENT = "management"
TOOLING = "security-tooling"

PROD = ("Workloads", "Prod")
STAGING = ("Workloads", "Staging")
DEV = ("Workloads", "Dev")
SECURITY = ("Security",)
INFRASTRUCTURE = ("Infrastructure",)
SANDBOX = ("Sandbox",)
SUSPENDED = ("Suspended",)

# Ids that must show: leading zeros are part of an account's id.
_CHOSEN_IDS = {MANAGEMENT: "004219870001", TOOLING: "000031415926"}

_STRONG_POLICY = PasswordPolicySpec(
    minimum_password_length=14,
    require_symbols=True,
    require_numbers=True,
    require_uppercase_characters=True,
    require_lowercase_characters=True,
    allow_users_to_change_password=True,
    max_password_age=90,
    password_reuse_prevention=24,
    hard_expiry=False,
)
_WEAK_POLICY = PasswordPolicySpec(minimum_password_length=8, require_numbers=True, allow_users_to_change_password=True)


@dataclass(frozen=True, slots=True)
class Row:
    """One account as the table below has it."""

    name: str
    ou: tuple[str, ...]
    faults: tuple[Fault, ...] = ()
    state: AccountState = AccountState.ACTIVE
    odd_users: int = 3


def _rows(ou: tuple[str, ...], *names: str, odd_users: int = 3) -> tuple[Row, ...]:
    return tuple(Row(name, ou, odd_users=odd_users) for name in names)


ROWS: tuple[Row, ...] = (
    Row(MANAGEMENT, (), odd_users=1),
    Row(TOOLING, SECURITY, odd_users=1),
    *_rows(SECURITY, "log-archive", "audit", "forensics", odd_users=1),
    *_rows(INFRASTRUCTURE, "network", "shared-services", odd_users=2),
    Row("dns", INFRASTRUCTURE, (faults.STS_REGION_DISABLED,)),
    Row("backup", INFRASTRUCTURE, (faults.OLD_STYLE,)),
    *_rows(PROD, "payments-prod", "orders-prod", "catalog-prod", "search-prod", "billing-prod", "inventory-prod"),
    Row("checkout-prod", PROD, (faults.throttled(2),)),
    Row("identity-prod", PROD, (faults.limit_exceeded(2),)),
    Row("pricing-prod", PROD, (faults.EXPIRED_ON_FIRST_GET,)),
    Row("shipping-prod", PROD, (faults.slow_report(2),)),
    Row("warehouse-prod", PROD, (faults.NEVER_READY,)),
    Row("partners-prod", PROD, (faults.WRONG_EXTERNAL_ID,)),
    Row("loyalty-prod", PROD, (faults.GENERATE_DENIED,)),
    Row("reviews-prod", PROD, (faults.UNPARSABLE_VALUE,)),
    Row("invoices-prod", PROD, (faults.NO_ROOT_ROW,)),
    Row("gateway-prod", PROD, (faults.connection_reset(1),)),
    Row("media-prod", PROD, (faults.body_cut(1),)),
    *_rows(STAGING, "payments-staging", "orders-staging", "catalog-staging"),
    Row("search-staging", STAGING, (faults.SUMMARY_DENIED,)),
    Row("billing-staging", STAGING, (faults.POLICY_DENIED,)),
    Row("inventory-staging", STAGING, (faults.POLICY_THROTTLED_ONCE,)),
    *_rows(DEV, "payments-dev", "orders-dev", "catalog-dev", "search-dev", "billing-dev", "poc-legacy"),
    Row("inventory-dev", DEV, (faults.throttled(),)),
    Row("checkout-dev", DEV, (faults.service_failure(2),)),
    Row("identity-dev", DEV, (faults.service_failure(),)),
    Row("pricing-dev", DEV, (faults.NOT_PRESENT_AFTER_COMPLETE,)),
    Row("shipping-dev", DEV, (faults.IN_PROGRESS_AFTER_COMPLETE,)),
    Row("warehouse-dev", DEV, (faults.SESSION_EXPIRES_ONCE,)),
    Row("partners-dev", DEV, (faults.ROLE_MISSING,)),
    Row("loyalty-dev", DEV, (faults.GET_DENIED,)),
    Row("reviews-dev", DEV, (faults.UNQUOTED_COMMA,)),
    Row("experiments-dev", DEV),
    *_rows(SANDBOX, "sandbox-01", "sandbox-02", "sandbox-03", odd_users=5),
    Row("sandbox-04", SANDBOX, (faults.HTML_PAGE,)),
    Row("sandbox-05", SANDBOX, (faults.MISSING_COLUMN,)),
    Row("sandbox-06", SANDBOX, (faults.WRONG_ACCOUNT,)),
    Row("sandbox-07", SANDBOX, (faults.SHORT_ROW,)),
    Row("sandbox-08", SANDBOX, (faults.EXTRA_COLUMN, faults.SHUFFLED_COLUMNS)),
    Row("fraud-case", SUSPENDED, state=AccountState.SUSPENDED),
    Row("old-website", SUSPENDED, state=AccountState.CLOSED),
    Row("old-intranet", SUSPENDED, state=AccountState.CLOSED),
    Row("old-campaign", SUSPENDED, state=AccountState.PENDING_CLOSURE),
    Row("new-venture", SUSPENDED, state=AccountState.PENDING_ACTIVATION),
)

# Reports that another tool had made before the collector came: one still good, one too old.
_EXISTING = {
    "audit": StoredReportSpec(age=timedelta(hours=2, minutes=30)),
    "network": StoredReportSpec(age=timedelta(hours=6)),
}


def demo_account_id(name: str) -> str:
    """The id of the demo account of that name: twelve digits, the same in every run."""
    digest = int(hashlib.sha256(f"demo account {name}".encode()).hexdigest(), 16)
    return _CHOSEN_IDS.get(name) or f"{digest % 10**12:012d}"


def demo_account(row: Row, calendar: Calendar) -> AccountSpec:
    """The account as it stands on the first day, but for what was used since."""
    users = everybody(calendar) if row.name == "sandbox-01" else staff(row.name, calendar, row.odd_users)
    age = 300 + len(row.name) * 97
    return AccountSpec(
        account_id=demo_account_id(row.name),
        name=row.name,
        ou=row.ou,
        state=row.state,
        joined_at=calendar.ago(age),
        joined_method="INVITED" if row.name.startswith("old-") else "CREATED",
        email=f"aws-{row.name}@example.com",
        alias=f"demo-{row.name}" if row.ou == PROD else None,
        tags=_tags(row),
        root=_root(row.name, calendar, age),
        users=users,
        existing_report=_EXISTING.get(row.name),
        password_policy=_policy(row),
        faults=row.faults,
    )


def _tags(row: Row) -> dict[str, str]:
    if row.ou[:1] != ("Workloads",):
        return {}
    return {"stage": row.ou[1].lower(), "team": row.name.partition("-")[0]}


def _policy(row: Row) -> PasswordPolicySpec | None:
    if row.ou == SANDBOX:
        return None
    return _WEAK_POLICY if row.ou == DEV else _STRONG_POLICY


def _root(name: str, calendar: Calendar, age: int) -> RootSpec:
    """Most roots have no credentials at all; some are as accounts used to be."""
    created_at = calendar.ago(age)
    used_last_year = PasswordSpec(created_at, calendar.ago(200))
    roots = {
        # Right: a password for emergencies, with MFA.
        MANAGEMENT: RootSpec(created_at, password=used_last_year, mfa_active=True),
        # A password without MFA.
        "catalog-dev": RootSpec(created_at, password=used_last_year),
        # No password login for years, and a key used an hour before the first day.
        "poc-legacy": RootSpec(
            created_at,
            password=PasswordSpec(created_at, created_at + timedelta(days=1)),
            mfa_active=True,
            access_keys=(AccessKeySpec(created_at, True, calendar.ago(1 / 24), "us-east-1", "iam"),),  # noqa: FBT003 - active
        ),
        # A password that was never used.
        "sandbox-02": RootSpec(created_at, password=PasswordSpec(created_at)),
        "sandbox-03": RootSpec(created_at, password=used_last_year, mfa_active=True),
    }
    return roots.get(name) or RootSpec(created_at)
