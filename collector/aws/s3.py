"""Calls to S3 for the objects of one lake. Every failure is a CallFault.

botocore retries. Only what it cannot know is retried here: an answer whose body was cut, and the 409 that S3 returns
while an earlier attempt of ours is still under way.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from collector.aws.clients import client
from collector.aws.errors import Ignoring, translated
from collector.aws.pages import every_page
from collector.errors import CallFault, FaultKind, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import IO, BinaryIO, Literal

    from types_boto3_s3 import S3Client
    from types_boto3_s3.literals import ObjectLockModeType
    from types_boto3_s3.type_defs import ListObjectsV2OutputTypeDef, PutObjectRequestTypeDef

    # The parameter of PutObject that makes a write conditional, and its value.
    Condition = tuple[Literal["IfNoneMatch", "IfMatch"], str]

T = TypeVar("T")

_SCHEME = "s3://"
# Names of general purpose buckets: 3 to 63 of a-z 0-9 . -, first and last no sign.
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")

# HeadObject's answer has no body, so its only code is the status.
_MISSING = frozenset({"NoSuchKey", "NotFound", "404"})
# Another request on the same object is under way, so that S3 does not even check the condition.
_UNDER_WAY = frozenset({"ConditionalRequestConflict", "OperationAborted", "409"})
# The object is not the version that the request named, or may be about not to be.
_CONFLICTS = frozenset({"PreconditionFailed", "412"}) | _UNDER_WAY

_CHUNK_BYTES = 2**20
# The most that S3 returns.
_NAMES_PER_PAGE = 1000
_ATTEMPTS = 5
# botocore has returned the answer by then, so it does not retry.
_BODY = "s3:GetObject (its body)"

# The condition that there is no object yet.
ABSENT: Condition = ("IfNoneMatch", "*")


@dataclass(frozen=True, slots=True)
class S3Place:
    """Where on S3 a lake is stored."""

    bucket: str  # The bucket's name.
    prefix: str = ""  # What every key of the lake begins with; empty, or without a slash at either end.

    def key(self, relative: str) -> str:
        """The object's key in the bucket."""
        return f"{self.prefix}/{relative}" if self.prefix else relative

    def uri(self, relative: str = "") -> str:
        """The object's URI, or the lake's own."""
        parts = [f"{_SCHEME}{self.bucket}", self.prefix, relative]
        return "/".join(part for part in parts if part)

    def bucket_arn(self, partition: str = "aws") -> str:
        """What permissions to list are granted on."""
        return f"arn:{partition}:s3:::{self.bucket}"

    def objects_arn(self, partition: str = "aws") -> str:
        """What permissions to read and write are granted on."""
        return f"{self.bucket_arn(partition)}/{self.key('*')}"


@dataclass(frozen=True, slots=True)
class ObjectLock:
    """How long S3 keeps what is written, against every deletion."""

    folder: str  # Which keys of the lake are locked: those that begin with it.
    mode: ObjectLockModeType  # GOVERNANCE, which a permission of its own lifts, or COMPLIANCE, which nobody lifts.
    days: int  # Counted from the write.


def parse_s3_uri(uri: str) -> S3Place:
    """The place that `s3://bucket/prefix` names.

    Raises:
        UsageError: it does not name a bucket, or its prefix would give keys that nobody could find again.
    """
    bucket, _, prefix = uri.removeprefix(_SCHEME).partition("/")
    prefix = prefix.rstrip("/")
    if not uri.startswith(_SCHEME) or not _BUCKET.fullmatch(bucket):
        raise UsageError([f"{uri} does not name a bucket: a lake on S3 is s3://bucket or s3://bucket/prefix."])
    if any(part in {"", ".", ".."} for part in prefix.split("/")) and prefix:
        raise UsageError([f"{uri}: the parts of a prefix must not be empty, `.` or `..`."])
    return S3Place(bucket, prefix)


def read_object(uri: str) -> bytes:
    """The bytes of the object `s3://bucket/key`, which need not be in a lake.

    Raises:
        UsageError: the URI names no object.
        CallFault: it cannot be read.
    """
    bucket, _, key = uri.removeprefix(_SCHEME).partition("/")
    if not (_BUCKET.fullmatch(bucket) and key):
        raise UsageError([f"{uri} does not name an object: write s3://bucket/key."])
    return S3Objects(S3Place(bucket), client("s3"), kms_key=None).get(key)[0]


