"""One client, many credentials: a client that signs each call as whoever the calling thread says.

A client per account costs 4 to 9 ms and a connection pool each; one client for the whole organization shares its
connections (design, "Waiting costs nothing"). A call outside `signing_as` raises: it never signs as someone else.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.credentials import CredentialProvider, CredentialResolver, Credentials, ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError

from collector.aws.errors import translated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from botocore.session import Session


@dataclass(frozen=True, slots=True)
class SessionCredentials:
    """Credentials of one account. No secret shows in its repr.

    Attributes:
        account_id: the account that they are for; None where the caller need not know.
        access_key_id: the id of the access key.
        secret_access_key: its secret.
        session_token: the token of a session; None where the key is a user's.
        expires_at: when the session ends; None where they are the collector's own, which botocore refreshes.
    """

    account_id: str | None
    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(repr=False)
    expires_at: datetime | None = None


def own_credentials(session: Session, account_id: str | None = None) -> SessionCredentials:
    """The collector's own credentials as the session finds them, refreshed by botocore where they have expired.

    Raises:
        CallFault: there are none (`NO_CREDENTIALS`), or they cannot be refreshed.
    """
    with translated("credentials"):
        found = session.get_credentials()
        if found is None:
            raise NoCredentialsError
        frozen = found.get_frozen_credentials()
        if frozen.access_key is None or frozen.secret_key is None:
            raise NoCredentialsError
    return SessionCredentials(account_id, frozen.access_key, frozen.secret_key, frozen.token)


_signer: ContextVar[SessionCredentials | None] = ContextVar("credlake_signer", default=None)


@contextmanager
def signing_as(credentials: SessionCredentials) -> Iterator[None]:
    """Sign the calls made within, in this thread, with these credentials."""
    token = _signer.set(credentials)
    try:
        yield
    finally:
        _signer.reset(token)


class _ContextCredentials(Credentials):
    """Credentials that are looked up anew for each call."""

    def __init__(self) -> None:
        super().__init__(access_key="", secret_key="", method="credlake")

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """The credentials of the account that the thread is working for; NoCredentialsError outside `signing_as`."""
        signer = _signer.get()
        if signer is None:
            raise NoCredentialsError
        return ReadOnlyCredentials(signer.access_key_id, signer.secret_access_key, signer.session_token)


class _ContextProvider(CredentialProvider):
    METHOD = "credlake"
    CANONICAL_NAME = "credlake"

    def load(self) -> _ContextCredentials:
        return _ContextCredentials()


def impersonate(session: Session) -> None:
    """Make every client of the session sign as `signing_as` says."""
    session.register_component("credential_provider", CredentialResolver([_ContextProvider()]))
