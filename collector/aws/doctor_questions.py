"""What the doctor asks of AWS beside a run's own calls. Each is one call; every failure is a CallFault.

The operations are called by their permission's name, since that is what a refusal's mend has to name.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import botocore
import pyarrow as pa

from collector.aws.clients import DEFAULT_REGION
from collector.aws.glue_calls import GlueCalls
from collector.aws.lake_clients import glue_client
from collector.aws.service_clients import service_client
from collector.aws.translation import translated
from collector.faults import CallFault

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


def clock_skew(now: datetime) -> float:
    """How many seconds `now` is ahead of AWS's clock, as an answer of STS tells it to the second."""
    client = service_client("sts")
    with translated("sts:GetCallerIdentity"):
        headers = client.get_caller_identity()["ResponseMetadata"]["HTTPHeaders"]
        return (now - parsedate_to_datetime(headers["date"])).total_seconds()


def own_region() -> str:
    """The Region that the caller configured."""
    return str(service_client("sts").meta.region_name or DEFAULT_REGION)


def versions() -> dict[str, str]:
    """The libraries that a run rests on."""
    return {"botocore": botocore.__version__, "pyarrow": pa.__version__}


def bucket_versioning(client: Any, bucket: str) -> dict[str, Any]:
    """GetBucketVersioning's answer."""
    with translated("s3:GetBucketVersioning"):
        return dict(client.get_bucket_versioning(Bucket=bucket))


def public_access_block(client: Any, bucket: str) -> dict[str, Any] | None:
    """GetPublicAccessBlock's configuration; None where the bucket has none."""
    answer = _unless(
        "NoSuchPublicAccessBlockConfiguration",
        "s3:GetBucketPublicAccessBlock",
        lambda: client.get_public_access_block(Bucket=bucket),
    )
    return None if answer is None else dict(answer["PublicAccessBlockConfiguration"])


def encryption_rules(client: Any, bucket: str) -> list[dict[str, Any]]:
    """GetBucketEncryption's rules; none where there are none."""
    answer = _unless(
        "ServerSideEncryptionConfigurationNotFoundError",
        "s3:GetEncryptionConfiguration",
        lambda: client.get_bucket_encryption(Bucket=bucket),
    )
    return [] if answer is None else list(answer["ServerSideEncryptionConfiguration"]["Rules"])


def bucket_policy(client: Any, bucket: str) -> str | None:
    """GetBucketPolicy's document; None where there is none."""
    answer = _unless("NoSuchBucketPolicy", "s3:GetBucketPolicy", lambda: client.get_bucket_policy(Bucket=bucket))
    return None if answer is None else str(answer["Policy"])


def lifecycle_rules(client: Any, bucket: str) -> list[dict[str, Any]]:
    """GetBucketLifecycleConfiguration's rules; none where there are none."""
    answer = _unless(
        "NoSuchLifecycleConfiguration",
        "s3:GetLifecycleConfiguration",
        lambda: client.get_bucket_lifecycle_configuration(Bucket=bucket),
    )
    return [] if answer is None else list(answer["Rules"])


def key_metadata(key: str) -> dict[str, Any]:
    """DescribeKey's metadata."""
    client = service_client("kms")
    with translated("kms:DescribeKey"):
        return dict(client.describe_key(KeyId=key)["KeyMetadata"])


def glue_database(database: str) -> dict[str, Any] | None:
    """GetDatabase's database; None where there is none."""
    client = glue_client()
    answer = _unless("EntityNotFoundException", "glue:GetDatabase", lambda: client.get_database(Name=database))
    return None if answer is None else dict(answer["Database"])


def glue_table(database: str, name: str) -> dict[str, Any] | None:
    """GetTable's table; None where there is none."""
    return GlueCalls(glue_client(), database).table(name)


def workgroup(name: str) -> dict[str, Any]:
    """GetWorkGroup's workgroup."""
    client = service_client("athena")
    with translated("athena:GetWorkGroup"):
        return dict(client.get_work_group(WorkGroup=name)["WorkGroup"])


def lake_formation_grants(resource: dict[str, Any]) -> list[dict[str, Any]]:
    """ListPermissions' grants on a resource of Lake Formation, such as `{"Database": {"Name": …}}`.

    Only what was granted explicitly is told, and of that only what the caller may see.
    """
    client = service_client("lakeformation")
    grants: list[dict[str, Any]] = []
    request: dict[str, Any] = {"Resource": resource}
    while True:
        with translated("lakeformation:ListPermissions"):
            page = client.list_permissions(**request)
        grants += page["PrincipalResourcePermissions"]
        if not page.get("NextToken"):
            return grants
        request["NextToken"] = page["NextToken"]


def topic_attributes(topic_arn: str) -> dict[str, Any]:
    """GetTopicAttributes' attributes."""
    client = service_client("sns")
    with translated("sns:GetTopicAttributes"):
        return dict(client.get_topic_attributes(TopicArn=topic_arn)["Attributes"])


def _unless(missing: str, operation: str, call: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """The call's answer; None where it is answered that there is no such thing."""
    try:
        with translated(operation):
            return call()
    except CallFault as fault:
        if fault.code == missing:
            return None
        raise
