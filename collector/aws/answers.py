"""What AWS returned, as the rest of the product can hold it: text that UTF-8 encodes, and dates only where they are.

JSON may contain half of a surrogate pair (an escaped U+D800), which no file and no terminal takes, and a number that is
no date or that no column can hold. Each concerns one account, so it must end neither the parsing of a whole page nor
the run. An error that is not from AWS (a web filter's page) has no code and no message for botocore's parsers: it gets
both here.
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, TypedDict

from botocore.exceptions import ClientError
from botocore.model import ListShape, MapShape, StringShape, StructureShape
from botocore.utils import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.client import BaseClient
    from botocore.model import OperationModel, Shape
    from botocore.session import Session

# What botocore's parser of dates raises, and the conversion to UTC at the ends of the calendar.
_NO_DATE = (ValueError, TypeError, RuntimeError, OverflowError, OSError)
# The sizes of AWS's types of numbers; our columns have the same, and Python's numbers any.
_BITS = {"integer": 32, "long": 64}
# The code of an error that is not from AWS.
FOREIGN = "NotAnAwsAnswer"
# Every error of AWS has one of them: as XML, as JSON, and as a header where the body has no code.
_MARKS = (b"<Code>", b"__type")
_CODE_HEADER = "x-amzn-errortype"
_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_MOST_WORDS = 200


class _HttpAnswer(TypedDict):
    """What botocore's parsers are given, as far as it matters here."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes


def readable(text: str) -> str:
    """The text, with U+FFFD for each character that UTF-8 cannot encode."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def parse_dates_leniently(session: Session) -> None:
    """Let the session's clients return a date that cannot be read as its text; every other one is in UTC."""
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_date)


def make_readable(client: BaseClient) -> None:
    """Let every text of the client's answers be a `str` that UTF-8 encodes, errors included."""
    client.meta.events.register("before-parse", name_foreign_error)
    client.meta.events.register("after-call", clean_answer)


def _date(value: str) -> datetime | str:
    try:
        instant = parse_timestamp(value)
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except _NO_DATE:
        return readable(str(value))


def name_foreign_error(
    operation_model: OperationModel,
    response_dict: _HttpAnswer,
    customized_response_dict: dict[str, object],
    **_context: object,
) -> None:
    """Give an error that is not from AWS a code and a message: the HTTP status and its first words.

    Only errors: a cut answer of AWS that is no error may hold report rows or a session's credentials.
    """
    status, body = response_dict["status_code"], response_dict["body"]
    is_error = status >= HTTPStatus.BAD_REQUEST and isinstance(body, bytes) and body
    if not is_error or any(mark in body for mark in _MARKS) or _CODE_HEADER in response_dict["headers"]:
        return
    words = " ".join(html.unescape(_MARKUP.sub(" ", body.decode(errors="replace"))).split())[:_MOST_WORDS]
    error = {"Code": FOREIGN, "Message": f"HTTP {status}, not an answer of AWS: {words}"}
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        raise ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": status}}, operation_model.name)  # type: ignore[typeddict-item]  # no request id, for AWS saw no request
    # botocore repeats such a request where the client may, and does not parse an empty body.
    response_dict["body"] = b""
    customized_response_dict["Error"] = error


def clean_answer(parsed: dict[str, object], model: OperationModel, **_context: object) -> None:
    """Let every text of a parsed answer be one that UTF-8 encodes.

    Raises:
        ValueError: a number is larger than AWS's type for it.
    """
    if isinstance(model.output_shape, StructureShape):
        parsed.update(_clean_structure(parsed, model.output_shape))
    error = parsed.get("Error")
    if isinstance(error, dict):
        error |= {key: readable(str(error.get(key) or "")) for key in ("Code", "Message")}


def _clean_structure(value: dict[str, object], shape: StructureShape) -> dict[str, object]:
    members = shape.members
    return {name: _clean(member, members[name]) if name in members else member for name, member in value.items()}


def _clean(value: object, shape: Shape) -> object:
    """A value as botocore parsed it: the type of a scalar is that of the JSON, which need not be that of the model.

    Raises:
        ValueError: a number is larger than AWS's type for it.
    """
    match shape, value:
        case StringShape(), _:
            return "" if value is None else readable(str(value))
        case StructureShape(), dict():
            return _clean_structure(value, shape)
        case ListShape(), list():
            return [_clean(member, shape.member) for member in value]
        case MapShape(), dict():
            return {_clean(key, shape.key): _clean(member, shape.value) for key, member in value.items()}
    if isinstance(value, int) and shape.type_name in _BITS and value.bit_length() >= _BITS[shape.type_name]:
        raise ValueError(f"a number of {value.bit_length()} bits")
    return value
