"""What the settings of the lake's bucket and key mean for a run and for what it keeps. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.doctor.finding import Finding, fault, fine

if TYPE_CHECKING:
    from types_boto3_kms.type_defs import KeyMetadataTypeDef
    from types_boto3_s3.type_defs import (
        PublicAccessBlockConfigurationTypeDef,
        ServerSideEncryptionRuleOutputTypeDef,
    )

_PUBLIC_ACCESS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def judge_versioning(bucket: str, status: str | None) -> Finding:
    """GetBucketVersioning's `Status`: without versions, a publication record that is lost is lost."""
    if status == "Enabled":
        return fine("bucket versioning", bucket, "is on")
    return fault(
        "bucket versioning",
        bucket,
        f"is not on ({status or 'never switched on'}), so an object that is overwritten or deleted is gone",
        f"aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled",
    )


def judge_public_access(bucket: str, configuration: PublicAccessBlockConfigurationTypeDef | None) -> Finding:
    """GetPublicAccessBlock's configuration; None where the bucket has none."""
    missing = [name for name in _PUBLIC_ACCESS if not (configuration or {}).get(name)]
    if not missing:
        return fine("bucket public access", bucket, "is blocked")
    settings = ",".join(f"{name}=true" for name in _PUBLIC_ACCESS)
    return fault(
        "bucket public access",
        bucket,
        f"is not blocked by the bucket itself: {', '.join(missing)}",
        f"aws s3api put-public-access-block --bucket {bucket} --public-access-block-configuration {settings}",
    )


def judge_encryption(bucket: str, rules: list[ServerSideEncryptionRuleOutputTypeDef], kms_key: str | None) -> Finding:
    """GetBucketEncryption's rules, beside the key that a run names."""
    default = (rules[0] if rules else {}).get("ApplyServerSideEncryptionByDefault", {})
    algorithm = default.get("SSEAlgorithm")
    if algorithm is None:
        return fault(
            "bucket encryption",
            bucket,
            "has no default, so what others write there may lie unencrypted",
            "Deploy deploy/collector.yaml's bucket, or set a default with aws s3api put-bucket-encryption.",
        )
    if algorithm.startswith("aws:kms") and kms_key is None:
        return fault(
            "bucket encryption",
            bucket,
            f"defaults to a KMS key ({default.get('KMSMasterKeyID', 'of AWS')}), and the run names none: what it "
            "writes is encrypted with S3's own keys",
            "Name the key with --kms-key (CREDLAKE_KMS_KEY).",
        )
    return fine("bucket encryption", bucket, f"defaults to {algorithm}")


def judge_region(bucket: str, bucket_region: str | None, own_region: str) -> Finding:
    """HeadBucket's Region beside the caller's."""
    if bucket_region in {None, own_region}:
        return fine("bucket region", bucket, f"is {bucket_region or 'not told by the server'}")
    return fault(
        "bucket region",
        bucket,
        f"is {bucket_region}, and the caller's is {own_region}, where Glue and Athena are asked",
        f"Run in {bucket_region} (AWS_DEFAULT_REGION).",
    )


def judge_key(key: str, metadata: KeyMetadataTypeDef) -> Finding:
    """DescribeKey's metadata."""
    state = metadata.get("KeyState", "of an unknown state")
    if state == "Enabled" and metadata.get("KeyUsage", "ENCRYPT_DECRYPT") == "ENCRYPT_DECRYPT":
        return fine("key", key, "is enabled")
    return fault(
        "key",
        key,
        f"is {state}, for {metadata.get('KeyUsage')}: nothing can be written or read with it",
        "Enable it, or cancel its deletion (aws kms enable-key, cancel-key-deletion), or name another with --kms-key.",
    )
