"""Who hears of alarms: SNS counts subscriptions as text."""

from __future__ import annotations

import pytest

from collector.doctor.topic_judgement import judge_topic


@pytest.mark.parametrize(
    ("confirmed", "pending", "mend"),
    [("1", "0", None), ("0", "1", "Confirm it by the link"), ("0", "0", "aws sns subscribe --topic-arn t ")],
)
def test_a_topic_is_fine_once_somebody_has_confirmed(confirmed, pending, mend):
    finding = judge_topic("t", {"SubscriptionsConfirmed": confirmed, "SubscriptionsPending": pending})
    assert finding.mend is None if mend is None else finding.mend.startswith(mend)
