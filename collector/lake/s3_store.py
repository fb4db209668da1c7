"""A lake in an S3 bucket: whole objects by one `put_object` each, the record by a conditional one."""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from collector.aws.clients import client
from collector.aws.errors import without_credentials
from collector.aws.s3 import (
    ABSENT,
    S3Objects,
    S3Place,
    is_conflict,
    is_missing,
    may_have_arrived,
    parse_s3_uri,
    unchanged,
)
from collector.errors import CallFault, FaultKind, LakeError
from collector.lake.layout import CATALOG, ZONES
from collector.lake.store import MissingObjectError, ReplaceConflictError, VersionedObject, disk_faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from types_boto3_s3 import S3Client

    from collector.aws.s3 import Condition, S3Place


_DENIED = frozenset({"403", "Forbidden", "AllAccessDisabled", "AccountProblem"})
# S3 computed another checksum than the one sent.
_ALTERED = frozenset(
    {"BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch", "FlexibleChecksumError"}
)

# Without s3:ListBucket, S3 answers AccessDenied for an object that is not there.
_PERMISSIONS = {
    "s3:PutObject": ("s3:PutObject",),
    "s3:GetObject": ("s3:GetObject", "s3:ListBucket"),
    "s3:HeadObject": ("s3:GetObject", "s3:ListBucket"),
    "s3:ListObjectsV2": ("s3:ListBucket",),
    "s3:HeadBucket": ("s3:ListBucket",),
    "s3:PutObjectTagging": ("s3:PutObjectTagging",),
    "s3:GetObjectTagging": ("s3:GetObjectTagging",),
    "s3:DeleteObjectTagging": ("s3:DeleteObjectTagging",),
}
_ON_THE_BUCKET = frozenset({"s3:ListBucket"})
_STANDS = "What was published before stands."
_NO_BUCKET = frozenset({"NoSuchBucket", "InvalidBucketName"})
_CREDENTIALS = "Give credentials that AWS takes (AWS_PROFILE, `aws sso login`, or a role), and run again."
_LATER = f"S3 said so until the attempts were used up: run again later. {_STANDS}"
_ON_THE_WAY = f"What arrived is not what was sent: look at what lies between here and S3 (a proxy?). {_STANDS}"
_REGION = "The bucket is in another Region: name it with AWS_DEFAULT_REGION, and run again."
_STEPS_BY_CODE = {
    **dict.fromkeys(_ALTERED, _ON_THE_WAY),
    **dict.fromkeys(
        ("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"), _REGION
    ),
    **dict.fromkeys(("InvalidAccessKeyId", "InvalidToken"), _CREDENTIALS),
    "NotImplemented": "This server lacks what a lake needs (conditional writes, checksums): use S3 itself.",
}
_STEPS_BY_KIND = {
    FaultKind.NO_CREDENTIALS: _CREDENTIALS,
    FaultKind.TOKEN_EXPIRED: _CREDENTIALS,
    FaultKind.THROTTLED: _LATER,
    FaultKind.SERVICE_FAILURE: _LATER,
    FaultKind.CONNECTION: f"Check the network, the Region and AWS_ENDPOINT_URL_S3, and run again. {_STANDS}",
}


@dataclass(frozen=True, slots=True)
class S3Faults:
    """Makes the LakeError of a fault; it knows whose lake it is, so that it can say what to grant on what."""

    place: S3Place
    partition: str = "aws"
    kms_key: str | None = None

    def error(self, fault: CallFault, doing: str, relative: str = "") -> LakeError:
        """The error of one call; `doing` begins its sentence, `relative` is the key within the lake."""
        location = self.place.uri(relative)
        if is_missing(fault):
            return MissingObjectError(f"{location} is not there.", location=location)
        said = f"{fault.operation}: {fault.code}: {fault.message}".rstrip(": .")
        return LakeError(
            f"{doing} {location} failed: {said}. {self._next_step(fault)}",
            location=location,
            operation=fault.operation,
            code=fault.code,
        )

    def _next_step(self, fault: CallFault) -> str:
        code, kind = fault.code, fault.kind
        if code.startswith("KMS") or "kms:" in fault.message:
            return self._key_step(fault)
        if kind is FaultKind.DENIED or code in _DENIED:
            return self._grant(fault)
        if code in _NO_BUCKET:
            return f"There is no bucket {self.place.bucket}: make it, or name another with --lake."
        return _STEPS_BY_CODE.get(code) or _STEPS_BY_KIND.get(kind) or f"Run again later. {_STANDS}"

    def _grant(self, fault: CallFault) -> str:
        actions = _PERMISSIONS.get(fault.operation, (fault.operation,))
        on_bucket = [action for action in actions if action in _ON_THE_BUCKET]
        on_objects = [action for action in actions if action not in _ON_THE_BUCKET]
        grants = [f"{' and '.join(on_objects)} on {self.place.objects_arn(self.partition)}"] if on_objects else []
        grants += [f"{' and '.join(on_bucket)} on {self.place.bucket_arn(self.partition)}"] if on_bucket else []
        hint = ""
        if fault.operation == "s3:PutObject" and self.kms_key is None:
            hint = " If the bucket's policy asks for a KMS key, name it with --kms-key."
        return f"Grant the caller {', and '.join(grants)}; look for a bucket policy or an SCP that denies it.{hint}"

    def _key_step(self, fault: CallFault) -> str:
        key = self.kms_key or "the bucket's default key"
        if fault.code in {"KMS.NotFoundException", "KMS.DisabledException", "KMS.KMSInvalidStateException"}:
            return f"Name a key that exists and is enabled, in the bucket's Region, with --kms-key (now: {key})."
        return f"Grant the caller kms:GenerateDataKey and kms:Decrypt on {key}, in its key policy or in IAM."


