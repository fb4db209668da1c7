"""Checks of the lake: that it can be written, its publication record, the settings of its bucket, its key.

The functions from `check_versioning` on are pure: they evaluate one answer of AWS each.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from collector.aws import describe
from collector.aws.s3 import tag_value
from collector.catalog.follow import SUPERSEDED, TAG_KEY
from collector.doctor.finding import Finding, error_reported, fail, not_checked, ok, run_check
from collector.errors import CredlakeError
from collector.lake.layout import CATALOG, SNAPSHOTS, is_on_s3
from collector.lake.local_store import open_store
from collector.lake.record import read_record
from collector.lake.s3_store import S3Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from types_boto3_kms.type_defs import KeyMetadataTypeDef
    from types_boto3_s3.type_defs import (
        LifecycleRuleOutputTypeDef,
        PublicAccessBlockConfigurationTypeDef,
        ServerSideEncryptionRuleOutputTypeDef,
    )

    from collector.lake.record import PublishedFile
    from collector.lake.store import Store

_PUBLIC_ACCESS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
# The condition keys by which S3 itself does not count a policy as public.
_LIMITING_KEYS = frozenset(
    {
        *("aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn", "aws:userid"),
        *("aws:sourceaccount", "aws:sourcearn", "aws:sourceowner", "aws:sourceorgid", "aws:sourceorgpaths"),
        *("aws:sourcevpc", "aws:sourcevpce", "aws:sourceip", "s3:dataaccesspointarn", "s3:dataaccesspointaccount"),
    }
)
_RECORD_CHECK, _FILES_CHECK, _TAGS_CHECK = "publication record", "published files", "published tags"
# Why a check of what is published was not made, and what to do.
UNKNOWN_ORGANIZATION = ("the organization is not known", "See the check of the organization.")
# On S3 each size is a request of some 30 ms.
_READERS = 16
# What deletes the current version of an object. Delete markers and older versions are not read by any query.
_EXPIRING = {"Days", "Date"}


def check_lake(
    lake: str, *, kms_key: str | None, raw_lock: str | None = None, organization_id: str | None
) -> Iterator[Finding]:
    """Make all checks of the lake: each is yielded, whatever the others find."""
    try:
        store = open_store(lake, kms_key=kms_key, raw_lock=raw_lock)
    except CredlakeError as error:
        yield error_reported("lake", lake, error)
        for check in (_RECORD_CHECK, _FILES_CHECK, *(_BUCKET_CHECKS if is_on_s3(lake) else ())):
            yield not_checked(check, lake, "the lake cannot be opened", "See the check of the lake.")
        return
    yield from run_check("lake", lake, lambda: _check_writable(store, lake))
    yield from _check_published(store, organization_id)
    if isinstance(store, S3Store):
        for check, evaluate in _BUCKET_CHECKS.items():
            yield from run_check(check, store.place.bucket, partial(evaluate, store, store.place.bucket, kms_key))
    if kms_key is not None:
        yield from run_check("key", kms_key, lambda: check_key(kms_key, describe.key_metadata(kms_key)))


def _check_writable(store: Store, lake: str) -> Finding:
    store.check_writable()
    return ok("lake", lake, "can be listed, read and written")


def _check_published(store: Store, organization_id: str | None) -> Iterator[Finding]:
    """Check the publication record, and that the files are there that it names."""
    if organization_id is None:
        yield not_checked(_RECORD_CHECK, "none", *UNKNOWN_ORGANIZATION)
        yield not_checked(_FILES_CHECK, "none", *UNKNOWN_ORGANIZATION)
        return
    try:
        record = read_record(store, organization_id).record
    except CredlakeError as error:
        yield error_reported(_RECORD_CHECK, organization_id, error)
        yield not_checked(_FILES_CHECK, organization_id, "the publication record cannot be read", "Restore the record.")
        return
    newest = f"snapshots: {len(record.snapshots)}, the latest of {record.latest}" if record else None
    yield ok(_RECORD_CHECK, organization_id, newest or "has no snapshot yet")
    files = [file for snapshot in (record.snapshots.values() if record else ()) for file in snapshot.files]
    yield from run_check(_FILES_CHECK, organization_id, lambda: _check_files(store, organization_id, files))
    if isinstance(store, S3Store):
        yield from run_check(_TAGS_CHECK, organization_id, lambda: _check_tags(store, organization_id, files))


def _check_tags(store: S3Store, organization_id: str, files: Sequence[PublishedFile]) -> Finding:
    def tag_of(file: PublishedFile) -> str | None:
        with store.lake_errors("Reading the tags of", file.path):
            return tag_value(store.client, store.place, file.path, TAG_KEY)

    with ThreadPoolExecutor(_READERS, thread_name_prefix="doctor") as threads:
        tags = list(threads.map(tag_of, files))
    return check_tags(organization_id, [file.path for file, tag in zip(files, tags, strict=True) if tag == SUPERSEDED])


def check_tags(organization_id: str, expiring: Sequence[str]) -> Finding:
    """Evaluate which published files are tagged as superseded: the lifecycle rule deletes them in a few days."""
    if not expiring:
        return ok(_TAGS_CHECK, organization_id, f"mark no published file as {SUPERSEDED}")
    message = f"mark published files as {TAG_KEY}={SUPERSEDED}, so the lifecycle deletes them: {', '.join(expiring)}"
    fix = "Remove the tag (aws s3api delete-object-tagging), and find out who set it: only the collector's role may."
    return fail(_TAGS_CHECK, organization_id, message, fix)


def _check_files(store: Store, organization_id: str, files: Sequence[PublishedFile]) -> Finding:
    with ThreadPoolExecutor(_READERS, thread_name_prefix="doctor") as threads:
        sizes = list(threads.map(lambda file: store.size(file.path), files))
    return check_files(organization_id, files, sizes)


def check_files(organization_id: str, files: Sequence[PublishedFile], sizes: Sequence[int | None]) -> Finding:
    """Compare the files that the record names with their sizes in the lake, in bytes; None where there is none."""
    wrong = [file for file, size in zip(files, sizes, strict=True) if size != file.bytes]
    if not wrong:
        return ok(_FILES_CHECK, organization_id, f"are there: {len(files)}, each with the size in the record")
    missing = sum(size is None for size in sizes)
    message = f"{missing} of {len(files)} are missing, {len(wrong) - missing} have another size: {wrong[0].path}"
    more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    fix = "`credlake verify` lists them all; `credlake rebuild --date YYYY-MM-DD` writes the tables of a day again."
    return fail(_FILES_CHECK, organization_id, message + more, fix)


def check_versioning(bucket: str, status: str | None) -> Finding:
    """Evaluate GetBucketVersioning's `Status`: without versions a deleted publication record cannot be restored."""
    if status == "Enabled":
        return ok("bucket versioning", bucket, "is enabled")
    message = f"is not enabled ({status or 'it never was'}), so an object that is overwritten or deleted is lost"
    fix = f"aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled"
    return fail("bucket versioning", bucket, message, fix)


