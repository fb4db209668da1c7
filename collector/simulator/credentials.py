"""Who is calling: base credentials, temporary ones, and what each may do."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.simulator.answers import Call, RefusedError
from collector.simulator.refusals import (
    DENIED_BY_IDENTITY_POLICY,
    DENIED_BY_SESSION_POLICY,
    EXPIRED_TOKEN,
    LACKING_IN_SESSION_POLICY,
    LACKING_PERMISSION,
    MISSING_CREDENTIALS,
    UNKNOWN_CREDENTIALS,
)
from collector.simulator.session_policy import SessionPolicy, Verdict, matches

if TYPE_CHECKING:
    from datetime import datetime

    from collector.simulator.organization import CallerSpec


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key as a client holds it; made up. The session token is there for temporary credentials only."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """Who signed a call, and what it may do. `permissions` None: everything that is not denied."""

    credentials: Credentials
    account_id: str
    arn: str
    user_id: str
    is_role_session: bool = False
    expires_at: datetime | None = None
    permissions: tuple[str, ...] | None = None
    session_policy: SessionPolicy | None = None
    denied_actions: frozenset[str] = frozenset()

    def authorize(self, action: str) -> None:
        """Let the action pass, or refuse it as AWS does, naming the kind of policy that stands in the way."""
        if action in self.denied_actions:
            refusal = DENIED_BY_IDENTITY_POLICY
        elif self.permissions is not None and not any(matches(pattern, action) for pattern in self.permissions):
            refusal = LACKING_PERMISSION
        else:
            verdict = self.session_policy.verdict(action) if self.session_policy else Verdict.ALLOWED
            if verdict is Verdict.ALLOWED:
                return
            refusal = DENIED_BY_SESSION_POLICY if verdict is Verdict.DENIED else LACKING_IN_SESSION_POLICY
        raise RefusedError(refusal.about(self.arn, action))


class IdentityStore:
    """Finds the identity behind a request by its access key id, and checks that the session token belongs to it."""

    def __init__(self, caller: CallerSpec, partition: str, now: datetime) -> None:
        self.base = _base_identity(caller, partition, now)
        self._identities = {} if caller.is_unknown else {self.base.credentials.access_key_id: self.base}
        self._revoked: set[str] = {self.base.credentials.access_key_id} if caller.is_expired else set()

    def add(self, identity: Identity) -> None:
        """Let temporary credentials be used from now on."""
        self._identities[identity.credentials.access_key_id] = identity

    def revoke(self, identity: Identity) -> None:
        """Let a session be expired from now on; base credentials cannot be."""
        if identity is not self.base:
            self._revoked.add(identity.credentials.access_key_id)

    def identify(self, call: Call, now: datetime) -> Identity:
        """The identity that signed the call; refused where there is none, or not any more."""
        if not call.access_key_id:
            raise RefusedError(MISSING_CREDENTIALS)
        identity = self._identities.get(call.access_key_id)
        if identity is None or identity.credentials.session_token != call.session_token:
            raise RefusedError(UNKNOWN_CREDENTIALS)
        is_over = identity.expires_at is not None and now >= identity.expires_at
        if is_over or call.access_key_id in self._revoked:
            raise RefusedError(EXPIRED_TOKEN)
        return identity


def temporary_credentials() -> Credentials:
    """Credentials like those of AssumeRole: unique, made up."""
    return Credentials(
        access_key_id=f"ASIA{_letters(secrets.token_bytes(10))}",
        secret_access_key=secrets.token_urlsafe(30),
        session_token=f"loopback-{secrets.token_urlsafe(96)}",
    )


def unique_id(prefix: str, name: str) -> str:
    """An id of IAM (`AROA…` of a role, `AIDA…` of a user): the same for the same thing."""
    return prefix + _letters(hashlib.sha256(name.encode()).digest()[:10]) + "X"


def _base_identity(caller: CallerSpec, partition: str, now: datetime) -> Identity:
    name = f"{caller.account_id}/{caller.user_name}"
    if caller.is_role_session:
        arn = f"arn:{partition}:sts::{caller.account_id}:assumed-role/{caller.user_name}/base-session"
        user_id = f"{unique_id('AROA', name)}:base-session"
    else:
        arn = f"arn:{partition}:iam::{caller.account_id}:user/{caller.user_name}"
        user_id = unique_id("AIDA", name)
    digest = hashlib.sha256(f"loopback base credentials of {name}".encode())
    prefix = "ASIA" if caller.is_role_session else "AKIA"
    credentials = Credentials(
        access_key_id=prefix + _letters(digest.digest()[:10]),
        secret_access_key=digest.hexdigest()[:40],
        session_token=f"loopback-base-{digest.hexdigest()}" if caller.is_role_session else None,
    )
    return Identity(
        credentials=credentials,
        account_id=caller.account_id,
        arn=arn,
        user_id=user_id,
        is_role_session=caller.is_role_session,
        expires_at=None if caller.expires_after is None else now + caller.expires_after,
        denied_actions=caller.denied_actions,
    )


def _letters(raw: bytes) -> str:
    """Sixteen letters and digits as in AWS's ids, of ten bytes."""
    return base64.b32encode(raw).decode()