def is_missing(fault: CallFault) -> bool:
    """Whether there is no such object. S3 answers the same to the replacement of one that is gone."""
    return fault.code in _MISSING


def is_conflict(fault: CallFault) -> bool:
    """Whether the object is not (or may be about not to be) what a conditional request expected."""
    return fault.code in _CONFLICTS


def may_have_arrived(fault: CallFault) -> bool:
    """Whether a write that failed like this may have taken place: its answer was lost, or was a 500."""
    return fault.kind in {FaultKind.CONNECTION, FaultKind.SERVICE_FAILURE, FaultKind.THROTTLED}


def unchanged(version: str) -> Condition:
    """The condition that the object still is the one with that ETag."""
    return ("IfMatch", version)


class S3Objects:
    """Whole objects under one prefix of one bucket; keys are relative to the lake."""

    def __init__(
        self,
        place: S3Place,
        client: S3Client,
        *,
        kms_key: str | None,
        lock: ObjectLock | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        """`sleep` waits the seconds given, between attempts."""
        self._place = place
        self._client = client
        self._kms_key = kms_key
        self._lock = lock
        self._sleep = sleep or time.sleep

    def _retried(self, is_passing: Callable[[CallFault], bool], attempt: Callable[[], T]) -> T:
        return Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, CallFault) and is_passing(error)),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.1, max=5),
            sleep=self._sleep,
            reraise=True,
        )(attempt)

    def put(self, key: str, content: bytes, condition: Condition) -> None:
        """Write an object on a condition, once."""
        self._put(key, io.BytesIO(content), hashlib.sha256(content).digest(), condition)

    def put_new(self, key: str, content: bytes | Path, digest: bytes) -> None:
        """Write an object that is not there yet; `digest` is the SHA-256 of the bytes (or of the file's)."""

        def attempt() -> None:
            with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as body:
                self._put(key, body, digest, ABSENT)

        self._retried(lambda fault: fault.code in _UNDER_WAY, attempt)

    def get(self, key: str) -> tuple[bytes, str]:
        """The object's bytes and its ETag."""
        sink = io.BytesIO()
        version = self.download(key, sink)
        return sink.getvalue(), version

    def download(self, key: str, sink: IO[bytes]) -> str:
        """Copy the object into an empty file; its ETag. botocore compares the checksum that the object came with."""

        def begin() -> Callable[[bytes], object]:
            sink.seek(0)
            sink.truncate()
            return sink.write

        return self._streamed(key, begin)

    def get_range(self, key: str, start: int, length: int) -> tuple[bytes, int]:
        """So many bytes of the object from `start` on (fewer at its end), and the size of the whole object."""

        def attempt() -> tuple[bytes, int]:
            with translated("s3:GetObject"):
                answer = self._client.get_object(
                    Bucket=self._place.bucket, Key=self._place.key(key), Range=f"bytes={start}-{start + length - 1}"
                )
                size = int(answer["ContentRange"].rpartition("/")[2])
            with translated(_BODY):
                return answer["Body"].read(), size

        return self._retried(lambda fault: fault.operation == _BODY, attempt)

    def sha256(self, key: str) -> bytes:
        """The SHA-256 of the object's bytes, of which few are in memory at once."""
        digests = []

        def begin() -> Callable[[bytes], object]:
            digests.append(hashlib.sha256())
            return digests[-1].update

        self._streamed(key, begin)
        return digests[-1].digest()

    def _streamed(self, key: str, begin: Callable[[], Callable[[bytes], object]]) -> str:
        """Pass the object on in pieces, from its beginning in every attempt; its ETag."""

        def attempt() -> str:
            take = begin()
            with translated("s3:GetObject"):
                answer = self._client.get_object(
                    Bucket=self._place.bucket, Key=self._place.key(key), ChecksumMode="ENABLED"
                )
            with translated(_BODY):
                for chunk in answer["Body"].iter_chunks(_CHUNK_BYTES):
                    take(chunk)
            return answer["ETag"]

        return self._retried(lambda fault: fault.operation == _BODY, attempt)

    def size(self, key: str) -> int | None:
        """The object's size in bytes; None where there is none."""
        with Ignoring(*_MISSING), translated("s3:HeadObject"):
            return self._client.head_object(Bucket=self._place.bucket, Key=self._place.key(key))["ContentLength"]
        return None

    def stored_sha256(self, key: str) -> str | None:
        """The SHA-256 that S3 stores with the object, in hexadecimal; None where it has none of the whole object."""
        with translated("s3:HeadObject"):
            answer = self._client.head_object(
                Bucket=self._place.bucket, Key=self._place.key(key), ChecksumMode="ENABLED"
            )
        checksum = answer.get("ChecksumSHA256", "")
        # That of an object that was copied in parts ends in the number of parts, and is of their checksums.
        return base64.b64decode(checksum).hex() if checksum and "-" not in checksum else None

    def bucket_region(self) -> str | None:
        """The Region of the bucket; None where the server does not report one. S3 reports it in a denial too."""
        with translated("s3:HeadBucket"):
            try:
                return self._client.head_bucket(Bucket=self._place.bucket).get("BucketRegion")
            except ClientError as error:
                headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
                if region := headers.get("x-amz-bucket-region"):
                    return str(region)
                raise

    def is_empty(self) -> bool:
        """Whether there is nothing at all under the prefix."""
        with translated("s3:ListObjectsV2"):
            answer = self._client.list_objects_v2(Bucket=self._place.bucket, Prefix=self._place.key(""), MaxKeys=1)
        return not answer.get("KeyCount")

    def names(self, folder: str) -> set[str]:
        """The names of the objects and folders right in a folder."""
        prefix = self._place.key(f"{folder}/" if folder else "")
        found: set[str] = set()
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._place.bucket, Prefix=prefix, Delimiter="/", PaginationConfig={"PageSize": _NAMES_PER_PAGE}
        )
        for page in every_page("s3:ListObjectsV2", pages, _keys, successor="NextContinuationToken"):
            found |= _keys(page)
        return {key.removeprefix(prefix).rstrip("/") for key in found} - {""}

    def _put(self, key: str, body: BinaryIO, digest: bytes, condition: Condition) -> None:
        request: PutObjectRequestTypeDef = {
            "Bucket": self._place.bucket,
            "Key": self._place.key(key),
            "Body": body,
            "ChecksumAlgorithm": "SHA256",
            "ChecksumSHA256": base64.b64encode(digest).decode(),
        }
        parameter, value = condition
        request[parameter] = value
        if key.endswith(".html"):
            # Otherwise a browser would store it instead of showing it.
            request["ContentType"] = "text/html; charset=utf-8"
        # Without a key, no header: the bucket's default applies, which is AES256 unless its owner chose a key.
        if self._kms_key is not None:
            # With a bucket key, S3 calls KMS once in a while and not once an object: 50,000 reports are 50,000 objects.
            request |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self._kms_key, "BucketKeyEnabled": True}
        if self._lock is not None and key.startswith(self._lock.folder):
            until = datetime.now(UTC) + timedelta(days=self._lock.days)
            request |= {"ObjectLockMode": self._lock.mode, "ObjectLockRetainUntilDate": until}
        with translated("s3:PutObject"):
            self._client.put_object(**request)


