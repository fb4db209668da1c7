"""What AWS returned, as the rest of the product can hold it: text that UTF-8 encodes, and dates only where they are.

JSON may contain half of a surrogate pair (an escaped U+D800), which no file and no terminal takes, and a number that is
no date. Either concerns one account, so it must end neither the parsing of a whole page nor the run.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.model import ListShape, MapShape, StringShape, StructureShape
from botocore.utils import parse_timestamp

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.model import OperationModel, Shape
    from botocore.session import Session

# What botocore's parser of dates raises, and the conversion to UTC at the ends of the calendar.
_NO_DATE = (ValueError, TypeError, RuntimeError, OverflowError, OSError)


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
    client.meta.events.register("after-call", _clean_answer)


def _date(value: str) -> datetime | str:
    try:
        instant = parse_timestamp(value)
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except _NO_DATE:
        return readable(str(value))


def _clean_answer(parsed: dict[str, object], model: OperationModel, **_context: object) -> None:
    if isinstance(model.output_shape, StructureShape):
        parsed.update(_clean_structure(parsed, model.output_shape))
    error = parsed.get("Error")
    if isinstance(error, dict):
        error |= {key: readable(str(error.get(key) or "")) for key in ("Code", "Message")}


def _clean_structure(value: dict[str, object], shape: StructureShape) -> dict[str, object]:
    members = shape.members
    return {name: _clean(member, members[name]) if name in members else member for name, member in value.items()}


def _clean(value: object, shape: Shape) -> object:
    """A value as botocore parsed it: the type of a scalar is that of the JSON, which need not be that of the model."""
    match shape, value:
        case StringShape(), _:
            return None if value is None else readable(str(value))
        case StructureShape(), dict():
            return _clean_structure(value, shape)
        case ListShape(), list():
            return [_clean(member, shape.member) for member in value]
        case MapShape(), dict():
            return {_clean(key, shape.key): _clean(member, shape.value) for key, member in value.items()}
    return value
