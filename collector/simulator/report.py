"""An account's users → the credential report that AWS would write for them (facts F1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from collector.simulator.faults import ReportFault
from collector.simulator.organization import ACCOUNT_ID_MARK
from collector.simulator.report_text import ROOT_NAME, ReportText

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.simulator.organization import (
        AccessKeySpec,
        AccountSpec,
        CertificateSpec,
        PasswordSpec,
        RootSpec,
        UserSpec,
    )

Credential = TypeVar("Credential")

NOT_APPLICABLE = "N/A"
NO_INFORMATION = "no_information"
NOT_SUPPORTED = "not_supported"

SLOTS = 2


def write_report(account: AccountSpec, partition: str) -> bytes:
    """The bytes of an account's report, as its faults change them."""
    if account.report_template is not None:
        return account.report_template.replace(ACCOUNT_ID_MARK, account.account_id).encode()
    text = render_report(account, partition)
    for fault in account.faults:
        if isinstance(fault, ReportFault):
            text = fault.change(text)
    return text.encode()


def render_report(account: AccountSpec, partition: str) -> ReportText:
    """The correct report of an account: root first, then users in case-insensitive order."""
    policy = account.password_policy
    lifetime = timedelta(days=policy.max_password_age) if policy and policy.max_password_age else None
    prefix = f"arn:{partition}:iam::{account.account_id}:"
    users = sorted(account.users, key=lambda user: user.name.lower())
    rows = [
        _root_row(account.root, f"{prefix}root"),
        *(_user_row(user, f"{prefix}user{user.path}{user.name}", lifetime) for user in users),
    ]
    return ReportText(account.account_id, tuple(rows))


def _root_row(root: RootSpec, arn: str) -> tuple[str, ...]:
    enabled, last_used, last_changed, _ = _password(root.password, None)
    return (
        ROOT_NAME,
        arn,
        _date(root.created_at),
        enabled,
        last_used,
        last_changed,
        NOT_SUPPORTED,
        _boolean(root.mfa_active),
        *_access_keys(root.access_keys),
        *_certificates(root.certificates),
    )


def _user_row(user: UserSpec, arn: str, lifetime: timedelta | None) -> tuple[str, ...]:
    return (
        user.name,
        arn,
        _date(user.created_at),
        *_password(user.password, lifetime),
        _boolean(user.mfa_active),
        *_access_keys(user.access_keys),
        *_certificates(user.certificates),
    )


def _password(password: PasswordSpec | None, lifetime: timedelta | None) -> tuple[str, ...]:
    """Enabled, last used, last changed, next rotation. `no_information` is written only for a password that exists."""
    if password is None:
        return ("false", NOT_APPLICABLE, NOT_APPLICABLE, NOT_APPLICABLE)
    return (
        "true",
        NO_INFORMATION if password.last_used_at is None else _date(password.last_used_at),
        _date(password.changed_at),
        NOT_APPLICABLE if lifetime is None else _date(password.changed_at + lifetime),
    )


def _access_keys(keys: Sequence[AccessKeySpec | None]) -> list[str]:
    fields: list[str] = []
    for key in _slots(keys):
        if key is None:
            fields += ["false", *[NOT_APPLICABLE] * 4]
        elif key.last_used_at is None:
            fields += [_boolean(key.active), _date(key.created_at), *[NOT_APPLICABLE] * 3]
        else:
            fields += [
                _boolean(key.active),
                _date(key.created_at),
                _date(key.last_used_at),
                key.last_used_region or NOT_APPLICABLE,
                key.last_used_service or NOT_APPLICABLE,
            ]
    return fields


def _certificates(certificates: Sequence[CertificateSpec | None]) -> list[str]:
    fields: list[str] = []
    for certificate in _slots(certificates):
        if certificate is None:
            fields += ["false", NOT_APPLICABLE]
        else:
            fields += [_boolean(certificate.active), _date(certificate.created_at)]
    return fields


def _slots(credentials: Sequence[Credential | None]) -> list[Credential | None]:
    """Exactly two slots: AWS allows two keys and two certificates a user."""
    if len(credentials) > SLOTS:
        raise ValueError(f"a user has {SLOTS} slots for each kind of credential, not {len(credentials)}")
    return [*credentials, *[None] * (SLOTS - len(credentials))]


def _boolean(value: bool) -> str:  # noqa: FBT001 - the value is written, it is not a switch
    return "true" if value else "false"


def _date(moment: datetime) -> str:
    """Whole seconds, UTC; AWS was never seen to write fractions."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
