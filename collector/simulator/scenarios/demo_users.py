"""The people and programs of the demo's accounts: each a kind of user with one thing right or wrong about it.

Creations count from `anchor`, the first day, so that a user is the same on every day; recent uses count from `now`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from collector.simulator.users import AccessKeySpec, CertificateSpec, PasswordSpec, UserSpec

if TYPE_CHECKING:
    from collections.abc import Callable

REGION = "eu-central-1"


@dataclass(frozen=True, slots=True)
class Calendar:
    """The two moments that dates count from."""

    anchor: datetime
    now: datetime

    def ago(self, days: float) -> datetime:
        """So long before the first day."""
        return self.anchor - timedelta(days=days)

    def recently(self, hours: float) -> datetime:
        """So long before the present day's run."""
        return self.now - timedelta(hours=hours)


def _used_key(
    created_at: datetime, used_at: datetime, service: str = "sts", region: str | None = REGION
) -> AccessKeySpec:
    return AccessKeySpec(created_at, last_used_at=used_at, last_used_region=region, last_used_service=service)


def deploy_bot(calendar: Calendar) -> UserSpec:
    """All right: a young key, used an hour ago."""
    key = _used_key(calendar.ago(20), calendar.recently(1), "ecr")
    return UserSpec("deploy-bot", calendar.ago(400), path="/automation/", access_keys=(key,))


def ci_runner(calendar: Calendar) -> UserSpec:
    """A key of 210 days in daily use: rotation is overdue."""
    key = _used_key(calendar.ago(210), calendar.recently(5), "cloudformation")
    return UserSpec("ci-runner", calendar.ago(500), path="/automation/", access_keys=(key,))


def backup_writer(calendar: Calendar) -> UserSpec:
    """A key used in S3, which has no Region in the report: in use all the same."""
    key = _used_key(calendar.ago(80), calendar.recently(3), "s3", region=None)
    return UserSpec("backup-writer", calendar.ago(300), path="/automation/", access_keys=(key,))


def legacy_sync(calendar: Calendar) -> UserSpec:
    """An active key of 400 days that was never used."""
    return UserSpec("legacy-sync", calendar.ago(401), access_keys=(AccessKeySpec(calendar.ago(400)),))


def report_exporter(calendar: Calendar) -> UserSpec:
    """Two active keys, the older one in slot 2."""
    keys = (_used_key(calendar.ago(30), calendar.recently(9), "athena"), _used_key(calendar.ago(150), calendar.ago(70)))
    return UserSpec("report-exporter", calendar.ago(350), access_keys=keys)


def retired_batch(calendar: Calendar) -> UserSpec:
    """A key switched off long ago: it keeps its date, and sits in slot 2 alone."""
    key = AccessKeySpec(
        calendar.ago(600),
        active=False,
        last_used_at=calendar.ago(240),
        last_used_region=REGION,
        last_used_service="sqs",
    )
    return UserSpec("retired-batch", calendar.ago(601), access_keys=(None, key))


def admin_02(calendar: Calendar) -> UserSpec:
    """All right: a password in use, with MFA."""
    password = PasswordSpec(calendar.ago(25), calendar.recently(2))
    return UserSpec("admin-02", calendar.ago(700), path="/people/", password=password, mfa_active=True)


def analyst_07(calendar: Calendar) -> UserSpec:
    """Signs in without MFA."""
    password = PasswordSpec(calendar.ago(60), calendar.recently(20))
    return UserSpec("analyst-07", calendar.ago(200), path="/people/", password=password)


def contractor_03(calendar: Calendar) -> UserSpec:
    """A password of 75 days with which nobody ever signed in (`no_information`), and no MFA."""
    password = PasswordSpec(calendar.ago(75))
    return UserSpec("contractor-03", calendar.ago(75), path="/people/contractors/", password=password)


def auditor_01(calendar: Calendar) -> UserSpec:
    """Signed in 120 days ago for the last time; a key made with the user and never used."""
    password = PasswordSpec(calendar.ago(130), calendar.ago(120))
    key = AccessKeySpec(calendar.ago(130))
    return UserSpec(
        "auditor-01", calendar.ago(130), path="/people/", password=password, mfa_active=True, access_keys=(key,)
    )


def mailer(calendar: Calendar) -> UserSpec:
    """Signing certificates, the inactive one first."""
    certificates = (CertificateSpec(calendar.ago(900), active=False), CertificateSpec(calendar.ago(100)))
    return UserSpec("mailer", calendar.ago(901), certificates=certificates)


def badge_reader(calendar: Calendar) -> UserSpec:
    """MFA without a password or a key: it can be."""
    return UserSpec("badge-reader", calendar.ago(90), mfa_active=True)


# The odd ones of whom each account has a few; deploy-bot and admin-02 are in every account.
_ODD_USERS: tuple[Callable[[Calendar], UserSpec], ...] = (
    ci_runner,
    backup_writer,
    legacy_sync,
    report_exporter,
    retired_batch,
    analyst_07,
    contractor_03,
    auditor_01,
    mailer,
    badge_reader,
)


def staff(account_name: str, calendar: Calendar, odd_users: int) -> tuple[UserSpec, ...]:
    """The users of an account: the two that every account has, and some odd ones, the same for the same name."""
    chosen = random.Random(account_name).sample(_ODD_USERS, odd_users)  # noqa: S311 - no secret, and the same each time
    return tuple(make(calendar) for make in (deploy_bot, admin_02, *chosen))


def everybody(calendar: Calendar) -> tuple[UserSpec, ...]:
    """One user of each kind."""
    return tuple(make(calendar) for make in (deploy_bot, admin_02, *_ODD_USERS))
