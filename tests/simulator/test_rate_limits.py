from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collector.simulator import RateLimit
from collector.simulator.rate_limits import ORGANIZATIONS_LIMITS, TokenBucket

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_burst_passes_at_once_and_then_so_many_a_second():
    bucket = TokenBucket(RateLimit(8, 12))

    assert [bucket.take(NOON) for _ in range(13)] == [True] * 12 + [False]
    half_a_second_later = NOON + timedelta(seconds=0.5)
    assert [bucket.take(half_a_second_later) for _ in range(5)] == [True] * 4 + [False]


def test_a_bucket_never_holds_more_than_the_burst():
    bucket = TokenBucket(RateLimit(8, 12))
    bucket.take(NOON)

    assert [bucket.take(NOON + timedelta(hours=1)) for _ in range(13)] == [True] * 12 + [False]


@pytest.mark.parametrize(
    ("operation", "per_second", "burst"),
    [
        ("ListAccounts", 8, 12),
        ("DescribeAccount", 20, 30),
        ("ListParents", 5, 8),
        ("ListTagsForResource", 10, 15),
        ("ListRoots", 1, 2),
        ("DescribeOrganizationalUnit", 2, 2),
    ],
)
def test_the_limits_are_those_that_aws_publishes(operation, per_second, burst):
    assert ORGANIZATIONS_LIMITS[operation] == RateLimit(per_second, burst)
