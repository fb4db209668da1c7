"""What goes over the wire in the end: calls as they were understood, answers, refusals and how an answer arrives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

# What an operation answers, as AWS's model names it: nested dicts, lists, strings, numbers, booleans and datetimes.
Result = Mapping[str, Any]


class Protocol(Enum):
    """The two wire protocols: Organizations speaks JSON 1.1, STS and IAM speak query with XML answers."""

    JSON = "json"
    QUERY = "query"


class Pipeline(Enum):
    """How an answer reaches the client."""

    # Whole.
    WHOLE = "whole"
    # Content-Length tells the whole length, the connection ends half way.
    CUT = "cut"
    # Half of the body, with a Content-Length to match: HTTP sees nothing wrong.
    TRUNCATED = "truncated"
    # The connection is reset without an answer.
    RESET = "reset"
    # No answer ever; the connection stays open.
    HANG = "hang"


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """An error as AWS words it. `message` may hold {caller} and {action}, filled in when it is given."""

    code: str
    status: int
    message: str
    is_senders_fault: bool = True
    extra: tuple[tuple[str, str], ...] = ()

    def about(self, caller: str, action: str) -> ErrorAnswer:
        """The same error, naming who asked for what."""
        message = self.message.replace("{caller}", caller).replace("{action}", action)
        return ErrorAnswer(self.code, self.status, message, self.is_senders_fault, self.extra)


class RefusedError(Exception):
    """Ends a call with an error answer."""

    def __init__(self, answer: ErrorAnswer) -> None:
        super().__init__(answer.code)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Call:
    """One request, understood: whose key signed it, for which service and Region, and what it asks."""

    service: str
    protocol: Protocol
    operation: str
    parameters: Mapping[str, Any]
    region: str = ""
    access_key_id: str = ""
    session_token: str | None = None

    @property
    def action(self) -> str:
        """The call as IAM names it, `iam:GetCredentialReport`."""
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send: an HTTP status, a body, and how it arrives."""

    status: int
    content_type: str
    body: bytes
    delivery: Pipeline = Pipeline.WHOLE
