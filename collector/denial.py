"""What AWS's text about a denied call names: the action, the caller, the resource and the policy. Pure.

Since January 2026 the text ends in the kind of policy that denied the call, with its ARN where the policy is in the
same account or organization (facts F11.1). It names at most one policy, the first that AWS's evaluation came to.

`denied_by_type` and `denied_by_arn` are made from it, so `verify` computes them again: what is read from a text of AWS
that is in a lake must not change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class PolicyType(StrEnum):
    """A value of `account.denied_by_type`."""

    SERVICE_CONTROL_POLICY = "service_control_policy"
    RESOURCE_CONTROL_POLICY = "resource_control_policy"
    PERMISSIONS_BOUNDARY = "permissions_boundary"
    SESSION_POLICY = "session_policy"
    IDENTITY_POLICY = "identity_policy"
    TRUST_POLICY = "trust_policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """What AWS's text names; each is None where it does not."""

    action: str | None = None  # `iam:GenerateCredentialReport`
    caller: str | None = None  # the ARN of the caller
    resource: str | None = None  # the ARN of what the action was for
    reason: str | None = None  # AWS's words from "with an explicit deny" or "because no" to the end
    policy_type: PolicyType | None = None  # the kind of policy that denied the call, or that does not allow it
    policy_arn: str | None = None  # that policy


_ACTION = re.compile(r"\bperform:?\s+(?P<action>[a-z0-9-]+:[A-Za-z]+)")
_CALLER = re.compile(r"\bUser:\s+(?P<caller>arn:\S+)")
_RESOURCE = re.compile(r"\bon resource:\s+(?P<resource>arn:\S+)")
_REASON = re.compile(r"\b(?:with an explicit deny|because)\b.*", re.DOTALL | re.IGNORECASE)
_ARN = re.compile(r"\barn:[^\s\"',;()]+")
_POLICY_ARN = re.compile(r"arn:aws[a-z-]*:(?:iam|organizations)::[^:\s]*:policy/[^\s\"',;()]+")
_POLICY = re.compile(
    r"(?P<service_control_policy>service[ _-]control[ _-]polic)"
    r"|(?P<resource_control_policy>resource[ _-]control[ _-]polic)"
    r"|(?P<permissions_boundary>permissions?[ _-]boundar)|(?P<session_policy>session[ _-]polic)"
    r"|(?P<identity_policy>identity[ -](?:based )?polic)|(?P<trust_policy>trust[ -]polic)"
    r"|(?P<resource_policy>resource[ -](?:based )?polic)",
    re.IGNORECASE,
)


def read_denial(message: str | None) -> Denial:
    """What the text names, whatever its wording; an empty Denial where it is not about a denied call."""
    text = message or ""
    action, caller, resource = _ACTION.search(text), _CALLER.search(text), _RESOURCE.search(text)
    reason = _REASON.search(text, action.end() if action else 0)
    where = text if reason is None else reason[0]
    arn = _POLICY_ARN.search(where.replace(resource[0], "") if resource else where)
    return Denial(
        action=action["action"] if action else None,
        caller=caller["caller"] if caller else None,
        resource=resource["resource"] if resource else None,
        reason=reason[0].strip() if reason else None,
        policy_type=_policy_type(where, arn[0] if arn else "", action["action"] if action else ""),
        policy_arn=arn[0].rstrip(".") if arn else None,
    )


def _policy_type(reason: str, policy_arn: str, action: str) -> PolicyType | None:
    # The names in ARNs are the customer's: only the policy's own type in the ARN of an SCP or RCP counts.
    found = _POLICY.search(_ARN.sub(" ", reason)) or _POLICY.search(policy_arn.partition(":policy/o-")[2])
    if found is None:
        return None
    if found.lastgroup == "resource_policy":
        # The only resource with a policy of its own among those that a run calls is the role, whose policy is its trust
        # policy.
        return PolicyType.TRUST_POLICY if action.startswith("sts:") else None
    return PolicyType(str(found.lastgroup))
