"""What AWS's text about a denied call names: the action, the caller, the resource and the policy; and what to do. Pure.

Since January 2026 the text ends in the kind of policy that denied the call, with its ARN where the policy is in the
same account or organization (facts F11.1). It names at most one policy, the first that AWS's evaluation came to.

`denied_by_type` and `denied_by_arn` are made from it, so `verify` computes them again: what is read from a text of AWS
that is in a lake must not change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable


class PolicyType(StrEnum):
    """A value of `account.denied_by_type`.

    Attributes:
        label: the kind of policy, as people call it.
    """

    label: str

    SERVICE_CONTROL_POLICY = "service_control_policy", "SCP"
    RESOURCE_CONTROL_POLICY = "resource_control_policy", "RCP"
    PERMISSIONS_BOUNDARY = "permissions_boundary", "permissions boundary"
    SESSION_POLICY = "session_policy", "session policy"
    IDENTITY_POLICY = "identity_policy", "identity-based policy"
    TRUST_POLICY = "trust_policy", "trust policy"

    def __new__(cls, value: str, label: str = "") -> Self:
        """Take the value and its label; `PolicyType("trust_policy")` finds a member by its value alone."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member


# What the trust policy of a role has to allow in addition to sts:AssumeRole, and when.
_CHAINED = {
    "sts:TagSession": "The caller's session has transitive tags (EKS Pod Identity always sets them)",
    "sts:SetSourceIdentity": "The caller's session has a source identity",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """What AWS's text names; each is None where it does not."""

    action: str | None = None  # `iam:GenerateCredentialReport`
    caller: str | None = None  # the ARN of the caller
    resource: str | None = None  # the ARN of what the action was for
    reason: str | None = None  # AWS's words from "with an explicit deny" or "because no" to the end
    policy_type: PolicyType | None = None  # the kind of policy that denied the call, or that does not allow it
    policy_arn: str | None = None  # that policy

    @property
    def is_explicit(self) -> bool:
        """Whether a policy denies the action, rather than that none allows it."""
        return self.reason is None or not self.reason.startswith("because no ")

    @property
    def policy(self) -> str:
        """`SCP p-ab12cd34`, or only the kind of policy; empty where the text names neither."""
        if self.policy_type is None:
            return ""
        return f"{self.policy_type.label} {_name(self.policy_arn)}".rstrip()

    @property
    def next_step(self) -> str | None:
        """What to do about it, as a sentence; None where the text does not show it."""
        action = self.action or "the action"
        who = "the caller" if action.startswith("sts:") else "the role"
        match self.policy_type:
            case None | PolicyType.TRUST_POLICY if action in _CHAINED:
                step = (
                    f"{_CHAINED[action]}: allow {action} next to sts:AssumeRole in the role's trust policy, as "
                    "deploy/member-role.yaml does, and to the caller."
                )
            case None:
                return None
            case PolicyType.TRUST_POLICY:
                step = f"Allow {action} to the caller in the role's trust policy, and check its conditions."
            case PolicyType.SERVICE_CONTROL_POLICY | PolicyType.RESOURCE_CONTROL_POLICY if self.is_explicit:
                step = f"Exempt {who} from the {self.policy}, for example by a condition on aws:PrincipalArn."
            case PolicyType.SERVICE_CONTROL_POLICY | PolicyType.RESOURCE_CONTROL_POLICY:
                step = f"Allow {action} in the {self.policy}s of the account and of every OU above it."
            case _ if self.is_explicit:
                step = f"Remove the deny of {action} from the {self.policy} of {who}."
            case _:
                step = f"Allow {action} in the {self.policy} of {who}."
        return step

    def in_accounts(self, count: int) -> str:
        """`SCP p-ab12cd34 denies iam:GetCredentialReport in 143 accounts`."""
        what = f"{self.action or 'a call'} in {count} account{'' if count == 1 else 's'}"
        if not self.is_explicit:
            return f"No {self.policy} allows {what}"
        article = "" if self.policy_arn else "An " if self.policy_type in _VOWELS else "A "
        return f"{article}{self.policy} denies {what}"


_VOWELS = (PolicyType.SERVICE_CONTROL_POLICY, PolicyType.RESOURCE_CONTROL_POLICY, PolicyType.IDENTITY_POLICY)
# AWS's texts are shorter, those of proxies may have any length. Patterns begin with a letter: `\b` first is slow.
_LONGEST = 2_000
_ACTION = re.compile(r"perform:?\s+(?P<action>[a-z0-9-]+:[A-Za-z]+)")
_CALLER = re.compile(r"User:\s+(?P<caller>arn:\S+)")
_RESOURCE = re.compile(r"on resource:\s+\"?(?P<resource>arn:[^\s\"]+)")
_REASON = re.compile(r"(?:with an explicit deny|because)\b.*", re.DOTALL)
_ARN = re.compile(r"arn:[^\s\"',;()]+")
_POLICY_ARN = re.compile(r"arn:aws[a-z-]*:(?:iam|organizations)::[^:\s]*:policy/[^\s\"',;()]+")
# In lower case, without hyphens.
_PHRASES = {
    "service control polic": PolicyType.SERVICE_CONTROL_POLICY,
    "resource control polic": PolicyType.RESOURCE_CONTROL_POLICY,
    "permissions boundar": PolicyType.PERMISSIONS_BOUNDARY,
    "permission boundar": PolicyType.PERMISSIONS_BOUNDARY,
    "session polic": PolicyType.SESSION_POLICY,
    "identity based polic": PolicyType.IDENTITY_POLICY,
    "identity polic": PolicyType.IDENTITY_POLICY,
    "trust polic": PolicyType.TRUST_POLICY,
}
# Of what a run calls, only a role has one: its trust policy.
_RESOURCE_POLICY = "resource based polic"


def read_denial(message: str | None) -> Denial:
    """What the text names, whatever its wording; an empty Denial where it is not about a denied call."""
    text = (message or "")[:_LONGEST]
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
    text = f"{_ARN.sub(' ', reason)} {policy_arn.partition(':policy/o-')[2]}"
    words = text.lower().replace("-", " ").replace("_", " ")
    phrases = _PHRASES | ({_RESOURCE_POLICY: PolicyType.TRUST_POLICY} if action.startswith("sts:") else {})
    places = {words.find(phrase): kind for phrase, kind in phrases.items() if phrase in words}
    return places[min(places)] if places else None


def short_message(message: str) -> str:
    """AWS's text with action and reason first, and names in place of ARNs; unmodified where it names no action."""
    denial = read_denial(message)
    if denial.action is None:
        return message
    on = f" on {_name(denial.resource)}" if denial.resource else ""
    caller = f" (caller: {_name(denial.caller)})" if denial.caller else ""
    if not denial.policy_type:
        return f"{denial.action} denied{on}{f' {denial.reason}' if denial.reason else ''}{caller}"
    if denial.is_explicit:
        return f"{denial.action} denied{on} by {denial.policy}{caller}"
    return f"{denial.action} denied{on}: no {denial.policy} allows it{caller}"


@dataclass(frozen=True, slots=True)
class DeniedAccounts:
    """The accounts in which one policy denies one action."""

    denial: Denial  # that of the first account
    account_ids: tuple[str, ...]  # in the order given

    @property
    def sentence(self) -> str:
        """The policy, the action and how many accounts; with the ARN of a policy of the organization."""
        sentence = self.denial.in_accounts(len(self.account_ids))
        sentence = sentence[0].upper() + sentence[1:]
        arn = self.denial.policy_arn or ""
        # The ARN of a policy of IAM names the account, so each account's is another.
        return f"{sentence} ({arn})" if ":organizations:" in arn else sentence


def by_policy(messages: Iterable[tuple[str, str | None]]) -> list[DeniedAccounts]:
    """The accounts that one policy denies the same action, given each account's id and AWS's text; most accounts first.

    Where AWS names no kind of policy, the accounts may have nothing in common, so they are in no group.
    """
    found: dict[tuple[str | None, str, bool], tuple[Denial, list[str]]] = {}
    for account_id, message in messages:
        denial = read_denial(message)
        if denial.policy_type is not None:
            key = (denial.action, denial.policy, denial.is_explicit)
            found.setdefault(key, (denial, []))[1].append(account_id)
    groups = [DeniedAccounts(denial, tuple(account_ids)) for denial, account_ids in found.values()]
    return sorted(groups, key=lambda group: -len(group.account_ids))


def _name(arn: str | None) -> str:
    """The name in an ARN: `p-ab12cd34` of a policy of the organization, an assumed role without its session."""
    resource = (arn or "").split(":", 5)[-1]
    if resource.startswith("policy/o-"):
        return resource.rpartition("/")[2]
    return "/".join(resource.split("/")[:2]) if resource.startswith("assumed-role/") else resource
