"""A lake in an S3 bucket: whole objects by one `put_object` each, the record by a conditional one."""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import structlog

from collector.aws.clients import client, has_region, use_lake_region
from collector.aws.errors import without_credentials
from collector.aws.s3 import (
    ABSENT,
    ObjectLock,
    S3Objects,
    S3Place,
    is_conflict,
    is_missing,
    may_have_arrived,
    parse_s3_uri,
    unchanged,
)
from collector.errors import CallFault, FaultKind, LakeError
from collector.lake.layout import CATALOG, RAW, ZONES
from collector.lake.store import (
    MissingObjectError,
    ReplaceConflictError,
    VersionedObject,
    already_exists,
    disk_errors,
    no_lake,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from types_boto3_s3 import S3Client
    from types_boto3_s3.literals import ObjectLockModeType

    from collector.aws.s3 import Condition

_log = structlog.get_logger()

# Hidden from Athena (facts F7.1) and from `names` by its dot. It stays, so that the role needs no right to delete.
_PROBE = ".credlake-probe"
_PROBE_CONTENT = b"credlake checks whether it can write here.\n"
_NO_ETAG = '"00000000000000000000000000000000"'

_DENIED = frozenset({"403", "Forbidden", "AllAccessDisabled", "AccountProblem"})
# S3 computed another checksum than the one sent.
_ALTERED = frozenset(
    {"BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch", "FlexibleChecksumError"}
)

# Where the permission has another name than the call. Without s3:ListBucket, S3 returns AccessDenied for an object that
# does not exist.
_PERMISSIONS = {
    "s3:GetObject": ("s3:GetObject", "s3:ListBucket"),
    "s3:HeadObject": ("s3:GetObject", "s3:ListBucket"),
    "s3:ListObjectsV2": ("s3:ListBucket",),
    "s3:HeadBucket": ("s3:ListBucket",),
}
_UNCHANGED = "What was published before is unchanged."
_NO_BUCKET = frozenset({"NoSuchBucket", "InvalidBucketName"})
_CREDENTIALS = "Provide valid AWS credentials (AWS_PROFILE, `aws sso login`, or a role), and run again."
_LATER = f"All retries failed: run again later. {_UNCHANGED}"
_ON_THE_WAY = f"S3 received other bytes than were sent: check what is between here and S3 (a proxy?). {_UNCHANGED}"
_REGION = "The bucket is in another Region: name it with AWS_REGION, and run again."
_STEPS_BY_CODE = {
    **dict.fromkeys(_ALTERED, _ON_THE_WAY),
    **dict.fromkeys(
        ("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"), _REGION
    ),
    "InvalidAccessKeyId": _CREDENTIALS,
    # "Bucket is missing Object Lock Configuration": no other request of ours is known to be invalid.
    "InvalidRequest": "With --raw-lock, enable Object Lock on the bucket; or leave it (CREDLAKE_RAW_LOCK) out.",
    "NotImplemented": "This server lacks what a lake needs (conditional writes, checksums): use S3 itself.",
}
_STEPS_BY_KIND = {
    FaultKind.NO_CREDENTIALS: _CREDENTIALS,
    FaultKind.TOKEN_EXPIRED: _CREDENTIALS,
    FaultKind.THROTTLED: _LATER,
    FaultKind.SERVICE_FAILURE: _LATER,
    FaultKind.CONNECTION: f"Check the network, the Region and AWS_ENDPOINT_URL_S3, and run again. {_UNCHANGED}",
}


def open_s3_store(uri: str, *, kms_key: str | None = None, raw_lock: str | None = None) -> S3Store:
    """The lake at `s3://bucket/prefix`; objects are encrypted with the KMS key, else as the bucket does.

    Where no Region is configured, Glue and Athena are called in the bucket's from now on.
    """
    try:
        s3 = client("s3")
    except CallFault as fault:
        raise _LakeErrors(parse_s3_uri(uri), kms_key=kms_key).error(fault, "Opening the lake at") from fault
    store = S3Store(uri, s3, kms_key=kms_key, raw_lock=raw_lock)
    if not has_region():
        # What prevents this call prevents the next one too, whose error says so.
        with suppress(LakeError):
            if region := store.bucket_region():
                use_lake_region(region)
                _log.info(
                    "region.of_the_bucket", region=region, bucket=store.place.bucket, hint="AWS_REGION is not set."
                )
    return store


class S3Store:
    """A lake in a bucket. The version of an object is its ETag.

    Every object is one `put_object` that fails where there is one already, with its SHA-256, which S3 checks before it
    stores the object: a partial upload is none. No call deletes, so the role needs no right to.
    """

    def __init__(
        self,
        uri: str,
        client: S3Client,
        *,
        kms_key: str | None = None,
        raw_lock: str | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        """Name the lake. No call is made yet.

        `raw_lock` is the Object Lock of reports, `MODE:DAYS`. `sleep` waits the seconds given, between attempts.
        """
        self.place: S3Place = parse_s3_uri(uri)
        self.uri = self.place.uri()
        self.client = client
        self.endpoint: str = client.meta.endpoint_url  # where the calls go, for the run's own record
        mode, _, days = (raw_lock or "").partition(":")
        lock = ObjectLock(f"{RAW}/", cast("ObjectLockModeType", mode), int(days)) if raw_lock else None
        self._objects = S3Objects(self.place, client, kms_key=kms_key, lock=lock, sleep=sleep)
        self._errors = _LakeErrors(self.place, client.meta.partition, kms_key=kms_key)

    def bucket_region(self) -> str | None:
        """The Region of the bucket; None where the server does not say."""
        with self.lake_errors("Looking for a lake at"):
            return self._objects.bucket_region()

    def check_exists(self) -> None:
        """Raise LakeError unless the bucket can be listed and there are objects under the prefix."""
        with self.lake_errors("Looking for a lake at"):
            if self._objects.is_empty():
                raise no_lake(self.uri, "no object has that prefix")

    def check_writable(self) -> None:
        """List the bucket, write a probe into each zone, and check that a conditional write that must fail does.

        The probe is one small object per zone that stays: nothing has to be deleted. Outside `catalog/` it is only
        created, since the deployed role may not overwrite objects there, and S3 denies callers without the permission
        before it checks whether there is one. A server that ignores conditions would let two runs overwrite each other.
        """
        with self.lake_errors("Looking for a lake at"):
            self._objects.is_empty()
        for zone in ZONES:
            if not self._put_probe(f"{zone}/{_PROBE}", ABSENT) and zone == CATALOG:
                with self.lake_errors("Reading the lake at", f"{zone}/{_PROBE}"):
                    version = self._objects.get(f"{zone}/{_PROBE}")[1]
                # Where this fails, another run wrote its probe at the same moment: both were allowed to try.
                self._put_probe(f"{zone}/{_PROBE}", unchanged(version))
        for condition in (ABSENT, unchanged(_NO_ETAG)):
            if self._put_probe(f"{CATALOG}/{_PROBE}", condition):
                raise LakeError(
                    f"{without_credentials(self.endpoint)} ignores {condition[0]} on PutObject, so two runs at "
                    "once could overwrite each other's publication. Nothing was collected. Use S3 itself, or a server "
                    "that supports conditional writes.",
                    location=self.uri,
                )

    def location(self, key: str) -> str:
        """The URI of a key."""
        return self.place.uri(key)

    def put(self, key: str, content: bytes) -> None:
        """Write a new object, whole or not at all. The same bytes again are accepted, others are a LakeError."""
        self._put_new(key, content, hashlib.sha256(content).digest())

    def put_file(self, key: str, path: Path) -> None:
        """`put` with the bytes of a local file, streamed."""
        with disk_errors("Reading", path):
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").digest()
            self._put_new(key, path, digest)

    def read(self, key: str) -> bytes:
        """The object's bytes; MissingObjectError where there is none."""
        with self.lake_errors("Reading", key):
            return self._objects.get(key)[0]

    def read_range(self, key: str, start: int, length: int) -> tuple[bytes, int]:
        """So many bytes of the object from `start` on (fewer at its end), and the size of the whole object."""
        with self.lake_errors("Reading", key):
            return self._objects.get_range(key, start, length)

    def stored_sha256(self, key: str) -> str | None:
        """The SHA-256 that S3 stores with the object, in hexadecimal; None where it stores none of it as a whole."""
        with self.lake_errors("Reading", key):
            return self._objects.stored_sha256(key)

    def fetch(self, key: str, scratch: Path) -> Path:
        """A copy of the object in a file of its own in that folder; MissingObjectError where there is none."""
        with self.lake_errors("Reading", key), disk_errors("Writing into", scratch):
            with tempfile.NamedTemporaryFile(
                dir=scratch, prefix="fetched-", suffix=f"-{key.rpartition('/')[2]}", delete=False
            ) as file:
                self._objects.download(key, file)
            return Path(file.name)

    def size(self, key: str) -> int | None:
        """The object's size in bytes; None where there is none."""
        with self.lake_errors("Reading", key):
            return self._objects.size(key)

    def names(self, folder: str) -> list[str]:
        """The names right under a folder, sorted, without hidden ones (probes)."""
        with self.lake_errors("Listing", folder):
            return sorted(name for name in self._objects.names(folder) if not name.startswith("."))

    def read_versioned(self, key: str) -> VersionedObject | None:
        """The object's bytes with its ETag; None where there is none."""
        try:
            with self.lake_errors("Reading", key):
                return VersionedObject(*self._objects.get(key))
        except MissingObjectError:
            return None

    def replace(self, key: str, content: bytes, *, expected: str | None) -> None:
        """Replace the object on condition that it still has the ETag expected, or is still absent.

        A refusal may come from our own write: its response was lost, and botocore's retry then found the new object.
        So after anything that looks like a failure, the stored object decides.
        """
        with self.lake_errors("Replacing", key):
            try:
                self._objects.put(key, content, ABSENT if expected is None else unchanged(expected))
            except CallFault as fault:
                # S3 returns NoSuchKey where the object that should be unchanged is gone.
                is_lost = is_conflict(fault) or is_missing(fault)
                if not (is_lost or may_have_arrived(fault)):
                    raise
                if self._holds(key, content, fault):
                    return
                if not is_lost:
                    raise
                raise ReplaceConflictError(self.location(key)) from fault

    def _holds(self, key: str, content: bytes, cause: CallFault) -> bool:
        try:
            return self._objects.get(key)[0] == content
        except CallFault as fault:
            if is_missing(fault):
                return False
            raise LakeError(
                f"Replacing {self.location(key)} failed with {cause.code}, and then it could not be read "
                f"({fault.code}), so it is not known whether the write took place; it did completely or not at "
                "all. Check the object, and run again.",
                location=self.location(key),
            ) from fault

    def _put_new(self, key: str, content: bytes | Path, digest: bytes) -> None:
        with self.lake_errors("Writing", key):
            try:
                self._objects.put_new(key, content, digest)
            except CallFault as fault:
                if not is_conflict(fault):
                    raise
                if self._objects.sha256(key) != digest:
                    raise already_exists(self.location(key)) from fault

    def _put_probe(self, probe: str, condition: Condition) -> bool:
        """Whether the condition held."""
        with self.lake_errors("Writing into the lake at", probe):
            try:
                self._objects.put(probe, _PROBE_CONTENT, condition)
            except CallFault as fault:
                if is_conflict(fault):
                    return False
                raise
        return True

    @contextmanager
    def lake_errors(self, doing: str, key: str = "") -> Iterator[None]:
        """Raise the CallFaults of the block as LakeErrors; `doing` begins their message."""
        try:
            yield
        except CallFault as fault:
            raise self._errors.error(fault, doing, key) from fault


@dataclass(frozen=True, slots=True)
class _LakeErrors:
    """The LakeError of a failed call: what failed, on what, why, and the permission or step that fixes it."""

    place: S3Place
    partition: str = "aws"  # in the ARNs of the permissions to grant
    kms_key: str | None = None  # encrypts the objects; None for the bucket's default

    def error(self, fault: CallFault, doing: str, relative: str = "") -> LakeError:
        """The error of one call; `doing` begins its message, `relative` is the key within the lake."""
        location = self.place.uri(relative)
        if is_missing(fault):
            return MissingObjectError(location)
        reason = f"{fault.operation}: {fault.code}: {fault.message}".rstrip(": .")
        return LakeError(
            f"{doing} {location} failed: {reason}. {self._next_step(fault)}",
            location=location,
            operation=fault.operation,
            code=fault.code,
        )

    def _next_step(self, fault: CallFault) -> str:
        code, kind = fault.code, fault.kind
        if code.startswith("KMS") or "kms:" in fault.message:
            key = self.kms_key or "the bucket's default key"
            if code in {"KMS.NotFoundException", "KMS.DisabledException", "KMS.KMSInvalidStateException"}:
                return f"Name a key that exists and is enabled, in the bucket's Region, with --kms-key (now: {key})."
            return f"Grant the caller kms:GenerateDataKey and kms:Decrypt on {key}, in its key policy or in IAM."
        if kind is FaultKind.DENIED or code in _DENIED:
            return self._grant(fault)
        if code in _NO_BUCKET:
            return f"There is no bucket {self.place.bucket}: create it, or name another with --lake."
        if fault.environment_step:
            return f"{fault.environment_step} {_UNCHANGED}"
        return _STEPS_BY_CODE.get(code) or _STEPS_BY_KIND.get(kind) or f"Run again later. {_UNCHANGED}"

    def _grant(self, fault: CallFault) -> str:
        actions = _PERMISSIONS.get(fault.operation, (fault.operation,))
        on_objects = " and ".join(action for action in actions if action != "s3:ListBucket")
        grants = [f"{on_objects} on {self.place.objects_arn(self.partition)}"] if on_objects else []
        if "s3:ListBucket" in actions:
            grants.append(f"s3:ListBucket on {self.place.bucket_arn(self.partition)}")
        hint = ""
        if fault.operation == "s3:PutObject" and self.kms_key is None:
            hint = " If the bucket's policy requires a KMS key, name it with --kms-key."
        return f"Grant the caller {', and '.join(grants)}; check for a bucket policy or an SCP that denies it.{hint}"
