"""STS: GetCallerIdentity, and AssumeRole with everything that it checks (facts F5)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from collector.simulator.credentials import (
    MAXIMUM_POLICY_CHARACTERS,
    Identity,
    IdentityStore,
    parse_session_policy,
    temporary_credentials,
    unique_id,
)
from collector.simulator.faults import Access, AccessFault
from collector.simulator.wire import ApiError, ErrorResponse, validation_error

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from collector.simulator.organization import AccountSpec, OrganizationTree, RoleSpec
    from collector.simulator.wire import Result

# STS can be deactivated in every Region but this one.
ALWAYS_ACTIVE_REGION = "us-east-1"

SHORTEST_SESSION = 900
# The limit of role chaining, and what a role allows unless its maximum is raised.
LONGEST_SESSION = 3600

_PARAMETERS = frozenset({"RoleArn", "RoleSessionName", "ExternalId", "DurationSeconds", "Policy", "Version"})
_ROLE_ARN = re.compile(r"arn:(?P<partition>[a-z-]+):iam::(?P<account_id>\d{12}):role(?P<path>/(?:.*/)?)(?P<name>[^/]+)")
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)


def target_account_id(parameters: Mapping[str, Any]) -> str:
    """The account of the role in an AssumeRole call; empty where the ARN is invalid."""
    found = _ROLE_ARN.fullmatch(parameters.get("RoleArn", ""))
    return found["account_id"] if found else ""


class StsApi:
    """GetCallerIdentity and AssumeRole."""

    def __init__(self, tree: OrganizationTree, identities: IdentityStore) -> None:
        self._tree = tree
        self._organization = tree.organization
        self._identities = identities

    def get_caller_identity(self, identity: Identity) -> Result:
        """The owner of the credentials. The call needs no permission."""
        return {"Arn": identity.arn, "UserId": identity.user_id, "Account": identity.account_id}

    def assume_role(self, parameters: Mapping[str, Any], identity: Identity, region: str, now: datetime) -> Result:
        """Temporary credentials of a role, bound to its account, the session policy and their expiry.

        Raises:
            ApiError: With the same `AccessDenied` for a missing account or role, a closed account, a trust policy
                that does not name the caller, and a wrong external id: AWS does not distinguish them.
        """
        seconds = _checked_parameters(parameters)
        policy = parse_session_policy(parameters["Policy"]) if "Policy" in parameters else None
        arn, name = parameters["RoleArn"], parameters["RoleSessionName"]
        account = self._tree.accounts.get(target_account_id(parameters))
        role = self._assumable_role(account, parameters, identity) if account else None
        if account is None or role is None:
            message = f"User: {identity.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
            raise ApiError(ErrorResponse("AccessDenied", 403, message))
        if region != ALWAYS_ACTIVE_REGION and Access.REGION_DISABLED in _access_faults(account):
            raise _region_disabled(account.account_id)
        partition = self._organization.partition
        expires_at = now.replace(microsecond=0) + timedelta(seconds=seconds)
        session = Identity(
            credentials=temporary_credentials(),
            account_id=account.account_id,
            arn=f"arn:{partition}:sts::{account.account_id}:assumed-role/{role.name}/{name}",
            user_id=f"{unique_id('AROA', arn)}:{name}",
            expires_at=expires_at,
            permissions=role.permissions,
            session_policy=policy,
        )
        self._identities.add(session)
        result: dict[str, Any] = {
            "Credentials": {
                "AccessKeyId": session.credentials.access_key_id,
                "SecretAccessKey": session.credentials.secret_access_key,
                "SessionToken": session.credentials.session_token,
                "Expiration": expires_at,
            },
            "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
        }
        if policy is not None:
            result["PackedPolicySize"] = max(1, len(parameters["Policy"]) * 100 // MAXIMUM_POLICY_CHARACTERS)
        return result

    def _assumable_role(
        self, account: AccountSpec, parameters: Mapping[str, Any], identity: Identity
    ) -> RoleSpec | None:
        refusing = {Access.ROLE_MISSING, Access.UNTRUSTING, Access.EXTERNAL_ID} & _access_faults(account)
        if refusing or not account.state.is_usable or identity.account_id not in self._organization.administrators:
            return None
        prefix = f"arn:{self._organization.partition}:iam::{account.account_id}:role"
        for role in self._organization.member_roles if account.roles is None else account.roles:
            if parameters["RoleArn"] == f"{prefix}{role.path}{role.name}":
                return role if role.external_id in {None, parameters.get("ExternalId")} else None
        return None


def _access_faults(account: AccountSpec) -> set[Access]:
    return {fault.access for fault in account.faults if isinstance(fault, AccessFault)}


def _region_disabled(account_id: str) -> ApiError:
    message = (
        f"STS is not activated in this region for account:{account_id}. "
        "Your account administrator can activate STS in this region using the IAM Console."
    )
    return ApiError(ErrorResponse("RegionDisabledException", 403, message))


def _checked_parameters(parameters: Mapping[str, Any]) -> int:
    """Check the form of the parameters, and return the session's duration in seconds.

    Parameters that the simulator does not evaluate (tags, source identity, managed policies) are errors: better loud
    than wrong.
    """
    unknown = sorted(set(parameters) - _PARAMETERS)
    if unknown:
        raise validation_error(f"The simulator does not evaluate {', '.join(unknown)}.")
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
    text = parameters.get("DurationSeconds", str(LONGEST_SESSION))
    seconds = int(text) if text.isdigit() else 0
    if seconds < SHORTEST_SESSION:
        raise validation_error(
            f"1 validation error detected: Value '{text}' at 'durationSeconds' failed to satisfy constraint: "
            f"Member must have value greater than or equal to {SHORTEST_SESSION}"
        )
    if seconds > LONGEST_SESSION:
        raise validation_error("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    return seconds
