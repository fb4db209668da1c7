"""Where on S3 a lake lies: a bucket and the prefix of its keys. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from collector.errors import UsageFaultsError

SCHEME = "s3"
# Names of general purpose buckets: 3 to 63 of a-z 0-9 . -, first and last no sign.
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ARN_PARTITION = "aws"


@dataclass(frozen=True, slots=True)
class S3Place:
    """A bucket, and what every key of the lake begins with (empty, or without a slash at either end)."""

    bucket: str
    prefix: str = ""

    def key(self, relative: str) -> str:
        """The object's key in the bucket."""
        return f"{self.prefix}/{relative}" if self.prefix else relative

    def uri(self, relative: str = "") -> str:
        """The object's URI, or the lake's own."""
        parts = [f"{SCHEME}://{self.bucket}", self.prefix, relative]
        return "/".join(part for part in parts if part)

    def path(self, relative: str) -> str:
        """The object as pyarrow names it: without a scheme."""
        return f"{self.bucket}/{self.key(relative)}"

    def bucket_arn(self, partition: str = _ARN_PARTITION) -> str:
        """What permissions to list are granted on."""
        return f"arn:{partition}:s3:::{self.bucket}"

    def objects_arn(self, partition: str = _ARN_PARTITION) -> str:
        """What permissions to read and write are granted on."""
        return f"{self.bucket_arn(partition)}/{self.key('*')}"


def parse_s3_uri(uri: str) -> S3Place:
    """The place that `s3://bucket/prefix` names.

    Raises:
        UsageFaultsError: it names no bucket, or a prefix that would give keys nobody could find again.
    """
    bucket, _, prefix = uri.removeprefix(f"{SCHEME}://").partition("/")
    prefix = prefix.rstrip("/")
    if not uri.startswith(f"{SCHEME}://") or not _BUCKET.fullmatch(bucket):
        raise UsageFaultsError([f"{uri} names no bucket: a lake on S3 is s3://bucket or s3://bucket/prefix."])
    if any(part in {"", ".", ".."} for part in prefix.split("/")) and prefix:
        raise UsageFaultsError([f"{uri}: the parts of a prefix must not be empty, `.` or `..`."])
    return S3Place(bucket, prefix)
