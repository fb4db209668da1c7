"""A notice sent to an SNS topic."""

from __future__ import annotations

from collector.aws.clients import client
from collector.aws.errors import translated


def send(subject: str, text: str, topic_arn: str) -> None:
    """Send a message to all who are subscribed to the topic.

    Raises:
        CallFault: it was not sent.
    """
    sns = client("sns")
    with translated("sns:Publish"):
        sns.publish(TopicArn=topic_arn, Subject=subject, Message=text)
