"""What S3's refusals mean for a lake: what failed, on what, why, and which permission or step mends it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.aws.s3 import is_missing
from collector.errors import FaultKind, LakeError
from collector.lake.store import MissingObjectError

if TYPE_CHECKING:
    from collector.aws.s3_place import S3Place
    from collector.errors import CallFault

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
