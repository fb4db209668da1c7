"""How a lake is named: a folder of this machine, or s3://bucket/prefix. Pure."""

from __future__ import annotations

import re

S3 = "s3"
# More than one letter, and a slash behind the colon; `s3:` is meant for S3 whatever follows.
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+):(?=/)|(?P<s3>[Ss]3):")


def is_on_s3(uri: str) -> bool:
    """Whether the lake is one on S3; of which bucket, `aws.s3_place` says."""
    return uri.startswith(f"{S3}://")


def naming_fault(uri: str) -> str | None:
    """What is wrong with the name of a lake, as sentences that begin with it; None where nothing is.

    `s3:/bucket` would be a folder `s3:` here, filled with a run that was meant for S3 and is found by nobody.
    """
    match = _SCHEME.match(uri)
    if match is None or is_on_s3(uri):
        return None
    scheme = (match["scheme"] or match["s3"]).lower()
    if scheme == S3:
        place = uri[match.end() :].lstrip("/") or "bucket/prefix"
        return f"{uri} is no place on S3: write s3://{place} (or ./{uri} for a folder of that name)."
    return (
        f"{uri}: a lake on {scheme}:// is not something this version can open. Name a folder on this machine, or "
        "s3://bucket/prefix."
    )
