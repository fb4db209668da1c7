"""botocore's exceptions, translated into the few kinds of fault that a run knows."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as BotocoreConnectionError
from botocore.parsers import ResponseParserError

from collector.errors import CallFault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Iterator


# The wire codes, not the exception classes: `client.exceptions.ReportNotPresent` does not exist (facts F2.2).
_KINDS: dict[str, FaultKind] = {
    "ReportInProgress": FaultKind.IN_PROGRESS,
    "ReportNotPresent": FaultKind.NOT_PRESENT,
    "ReportExpired": FaultKind.REPORT_EXPIRED,
    "LimitExceeded": FaultKind.LIMIT_EXCEEDED,
    "LimitExceededException": FaultKind.LIMIT_EXCEEDED,
    "ServiceFailure": FaultKind.SERVICE_FAILURE,
    "NoSuchEntity": FaultKind.NO_SUCH_ENTITY,
    "RegionDisabledException": FaultKind.REGION_DISABLED,
    "RegionDisabled": FaultKind.REGION_DISABLED,
    **dict.fromkeys(("ExpiredToken", "ExpiredTokenException", "RequestExpired"), FaultKind.TOKEN_EXPIRED),
    **dict.fromkeys(
        ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedAccess"), FaultKind.DENIED
    ),
    **dict.fromkeys(
        (
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "RequestThrottled",
            "RequestThrottledException",
            "RequestLimitExceeded",
            "TooManyRequestsException",
            "PriorRequestNotComplete",
            "BandwidthLimitExceeded",
            "SlowDown",
        ),
        FaultKind.THROTTLED,
    ),
    **dict.fromkeys(
        ("InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "AuthFailure"),
        FaultKind.NO_CREDENTIALS,
    ),
}

_NO_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
# What botocore's parsers raise on an answer that is cut (it does not retry a 200 whose body is: real-parts 3), or that
# is none of AWS's: a proxy's page, half a base64, a date that is none. Only this call has failed, not the run.
_UNREADABLE = (ResponseParserError, LookupError, ValueError, TypeError, AttributeError)
_UNREADABLE_TEXT = "The answer was cut, or is not what AWS sends"
_FIRST_SERVER_FAULT = 500
_TOO_MANY_REQUESTS = 429


@contextmanager
def translated(operation: str) -> Iterator[None]:
    """Raise every failure of the call within as a CallFault that names the operation."""
    try:
        yield
    except ClientError as error:
        raise _from_answer(error, operation) from error
    except _NO_CREDENTIALS as error:
        raise CallFault(
            FaultKind.NO_CREDENTIALS, type(error).__name__, without_credentials(str(error)), operation
        ) from error
    except (BotocoreConnectionError, HTTPClientError) as error:
        raise CallFault(
            FaultKind.CONNECTION, type(error).__name__, without_credentials(str(error)), operation
        ) from error
    except BotoCoreError as error:
        raise _of_botocore(FaultKind.OTHER, error, operation) from error
    except _UNREADABLE:
        # A parser's message quotes the body, which may be report rows or a session's credentials: so neither the
        # message nor the cause goes on from here.
        raise CallFault(FaultKind.CONNECTION, "UnreadableAnswer", _UNREADABLE_TEXT, operation) from None


@contextmanager
def making_client(service: str) -> Iterator[None]:
    """Raise what keeps a client from being made as a CallFault. Nothing was answered, so botocore's text may go on."""
    operation = f"client of {service}"
    with translated(operation):
        try:
            yield
        except ValueError as error:
            if isinstance(error, BotoCoreError):
                raise
            # An endpoint variable that holds no URL, or a host with an underscore (facts F6).
            raise CallFault(FaultKind.OTHER, "InvalidEndpoint", without_credentials(str(error)), operation) from error


def _of_botocore(kind: FaultKind, error: Exception, operation: str) -> CallFault:
    """What botocore itself says; it quotes the endpoint."""
    return CallFault(kind, type(error).__name__, without_credentials(str(error)), operation)


def _from_answer(error: ClientError, operation: str) -> CallFault:
    detail = error.response.get("Error", {})
    code = str(detail.get("Code") or "Unknown")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    kind = _KINDS.get(code)
    if kind is None and status == _TOO_MANY_REQUESTS:
        kind = FaultKind.THROTTLED
    if kind is None and status >= _FIRST_SERVER_FAULT:
        kind = FaultKind.SERVICE_FAILURE
    return CallFault(kind or FaultKind.OTHER, code, str(detail.get("Message") or ""), operation)


_USER_AND_PASSWORD = re.compile(r"(?<=://)[^/@\s]*@")


def without_credentials(text: str) -> str:
    """The text, its URLs without user and password."""
    return _USER_AND_PASSWORD.sub("", text)
