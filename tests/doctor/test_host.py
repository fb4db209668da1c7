"""The host's clock and versions, and the topic of notices."""

from __future__ import annotations

import pytest

from collector.doctor.host import check_clock, check_topic, check_versions


@pytest.mark.parametrize(("seconds", "status"), [(0, "OK"), (-60, "OK"), (61, "FAIL"), (-301, "FAIL")])
def test_a_clock_that_is_more_than_a_minute_off_fails(seconds, status):
    assert check_clock(seconds).status == status


def test_a_botocore_that_drops_state_and_paths_fails():
    assert [one.status for one in check_versions({"botocore": "1.40.26", "pyarrow": "25.0.1"})] == ["FAIL", "OK"]
    assert [one.status for one in check_versions({"botocore": "1.44.5"})] == ["OK"]


@pytest.mark.parametrize(
    ("confirmed", "pending", "remediation"),
    [
        ("1", "0", None),
        ("0", "1", "Confirm the subscription with the link"),
        ("0", "0", "aws sns subscribe --topic-arn t "),
    ],
)
def test_a_topic_is_ok_once_a_subscription_is_confirmed(confirmed, pending, remediation):
    finding = check_topic("t", {"SubscriptionsConfirmed": confirmed, "SubscriptionsPending": pending})
    assert finding.remediation is None if remediation is None else finding.remediation.startswith(remediation)
