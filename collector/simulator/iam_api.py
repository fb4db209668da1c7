"""IAM of one account: the credential report and its life cycle, account summary, password policy (facts F2, F3)."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from collector.simulator.wire import (
    REPORT_EXPIRED,
    REPORT_IN_PROGRESS,
    REPORT_NOT_PRESENT,
    ApiError,
    ErrorResponse,
    XmlMap,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from collector.simulator.organization import AccountSpec
    from collector.simulator.wire import Result

# AWS generates at most one report in four hours for an account, for all callers together.
REPORT_LIFETIME = timedelta(hours=4)

STARTED_DESCRIPTION = "No report exists. Starting a new report generation task"

# Quotas and counts that nothing here depends on; all 34 keys of AWS's response are there (facts F3).
_PLAIN_SUMMARY = {
    "UsersQuota": 5000,
    "Groups": 0,
    "GroupsQuota": 300,
    "ServerCertificates": 0,
    "ServerCertificatesQuota": 20,
    "UserPolicySizeQuota": 2048,
    "GroupPolicySizeQuota": 5120,
    "GroupsPerUserQuota": 10,
    "SigningCertificatesPerUserQuota": 2,
    "AccessKeysPerUserQuota": 2,
    "AttachedPoliciesPerGroupQuota": 10,
    "AttachedPoliciesPerRoleQuota": 10,
    "AttachedPoliciesPerUserQuota": 10,
    "Policies": 3,
    "PoliciesQuota": 1500,
    "PolicySizeQuota": 6144,
    "PolicyVersionsInUse": 11,
    "PolicyVersionsInUseQuota": 10000,
    "VersionsPerPolicyQuota": 5,
    "GlobalEndpointTokenVersion": 1,
    "AssumeRolePolicySizeQuota": 2048,
    "InstanceProfiles": 0,
    "InstanceProfilesQuota": 1000,
    "Providers": 0,
    "RolePolicySizeQuota": 10240,
    "Roles": 8,
    "RolesQuota": 1000,
}


class StoredReport:
    """A finished report: when it was generated, and its bytes, which are rendered once, at the first access."""

    def __init__(self, generated_at: datetime, render: Callable[[], bytes]) -> None:
        self.generated_at = generated_at
        self._render = render

    @cached_property
    def content(self) -> bytes:
        """The report's bytes."""
        return self._render()


class ReportTask:
    """One account's report and the task that generates it: started, in progress, complete, expired.

    Every method takes the current time, and nothing happens between calls: a report whose time has come is found ready
    by the next call. So all accounts generate at the same time, at no cost.

    Args:
        seconds: How long a report takes to generate; `math.inf`: it never completes.
        render: Returns the bytes of a report generated now.
        stored: A report that exists already.
    """

    def __init__(self, seconds: float, render: Callable[[], bytes], stored: StoredReport | None = None) -> None:
        self._seconds = seconds
        self._render = render
        self._stored = stored
        self._started_at: datetime | None = None

    def generate(self, now: datetime) -> Result:
        """GenerateCredentialReport: starts a task, unless one runs or there is a report younger than four hours.

        A `Description` was seen with STARTED only.
        """
        self._finish(now)
        if self._started_at is not None:
            return {"State": "INPROGRESS"}
        if self.is_ready(now):
            return {"State": "COMPLETE"}
        self._started_at = now
        return {"State": "STARTED", "Description": STARTED_DESCRIPTION}

    def get(self, now: datetime) -> Result:
        """GetCredentialReport: the report in base64, or AWS's error while there is none to return."""
        self._finish(now)
        if self._started_at is not None:
            raise ApiError(REPORT_IN_PROGRESS)
        if self._stored is None:
            raise ApiError(REPORT_NOT_PRESENT)
        if _is_expired(self._stored, now):
            raise ApiError(REPORT_EXPIRED)
        return {
            "Content": base64.b64encode(self._stored.content).decode(),
            "GeneratedTime": self._stored.generated_at,
            "ReportFormat": "text/csv",
        }

    def is_ready(self, now: datetime) -> bool:
        """Whether `get` would return the report now."""
        self._finish(now)
        return self._started_at is None and self._stored is not None and not _is_expired(self._stored, now)

    def drop(self) -> None:
        """Lose the report: only `generate` brings another."""
        self._stored = None

    def rebuild(self, now: datetime) -> None:
        """Start again, as when another caller had the report generated."""
        self._stored = None
        self._started_at = now

    @property
    def stored(self) -> StoredReport | None:
        """The finished report, expired or not."""
        return self._stored

    def _finish(self, now: datetime) -> None:
        if self._started_at is None or (now - self._started_at).total_seconds() < self._seconds:
            return
        self._stored = StoredReport(self._started_at + timedelta(seconds=self._seconds), self._render)
        self._started_at = None


def _is_expired(report: StoredReport, now: datetime) -> bool:
    return now - report.generated_at >= REPORT_LIFETIME


def get_account_summary(account: AccountSpec) -> Result:
    """Counts, quotas and the four flags about root. Current, unlike the report; root is not counted as a user."""
    root = account.root
    devices = sum(user.mfa_active for user in account.users) + root.mfa_active
    counts = {
        "Users": len(account.users),
        "MFADevices": devices,
        "MFADevicesInUse": devices,
        "AccountMFAEnabled": int(root.mfa_active),
        "AccountAccessKeysPresent": _any_present(root.access_keys),
        "AccountPasswordPresent": int(root.password is not None),
        "AccountSigningCertificatesPresent": _any_present(root.certificates),
    }
    return {"SummaryMap": XmlMap({**_PLAIN_SUMMARY, **counts, **account.summary_overrides})}


def get_account_password_policy(account: AccountSpec) -> Result:
    """The custom policy; the error `NoSuchEntity` where there is none, which is not a policy of zeros."""
    policy = account.password_policy
    if policy is None:
        message = f"The Password Policy with domain name {account.account_id} cannot be found."
        raise ApiError(ErrorResponse("NoSuchEntity", 404, message))
    described: dict[str, Any] = {
        "MinimumPasswordLength": policy.minimum_password_length,
        "RequireSymbols": policy.require_symbols,
        "RequireNumbers": policy.require_numbers,
        "RequireUppercaseCharacters": policy.require_uppercase_characters,
        "RequireLowercaseCharacters": policy.require_lowercase_characters,
        "AllowUsersToChangePassword": policy.allow_users_to_change_password,
        "ExpirePasswords": policy.max_password_age is not None,
    }
    optional = {
        "MaxPasswordAge": policy.max_password_age,
        "PasswordReusePrevention": policy.password_reuse_prevention,
        "HardExpiry": policy.hard_expiry,
    }
    described.update({name: value for name, value in optional.items() if value is not None})
    return {"PasswordPolicy": described}


def list_account_aliases(account: AccountSpec) -> Result:
    """The account's alias, where it has one; there is never more than one."""
    return {"AccountAliases": [account.alias] if account.alias else [], "IsTruncated": False}


def _any_present(credentials: Sequence[object | None]) -> int:
    return int(any(credential is not None for credential in credentials))
