"""botocore's exceptions as CallFaults: the few kinds of failure that a run distinguishes."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from http import HTTPStatus

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    LoginError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    RefreshWithMFAUnsupportedError,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as BotocoreConnectionError
from botocore.parsers import ResponseParserError

from collector.errors import NO_MFA_CODE, TOO_MANY_FILES, CallFault, FaultKind

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
    **dict.fromkeys(("ExpiredToken", "ExpiredTokenException"), FaultKind.TOKEN_EXPIRED),
    **dict.fromkeys(
        ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedAccess"), FaultKind.DENIED
    ),
    **dict.fromkeys(
        (
            *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "SlowDown"),
            *("RequestThrottledException", "RequestLimitExceeded", "TooManyRequestsException"),
            *("PriorRequestNotComplete", "BandwidthLimitExceeded"),
        ),
        FaultKind.THROTTLED,
    ),
    **dict.fromkeys(
        (
            *("InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "AuthFailure"),
            *("InvalidSignatureException", "RequestTimeTooSkewed", "RequestExpired"),
        ),
        FaultKind.NO_CREDENTIALS,
    ),
}

_NO_CREDENTIALS = (
    *(NoCredentialsError, PartialCredentialsError, CredentialRetrievalError),
    *(ProfileNotFound, SSOError, LoginError, TokenRetrievalError, RefreshWithMFAUnsupportedError),
)
_NO_FILES_LEFT = frozenset({errno.EMFILE, errno.ENFILE})
# What botocore's parsers raise on an answer that was cut (it does not retry a 200 whose body is, facts F6), or that
# is not from AWS: a proxy's page, half a base64, an invalid date. Only this call has failed, not the run.
_UNREADABLE = (ResponseParserError, LookupError, ValueError, TypeError, AttributeError)
_UNREADABLE_TEXT = "The answer was cut, or is not what AWS sends"
_USER_AND_PASSWORD = re.compile(r"(?<=://)[^/@\s]*@")


def is_throttling(code: str) -> bool:
    """Whether AWS's code means too many calls."""
    return _KINDS.get(code) is FaultKind.THROTTLED


def without_credentials(text: str) -> str:
    """The text, its URLs without user and password: an endpoint may contain both, and messages are stored and sent."""
    return _USER_AND_PASSWORD.sub("", text)


@contextmanager
def translated(operation: str) -> Iterator[None]:
    """Raise every failure of the call within as a CallFault that names the operation."""
    try:
        yield
    except ClientError as error:
        raise _from_answer(error, operation) from error
    except _NO_CREDENTIALS as error:
        raise _of_botocore(FaultKind.NO_CREDENTIALS, error, operation) from error
    except (BotocoreConnectionError, HTTPClientError) as error:
        raise _of_botocore(FaultKind.CONNECTION, error, operation) from error
    except BotoCoreError as error:
        raise _of_botocore(FaultKind.OTHER, error, operation) from error
    except EOFError as error:
        no_terminal = "the profile requires an MFA code, and there is no terminal to enter it in"
        raise CallFault(FaultKind.NO_CREDENTIALS, NO_MFA_CODE, no_terminal, operation) from error
    except OSError as error:
        if error.errno not in _NO_FILES_LEFT:
            raise
        raise _of_botocore(FaultKind.CONNECTION, error, operation) from error
    except _UNREADABLE:
        # A parser's message quotes the body, which may be report rows or a session's credentials: so neither the
        # message nor the cause is passed on.
        raise CallFault(FaultKind.CONNECTION, "UnreadableAnswer", _UNREADABLE_TEXT, operation) from None


class Ignoring(AbstractContextManager[None, bool]):
    """A block that ends without an error where a call within fails with one of these codes."""

    def __init__(self, *codes: str) -> None:
        """Take AWS's codes."""
        self._codes = codes

    def __exit__(self, kind: object, error: BaseException | None, trace: object, /) -> bool:
        """Whether to ignore the error."""
        return isinstance(error, CallFault) and error.code in self._codes


@contextmanager
def making_client(service: str) -> Iterator[None]:
    """Raise what prevents a client as a CallFault. There is no answer that botocore's text could quote."""
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
    """An exception of botocore itself, whose text quotes the endpoint."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in _NO_FILES_LEFT:
            return CallFault(kind, TOO_MANY_FILES, "this process may not open another file or connection", operation)
        cause = cause.__cause__ or cause.__context__
    return CallFault(kind, type(error).__name__, without_credentials(str(error)), operation)


def _from_answer(error: ClientError, operation: str) -> CallFault:
    detail = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code = str(detail.get("Code") or f"HTTP{status}")
    message = str(detail.get("Message") or "") or f"AWS returned HTTP {status} without a message."
    by_status = FaultKind.SERVICE_FAILURE if status >= HTTPStatus.INTERNAL_SERVER_ERROR else FaultKind.OTHER
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        by_status = FaultKind.THROTTLED
    return CallFault(_KINDS.get(code, by_status), code, message, operation)
