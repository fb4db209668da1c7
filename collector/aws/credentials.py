"""One client, many credentials: requests that are signed with the credentials of the account being collected.

A client per account costs 4 to 9 ms and a connection pool each; one client for the whole organization shares its
connections (design, "Waiting costs nothing"). A call outside `signing_as` raises: it never signs as someone else.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from botocore.credentials import CredentialProvider, CredentialResolver, Credentials, ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError
from botocore.session import Session


@dataclass(frozen=True, slots=True)
class SessionCredentials:
    """Credentials of one account. No secret shows in its repr."""

    account_id: str | None  # The account that they are for; None where the caller need not know.
    access_key_id: str = field(repr=False)  # The id of the access key.
    secret_access_key: str = field(repr=False)  # Its secret.
    session_token: str | None = field(repr=False)  # The token of a session; None where the key is a user's.
    expires_at: datetime | None = None  # When the session ends; None for the collector's own, which botocore refreshes.


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


def new_session() -> Session:
    """A session that takes its Region from AWS_REGION, else AWS_DEFAULT_REGION, else the profile.

    botocore itself reads AWS_DEFAULT_REGION alone, where the AWS CLI and other SDKs read AWS_REGION (facts F11.5).
    """
    # An empty variable is one that is not set.
    variables = [name for name in ("AWS_REGION", "AWS_DEFAULT_REGION") if os.environ.get(name)]
    return Session(session_vars={"region": ("region", variables, None, None)})


def signed_by_context(session: Session) -> Session:
    """A session with the configuration of the one given, whose clients sign as `signing_as` says."""
    signed = new_session()
    # Reading the models of a service again would take 0.1 s.
    signed.register_component("data_loader", session.get_component("data_loader"))
    signed.register_component("response_parser_factory", session.get_component("response_parser_factory"))
    signed.register_component("credential_provider", CredentialResolver([_ContextProvider()]))
    return signed
