"""Who hears of alarms and of accounts that failed, judged. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.doctor.finding import Finding, fault, fine

if TYPE_CHECKING:
    from collections.abc import Mapping


def judge_topic(topic_arn: str, attributes: Mapping[str, str]) -> Finding:
    """GetTopicAttributes' attributes; the counts are text there."""
    confirmed, pending = (int(attributes.get(f"Subscriptions{state}", 0)) for state in ("Confirmed", "Pending"))
    if confirmed:
        return fine("topic", topic_arn, f"reaches {confirmed} subscribers")
    if pending:
        return fault(
            "topic",
            topic_arn,
            "reaches nobody: no subscription is confirmed",
            "Confirm it by the link in the e-mail that AWS sent.",
        )
    return fault(
        "topic",
        topic_arn,
        "reaches nobody: alarms and notices go unheard",
        f"aws sns subscribe --topic-arn {topic_arn} --protocol email --notification-endpoint YOU@EXAMPLE.COM",
    )
