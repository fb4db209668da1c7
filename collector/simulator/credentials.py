"""Who is calling, with base or temporary credentials, and what each identity may do (facts F5)."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from collector.simulator.wire import (
    DENIED_BY_IDENTITY_POLICY,
    DENIED_BY_SESSION_POLICY,
    EXPIRED_TOKEN,
    MISSING_CREDENTIALS,
    NOT_IN_IDENTITY_POLICY,
    NOT_IN_SESSION_POLICY,
    UNKNOWN_CREDENTIALS,
    ApiError,
    ErrorResponse,
    validation_error,
)

if TYPE_CHECKING:
    from datetime import datetime

    from collector.simulator.organization import CallerSpec
    from collector.simulator.wire import Call

# Inline and managed session policies together, in plain characters (facts F5).
MAXIMUM_POLICY_CHARACTERS = 2048

_POLICY_MEMBERS = frozenset({"Sid", "Effect", "Action", "Resource"})
_USER_NAME = "credlake-collector"


class Decision(Enum):
    """What a policy decides about an action."""

    ALLOWED = "allowed"
    # No Allow matches.
    NOT_ALLOWED = "not allowed"
    # A Deny matches, which overrides every Allow.
    DENIED = "denied"


@lru_cache(maxsize=4096)
def matches(pattern: str, action: str) -> bool:
    """Whether an IAM pattern (`iam:Get*`, in any case) matches the action."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, action, re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy."""

    # Whether its effect is Allow, else Deny.
    is_allow: bool
    # Its patterns of actions.
    patterns: tuple[str, ...]
    # Whether `Resource` includes `*`, the only resource that the calls served here have.
    covers_all_resources: bool

    def matches(self, action: str) -> bool:
        """Whether the statement applies to the action."""
        return self.covers_all_resources and any(matches(pattern, action) for pattern in self.patterns)


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """A policy passed to AssumeRole: the session may do what its role and this policy both allow."""

    # Its statements.
    statements: tuple[Statement, ...]

    def decide(self, action: str) -> Decision:
        """Evaluate the policy for an action."""
        matching = [statement for statement in self.statements if statement.matches(action)]
        if any(not statement.is_allow for statement in matching):
            return Decision.DENIED
        return Decision.ALLOWED if matching else Decision.NOT_ALLOWED


@lru_cache(maxsize=256)
def parse_session_policy(text: str) -> SessionPolicy:
    """Read a session policy.

    Raises:
        ApiError: `ValidationError` when it is too long; `MalformedPolicyDocument` when it is malformed, and when it
            uses what the simulator does not evaluate (NotAction, conditions): better loud than wrong.
    """
    if len(text) > MAXIMUM_POLICY_CHARACTERS:
        raise validation_error(
            "1 validation error detected: Value at 'policy' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAXIMUM_POLICY_CHARACTERS}"
        )
    try:
        document = json.loads(text)
    except ValueError:
        raise _malformed("This policy contains invalid Json") from None
    statements = document.get("Statement") if isinstance(document, dict) else None
    if not statements or document.get("Version") != "2012-10-17":
        raise _malformed("Syntax errors in policy.")
    return SessionPolicy(tuple(_statement(entry) for entry in _as_list(statements)))


def _statement(entry: object) -> Statement:
    if not isinstance(entry, dict) or entry.get("Effect") not in {"Allow", "Deny"}:
        raise _malformed("Syntax errors in policy.")
    unknown = sorted(set(entry) - _POLICY_MEMBERS)
    if unknown:
        raise _malformed(f"The simulator does not evaluate {', '.join(unknown)}.")
    if "Action" not in entry or "Resource" not in entry:
        raise _malformed("Syntax errors in policy.")
    patterns = _as_list(entry["Action"])
    if not all(isinstance(pattern, str) and (pattern == "*" or ":" in pattern) for pattern in patterns):
        raise _malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
    return Statement(entry["Effect"] == "Allow", tuple(patterns), "*" in _as_list(entry["Resource"]))


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _malformed(message: str) -> ApiError:
    return ApiError(ErrorResponse("MalformedPolicyDocument", 400, message))


