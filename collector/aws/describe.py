"""The doctor's calls to AWS, in addition to a run's own. Each function is one call; every failure is a CallFault.

Operations have the names of their permissions, since those are what has to be granted where a call is denied.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

import botocore
import pyarrow as pa

from collector.aws.clients import DEFAULT_REGION, client
from collector.aws.errors import translated
from collector.aws.glue import GlueCalls
from collector.errors import CallFault

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from types_boto3_athena.type_defs import WorkGroupTypeDef
    from types_boto3_glue.type_defs import DatabaseTypeDef, TableTypeDef
    from types_boto3_kms.type_defs import KeyMetadataTypeDef
    from types_boto3_lakeformation.type_defs import (
        ListPermissionsRequestTypeDef,
        PrincipalResourcePermissionsTypeDef,
        ResourceTypeDef,
    )
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import (
        LifecycleRuleOutputTypeDef,
        PublicAccessBlockConfigurationTypeDef,
        ServerSideEncryptionRuleOutputTypeDef,
    )

T = TypeVar("T")


def clock_skew(now: datetime) -> float:
    """How many seconds `now` is ahead of AWS's clock, by the date of an answer of STS, to the second."""
    sts = client("sts")
    with translated("sts:GetCallerIdentity"):
        headers = sts.get_caller_identity()["ResponseMetadata"]["HTTPHeaders"]
        return (now - parsedate_to_datetime(headers["date"])).total_seconds()


def own_region() -> str:
    """The Region that the caller configured."""
    return client("sts").meta.region_name or DEFAULT_REGION


def versions() -> dict[str, str]:
    """The libraries that a run rests on."""
    return {"botocore": botocore.__version__, "pyarrow": pa.__version__}


def bucket_versioning(s3: S3Client, bucket: str) -> str | None:
    """GetBucketVersioning's `Status`: `Enabled` or `Suspended`; None where versioning was never enabled."""
    with translated("s3:GetBucketVersioning"):
        return s3.get_bucket_versioning(Bucket=bucket).get("Status")


def public_access_block(s3: S3Client, bucket: str) -> PublicAccessBlockConfigurationTypeDef | None:
    """GetPublicAccessBlock's configuration; None where the bucket has none."""
    answer = _unless(
        "NoSuchPublicAccessBlockConfiguration",
        "s3:GetBucketPublicAccessBlock",
        lambda: s3.get_public_access_block(Bucket=bucket),
    )
    return None if answer is None else answer["PublicAccessBlockConfiguration"]


def encryption_rules(s3: S3Client, bucket: str) -> list[ServerSideEncryptionRuleOutputTypeDef]:
    """GetBucketEncryption's rules; none where there are none."""
    answer = _unless(
        "ServerSideEncryptionConfigurationNotFoundError",
        "s3:GetEncryptionConfiguration",
        lambda: s3.get_bucket_encryption(Bucket=bucket),
    )
    return [] if answer is None else answer["ServerSideEncryptionConfiguration"]["Rules"]


def bucket_policy(s3: S3Client, bucket: str) -> str | None:
    """GetBucketPolicy's document; None where there is none."""
    answer = _unless("NoSuchBucketPolicy", "s3:GetBucketPolicy", lambda: s3.get_bucket_policy(Bucket=bucket))
    return None if answer is None else answer["Policy"]


def lifecycle_rules(s3: S3Client, bucket: str) -> list[LifecycleRuleOutputTypeDef]:
    """GetBucketLifecycleConfiguration's rules; none where there are none."""
    answer = _unless(
        "NoSuchLifecycleConfiguration",
        "s3:GetLifecycleConfiguration",
        lambda: s3.get_bucket_lifecycle_configuration(Bucket=bucket),
    )
    return [] if answer is None else answer["Rules"]


def key_metadata(key: str) -> KeyMetadataTypeDef:
    """DescribeKey's metadata."""
    kms = client("kms")
    with translated("kms:DescribeKey"):
        return kms.describe_key(KeyId=key)["KeyMetadata"]


def glue_database(database: str) -> DatabaseTypeDef | None:
    """GetDatabase's database; None where there is none."""
    glue = client("glue")
    answer = _unless("EntityNotFoundException", "glue:GetDatabase", lambda: glue.get_database(Name=database))
    return None if answer is None else answer["Database"]


def glue_table(database: str, name: str) -> TableTypeDef | None:
    """GetTable's table; None where there is none."""
    return GlueCalls(client("glue"), database).table(name)


def workgroup(name: str) -> WorkGroupTypeDef:
    """GetWorkGroup's workgroup."""
    athena = client("athena")
    with translated("athena:GetWorkGroup"):
        return athena.get_work_group(WorkGroup=name)["WorkGroup"]


def lake_formation_grants(resource: ResourceTypeDef) -> list[PrincipalResourcePermissionsTypeDef]:
    """ListPermissions' grants on a resource of Lake Formation, such as `{"Database": {"Name": …}}`.

    Only explicit grants are listed, and of those only what the caller may see.
    """
    lakeformation = client("lakeformation")
    grants: list[PrincipalResourcePermissionsTypeDef] = []
    request: ListPermissionsRequestTypeDef = {"Resource": resource}
    while True:
        with translated("lakeformation:ListPermissions"):
            page = lakeformation.list_permissions(**request)
        grants += page["PrincipalResourcePermissions"]
        if not page.get("NextToken"):
            return grants
        request["NextToken"] = page["NextToken"]


def topic_attributes(topic_arn: str) -> dict[str, str]:
    """GetTopicAttributes' attributes."""
    sns = client("sns")
    with translated("sns:GetTopicAttributes"):
        return sns.get_topic_attributes(TopicArn=topic_arn)["Attributes"]


def _unless(missing: str, operation: str, call: Callable[[], T]) -> T | None:
    """The call's answer; None where it is answered that there is no such thing."""
    try:
        with translated(operation):
            return call()
    except CallFault as fault:
        if fault.code == missing:
            return None
        raise