# Hidden from Athena (facts F7.1) and from `names` by its dot. It stays, so that the role needs no right to delete.
_PROBE = ".credlake-probe"
_PROBE_CONTENT = b"credlake looks here whether it can write.\n"
_NO_ETAG = '"00000000000000000000000000000000"'


def open_s3_store(uri: str, *, kms_key: str | None = None) -> S3Store:
    """The lake at `s3://bucket/prefix`; with a KMS key, objects are encrypted with it, else with S3's own (SSE-S3)."""
    try:
        s3 = client("s3")
    except CallFault as fault:
        raise S3Faults(parse_s3_uri(uri), kms_key=kms_key).error(fault, "Opening the lake at") from fault
    return S3Store(uri, s3, kms_key=kms_key)


class S3Store:
    """A lake in a bucket. The version of an object is its ETag.

    Every object is one `put_object` that fails where there is one already, with its SHA-256, which S3 compares before
    it keeps the object: half an upload is none. No call deletes, so the role needs no right to.
    """

    def __init__(
        self, uri: str, client: S3Client, *, kms_key: str | None = None, sleep: Callable[[float], None] | None = None
    ) -> None:
        """Name the place. Nothing is asked yet. `sleep` waits the seconds given, between tries."""
        self.place: S3Place = parse_s3_uri(uri)
        self.client = client
        self._objects = S3Objects(self.place, client, kms_key=kms_key, sleep=sleep)
        self._faults = S3Faults(self.place, client.meta.partition, kms_key=kms_key)

    @property
    def uri(self) -> str:
        """The lake as `s3://bucket/prefix`."""
        return self.place.uri()

    @property
    def endpoint(self) -> str:
        """Where the calls go, for the run's own record."""
        return self.client.meta.endpoint_url

    def bucket_region(self) -> str | None:
        """The Region of the bucket; None where the server does not say."""
        with self.said("Looking for a lake at"):
            return self._objects.bucket_region()

    def check_exists(self) -> None:
        """Raise LakeError unless the bucket can be listed and something lies under the prefix."""
        with self.said("Looking for a lake at"):
            if not self._objects.is_empty():
                return
        raise LakeError(
            f"There is no lake at {self.uri}: nothing lies there. Name another with --lake, or let `credlake collect` "
            "make it.",
            location=self.uri,
        )

    def check_writable(self) -> None:
        """List the bucket, write a probe into each zone, and see that a conditional write that must fail does.

        The probe is one small object per zone that stays: nothing has to be deleted. Beside the record's it is only
        ever made, since the deployed role may overwrite nothing there, and S3 refuses who may not write before it looks
        whether there is one. A server that overlooks conditions would let two runs overwrite each other.
        """
        with self.said("Looking for a lake at"):
            self._objects.is_empty()
        for zone in ZONES:
            if not self._put_probe(f"{zone}/{_PROBE}", ABSENT) and zone == CATALOG:
                self._write_probe_again(f"{zone}/{_PROBE}")
        for condition in (ABSENT, unchanged(_NO_ETAG)):
            if self._put_probe(f"{CATALOG}/{_PROBE}", condition):
                raise LakeError(
                    f"{without_credentials(self.endpoint)} overlooks {condition[0]} on PutObject, so two runs "
                    "at once could overwrite each other's publication. Nothing was collected. Use S3 itself, or a "
                    "server that knows conditional writes.",
                    location=self.uri,
                )

    def location(self, key: str) -> str:
        """The URI of a key."""
        return self.place.uri(key)

    def put(self, key: str, content: bytes) -> None:
        """Write a new object, whole or not at all. The same bytes again are fine, others are a LakeError."""
        self._put_new(key, content, hashlib.sha256(content).digest())

    def put_file(self, key: str, path: Path) -> None:
        """`put` with the bytes of a local file, streamed."""
        with disk_faults("Reading", path):
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").digest()
            self._put_new(key, path, digest)

    def read(self, key: str) -> bytes:
        """The object's bytes; MissingObjectError where there is none."""
        with self.said("Reading", key):
            return self._objects.get(key)[0]

    def fetch(self, key: str, scratch: Path) -> Path:
        """A copy of the object in a file of its own in that folder; MissingObjectError where there is none."""
        with self.said("Reading", key), disk_faults("Writing into", scratch):
            with tempfile.NamedTemporaryFile(
                dir=scratch, prefix="fetched-", suffix=f"-{key.rpartition('/')[2]}", delete=False
            ) as file:
                self._objects.download(key, file)
            return Path(file.name)

    def size(self, key: str) -> int | None:
        """The object's size in bytes; None where there is none."""
        with self.said("Reading", key):
            return self._objects.size(key)

    def names(self, folder: str) -> list[str]:
        """The names right under a folder, sorted; hidden ones (probes) are no part of the lake."""
        with self.said("Listing", folder):
            return sorted(name for name in self._objects.names(folder) if not name.startswith("."))

    def read_versioned(self, key: str) -> VersionedObject | None:
        """The object's bytes with its ETag; None where there is none."""
        with self.said("Reading", key):
            try:
                return VersionedObject(*self._objects.get(key))
            except CallFault as fault:
                if is_missing(fault):
                    return None
                raise

    def replace(self, key: str, content: bytes, *, expected: str | None) -> None:
        """Replace the object on condition that it still has the ETag expected, or is still absent.

        A refusal may be an echo: the answer of a write that took place was lost, and botocore's retry then met our own
        object. So whatever looks like a failure, what is there decides.
        """
        with self.said("Replacing", key):
            try:
                self._objects.put(key, content, ABSENT if expected is None else unchanged(expected))
            except CallFault as fault:
                # An object that is gone is answered NoSuchKey where it was expected to be unchanged.
                is_lost = is_conflict(fault) or is_missing(fault)
                if not (is_lost or may_have_arrived(fault)):
                    raise
                if self._holds(key, content, fault):
                    return
                if not is_lost:
                    raise
                raise ReplaceConflictError(
                    f"{self.location(key)} was replaced by another run meanwhile.", location=self.location(key)
                ) from fault

    def _holds(self, key: str, content: bytes, cause: CallFault) -> bool:
        try:
            return self._objects.get(key)[0] == content
        except CallFault as fault:
            if is_missing(fault):
                return False
            raise LakeError(
                f"Replacing {self.location(key)} was answered {cause.code}, and then it could not be read "
                f"({fault.code}), so it is not known whether the write took place; it did whole or not at all. Look at "
                "it, and run again.",
                location=self.location(key),
            ) from fault

    def _put_new(self, key: str, content: bytes | Path, digest: bytes) -> None:
        with self.said("Writing", key):
            try:
                self._objects.put_new(key, content, digest)
            except CallFault as fault:
                if not is_conflict(fault):
                    raise
                if self._objects.sha256(key) != digest:
                    raise self._overwriting(key) from fault

    def _overwriting(self, key: str) -> LakeError:
        return LakeError(
            f"{self.location(key)} is there already, with other bytes, and nothing in a lake is ever overwritten. Run "
            "again: a new run writes under a prefix of its own.",
            location=self.location(key),
        )

    def _write_probe_again(self, probe: str) -> None:
        with self.said("Reading the lake at", probe):
            version = self._objects.get(probe)[1]
        # Where this fails, another run looked at the same moment: S3 let both of us try.
        self._put_probe(probe, unchanged(version))

    def _put_probe(self, probe: str, condition: Condition) -> bool:
        """Whether the condition held."""
        with self.said("Writing into the lake at", probe):
            try:
                self._objects.put(probe, _PROBE_CONTENT, condition)
            except CallFault as fault:
                if is_conflict(fault):
                    return False
                raise
        return True

    @contextmanager
    def said(self, doing: str, key: str = "") -> Iterator[None]:
        """Raise what S3 answers within as a LakeError; `doing` begins its sentence."""
        try:
            yield
        except CallFault as fault:
            raise self._faults.error(fault, doing, key) from fault
