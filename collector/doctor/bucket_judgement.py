"""What the policy and the lifecycle of the lake's bucket mean for what lies in it. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from collector.catalog.s3_tags import SUPERSEDED, TAG_KEY
from collector.doctor.finding import Finding, fault, fine
from collector.lake.layout import CATALOG, SNAPSHOTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from types_boto3_s3.type_defs import LifecycleRuleOutputTypeDef

# What makes the newest version of an object expire; markers and older versions are nobody's answer any more.
_EXPIRING = {"Days", "Date"}


def judge_policy(bucket: str, policy: str | None) -> Finding:
    """GetBucketPolicy's document, None where there is none: whether it refuses whatever does not come over TLS."""
    statements = json.loads(policy)["Statement"] if policy else []
    if any(_refuses_without_tls(one) for one in (statements if isinstance(statements, list) else [statements])):
        return fine("bucket policy", bucket, "refuses what does not come over TLS")
    return fault(
        "bucket policy",
        bucket,
        "does not refuse what does not come over TLS",
        "Deny s3:* to everybody where aws:SecureTransport is false (BucketPolicy of deploy/collector.yaml).",
    )


def _refuses_without_tls(statement: dict[str, Any]) -> bool:
    conditions = statement.get("Condition", {}).get("Bool", {})
    values = [value for key, value in conditions.items() if key.lower() == "aws:securetransport"]
    return (
        statement.get("Effect") == "Deny"
        and statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
        and statement.get("Action") in ("s3:*", "*", ["s3:*"], ["*"])
        and [str(value).lower() for value in values] == ["false"]
    )


def judge_lifecycle(bucket: str, prefix: str, rules: Sequence[LifecycleRuleOutputTypeDef]) -> Finding:
    """GetBucketLifecycleConfiguration's rules: whether one of them deletes what is published.

    What was superseded is tagged, and `raw/` may end after a time of the owner's choice. But the record and the
    snapshots that it names have to stay.
    """
    deleting = [
        f"{rule.get('ID', 'without a name')} ({', '.join(zones)})"
        for rule in rules
        if (zones := list(_published_zones(rule, prefix)))
    ]
    if not deleting:
        return fine("bucket lifecycle", bucket, "deletes nothing that is published")
    return fault(
        "bucket lifecycle",
        bucket,
        f"deletes what is published, by its rules {'; '.join(deleting)}",
        f"Limit them to raw/, to athena-results/, or to objects tagged {TAG_KEY}={SUPERSEDED}, as "
        "deploy/collector.yaml does.",
    )


def _published_zones(rule: LifecycleRuleOutputTypeDef, prefix: str) -> Iterator[str]:
    """The zones of published objects that an enabled rule makes expire, whatever their tags."""
    if rule.get("Status") != "Enabled" or not _EXPIRING & rule.get("Expiration", {}).keys():
        return
    chosen = rule.get("Filter", {})
    both = chosen.get("And", {})
    tags = both.get("Tags", [chosen["Tag"]] if "Tag" in chosen else [])
    if {"Key": TAG_KEY, "Value": SUPERSEDED} in tags:
        return
    under = both.get("Prefix") or chosen.get("Prefix") or rule.get("Prefix", "")
    for zone in (CATALOG, SNAPSHOTS):
        folder = f"{prefix.rstrip('/')}/{zone}/".lstrip("/")
        if folder.startswith(under) or under.startswith(folder):
            yield f"{zone}/"
