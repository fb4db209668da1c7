"""The organization of `credlake demo`: some 60 accounts with what can be wrong with them, on three days.

The three days end today, and between them credentials change: what the lake shows as `credential_changes`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from collector.simulator import faults
from collector.simulator.demo_accounts import (
    DEMO_ACCOUNTS,
    MANAGEMENT,
    TOOLING,
    Calendar,
    DemoAccount,
    demo_account,
    demo_account_id,
)
from collector.simulator.organization import (
    AccessKeySpec,
    AccountSpec,
    CallerSpec,
    OrganizationSpec,
    OuSpec,
    PasswordSpec,
    UserSpec,
)

DEMO_ORGANIZATION_ID = "o-demo000001"
DEMO_DAYS = 3

_ONE_DAY = timedelta(days=1)
# How long before a day's run its changes happened.
_LEAD = timedelta(hours=5)

AccountChange = Callable[[AccountSpec, datetime], AccountSpec]
UserChange = Callable[[UserSpec, datetime], dict[str, Any]]


def demo_exceptions(now: datetime) -> str:
    """The demo's exceptions file: one that holds for another month, and one that ended before the last day."""
    later, ended = now + timedelta(days=30), now - timedelta(days=2)
    return (
        "exception_id,control_id,account,ou,user,approved_by,reason,ticket,expires_on\n"
        "EX-1,access-key-rotation,,Root/Workloads/Prod,legacy-sync,ciso,The vendor is replacing it.,SEC-101,"
        f"{later:%Y-%m-%d}\n"
        "EX-2,console-mfa,,Root/Sandbox,contractor-*,ciso,To be cleaned up this week.,SEC-102,"
        f"{ended:%Y-%m-%d}\n"
    )


@dataclass(frozen=True, slots=True)
class DemoDay:
    """One day of the demo."""

    # 0, 1 or 2.
    day: int
    # When the day's run takes place.
    moment: datetime
    # How far the organization's clock is from the machine's (0 or behind), for `shifted_clock`.
    clock_offset: timedelta
    # The organization on that day.
    organization: OrganizationSpec


def demo_days(now: datetime) -> tuple[DemoDay, ...]:
    """The three days, a day apart, the last of them today."""
    offsets = [(day - DEMO_DAYS + 1) * _ONE_DAY for day in range(DEMO_DAYS)]
    return tuple(
        DemoDay(day, now + offset, offset, demo_organization(now + offset, day=day))
        for day, offset in enumerate(offsets)
    )


def demo_organization(now: datetime, *, day: int = 0) -> OrganizationSpec:
    """The demo's organization on one of its days, with `now` as the time of that day's run.

    Day 0 is the first; what `DEMO_CHANGES` lists happened before the days after it. The collector runs in the account
    `security-tooling`, a delegated administrator.
    """
    moment = now.replace(microsecond=0)
    calendar = Calendar(anchor=moment - day * _ONE_DAY, now=moment)
    tooling = demo_account_id(TOOLING)
    return OrganizationSpec(
        accounts=tuple(_account(entry, calendar, day) for entry in DEMO_ACCOUNTS if _is_member(entry.name, day)),
        management_account_id=demo_account_id(MANAGEMENT),
        organization_id=DEMO_ORGANIZATION_ID,
        ous=(OuSpec(("Workloads",), {"owner": "platform"}), OuSpec(("Workloads", "Archive"))),
        delegated_administrators=(tooling,),
        caller=CallerSpec(tooling),
    )


def _is_member(name: str, day: int) -> bool:
    """Whether the account is in the organization on that day: one joins on day 1, one leaves on day 2."""
    return day >= {"experiments-dev": 1}.get(name, 0) and day < {"poc-legacy": 2}.get(name, DEMO_DAYS)


def _account(entry: DemoAccount, calendar: Calendar, day: int) -> AccountSpec:
    account = demo_account(entry, calendar)
    for change in DEMO_CHANGES:
        if change.account_name == entry.name and change.applies_on(day):
            account = change.apply(account, calendar.anchor + change.day * _ONE_DAY - _LEAD)
    return account


@dataclass(frozen=True, slots=True)
class DemoChange:
    """One difference between the days."""

    # The first day on which a collector can see it: 1 or 2.
    day: int
    # The account that it happens in.
    account_name: str
    # Returns the account after the change, which happened at the given time.
    apply: AccountChange
    # Whether it applies to that day only.
    is_passing: bool = False

    def applies_on(self, day: int) -> bool:
        """Whether a collector sees the change on that day."""
        return day == self.day if self.is_passing else day >= self.day


