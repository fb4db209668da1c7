"""A notice sent to an SNS topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.aws.service_clients import service_client
from collector.aws.translation import translated

if TYPE_CHECKING:
    from collector.function.notice import Notice


def send(notice: Notice, topic_arn: str) -> None:
    """Send the notice to all who are subscribed to the topic.

    Raises:
        CallFault: it was not sent.
    """
    client = service_client("sns")
    with translated("sns:Publish"):
        client.publish(TopicArn=topic_arn, Subject=notice.subject, Message=notice.text)
