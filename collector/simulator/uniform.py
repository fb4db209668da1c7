"""An organization of many similar accounts, for benchmarks: cheap to create and to serve, with realistic reports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from collector.simulator.organization import (
    ACCOUNT_ID_MARK,
    AccessKeySpec,
    AccountSpec,
    OrganizationSpec,
    PasswordPolicySpec,
    PasswordSpec,
    RootSpec,
    UserSpec,
)
from collector.simulator.report import render_report

# The account id in the rendered text that the template's mark replaces.
_TEMPLATE_ACCOUNT_ID = "000000000000"

_OUS = tuple(("Workloads", stage) for stage in ("Prod", "Staging", "Dev"))
_POLICY = PasswordPolicySpec(minimum_password_length=14, require_numbers=True, password_reuse_prevention=24)


def uniform_organization(accounts: int, users_per_account: int, *, now: datetime | None = None) -> OrganizationSpec:
    """`accounts` ACTIVE accounts with `users_per_account` users each, root not counted; none has a fault.

    All have the same users. The first is the management account and the caller.
    """
    if accounts < 1 or users_per_account < 0:
        raise ValueError(f"{accounts} accounts of {users_per_account} users are not an organization")
    report_template = _template(users_per_account, (now or datetime.now(UTC)).replace(microsecond=0))
    return OrganizationSpec(
        accounts=tuple(
            AccountSpec(
                account_id=_account_id(number),
                name=f"workload-{number:05d}",
                ou=() if number == 1 else _OUS[number % len(_OUS)],
                report_template=report_template,
                password_policy=_POLICY,
                summary_overrides={"Users": users_per_account},
            )
            for number in range(1, accounts + 1)
        ),
        management_account_id=_account_id(1),
        organization_id="o-uniform0000",
    )


def _account_id(number: int) -> str:
    return f"{number:012d}"


def _template(users: int, now: datetime) -> str:
    account = AccountSpec(
        account_id=_TEMPLATE_ACCOUNT_ID,
        name="template",
        root=RootSpec(created_at=now - timedelta(days=1200)),
        users=tuple(_user(number, now) for number in range(users)),
    )
    text = render_report(account, "aws").encode().decode()
    return text.replace(f"::{_TEMPLATE_ACCOUNT_ID}:", f"::{ACCOUNT_ID_MARK}:")


def _user(number: int, now: datetime) -> UserSpec:
    """Of every four users two have a key, one a password, one both; ages spread over three years."""
    created_at = now - timedelta(days=30 + number * 37 % 1100, seconds=number)
    key_created_at = created_at + timedelta(days=number % 29)
    key_used_at = max(key_created_at, now - timedelta(days=number % 120, hours=1))
    password_used_at = max(created_at, now - timedelta(days=number % 90, hours=2))
    key = AccessKeySpec(
        created_at=key_created_at,
        active=number % 11 != 0,
        last_used_at=None if number % 7 == 0 else key_used_at,
        last_used_region=None if number % 5 == 0 else "eu-central-1",
        last_used_service="s3" if number % 5 == 0 else "sts",
    )
    password = PasswordSpec(changed_at=created_at, last_used_at=None if number % 6 == 0 else password_used_at)
    has_password = number % 4 in {2, 3}
    return UserSpec(
        name=f"service-{number:05d}",
        created_at=created_at,
        path="/service/" if number % 3 else "/",
        password=password if has_password else None,
        mfa_active=has_password and number % 8 != 2,  # noqa: PLR2004 - one console user in four has none
        access_keys=() if number % 4 == 2 else (key,),  # noqa: PLR2004 - one user in four has no key
    )
