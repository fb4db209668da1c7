"""The accounts of `credlake demo`: where each is in the tree, what is wrong with it, and who uses it.

Users are the people and programs of an account: each kind has one thing right or wrong about it. Creation dates count
from `anchor`, the first day, so that a user is the same on every day; recent uses count from `now`.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from collector.simulator import faults
from collector.simulator.organization import (
    AccessKeySpec,
    AccountSpec,
    AccountState,
    CertificateSpec,
    PasswordPolicySpec,
    PasswordSpec,
    RootSpec,
    UserSpec,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.simulator.faults import Fault

_REGION = "eu-central-1"

MANAGEMENT = "management"
TOOLING = "security-tooling"

PROD = ("Workloads", "Prod")
STAGING = ("Workloads", "Staging")
DEV = ("Workloads", "Dev")
SECURITY = ("Security",)
INFRASTRUCTURE = ("Infrastructure",)
SANDBOX = ("Sandbox",)
SUSPENDED = ("Suspended",)

# Leading zeros are part of an account's id.
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
class Calendar:
    """The two moments that dates count from."""

    # The first day's run.
    anchor: datetime
    # The current day's run.
    now: datetime

    def ago(self, days: float) -> datetime:
        """That long before the first day's run."""
        return self.anchor - timedelta(days=days)

    def recently(self, hours: float) -> datetime:
        """That long before the current day's run."""
        return self.now - timedelta(hours=hours)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One account of the table below."""

    # The account's name.
    name: str
    # The names of its OUs below the root.
    ou: tuple[str, ...]
    # What is wrong with it.
    faults: tuple[Fault, ...] = ()
    # Its state in Organizations.
    state: AccountState = AccountState.ACTIVE
    # How many of `_ODD_USERS` it has.
    odd_users: int = 3


def _plain(ou: tuple[str, ...], *names: str, odd_users: int = 3) -> tuple[DemoAccount, ...]:
    return tuple(DemoAccount(name, ou, odd_users=odd_users) for name in names)


DEMO_ACCOUNTS: tuple[DemoAccount, ...] = (
    DemoAccount(MANAGEMENT, (), odd_users=1),
    DemoAccount(TOOLING, SECURITY, odd_users=1),
    *_plain(SECURITY, "log-archive", "audit", "forensics", odd_users=1),
    *_plain(INFRASTRUCTURE, "network", "shared-services", odd_users=2),
    DemoAccount("dns", INFRASTRUCTURE, (faults.STS_REGION_DISABLED,)),
    DemoAccount("backup", INFRASTRUCTURE, (faults.OLD_STYLE,)),
    *_plain(PROD, "payments-prod", "orders-prod", "catalog-prod", "search-prod", "billing-prod", "inventory-prod"),
    DemoAccount("checkout-prod", PROD, (faults.throttled(2),)),
    DemoAccount("identity-prod", PROD, (faults.limit_exceeded(2),)),
    DemoAccount("pricing-prod", PROD, (faults.EXPIRED_ON_FIRST_GET,)),
    DemoAccount("shipping-prod", PROD, (faults.slow_report(2),)),
    DemoAccount("warehouse-prod", PROD, (faults.NEVER_READY,)),
    DemoAccount("partners-prod", PROD, (faults.WRONG_EXTERNAL_ID,)),
    DemoAccount("loyalty-prod", PROD, (faults.GENERATE_DENIED,)),
    DemoAccount("reviews-prod", PROD, (faults.UNPARSABLE_VALUE,)),
    DemoAccount("invoices-prod", PROD, (faults.NO_ROOT_ROW,)),
    DemoAccount("gateway-prod", PROD, (faults.connection_reset(1),)),
    DemoAccount("media-prod", PROD, (faults.body_cut(1),)),
    *_plain(STAGING, "payments-staging", "orders-staging", "catalog-staging"),
    DemoAccount("search-staging", STAGING, (faults.SUMMARY_DENIED,)),
    DemoAccount("billing-staging", STAGING, (faults.POLICY_DENIED,)),
    DemoAccount("inventory-staging", STAGING, (faults.POLICY_THROTTLED_ONCE,)),
    *_plain(DEV, "payments-dev", "orders-dev", "catalog-dev", "search-dev", "billing-dev", "poc-legacy"),
    DemoAccount("inventory-dev", DEV, (faults.throttled(),)),
    DemoAccount("checkout-dev", DEV, (faults.service_failure(2),)),
    DemoAccount("identity-dev", DEV, (faults.service_failure(),)),
    DemoAccount("pricing-dev", DEV, (faults.NOT_PRESENT_AFTER_COMPLETE,)),
    DemoAccount("shipping-dev", DEV, (faults.IN_PROGRESS_AFTER_COMPLETE,)),
    DemoAccount("warehouse-dev", DEV, (faults.SESSION_EXPIRES_ONCE,)),
    DemoAccount("partners-dev", DEV, (faults.ROLE_MISSING,)),
    DemoAccount("loyalty-dev", DEV, (faults.GET_DENIED,)),
    DemoAccount("reviews-dev", DEV, (faults.UNQUOTED_COMMA,)),
    DemoAccount("experiments-dev", DEV),
    *_plain(SANDBOX, "sandbox-01", "sandbox-02", "sandbox-03", odd_users=5),
    DemoAccount("sandbox-04", SANDBOX, (faults.HTML_PAGE,)),
    DemoAccount("sandbox-05", SANDBOX, (faults.MISSING_COLUMN,)),
    DemoAccount("sandbox-06", SANDBOX, (faults.WRONG_ACCOUNT,)),
    DemoAccount("sandbox-07", SANDBOX, (faults.SHORT_ROW,)),
    DemoAccount("sandbox-08", SANDBOX, (faults.EXTRA_COLUMN, faults.SHUFFLED_COLUMNS)),
    DemoAccount("fraud-case", SUSPENDED, state=AccountState.SUSPENDED),
    DemoAccount("old-website", SUSPENDED, state=AccountState.CLOSED),
    DemoAccount("old-intranet", SUSPENDED, state=AccountState.CLOSED),
    DemoAccount("old-campaign", SUSPENDED, state=AccountState.PENDING_CLOSURE),
    DemoAccount("new-venture", SUSPENDED, state=AccountState.PENDING_ACTIVATION),
)

# The age of reports that another tool had generated before: one is still valid, one has expired.
_EXISTING_REPORT_AGES = {"audit": timedelta(hours=2, minutes=30), "network": timedelta(hours=6)}

# The others joined when they were created. The first is listed on the second day, five hours after it has joined.
_JOINED_DAYS_AGO = {"experiments-dev": -19 / 24, "new-venture": 0.5}


def demo_account_id(name: str) -> str:
    """The id of the demo account with that name: twelve digits, the same in every run."""
    digest = int(hashlib.sha256(f"demo account {name}".encode()).hexdigest(), 16)
    return _CHOSEN_IDS.get(name) or f"{digest % 10**12:012d}"


def demo_account(entry: DemoAccount, calendar: Calendar) -> AccountSpec:
    """The account as it is on the first day, except for recent uses."""
    existing_report_age = _EXISTING_REPORT_AGES.get(entry.name)
    if existing_report_age is not None:
        # The run is given that report, so its uses count back from the report's own time.
        calendar = replace(calendar, now=calendar.now - existing_report_age)
    users = _one_of_each(calendar) if entry.name == "sandbox-01" else _staff(entry.name, calendar, entry.odd_users)
    # Older than every user.
    age = 650 + len(entry.name) * 97
    return AccountSpec(
        account_id=demo_account_id(entry.name),
        name=entry.name,
        ou=entry.ou,
        state=entry.state,
        joined_at=calendar.ago(_JOINED_DAYS_AGO.get(entry.name, age)),
        email=f"aws-{entry.name}@example.com",
        tags=_tags(entry),
        root=_root(entry.name, calendar, age),
        users=users,
        existing_report_age=existing_report_age,
        password_policy=_policy(entry),
        faults=entry.faults,
    )


def _tags(entry: DemoAccount) -> dict[str, str]:
    if entry.ou[:1] != ("Workloads",):
        return {}
    return {"stage": entry.ou[1].lower(), "team": entry.name.partition("-")[0]}


def _policy(entry: DemoAccount) -> PasswordPolicySpec | None:
    if entry.ou == SANDBOX:
        return None
    return _WEAK_POLICY if entry.ou == DEV else _STRONG_POLICY


def _root(name: str, calendar: Calendar, age: int) -> RootSpec:
    """Most root users have no credentials at all; some are like those of older accounts."""
    created_at = calendar.ago(age)
    used_last_year = PasswordSpec(created_at, calendar.ago(200))
    roots = {
        # Correct: a password for emergencies, with MFA.
        MANAGEMENT: RootSpec(created_at, password=used_last_year, mfa_active=True),
        # A password without MFA.
        "catalog-dev": RootSpec(created_at, password=used_last_year),
        # No sign-in for years, and a key used an hour before the first day.
        "poc-legacy": RootSpec(
            created_at,
            password=PasswordSpec(created_at, created_at + timedelta(days=1)),
            mfa_active=True,
            access_keys=(AccessKeySpec(created_at, True, calendar.ago(1 / 24), "us-east-1", "iam"),),  # noqa: FBT003 - active
        ),
        # A password that has never been used.
        "sandbox-02": RootSpec(created_at, password=PasswordSpec(created_at)),
        "sandbox-03": RootSpec(created_at, password=used_last_year, mfa_active=True),
    }
    return roots.get(name) or RootSpec(created_at)


def _used_key(
    created_at: datetime, used_at: datetime, service: str = "sts", region: str | None = _REGION
) -> AccessKeySpec:
    return AccessKeySpec(created_at, last_used_at=used_at, last_used_region=region, last_used_service=service)


def _deploy_bot(calendar: Calendar) -> UserSpec:
    """Correct: a recent key, used an hour ago."""
    key = _used_key(calendar.ago(20), calendar.recently(1), "ecr")
    return UserSpec("deploy-bot", calendar.ago(400), path="/automation/", access_keys=(key,))


def _ci_runner(calendar: Calendar) -> UserSpec:
    """A key of 210 days in daily use: rotation is overdue."""
    key = _used_key(calendar.ago(210), calendar.recently(5), "cloudformation")
    return UserSpec("ci-runner", calendar.ago(500), path="/automation/", access_keys=(key,))


def _backup_writer(calendar: Calendar) -> UserSpec:
    """A key used in S3, for which the report has no Region: in use anyway."""
    key = _used_key(calendar.ago(80), calendar.recently(3), "s3", region=None)
    return UserSpec("backup-writer", calendar.ago(300), path="/automation/", access_keys=(key,))


def _legacy_sync(calendar: Calendar) -> UserSpec:
    """An active key of 400 days that has never been used."""
    return UserSpec("legacy-sync", calendar.ago(401), access_keys=(AccessKeySpec(calendar.ago(400)),))


def _report_exporter(calendar: Calendar) -> UserSpec:
    """Two active keys, the older one in slot 2."""
    keys = (_used_key(calendar.ago(30), calendar.recently(9), "athena"), _used_key(calendar.ago(150), calendar.ago(70)))
    return UserSpec("report-exporter", calendar.ago(350), access_keys=keys)


def _retired_batch(calendar: Calendar) -> UserSpec:
    """A key deactivated long ago, which keeps its date, and the only one, in slot 2."""
    key = AccessKeySpec(
        calendar.ago(600),
        active=False,
        last_used_at=calendar.ago(240),
        last_used_region=_REGION,
        last_used_service="sqs",
    )
    return UserSpec("retired-batch", calendar.ago(601), access_keys=(None, key))


def _admin_02(calendar: Calendar) -> UserSpec:
    """Correct: a password in use, with MFA."""
    password = PasswordSpec(calendar.ago(25), calendar.recently(2))
    return UserSpec("admin-02", calendar.ago(700), path="/people/", password=password, mfa_active=True)


def _analyst_07(calendar: Calendar) -> UserSpec:
    """Signs in without MFA."""
    password = PasswordSpec(calendar.ago(60), calendar.recently(20))
    return UserSpec("analyst-07", calendar.ago(200), path="/people/", password=password)


def _contractor_03(calendar: Calendar) -> UserSpec:
    """A password of 75 days that has never been used (`no_information`), and no MFA."""
    password = PasswordSpec(calendar.ago(75))
    return UserSpec("contractor-03", calendar.ago(75), path="/people/contractors/", password=password)


def _auditor_01(calendar: Calendar) -> UserSpec:
    """The last sign-in was 120 days ago; a key was created with the user and has never been used."""
    password = PasswordSpec(calendar.ago(130), calendar.ago(120))
    key = AccessKeySpec(calendar.ago(130))
    return UserSpec(
        "auditor-01", calendar.ago(130), path="/people/", password=password, mfa_active=True, access_keys=(key,)
    )


def _mailer(calendar: Calendar) -> UserSpec:
    """Signing certificates, the inactive one first."""
    certificates = (CertificateSpec(calendar.ago(900), active=False), CertificateSpec(calendar.ago(100)))
    return UserSpec("mailer", calendar.ago(901), certificates=certificates)


def _badge_reader(calendar: Calendar) -> UserSpec:
    """MFA without a password or a key, which is possible."""
    return UserSpec("badge-reader", calendar.ago(90), mfa_active=True)


# Each account has some of these; deploy-bot and admin-02 are in every account.
_ODD_USERS: tuple[Callable[[Calendar], UserSpec], ...] = (
    _ci_runner,
    _backup_writer,
    _legacy_sync,
    _report_exporter,
    _retired_batch,
    _analyst_07,
    _contractor_03,
    _auditor_01,
    _mailer,
    _badge_reader,
)


def _staff(account_name: str, calendar: Calendar, odd_users: int) -> tuple[UserSpec, ...]:
    """The users of an account: the two that every account has and some others, the same for the same name."""
    chosen = random.Random(account_name).sample(_ODD_USERS, odd_users)  # noqa: S311 - no secret
    return tuple(make(calendar) for make in (_deploy_bot, _admin_02, *chosen))


def _one_of_each(calendar: Calendar) -> tuple[UserSpec, ...]:
    """One user of each kind."""
    return tuple(make(calendar) for make in (_deploy_bot, _admin_02, *_ODD_USERS))