@dataclass(frozen=True, slots=True)
class Credentials:
    """A made-up key, as a client holds it."""

    # `AKIA…` of an IAM user, `ASIA…` of a role session.
    access_key_id: str
    # The secret, which is never verified.
    secret_access_key: str
    # The session token of temporary credentials.
    session_token: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """Who signed a call, and what it may do."""

    # The credentials that identify it.
    credentials: Credentials
    # The account it acts in.
    account_id: str
    # The ARN of the user or role session.
    arn: str
    # The id that GetCallerIdentity returns.
    user_id: str
    # When its credentials expire; None: never.
    expires_at: datetime | None = None
    # The actions that its role allows; None: everything that is not denied.
    permissions: tuple[str, ...] | None = None
    # The policy passed to AssumeRole, if any.
    session_policy: SessionPolicy | None = None
    # The actions that its identity policy denies.
    denied_actions: frozenset[str] = frozenset()

    def authorize(self, action: str) -> None:
        """Allow the action, or raise AWS's error, which names the kind of policy that denies it."""
        if action in self.denied_actions:
            error = DENIED_BY_IDENTITY_POLICY
        elif self.permissions is not None and not any(matches(pattern, action) for pattern in self.permissions):
            error = NOT_IN_IDENTITY_POLICY
        else:
            decision = self.session_policy.decide(action) if self.session_policy else Decision.ALLOWED
            if decision is Decision.ALLOWED:
                return
            error = DENIED_BY_SESSION_POLICY if decision is Decision.DENIED else NOT_IN_SESSION_POLICY
        raise ApiError(error.for_call(self.arn, action))


class IdentityStore:
    """Finds the identity of a request by its access key id, and checks that the session token belongs to it."""

    def __init__(self, caller: CallerSpec, partition: str) -> None:
        self.base = _base_identity(caller, partition)
        self._identities = {} if caller.is_unknown else {self.base.credentials.access_key_id: self.base}
        self._revoked: set[str] = {self.base.credentials.access_key_id} if caller.is_expired else set()

    def add(self, identity: Identity) -> None:
        """Accept temporary credentials from now on."""
        self._identities[identity.credentials.access_key_id] = identity

    def revoke(self, identity: Identity) -> None:
        """Treat a session as expired from now on; base credentials stay valid."""
        if identity is not self.base:
            self._revoked.add(identity.credentials.access_key_id)

    def identify(self, call: Call, now: datetime) -> Identity:
        """The identity that signed the call; an error where there is none, or it has expired."""
        if not call.access_key_id:
            raise ApiError(MISSING_CREDENTIALS)
        identity = self._identities.get(call.access_key_id)
        if identity is None or identity.credentials.session_token != call.session_token:
            raise ApiError(UNKNOWN_CREDENTIALS)
        has_expired = identity.expires_at is not None and now >= identity.expires_at
        if has_expired or call.access_key_id in self._revoked:
            raise ApiError(EXPIRED_TOKEN)
        return identity


def temporary_credentials() -> Credentials:
    """Credentials like those of AssumeRole: unique and made up."""
    return Credentials(
        access_key_id=f"ASIA{_letters(secrets.token_bytes(10))}",
        secret_access_key=secrets.token_urlsafe(30),
        session_token=f"simulator-{secrets.token_urlsafe(96)}",
    )


def unique_id(prefix: str, name: str) -> str:
    """An id of IAM (`AROA…` of a role, `AIDA…` of a user): the same for the same name."""
    return prefix + _letters(hashlib.sha256(name.encode()).digest()[:10]) + "X"


def _base_identity(caller: CallerSpec, partition: str) -> Identity:
    """The identity of the base credentials, which are the same in every run."""
    name = f"{caller.account_id}/{_USER_NAME}"
    digest = hashlib.sha256(f"simulator base credentials of {name}".encode())
    if caller.is_role_session:
        arn = f"arn:{partition}:sts::{caller.account_id}:assumed-role/{_USER_NAME}/base-session"
        user_id = f"{unique_id('AROA', name)}:base-session"
    else:
        arn = f"arn:{partition}:iam::{caller.account_id}:user/{_USER_NAME}"
        user_id = unique_id("AIDA", name)
    credentials = Credentials(
        access_key_id=("ASIA" if caller.is_role_session else "AKIA") + _letters(digest.digest()[:10]),
        secret_access_key=digest.hexdigest()[:40],
        session_token=f"simulator-base-{digest.hexdigest()}" if caller.is_role_session else None,
    )
    return Identity(credentials, caller.account_id, arn, user_id, denied_actions=caller.denied_actions)


def _letters(raw: bytes) -> str:
    """Sixteen letters and digits as in AWS's ids, from ten bytes."""
    return base64.b32encode(raw).decode()
