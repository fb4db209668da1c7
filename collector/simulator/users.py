"""What an account holds of IAM users and their credentials, as plain data.

Credentials sit in slots: `access_keys=(None, key)` is a user whose only key lies in slot 2. A slot is no identity: AWS
was seen to put the active key first, once against the order of creation (facts F1.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class PasswordSpec:
    """A console password: when it was last set, and the last sign-in (None: none on record)."""

    changed_at: datetime
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccessKeySpec:
    """An access key. An inactive key keeps its date; a service without Regions (S3) leaves the Region None."""

    created_at: datetime
    active: bool = True
    last_used_at: datetime | None = None
    last_used_region: str | None = None
    last_used_service: str | None = None


@dataclass(frozen=True, slots=True)
class CertificateSpec:
    """An X.509 signing certificate. Its use is not tracked."""

    created_at: datetime
    active: bool = True


@dataclass(frozen=True, slots=True)
class UserSpec:
    """An IAM user. `path` shows in the ARN alone."""

    name: str
    created_at: datetime
    path: str = "/"
    password: PasswordSpec | None = None
    mfa_active: bool = False
    access_keys: tuple[AccessKeySpec | None, ...] = ()
    certificates: tuple[CertificateSpec | None, ...] = ()


@dataclass(frozen=True, slots=True)
class RootSpec:
    """The root user. Without a password and keys it is what a member account made by Organizations has (facts F1.6)."""

    created_at: datetime
    password: PasswordSpec | None = None
    mfa_active: bool = False
    access_keys: tuple[AccessKeySpec | None, ...] = ()
    certificates: tuple[CertificateSpec | None, ...] = ()
