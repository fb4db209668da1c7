"""A notice sent to an SNS topic."""

from __future__ import annotations

from collector.aws.errors import translated
from collector.aws.service_clients import service_client


def send(subject: str, text: str, topic_arn: str) -> None:
    """Send a message to all who are subscribed to the topic.

    Raises:
        CallFault: it was not sent.
    """
    client = service_client("sns")
    with translated("sns:Publish"):
        client.publish(TopicArn=topic_arn, Subject=subject, Message=text)