def _keys(page: ListObjectsV2OutputTypeDef) -> set[str]:
    folders = {entry["Prefix"] for entry in page.get("CommonPrefixes", ())}
    return folders | {entry["Key"] for entry in page.get("Contents", ())}


def tag_value(client: S3Client, place: S3Place, key: str, name: str) -> str | None:
    """The value of an object's tag; None where it has no such tag, or does not exist."""
    with Ignoring(*_MISSING), translated("s3:GetObjectTagging"):
        tags = client.get_object_tagging(Bucket=place.bucket, Key=place.key(key))["TagSet"]
        return next((tag["Value"] for tag in tags if tag["Key"] == name), None)
    return None


def set_tag(client: S3Client, place: S3Place, key: str, name: str, value: str | None) -> bool:
    """Set a tag of an object, or remove it (`value` None), and keep the others; whether there is such an object."""
    bucket, full_key = place.bucket, place.key(key)
    with Ignoring(*_MISSING):
        with translated("s3:GetObjectTagging"):
            tags = client.get_object_tagging(Bucket=bucket, Key=full_key)["TagSet"]
        wanted = [tag for tag in tags if tag["Key"] != name]
        if value is not None:
            wanted.append({"Key": name, "Value": value})
        if wanted != tags:
            with translated("s3:PutObjectTagging"):
                client.put_object_tagging(Bucket=bucket, Key=full_key, Tagging={"TagSet": wanted})
        return True
    return False
