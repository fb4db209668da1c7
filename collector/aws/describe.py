"""The doctor's calls to AWS, in addition to a run's own. Each function is one call; every failure is a CallFault.

Operations have the names of their permissions, since those are what has to be granted where a call is denied.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import botocore
import pyarrow as pa
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from collector.aws.clients import client
from collector.aws.errors import Ignoring, translated
from collector.aws.glue import GlueCalls
from collector.aws.pages import every_page
from collector.errors import CallFault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from types_boto3_athena.type_defs import WorkGroupTypeDef
    from types_boto3_glue.type_defs import DatabaseTypeDef, TableTypeDef
    from types_boto3_kms.type_defs import KeyMetadataTypeDef
    from types_boto3_lakeformation.type_defs import (
        ListPermissionsRequestTypeDef,
        ListPermissionsResponseTypeDef,
        PrincipalResourcePermissionsTypeDef,
        ResourceTypeDef,
    )
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import (
        LifecycleRuleOutputTypeDef,
        PublicAccessBlockConfigurationTypeDef,
        ServerSideEncryptionRuleOutputTypeDef,
    )

_TRANSIENT = frozenset({FaultKind.THROTTLED, FaultKind.SERVICE_FAILURE, FaultKind.CONNECTION})
# STS's client sends a request once, since a run repeats it by its own policy. The doctor repeats its calls with this.
repeated = Retrying(
    retry=retry_if_exception(lambda error: isinstance(error, CallFault) and error.kind in _TRANSIENT),
    stop=stop_after_attempt(4),
    wait=wait_random_exponential(multiplier=0.5, max=4),
    reraise=True,
)


def clock_skew(now: Callable[[], datetime]) -> float:
    """How many seconds `now` is ahead of AWS's clock, by the date of an answer of STS, to the second."""

    def attempt() -> float:
        sent_at = now()
        with translated("sts:GetCallerIdentity"):
            headers = client("sts").get_caller_identity()["ResponseMetadata"]["HTTPHeaders"]
            return (sent_at - parsedate_to_datetime(headers["date"])).total_seconds()

    return repeated(attempt)


def own_region() -> str:
    """The Region in which Glue and Athena are called."""
    return client("glue").meta.region_name


def versions() -> dict[str, str]:
    """The libraries that a run rests on."""
    return {"botocore": botocore.__version__, "pyarrow": pa.__version__}


def bucket_versioning(s3: S3Client, bucket: str) -> str | None:
    """GetBucketVersioning's `Status`: `Enabled` or `Suspended`; None where versioning was never enabled."""
    with translated("s3:GetBucketVersioning"):
        return s3.get_bucket_versioning(Bucket=bucket).get("Status")


def public_access_block(s3: S3Client, bucket: str) -> PublicAccessBlockConfigurationTypeDef | None:
    """GetPublicAccessBlock's configuration; None where the bucket has none."""
    with Ignoring("NoSuchPublicAccessBlockConfiguration"), translated("s3:GetBucketPublicAccessBlock"):
        return s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    return None


def encryption_rules(s3: S3Client, bucket: str) -> list[ServerSideEncryptionRuleOutputTypeDef]:
    """GetBucketEncryption's rules; none where there are none."""
    with Ignoring("ServerSideEncryptionConfigurationNotFoundError"), translated("s3:GetEncryptionConfiguration"):
        return s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    return []


def bucket_policy(s3: S3Client, bucket: str) -> str | None:
    """GetBucketPolicy's document; None where there is none."""
    with Ignoring("NoSuchBucketPolicy"), translated("s3:GetBucketPolicy"):
        return s3.get_bucket_policy(Bucket=bucket)["Policy"]
    return None


def lifecycle_rules(s3: S3Client, bucket: str) -> list[LifecycleRuleOutputTypeDef]:
    """GetBucketLifecycleConfiguration's rules; none where there are none."""
    with Ignoring("NoSuchLifecycleConfiguration"), translated("s3:GetLifecycleConfiguration"):
        return s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    return []


def key_metadata(key: str) -> KeyMetadataTypeDef:
    """DescribeKey's metadata."""
    with translated("kms:DescribeKey"):
        return client("kms").describe_key(KeyId=key)["KeyMetadata"]


def glue_database(database: str) -> DatabaseTypeDef | None:
    """GetDatabase's database; None where there is none."""
    return GlueCalls(client("glue"), database).database()


def glue_table(database: str, name: str) -> TableTypeDef | None:
    """GetTable's table; None where there is none."""
    return GlueCalls(client("glue"), database).table(name)


def workgroup(name: str) -> WorkGroupTypeDef:
    """GetWorkGroup's workgroup."""
    with translated("athena:GetWorkGroup"):
        return client("athena").get_work_group(WorkGroup=name)["WorkGroup"]


def lake_formation_grants(resource: ResourceTypeDef) -> list[PrincipalResourcePermissionsTypeDef]:
    """ListPermissions' grants on a resource of Lake Formation, such as `{"Database": {"Name": …}}`.

    Only explicit grants are listed, and of those only what the caller may see.
    """
    read = every_page(
        "lakeformation:ListPermissions",
        _permission_pages({"Resource": resource}),
        lambda page: map(repr, page["PrincipalResourcePermissions"]),
    )
    return [grant for page in read for grant in page["PrincipalResourcePermissions"]]


def _permission_pages(request: ListPermissionsRequestTypeDef) -> Iterator[ListPermissionsResponseTypeDef]:
    # botocore has no paginator for it.
    while True:
        yield (page := client("lakeformation").list_permissions(**request))
        if not page.get("NextToken"):
            return
        request["NextToken"] = page["NextToken"]


def topic_attributes(topic_arn: str) -> dict[str, str]:
    """GetTopicAttributes' attributes."""
    with translated("sns:GetTopicAttributes"):
        return client("sns", topic_arn.split(":")[3]).get_topic_attributes(TopicArn=topic_arn)["Attributes"]
