"""STS: who am I, and AssumeRole with everything that it checks (facts F5)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from collector.simulator.credentials import Identity, IdentityStore, temporary_credentials, unique_id
from collector.simulator.faults import Access, AccessFault
from collector.simulator.refusals import assume_role_denied, region_disabled, validation_error
from collector.simulator.session_policy import MAXIMUM_CHARACTERS, parse_session_policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.simulator.answers import Result
    from collector.simulator.organization import AccountSpec, OrganizationSpec, RoleSpec
    from collector.simulator.tree import OrganizationTree

# STS can be switched off in every Region but this one.
UNDISABLED_REGION = "us-east-1"

SHORTEST_SESSION = 900
LONGEST_SESSION = 43200
LONGEST_CHAINED_SESSION = 3600

_ROLE_ARN = re.compile(r"arn:(?P<partition>[a-z-]+):iam::(?P<account_id>\d{12}):role(?P<path>/(?:.*/)?)(?P<name>[^/]+)")
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)


def target_account_id(parameters: Mapping[str, Any]) -> str:
    """The account whose role an AssumeRole asks for; empty where the ARN is none."""
    found = _ROLE_ARN.fullmatch(parameters.get("RoleArn", ""))
    return found["account_id"] if found else ""


class StsApi:
    """AccountAnswers GetCallerIdentity and AssumeRole."""

    def __init__(self, tree: OrganizationTree, identities: IdentityStore) -> None:
        self._tree = tree
        self._identities = identities
        organization = tree.organization
        self._collectors = frozenset({organization.management_account_id, *organization.delegated_administrators})

    def get_caller_identity(self, identity: Identity) -> Result:
        """Whose credentials these are. It needs no permission."""
        return {"Arn": identity.arn, "UserId": identity.user_id, "Account": identity.account_id}

    def assume_role(self, parameters: Mapping[str, Any], identity: Identity, region: str, now: datetime) -> Result:
        """Temporary credentials of a role, bound to its account, the session policy and their expiry.

        Raises:
            RefusedError: With the same `AccessDenied` for a missing account or role, a closed account, a trust policy
                that does not name the caller, and a wrong external id: AWS does not tell them apart.
        """
        arn = parameters.get("RoleArn", "")
        seconds = _checked_parameters(parameters)
        policy = parse_session_policy(parameters["Policy"]) if "Policy" in parameters else None
        found = _ROLE_ARN.fullmatch(arn)
        account = self._tree.accounts.get(found["account_id"]) if found else None
        role = self._assumable_role(account, arn, parameters, identity) if account else None
        if account is None or role is None:
            raise assume_role_denied(identity.arn, arn)
        if _has_access_fault(account, Access.REGION_DISABLED) and region != UNDISABLED_REGION:
            raise region_disabled(account.account_id)
        _check_duration(seconds, role, identity)
        name = parameters["RoleSessionName"]
        partition = self._tree.organization.partition
        session = Identity(
            credentials=temporary_credentials(),
            account_id=account.account_id,
            arn=f"arn:{partition}:sts::{account.account_id}:assumed-role/{role.name}/{name}",
            user_id=f"{unique_id('AROA', arn)}:{name}",
            is_role_session=True,
            expires_at=now.replace(microsecond=0) + timedelta(seconds=seconds),
            permissions=role.permissions,
            session_policy=policy,
        )
        self._identities.add(session)
        return _described(session, parameters)

    def _assumable_role(
        self, account: AccountSpec, arn: str, parameters: Mapping[str, Any], identity: Identity
    ) -> RoleSpec | None:
        if not account.state.is_usable or _has_access_fault(account, Access.ROLE_MISSING):
            return None
        organization = self._tree.organization
        for role in organization.member_roles if account.roles is None else account.roles:
            if arn == role_arn(organization, account.account_id, role):
                return role if self._trusts(account, role, parameters, identity) else None
        return None

    def _trusts(self, account: AccountSpec, role: RoleSpec, parameters: Mapping[str, Any], identity: Identity) -> bool:
        trusted = self._collectors if role.trusted_account_ids is None else role.trusted_account_ids
        if identity.account_id not in trusted or _has_access_fault(account, Access.UNTRUSTING):
            return False
        if _has_access_fault(account, Access.EXTERNAL_ID):
            return False
        if role.external_id is not None and parameters.get("ExternalId") != role.external_id:
            return False
        has_tags = any(name.startswith(("Tags.", "TransitiveTagKeys.")) for name in parameters)
        if has_tags and not role.allows_session_tags:
            return False
        return "SourceIdentity" not in parameters or role.allows_source_identity


def role_arn(organization: OrganizationSpec, account_id: str, role: RoleSpec) -> str:
    """The ARN of an account's role, its path included."""
    return f"arn:{organization.partition}:iam::{account_id}:role{role.path}{role.name}"


def _has_access_fault(account: AccountSpec, access: Access) -> bool:
    return any(isinstance(fault, AccessFault) and fault.access is access for fault in account.faults)


def _checked_parameters(parameters: Mapping[str, Any]) -> int:
    """Check the parameters' form, and give the session's length in seconds."""
    if not parameters.get("RoleArn", "").startswith("arn:"):
        raise validation_error(f"{parameters.get('RoleArn', '')} is invalid")
    for name, pattern in (("RoleSessionName", _SESSION_NAME), ("ExternalId", _EXTERNAL_ID)):
        value = parameters.get(name)
        if value is None and name == "ExternalId":
            continue
        if value is None or pattern.fullmatch(value) is None:
            raise validation_error(
                f"1 validation error detected: Value '{value}' at '{name[0].lower()}{name[1:]}' failed to satisfy "
                f"constraint: Member must satisfy regular expression pattern: {pattern.pattern}"
            )
    if any(name.startswith("PolicyArns.") for name in parameters):
        raise validation_error("The organization on loopback knows no managed policies: pass an inline one.")
    return _checked_duration(parameters.get("DurationSeconds", "3600"))


def _checked_duration(text: str) -> int:
    seconds = int(text) if text.isdigit() else 0
    if SHORTEST_SESSION <= seconds <= LONGEST_SESSION:
        return seconds
    bound = f"greater than or equal to {SHORTEST_SESSION}"
    if seconds > LONGEST_SESSION:
        bound = f"less than or equal to {LONGEST_SESSION}"
    raise validation_error(
        f"1 validation error detected: Value '{text}' at 'durationSeconds' failed to satisfy constraint: "
        f"Member must have value {bound}"
    )


def _check_duration(seconds: int, role: RoleSpec, identity: Identity) -> None:
    if identity.is_role_session and seconds > LONGEST_CHAINED_SESSION:
        raise validation_error(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        )
    if seconds > role.max_session_seconds:
        raise validation_error("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")


def _described(session: Identity, parameters: Mapping[str, Any]) -> Result:
    result: dict[str, Any] = {
        "Credentials": {
            "AccessKeyId": session.credentials.access_key_id,
            "SecretAccessKey": session.credentials.secret_access_key,
            "SessionToken": session.credentials.session_token,
            "Expiration": session.expires_at,
        },
        "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
    }
    if "Policy" in parameters:
        result["PackedPolicySize"] = max(1, len(parameters["Policy"]) * 100 // MAXIMUM_CHARACTERS)
    if "SourceIdentity" in parameters:
        result["SourceIdentity"] = parameters["SourceIdentity"]
    return result
