"""One client, many credentials: a client that signs each call as whoever the calling thread says.

A client per account costs 4 to 9 ms and a connection pool each; one client for the whole organization shares its
connections (design, "Waiting costs nothing"). A call outside `signing_as` raises: it never signs as someone else.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.credentials import CredentialProvider, CredentialResolver, Credentials, ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class SessionCredentials:
    """Temporary credentials of one account. No secret shows in its repr."""

    account_id: str
    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(repr=False)
    # None: they are the collector's own, which botocore refreshes.
    expires_at: datetime | None = None


_signer: ContextVar[SessionCredentials | None] = ContextVar("credlake_signer", default=None)


@contextmanager
def signing_as(credentials: SessionCredentials) -> Iterator[None]:
    """Sign the calls made within, in this thread, with these credentials."""
    token = _signer.set(credentials)
    try:
        yield
    finally:
        _signer.reset(token)


class _ContextCredentials(Credentials):  # type: ignore[misc]  # botocore is untyped
    """Credentials that are looked up anew for each call."""

    def __init__(self) -> None:
        super().__init__(access_key="", secret_key="", method="credlake")

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """The credentials of the account that the thread is working for; NoCredentialsError outside `signing_as`."""
        signer = _signer.get()
        if signer is None:
            raise NoCredentialsError
        return ReadOnlyCredentials(signer.access_key_id, signer.secret_access_key, signer.session_token)


class _ContextProvider(CredentialProvider):  # type: ignore[misc]  # botocore is untyped
    METHOD = "credlake"
    CANONICAL_NAME = "credlake"

    def load(self) -> _ContextCredentials:
        return _ContextCredentials()


def impersonate(botocore_session: Any) -> None:
    """Make every client of the session sign as `signing_as` says."""
    botocore_session.register_component("credential_provider", CredentialResolver([_ContextProvider()]))
