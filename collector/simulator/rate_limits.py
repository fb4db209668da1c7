"""AWS's rate limits as token buckets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Calls a second in the long run, and how many may come at once."""

    per_second: float
    burst: int


# Per calling account (facts F4.3).
ORGANIZATIONS_LIMITS: dict[str, RateLimit] = {
    "ListAccounts": RateLimit(8, 12),
    "DescribeAccount": RateLimit(20, 30),
    "ListAccountsForParent": RateLimit(5, 8),
    "ListParents": RateLimit(5, 8),
    "ListOrganizationalUnitsForParent": RateLimit(5, 8),
    "ListChildren": RateLimit(6, 10),
    "ListTagsForResource": RateLimit(10, 15),
    "ListRoots": RateLimit(1, 2),
    "DescribeOrganization": RateLimit(1, 2),
    "DescribeOrganizationalUnit": RateLimit(2, 2),
    "ListDelegatedAdministrators": RateLimit(5, 8),
}


class TokenBucket:
    """Holds up to `burst` tokens, filled up again at `per_second`; a call takes one."""

    def __init__(self, limit: RateLimit) -> None:
        self._limit = limit
        self._tokens = float(limit.burst)
        self._filled_at: datetime | None = None

    def take(self, now: datetime) -> bool:
        """Take a token; False when there is none."""
        if self._filled_at is not None:
            elapsed = (now - self._filled_at).total_seconds()
            self._tokens = min(self._limit.burst, self._tokens + elapsed * self._limit.per_second)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class RateLimiter:
    """A bucket for each key that is asked about, all of the same limit or each of its own."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str], TokenBucket] = {}

    def take(self, key: tuple[str, str], limit: RateLimit, now: datetime) -> bool:
        """Take a token of the key's bucket; False when there is none."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = TokenBucket(limit)
        return bucket.take(now)
