"""`<account_id>.csv.gz`: a report's bytes, and in the gzip's own header what was answered beside them. Pure.

A run that is cut off has neither `accounts.jsonl.gz` nor `run.json`. For `collect --resume` to know of a report when it
was generated, and what the account reads said, that lies in the same object: written at once with the report, so there
is never one without the other. RFC 1952 keeps a place for such things (the extra field, as BGZF uses it); whoever
decompresses the file gets the report and nothing else.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from collector.lake.raw_json import account_line, read_account_line

if TYPE_CHECKING:
    from collector.evidence import AccountEvidence

# zlib's own default. Level 9 costs a third more time for a hundredth less space.
_LEVEL = 6

# Magic, deflate, flags, no time, no hint on the level, unknown system (RFC 1952, 2.3).
_HEAD = struct.Struct("<2sBBIBB")
_MAGIC, _DEFLATE, _HAS_EXTRA, _UNKNOWN_SYSTEM = b"\x1f\x8b", 8, 4, 255
_LENGTH = struct.Struct("<H")
_SUBFIELD = struct.Struct("<2sH")
_OURS = b"CL"
_LONGEST = 65_535 - _SUBFIELD.size


def pack_report(report: bytes, evidence: AccountEvidence) -> bytes:
    """The report as gzip with the evidence in its header; the same of both give the same bytes."""
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = deflate.compress(report) + deflate.flush()
    return _head(evidence) + body + struct.pack("<II", zlib.crc32(report), len(report) & 0xFFFFFFFF)


def evidence_in(stored: bytes, location: str) -> AccountEvidence | None:
    """The evidence in the header of a packed report; None where there is none. LakeError where it is damaged."""
    if len(stored) < _HEAD.size + _LENGTH.size:
        return None
    magic, method, flags, *_ = _HEAD.unpack_from(stored)
    if (magic, method) != (_MAGIC, _DEFLATE) or not flags & _HAS_EXTRA:
        return None
    (length,) = _LENGTH.unpack_from(stored, _HEAD.size)
    extra = stored[_HEAD.size + _LENGTH.size :][:length]
    while len(extra) >= _SUBFIELD.size:
        name, size = _SUBFIELD.unpack_from(extra)
        content, extra = extra[_SUBFIELD.size :][:size], extra[_SUBFIELD.size + size :]
        if name == _OURS and len(content) == size:
            return read_account_line(_inflated(content), location).evidence
    return None


def _head(evidence: AccountEvidence) -> bytes:
    line = zlib.compress(account_line(evidence, None), _LEVEL)
    if len(line) > _LONGEST:
        # Far beyond what AWS answers. The report is what must be kept; a run with such an account cannot be resumed.
        return _HEAD.pack(_MAGIC, _DEFLATE, 0, 0, 0, _UNKNOWN_SYSTEM)
    extra = _SUBFIELD.pack(_OURS, len(line)) + line
    return _HEAD.pack(_MAGIC, _DEFLATE, _HAS_EXTRA, 0, 0, _UNKNOWN_SYSTEM) + _LENGTH.pack(len(extra)) + extra


def _inflated(content: bytes) -> bytes:
    try:
        return zlib.decompress(content)
    except zlib.error:
        # The reader of JSON says that it is damaged, and where.
        return content
