"""What happens in the demo's organization between its days, one change a line, with what the lake should call it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from collector.simulator import fault_catalogue as faults
from collector.simulator.users import AccessKeySpec, PasswordSpec, UserSpec

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from collector.simulator.organization import AccountSpec

# How long before a day's run its changes happened.
LEAD = timedelta(hours=5)


@dataclass(frozen=True, slots=True)
class DemoChange:
    """One thing that is different from `day` on.

    Args:
        day: The first day on which a collector can see it: 1 or 2.
        account_name: Where it happens.
        change_types: The `credential_changes` it amounts to (contract part 3); none for an outage.
        user_name: Whom it concerns; None: the account or its root.
        apply: Makes the account as it is after the change, which happened at the moment given. None: the account joins
            or leaves on that day.
        is_passing: True: it holds for that day alone.
    """

    day: int
    account_name: str
    change_types: tuple[str, ...]
    user_name: str | None = None
    apply: Callable[[AccountSpec, datetime], AccountSpec] | None = None
    is_passing: bool = False

    def holds_on(self, day: int) -> bool:
        """Whether the change shows on that day."""
        return day == self.day if self.is_passing else day >= self.day


def _new_user(account: AccountSpec, moment: datetime) -> AccountSpec:
    bot = UserSpec("release-bot", moment, path="/automation/", access_keys=(AccessKeySpec(moment),))
    return replace(account, users=(*account.users, bot))


def _without(name: str) -> Callable[[AccountSpec, datetime], AccountSpec]:
    def apply(account: AccountSpec, _moment: datetime) -> AccountSpec:
        return replace(account, users=tuple(user for user in account.users if user.name != name))

    return apply


def _user(name: str, change: Callable[[UserSpec, datetime], dict[str, Any]]) -> Callable[..., AccountSpec]:
    """A change of one user; the user must be there."""

    def apply(account: AccountSpec, moment: datetime) -> AccountSpec:
        users = {user.name: user for user in account.users}
        users[name] = replace(users[name], **change(users[name], moment))
        return replace(account, users=tuple(users.values()))

    return apply


def _key(user: UserSpec, position: int) -> AccessKeySpec:
    key = user.access_keys[position]
    if key is None:
        raise ValueError(f"{user.name} has no key in slot {position + 1}")
    return key


def _rotate_into_first_slot(user: UserSpec, moment: datetime) -> dict[str, Any]:
    """A new key lands in slot 1, the old one moves to slot 2 and is switched off: slots are no identity."""
    return {"access_keys": (AccessKeySpec(moment), replace(_key(user, 0), active=False))}


def _drop_second_key(user: UserSpec, _moment: datetime) -> dict[str, Any]:
    return {"access_keys": (user.access_keys[0],)}


def _switch_first_key(*, active: bool) -> Callable[[UserSpec, datetime], dict[str, Any]]:
    def change(user: UserSpec, _moment: datetime) -> dict[str, Any]:
        return {"access_keys": (replace(_key(user, 0), active=active), *user.access_keys[1:])}

    return change


def _change_password(user: UserSpec, moment: datetime) -> dict[str, Any]:
    last_used_at = user.password.last_used_at if user.password else None
    return {"password": PasswordSpec(moment, last_used_at)}


def _use_root(account: AccountSpec, moment: datetime) -> AccountSpec:
    password = account.root.password
    if password is None:
        raise ValueError(f"root of {account.name} has no password to sign in with")
    return replace(account, root=replace(account.root, password=replace(password, last_used_at=moment)))


def _deny(account: AccountSpec, _moment: datetime) -> AccountSpec:
    return replace(account, faults=(faults.GENERATE_DENIED,))


DEMO_CHANGES: tuple[DemoChange, ...] = (
    DemoChange(1, "orders-prod", ("user_created", "key_created"), "release-bot", _new_user),
    DemoChange(1, "sandbox-01", ("user_gone",), "contractor-03", _without("contractor-03")),
    DemoChange(
        1,
        "sandbox-01",
        ("key_created", "key_deactivated"),
        "ci-runner",
        _user("ci-runner", _rotate_into_first_slot),
    ),
    DemoChange(1, "sandbox-01", ("mfa_added",), "analyst-07", _user("analyst-07", lambda *_: {"mfa_active": True})),
    DemoChange(1, "experiments-dev", ("account_joined",)),
    # The run of one day does not reach the account: nobody in it is gone.
    DemoChange(1, "inventory-prod", (), None, _deny, is_passing=True),
    DemoChange(
        1, "payments-prod", ("key_deactivated",), "deploy-bot", _user("deploy-bot", _switch_first_key(active=False))
    ),
    DemoChange(
        2, "payments-prod", ("key_reactivated",), "deploy-bot", _user("deploy-bot", _switch_first_key(active=True))
    ),
    DemoChange(2, "sandbox-01", ("key_gone",), "ci-runner", _user("ci-runner", _drop_second_key)),
    DemoChange(
        2,
        "sandbox-01",
        ("key_deactivated",),
        "legacy-sync",
        _user("legacy-sync", _switch_first_key(active=False)),
    ),
    DemoChange(2, "search-prod", ("mfa_removed",), "admin-02", _user("admin-02", lambda *_: {"mfa_active": False})),
    DemoChange(
        2,
        "billing-prod",
        ("password_changed",),
        "admin-02",
        _user("admin-02", _change_password),
    ),
    DemoChange(
        2,
        "sandbox-01",
        ("password_enabled",),
        "badge-reader",
        _user("badge-reader", lambda _, moment: {"password": PasswordSpec(moment)}),
    ),
    DemoChange(
        2, "sandbox-01", ("password_disabled",), "auditor-01", _user("auditor-01", lambda *_: {"password": None})
    ),
    DemoChange(2, "sandbox-03", ("root_used",), None, _use_root),
    DemoChange(2, "poc-legacy", ("account_left",)),
)