def check_public_access(bucket: str, configuration: PublicAccessBlockConfigurationTypeDef | None) -> Finding:
    """Evaluate GetPublicAccessBlock's configuration; None where the bucket has none."""
    missing = [name for name in _PUBLIC_ACCESS if not (configuration or {}).get(name)]
    if not missing:
        return ok("bucket public access", bucket, "is blocked")
    settings = ",".join(f"{name}=true" for name in _PUBLIC_ACCESS)
    message = f"is not blocked by the bucket itself; not set: {', '.join(missing)}"
    fix = f"aws s3api put-public-access-block --bucket {bucket} --public-access-block-configuration {settings}"
    return fail("bucket public access", bucket, message, fix)


def check_encryption(bucket: str, rules: list[ServerSideEncryptionRuleOutputTypeDef], kms_key: str | None) -> Finding:
    """Evaluate GetBucketEncryption's rules: they apply to whatever is written without a key of its own."""
    default = (rules[0] if rules else {}).get("ApplyServerSideEncryptionByDefault", {})
    algorithm = default.get("SSEAlgorithm")
    own = f"; the lake's objects are encrypted with {kms_key}" if kms_key else ""
    if algorithm is None:
        message = "has no default, so objects that others write may be stored unencrypted"
        fix = "Deploy the bucket of deploy/collector.yaml, or set a default with aws s3api put-bucket-encryption."
        return fail("bucket encryption", bucket, message, fix)
    key = f" with {default['KMSMasterKeyID']}" if "KMSMasterKeyID" in default else ""
    return ok("bucket encryption", bucket, f"defaults to {algorithm}{key}{own}")


def check_policy(bucket: str, policy: str | None) -> Iterator[Finding]:
    """Evaluate GetBucketPolicy's document, None where there is none: whether it denies requests without TLS.

    A statement that opens the bucket to everybody is a finding of its own.
    """
    found = json.loads(policy)["Statement"] if policy else []
    statements = found if isinstance(found, list) else [found]
    for statement in filter(_is_open, statements):
        actions = statement.get("Action") or f"everything but {statement.get('NotAction')}"
        message = f"opens the bucket to everybody ({statement.get('Sid', 'a statement without Sid')}: {actions})"
        yield fail("bucket policy", bucket, message, "Name the principals, or remove the statement.")
    if any(_denies_without_tls(one) for one in statements):
        yield ok("bucket policy", bucket, "denies requests without TLS")
    else:
        fix = "Deny s3:* to everyone where aws:SecureTransport is false (BucketPolicy of deploy/collector.yaml)."
        yield fail("bucket policy", bucket, "does not deny requests without TLS", fix)


