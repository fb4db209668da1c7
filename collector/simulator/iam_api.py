"""IAM of one account: credential report, account summary, password policy and alias (facts F2, F3)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from collector.simulator.refusals import no_password_policy
from collector.simulator.wire import XmlMap

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from collector.simulator.answers import Result
    from collector.simulator.organization import AccountSpec
    from collector.simulator.report_task import ReportTask

# Quotas and counts that nothing here depends on; all 34 keys of AWS's answer are there (facts F3).
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


def generate_credential_report(task: ReportTask, now: datetime) -> Result:
    """Ask for a report; `Description` is there only when a task was started."""
    answer = task.generate(now)
    if answer.description is None:
        return {"State": answer.state}
    return {"State": answer.state, "Description": answer.description}


def get_credential_report(task: ReportTask, now: datetime) -> Result:
    """The report, in base64, with the time at which it was made."""
    report = task.get(now)
    return {
        "Content": base64.b64encode(report.content).decode(),
        "GeneratedTime": report.generated_at,
        "ReportFormat": "text/csv",
    }


def get_account_summary(account: AccountSpec) -> Result:
    """Counts, quotas and the four flags about root. Not behind the four hours of the report; root is no user."""
    root = account.root
    users_with_mfa = sum(user.mfa_active for user in account.users)
    counts = {
        "Users": len(account.users),
        "MFADevices": users_with_mfa + root.mfa_active,
        "MFADevicesInUse": users_with_mfa + root.mfa_active,
        "AccountMFAEnabled": int(root.mfa_active),
        "AccountAccessKeysPresent": _any_present(root.access_keys),
        "AccountPasswordPresent": int(root.password is not None),
        "AccountSigningCertificatesPresent": _any_present(root.certificates),
    }
    return {"SummaryMap": XmlMap({**_PLAIN_SUMMARY, **counts, **account.summary_overrides})}


def get_account_password_policy(account: AccountSpec) -> Result:
    """The custom policy; `NoSuchEntity` where there is none, which is no policy of zeros."""
    policy = account.password_policy
    if policy is None:
        raise no_password_policy(account.account_id)
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
    """The account's alias: none or one."""
    return {"AccountAliases": [account.alias] if account.alias else [], "IsTruncated": False}


def _any_present(credentials: Sequence[object | None]) -> int:
    return int(any(credential is not None for credential in credentials))
