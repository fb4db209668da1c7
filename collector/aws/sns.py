"""Messages to SNS topics, within the limits of SNS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from collector.aws.clients import client
from collector.aws.errors import translated

if TYPE_CHECKING:
    from collections.abc import Mapping

# SNS: ASCII, at most 100 characters, no line breaks.
_LONGEST_SUBJECT = 100
# SNS takes 256 KB with the attributes, which are a few hundred bytes here.
MOST_BYTES = 250 * 1024
# Subscribers that are programs; a person reads the others.
_PROGRAMS = ("sqs", "lambda", "https")


def publish(topic_arn: str, *, subject: str, text: str, for_programs: str, attributes: Mapping[str, str]) -> None:
    """Send a message to a topic, in the topic's own Region.

    Args:
        topic_arn: the topic.
        subject: one line; what is not ASCII becomes `?`.
        text: the message for people.
        for_programs: the message for queues, functions and webhooks.
        attributes: what subscriptions can filter by; none may be empty.

    Raises:
        CallFault: SNS denied or refused it, or could not be reached.
    """
    one_line = " ".join(subject.split()).encode("ascii", "replace").decode()
    with translated("sns:Publish"):
        client("sns", topic_arn.split(":")[3]).publish(
            TopicArn=topic_arn,
            Subject=one_line[:_LONGEST_SUBJECT],
            Message=_message(text, for_programs),
            MessageStructure="json",
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        )


def bytes_of(text: str, for_programs: str) -> int:
    """The size of a message, without its attributes."""
    return len(_message(text, for_programs).encode())


def _message(text: str, for_programs: str) -> str:
    """One message for each kind of subscriber."""
    return json.dumps({"default": text, **dict.fromkeys(_PROGRAMS, for_programs)}, ensure_ascii=False)
