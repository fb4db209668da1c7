"""AWS's wire protocols: requests read, responses written, and errors in AWS's own words (facts F2.2, F3, F4.4, F5).

Organizations uses JSON 1.1 (the operation in `X-Amz-Target`, times as seconds); STS and IAM use query (a form in, XML
out, times as ISO 8601).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

# What an operation returns, by the names of AWS's model: nested dicts, lists, strings, numbers, booleans, datetimes.
Result = Mapping[str, Any]

JSON_TYPE = "application/x-amz-json-1.1"
XML_TYPE = "text/xml"

VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15", "organizations": "2016-11-28"}

_ORGANIZATIONS_TARGET = "AWSOrganizationsV20161128"
_NAMESPACES = {service: f"https://{service}.amazonaws.com/doc/{VERSIONS[service]}/" for service in ("iam", "sts")}

# The JSON protocol's codes for the errors that every service has; there they are all HTTP 400.
_JSON_CODES = {
    "AccessDenied": "AccessDeniedException",
    "ExpiredToken": "ExpiredTokenException",
    "InvalidAction": "UnknownOperationException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "MissingAuthenticationToken": "MissingAuthenticationTokenException",
    "Throttling": "ThrottlingException",
}


class Delivery(Enum):
    """How a response reaches the client."""

    # Complete.
    WHOLE = "whole"
    # Content-Length gives the full length, the connection closes half way.
    CUT = "cut"
    # Half of the body, with a Content-Length to match: HTTP sees nothing wrong.
    TRUNCATED = "truncated"
    # The connection is reset without a response.
    RESET = "reset"
    # No response ever; the connection stays open.
    HANG = "hang"


@dataclass(frozen=True, slots=True)
class Call:
    """One request, parsed."""

    # `organizations`, `sts` or `iam`; any other service is refused later.
    service: str
    # The operation's name, `GetCredentialReport`.
    operation: str
    # The operation's parameters: flat strings in query, JSON values otherwise.
    parameters: Mapping[str, Any]
    # The Region that the request was signed for; empty: unsigned.
    region: str = ""
    # The access key that signed the request; empty: unsigned.
    access_key_id: str = ""
    # The session token sent with it; None: long-term credentials.
    session_token: str | None = None
    # Whether it uses JSON 1.1, else query.
    is_json: bool = False

    @property
    def action(self) -> str:
        """The call as IAM names it, `iam:GetCredentialReport`."""
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True, slots=True)
class Response:
    """What to send."""

    # The HTTP status.
    status: int
    # The Content-Type header.
    content_type: str
    # The body, complete.
    body: bytes
    # How it reaches the client.
    delivery: Delivery = Delivery.WHOLE


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """An error of AWS."""

    # The wire code of the query protocol.
    code: str
    # The HTTP status.
    status: int
    # The text; `{caller}`, `{action}` and `{scp}` are filled in by `for_call`.
    message: str
    # Whether the query protocol blames the `Sender`, else the `Receiver`.
    is_senders_fault: bool = True
    # Members of the JSON body besides code and message.
    extra: tuple[tuple[str, str], ...] = ()

    def for_call(self, caller: str, action: str, scp: str = "") -> ErrorResponse:
        """The same error, naming the caller's ARN, the action, and the ARN of the SCP that denies it."""
        named = self.message.replace("{caller}", caller).replace("{action}", action).replace("{scp}", scp)
        return replace(self, message=named)


class ApiError(Exception):
    """Ends a call with an error response."""

    def __init__(self, response: ErrorResponse) -> None:
        super().__init__(response.code)
        self.response = response


class XmlMap(dict[str, int]):
    """A map of AWS's model: in XML it is a list of entries with key and value."""


# Credential reports. The messages of the report errors are "Unknown", as seen live.
REPORT_EXPIRED = ErrorResponse("ReportExpired", 410, "Unknown")
REPORT_NOT_PRESENT = ErrorResponse("ReportNotPresent", 410, "Unknown")
REPORT_IN_PROGRESS = ErrorResponse("ReportInProgress", 404, "Unknown")
NO_CAPACITY = ErrorResponse("LimitExceeded", 409, "No more capacity to launch new report generation tasks")

# Any call, as STS and IAM word it; `write_error` translates the code for Organizations.
THROTTLING = ErrorResponse("Throttling", 400, "Rate exceeded")
SERVICE_FAILURE = ErrorResponse("ServiceFailure", 500, "Unknown", is_senders_fault=False)
UNAVAILABLE = ErrorResponse("ServiceUnavailable", 503, "Service is unavailable", is_senders_fault=False)
EXPIRED_TOKEN = ErrorResponse("ExpiredToken", 403, "The security token included in the request is expired")
UNKNOWN_CREDENTIALS = ErrorResponse(
    "InvalidClientTokenId", 403, "The security token included in the request is invalid."
)
MISSING_CREDENTIALS = ErrorResponse("MissingAuthenticationToken", 403, "Request is missing Authentication Token")


def _denied(reason: str) -> ErrorResponse:
    message = "User: {caller} is not authorized to perform: {action} on resource: * "
    return ErrorResponse("AccessDenied", 403, message + reason)


