"""From a file's bytes to the report's: plain or gzip; CSV, or what the AWS CLI prints, with the report in base64."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from datetime import UTC, datetime
from typing import NamedTuple

from collector.evidence import read_instant
from collector.limits import MAX_REPORT_BYTES
from collector.report.header import NotAReportError, read_header
from collector.report_files.dates import FIRST_YEAR
from collector.report_files.find import NotReadError

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<head", b"<body", b"<script")
_AS_DOWNLOADED = "as a spreadsheet saves it. Use the file as it was downloaded, or save it as CSV (UTF-8) with commas."
# The first bytes of a file that is something else.
_SIGNATURES = {
    b"PK\x03\x04": "is an Excel workbook or a zip archive. Unpack it, or save the sheet as CSV (UTF-8).",
    b"%PDF": "is a PDF.",
    b"\xff\xfe": f"is UTF-16 text, {_AS_DOWNLOADED}",
    b"\xfe\xff": f"is UTF-16 text, {_AS_DOWNLOADED}",
}
# `user,arn,` in base64: `--output text` and `--query Content` print the report without JSON.
_BASE64_HEADER = b"dXNlcixhcm4s"
_CLI = "the output of `aws iam get-credential-report`"


class Decoded(NamedTuple):
    """The report in a file."""

    report: bytes  # As GetCredentialReport returned it.
    generated_at: datetime | None  # GeneratedTime, where the AWS CLI printed it.


def decode(content: bytes) -> Decoded:
    """The report in a file's bytes.

    Raises:
        NotReadError: there is none: what the file is instead. Or the report is cut off.
    """
    if content.startswith(_GZIP):
        content = _decompressed(content)
    text = content.removeprefix(_BOM).strip()
    if text.startswith(b"{"):
        decoded = _of_json(text)
    elif text.startswith(_BASE64_HEADER):
        # Of `--output text`: Content, GeneratedTime and ReportFormat, with tabs between them.
        encoded, _, rest = text.partition(b"\t")
        decoded = Decoded(_of_base64(encoded), _instant(rest.partition(b"\t")[0].decode(errors="replace")))
    else:
        decoded = Decoded(content, None)
    _check_report(decoded.report)
    return decoded


def _decompressed(content: bytes) -> bytes:
    """The bytes in a gzip; a few bytes may expand to gigabytes, so no more than a report's."""
    inflate = zlib.decompressobj(wbits=31)
    try:
        plain = inflate.decompress(content, MAX_REPORT_BYTES + 1)
    except zlib.error as error:
        raise NotReadError("is a damaged gzip file.") from error
    if len(plain) > MAX_REPORT_BYTES:
        raise NotReadError(f"expands to more than {MAX_REPORT_BYTES >> 20} MiB, so it is not a credential report.")
    if not inflate.eof:
        raise NotReadError("is a gzip file that is cut off.")
    return plain


def _of_json(text: bytes) -> Decoded:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotReadError(f"begins like {_CLI}, but is invalid JSON: it may be cut off.") from error
    content = document.get("Content")
    if not isinstance(content, str):
        raise NotReadError(f"is JSON without a `Content`, so it is not {_CLI}.")
    return Decoded(_of_base64(content.encode("ascii", "replace")), _instant(document.get("GeneratedTime")))


def _of_base64(text: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotReadError(f"is {_CLI}, but its base64 is invalid: it may be cut off.") from error


def _instant(value: object) -> datetime | None:
    """GeneratedTime: ISO 8601, or seconds since 1970 from version 1 of the CLI with `timestamp_format = none`."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            at = datetime.fromtimestamp(value, UTC)
        else:
            at = read_instant(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return at if at.year >= FIRST_YEAR else None


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _check_report(report: bytes) -> None:
    """Raise what is wrong with the bytes as a whole. Rows and values are the parser's."""
    text = report.removeprefix(_BOM).lstrip()
    if not text:
        raise NotReadError("is empty.")
    for signature, what in _SIGNATURES.items():
        if text.startswith(signature):
            raise NotReadError(what)
    if text[:16].lower().startswith(_MARKUP):
        raise NotReadError(
            "is an HTML or XML page, of a login form or an error for example. Sign in, and download the report again."
        )
    first, _, rest = text.partition(b"\n")
    if b"\0" in first or not _is_utf8(first):
        raise NotReadError("is a binary file or text in another encoding than UTF-8, not a credential report.")
    for separator, name in ((b";", "semicolons"), (b"\t", "tabs")):
        if first.lower().startswith(b"user" + separator):
            raise NotReadError(f"is separated by {name}, {_AS_DOWNLOADED}")
    try:
        header, _ = read_header(report)
    except NotAReportError as error:
        raise NotReadError(f"is not a credential report. {error}") from error
    # AWS ends a report without a line end (facts F1.1), as a cut in a line does. Commas in quotes add to the count.
    last = rest.rpartition(b"\n")[2]
    if last.strip() and last.count(b",") < header.width - 1:
        rows = rest.count(b"\n") + 1
        raise NotReadError(f"is a credential report that is cut off in row {rows}. Download it again.")