def _is_open(statement: dict[str, Any]) -> bool:
    """Whether the statement allows something to everybody: no condition limits who that is."""
    if statement.get("Effect") != "Allow":
        return False
    principal = statement.get("Principal")
    named = principal.get("AWS", []) if isinstance(principal, dict) else principal
    is_everybody = "NotPrincipal" in statement or "*" in ([named] if isinstance(named, str) else named or [])
    keys = {key.lower() for condition in statement.get("Condition", {}).values() for key in condition}
    return is_everybody and not keys & _LIMITING_KEYS


def _denies_without_tls(statement: dict[str, Any]) -> bool:
    conditions = statement.get("Condition", {}).get("Bool", {})
    values = [value for key, value in conditions.items() if key.lower() == "aws:securetransport"]
    return (
        statement.get("Effect") == "Deny"
        and statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
        and statement.get("Action") in ("s3:*", "*", ["s3:*"], ["*"])
        and [str(value).lower() for value in values] == ["false"]
    )


def check_lifecycle(bucket: str, prefix: str, rules: Sequence[LifecycleRuleOutputTypeDef]) -> Finding:
    """Evaluate GetBucketLifecycleConfiguration's rules: whether one of them deletes published objects.

    Superseded objects are tagged and may expire, as may `raw/`. The record and the snapshots that it lists must stay.
    """
    deleting = [
        f"{rule.get('ID', 'without an id')} ({', '.join(zones)})"
        for rule in rules
        if (zones := list(_published_zones(rule, prefix)))
    ]
    if not deleting:
        return ok("bucket lifecycle", bucket, "deletes no published object")
    message = f"deletes published objects, by these rules: {'; '.join(deleting)}"
    harmless = f"raw/, to athena-results/, or to objects tagged {TAG_KEY}={SUPERSEDED}"
    return fail("bucket lifecycle", bucket, message, f"Limit the rules to {harmless}, as in deploy/collector.yaml.")


def _published_zones(rule: LifecycleRuleOutputTypeDef, prefix: str) -> Iterator[str]:
    """Yield the zones of published objects that an enabled rule deletes regardless of the superseded tag."""
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


def check_region(bucket: str, bucket_region: str | None, own_region: str) -> Finding:
    """Compare HeadBucket's Region, None where the server reports none, with the caller's."""
    if bucket_region in {None, own_region}:
        return ok("bucket region", bucket, f"is {bucket_region or 'not reported by the server'}")
    message = f"is {bucket_region}, but Glue and Athena are called in {own_region}"
    return fail("bucket region", bucket, message, f"Run in {bucket_region} (AWS_REGION).")


def check_key(key: str, metadata: KeyMetadataTypeDef) -> Finding:
    """Evaluate DescribeKey's metadata."""
    state, usage = metadata.get("KeyState"), metadata.get("KeyUsage", "ENCRYPT_DECRYPT")
    if state == "Enabled" and usage == "ENCRYPT_DECRYPT":
        return ok("key", key, "is enabled")
    message = f"cannot encrypt or decrypt: its state is {state}, its usage {usage}"
    fix = "Enable it (aws kms enable-key), cancel its deletion (aws kms cancel-key-deletion), or set another --kms-key."
    return fail("key", key, message, fix)


# The bucket's checks by name; each takes the store, the bucket and the key that the run is configured with.
_BUCKET_CHECKS: dict[str, Callable[[S3Store, str, str | None], Finding | Iterator[Finding]]] = {
    "bucket versioning": lambda store, bucket, _: check_versioning(
        bucket, describe.bucket_versioning(store.client, bucket)
    ),
    "bucket public access": lambda store, bucket, _: check_public_access(
        bucket, describe.public_access_block(store.client, bucket)
    ),
    "bucket encryption": lambda store, bucket, kms_key: check_encryption(
        bucket, describe.encryption_rules(store.client, bucket), kms_key
    ),
    "bucket policy": lambda store, bucket, _: check_policy(bucket, describe.bucket_policy(store.client, bucket)),
    "bucket lifecycle": lambda store, bucket, _: check_lifecycle(
        bucket, store.place.prefix, describe.lifecycle_rules(store.client, bucket)
    ),
    "bucket region": lambda store, bucket, _: check_region(bucket, store.bucket_region(), describe.own_region()),
}