# With the policy's ARN since January 2026 (facts F11.1).
DENIED_BY_SCP = _denied("with an explicit deny in a service control policy: {scp}")
DENIED_BY_IDENTITY_POLICY = _denied("with an explicit deny in an identity-based policy")
DENIED_BY_SESSION_POLICY = _denied("with an explicit deny in a session policy")
NOT_IN_IDENTITY_POLICY = _denied("because no identity-based policy allows the {action} action")
NOT_IN_SESSION_POLICY = _denied("because no session policy allows the {action} action")

# Organizations.
TOO_MANY_REQUESTS = ErrorResponse(
    "TooManyRequestsException",
    400,
    "You have sent too many requests in too short a period of time. Try again later.",
)
NOT_MANAGEMENT_OR_DELEGATED = ErrorResponse(
    "AccessDeniedException", 400, "You don't have permissions to access this resource."
)
NOT_IN_USE = ErrorResponse("AWSOrganizationsNotInUseException", 400, "Your account is not a member of an organization.")
PARENT_NOT_FOUND = ErrorResponse("ParentNotFoundException", 400, "You specified parent that doesn't exist.")
OU_NOT_FOUND = ErrorResponse(
    "OrganizationalUnitNotFoundException", 400, "You specified an organizational unit that doesn't exist."
)
TARGET_NOT_FOUND = ErrorResponse("TargetNotFoundException", 400, "You specified a target that doesn't exist.")


def invalid_input(reason: str, message: str) -> ApiError:
    """Organizations' error for an invalid parameter."""
    return ApiError(ErrorResponse("InvalidInputException", 400, message, extra=(("Reason", reason),)))


def validation_error(message: str) -> ApiError:
    """STS's and IAM's error for an invalid parameter."""
    return ApiError(ErrorResponse("ValidationError", 400, message))


def unknown_operation(call: Call) -> ApiError:
    """The error for an operation that the simulator does not have."""
    message = f"Could not find operation {call.operation} for version {VERSIONS.get(call.service, '')}"
    return ApiError(ErrorResponse("InvalidAction", 400, message))


def read_call(headers: Mapping[str, str], body: bytes) -> Call:
    """Parse a request.

    The service is the one the request was signed for; that of an unsigned one follows from its form. Signatures are
    not verified: the keys are made up, and the key id alone identifies the caller.
    """
    access_key_id, region, service = _credential_scope(headers.get("Authorization", ""))
    token = headers.get("X-Amz-Security-Token")
    target = headers.get("X-Amz-Target", "")
    if target or service == "organizations":
        name, _, operation = target.rpartition(".")
        service = "organizations" if name == _ORGANIZATIONS_TARGET else service or name
        parameters = json.loads(body or b"{}")
        return Call(service, operation, parameters, region, access_key_id, token, is_json=True)
    form = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    if not service:
        service = "sts" if form.get("Version") == VERSIONS["sts"] else "iam"
    return Call(service, form.pop("Action", ""), form, region, access_key_id, token)


def _credential_scope(authorization: str) -> tuple[str, str, str]:
    """Key id, Region and service of `AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/aws4_request, …`."""
    _, _, rest = authorization.partition("Credential=")
    parts = rest.partition(",")[0].split("/")
    return (parts[0], parts[2], parts[3]) if len(parts) == 5 else ("", "", "")  # noqa: PLR2004 - the scope's own form


def write_result(call: Call, result: Result) -> Response:
    """The response to a call that succeeded."""
    if call.is_json:
        return Response(200, JSON_TYPE, json.dumps(result, default=_json_value).encode())
    root = ET.Element(f"{call.operation}Response", xmlns=_NAMESPACES.get(call.service, ""))
    if result:
        _fill(ET.SubElement(root, f"{call.operation}Result"), result)
    ET.SubElement(ET.SubElement(root, "ResponseMetadata"), "RequestId").text = str(uuid.uuid4())
    return Response(200, XML_TYPE, ET.tostring(root, encoding="utf-8"))


def write_error(call: Call, error: ErrorResponse) -> Response:
    """The response to a call that failed."""
    if call.is_json:
        code = _JSON_CODES.get(error.code, error.code)
        body = {"__type": code, "Message": error.message, **dict(error.extra)}
        return Response(error.status if error.code == code else 400, JSON_TYPE, json.dumps(body).encode())
    root = ET.Element("ErrorResponse", xmlns=_NAMESPACES.get(call.service, ""))
    element = ET.SubElement(root, "Error")
    ET.SubElement(element, "Type").text = "Sender" if error.is_senders_fault else "Receiver"
    ET.SubElement(element, "Code").text = error.code
    ET.SubElement(element, "Message").text = error.message
    ET.SubElement(root, "RequestId").text = str(uuid.uuid4())
    return Response(error.status, XML_TYPE, ET.tostring(root, encoding="utf-8"))


def _json_value(value: object) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"no JSON form for {type(value).__name__}")


def _fill(element: ET.Element, value: object) -> None:
    if isinstance(value, XmlMap):
        for key, number in value.items():
            entry = ET.SubElement(element, "entry")
            ET.SubElement(entry, "key").text = key
            ET.SubElement(entry, "value").text = str(number)
    elif isinstance(value, dict):
        for name, member in value.items():
            _fill(ET.SubElement(element, name), member)
    elif isinstance(value, list):
        for member in value:
            _fill(ET.SubElement(element, "member"), member)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif isinstance(value, datetime):
        element.text = value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    else:
        element.text = str(value)