def _add_user(account: AccountSpec, moment: datetime) -> AccountSpec:
    bot = UserSpec("release-bot", moment, path="/automation/", access_keys=(AccessKeySpec(moment),))
    return replace(account, users=(*account.users, bot))


def _remove_user(name: str) -> AccountChange:
    def apply(account: AccountSpec, _moment: datetime) -> AccountSpec:
        return replace(account, users=tuple(user for user in account.users if user.name != name))

    return apply


def _change_user(name: str, change: UserChange) -> AccountChange:
    """A change of one user; the user has to exist."""

    def apply(account: AccountSpec, moment: datetime) -> AccountSpec:
        users = {user.name: user for user in account.users}
        users[name] = replace(users[name], **change(users[name], moment))
        return replace(account, users=tuple(users.values()))

    return apply


def _first_key(user: UserSpec) -> AccessKeySpec:
    key = user.access_keys[0]
    if key is None:
        raise ValueError(f"{user.name} has no key in slot 1")
    return key


def _deactivated(key: AccessKeySpec, moment: datetime) -> AccessKeySpec:
    """The key, inactive and not used since that moment."""
    last_used_at = key.last_used_at and min(key.last_used_at, moment)
    return replace(key, active=False, last_used_at=last_used_at)


def _rotate_into_first_slot(user: UserSpec, moment: datetime) -> dict[str, Any]:
    """A new key appears in slot 1, the old one moves to slot 2 and is deactivated: slots are no identity."""
    return {"access_keys": (AccessKeySpec(moment), _deactivated(_first_key(user), moment))}


def _drop_second_key(user: UserSpec, _moment: datetime) -> dict[str, Any]:
    return {"access_keys": (user.access_keys[0],)}


def _deactivate_first_key(user: UserSpec, moment: datetime) -> dict[str, Any]:
    return {"access_keys": (_deactivated(_first_key(user), moment), *user.access_keys[1:])}


def _reactivate_first_key(user: UserSpec, _moment: datetime) -> dict[str, Any]:
    return {"access_keys": (replace(_first_key(user), active=True), *user.access_keys[1:])}


def _change_password(user: UserSpec, moment: datetime) -> dict[str, Any]:
    return {"password": PasswordSpec(moment, user.password.last_used_at if user.password else None)}


def _use_root(account: AccountSpec, moment: datetime) -> AccountSpec:
    password = account.root.password
    if password is None:
        raise ValueError(f"root of {account.name} has no password to sign in with")
    return replace(account, root=replace(account.root, password=replace(password, last_used_at=moment)))


def _deny(account: AccountSpec, _moment: datetime) -> AccountSpec:
    return replace(account, faults=(faults.GENERATE_DENIED,))


DEMO_CHANGES = (
    DemoChange(1, "orders-prod", _add_user),
    DemoChange(1, "sandbox-01", _remove_user("contractor-03")),
    DemoChange(1, "sandbox-01", _change_user("ci-runner", _rotate_into_first_slot)),
    DemoChange(1, "sandbox-01", _change_user("analyst-07", lambda *_: {"mfa_active": True})),
    DemoChange(1, "payments-prod", _change_user("deploy-bot", _deactivate_first_key)),
    # The run of one day does not reach the account: none of its users is gone.
    DemoChange(1, "inventory-prod", _deny, is_passing=True),
    DemoChange(2, "payments-prod", _change_user("deploy-bot", _reactivate_first_key)),
    DemoChange(2, "sandbox-01", _change_user("ci-runner", _drop_second_key)),
    DemoChange(2, "sandbox-01", _change_user("legacy-sync", _deactivate_first_key)),
    DemoChange(2, "sandbox-01", _change_user("badge-reader", lambda _, moment: {"password": PasswordSpec(moment)})),
    DemoChange(2, "sandbox-01", _change_user("auditor-01", lambda *_: {"password": None})),
    DemoChange(2, "search-prod", _change_user("admin-02", lambda *_: {"mfa_active": False})),
    DemoChange(2, "billing-prod", _change_user("admin-02", _change_password)),
    DemoChange(2, "sandbox-03", _use_root),
)
