"""AWS's two wire protocols: requests read, answers written.

Organizations speaks JSON 1.1 (the operation in `X-Amz-Target`, times as seconds); STS and IAM speak query (a form in,
XML out, times as ISO 8601).
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

from collector.simulator.answers import Answer, Call, ErrorAnswer, Protocol, Result

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON_TYPE = "application/x-amz-json-1.1"
XML_TYPE = "text/xml"

ORGANIZATIONS_TARGET = "AWSOrganizationsV20161128"

_NAMESPACES = {
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}
VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15", "organizations": "2016-11-28"}


# What the JSON protocol calls the errors that every service has; there they are all HTTP 400.
_JSON_CODES = {
    "AccessDenied": "AccessDeniedException",
    "ExpiredToken": "ExpiredTokenException",
    "InvalidAction": "UnknownOperationException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "MissingAuthenticationToken": "MissingAuthenticationTokenException",
    "Throttling": "ThrottlingException",
}


class XmlMap(dict[str, int]):
    """A map of AWS's model: on the wire it is a list of entries with key and value."""


def read_call(headers: Mapping[str, str], body: bytes) -> Call:
    """Understand a request.

    The service is the one the request was signed for; an unsigned one is told by its form. Signatures are not
    checked: the keys are made up, and whose key it is says enough.
    """
    access_key_id, region, service = _credential_scope(headers.get("Authorization", ""))
    token = headers.get("X-Amz-Security-Token")
    target = headers.get("X-Amz-Target", "")
    if target or service == "organizations":
        name, _, operation = target.rpartition(".")
        parameters = json.loads(body or b"{}")
        service = "organizations" if name == ORGANIZATIONS_TARGET else service or name
        return Call(service, Protocol.JSON, operation, parameters, region, access_key_id, token)
    form = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    if not service:
        service = "sts" if form.get("Version") == VERSIONS["sts"] else "iam"
    return Call(service, Protocol.QUERY, form.pop("Action", ""), form, region, access_key_id, token)


def _credential_scope(authorization: str) -> tuple[str, str, str]:
    """Key id, Region and service of `AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/aws4_request, …`."""
    _, _, rest = authorization.partition("Credential=")
    parts = rest.partition(",")[0].split("/")
    return (parts[0], parts[2], parts[3]) if len(parts) == 5 else ("", "", "")  # noqa: PLR2004 - the scope's own form


def write_answer(call: Call, result: Result) -> Answer:
    """The answer to a call that went well."""
    if call.protocol is Protocol.JSON:
        return Answer(200, JSON_TYPE, json.dumps(result, default=_json_value).encode())
    root = ET.Element(f"{call.operation}Response", xmlns=_NAMESPACES.get(call.service, ""))
    if result:
        _fill(ET.SubElement(root, f"{call.operation}Result"), result)
    ET.SubElement(ET.SubElement(root, "ResponseMetadata"), "RequestId").text = str(uuid.uuid4())
    return Answer(200, XML_TYPE, ET.tostring(root, encoding="utf-8"))


def write_error(call: Call, error: ErrorAnswer) -> Answer:
    """The answer to a call that was refused."""
    if call.protocol is Protocol.JSON:
        code = _JSON_CODES.get(error.code, error.code)
        body = {"__type": code, "Message": error.message, **dict(error.extra)}
        return Answer(error.status if error.code == code else 400, JSON_TYPE, json.dumps(body).encode())
    root = ET.Element("ErrorResponse", xmlns=_NAMESPACES.get(call.service, ""))
    element = ET.SubElement(root, "Error")
    ET.SubElement(element, "Type").text = "Sender" if error.is_senders_fault else "Receiver"
    ET.SubElement(element, "Code").text = error.code
    ET.SubElement(element, "Message").text = error.message
    ET.SubElement(root, "RequestId").text = str(uuid.uuid4())
    return Answer(error.status, XML_TYPE, ET.tostring(root, encoding="utf-8"))


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
