"""The raw zone: what AWS returned in a run, unmodified. Never overwritten; every table can be rebuilt from it.

`run.json` holds the run, `accounts.jsonl.gz` a line per account, `<account_id>.csv.gz` a report's bytes. The files
prove each other: the publication record holds the hash of `run.json`, which holds that of `accounts.jsonl.gz`, whose
lines hold those of the reports.

Readers skip JSON keys that this version does not know (a newer run wrote them) and use defaults for missing ones (an
older run did not write them): the raw zone outlives every version of the tables.
"""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import io
import json
import struct
import zlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from collector.discovery.accounts import LAKE_ORGANIZATION_ID
from collector.errors import LakeError
from collector.evidence import AccountEvidence, RunEvidence, instant_text, read_instant
from collector.lake.layout import RAW, evidence_key, report_key, run_key
from collector.lake.record import refuse_newer
from collector.lake.seal import damage, sealed
from collector.limits import Limits
from collector.outcome import Outcome
from collector.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from collector.lake.store import Store

_Key = TypeVar("_Key")
_Content = TypeVar("_Content")

# zlib's own default. Level 9 costs a third more time for a hundredth less space.
_LEVEL = 6
# On S3 a read takes some 30 ms, nearly all of it waiting.
_READERS = 8
_INSTANTS = frozenset({"started_at", "finished_at", "report_generated_at"})
# The names of their fields, in order. Looked up once: a run needs them twice an account.
_FIELDS: dict[type, dict[str, None]] = {
    kind: dict.fromkeys(field.name for field in dataclasses.fields(kind))
    for kind in (RunEvidence, AccountEvidence, Limits)
}
# What a truncated or altered gzip raises.
_NOT_GZIP = (OSError, EOFError, zlib.error)

# The head of a gzip file: magic, deflate, flags, no time, no hint on the level, unknown system (RFC 1952, 2.3).
_HEAD = struct.Struct("<2sBBIBB")
_MAGIC, _DEFLATE, _HAS_EXTRA, _UNKNOWN_SYSTEM = b"\x1f\x8b", 8, 4, 255
_LENGTH = struct.Struct("<H")
_SUBFIELD = struct.Struct("<2sH")
# The id of our subfield of the extra field.
_OURS = b"CL"
_LONGEST = 65_535 - _SUBFIELD.size


class RawRun(NamedTuple):
    """A run, and the SHA-256 of its `accounts.jsonl.gz` as stored (None where an older version wrote none)."""

    run: RunEvidence
    accounts_sha256: str | None


class RawAccount(NamedTuple):
    """An account, and the SHA-256 of its `.csv.gz` as stored (None where there is no report)."""

    evidence: AccountEvidence
    stored_sha256: str | None


def sha256(content: bytes) -> str:
    """The SHA-256 of these bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def file_sha256(path: Path) -> str:
    """The SHA-256 of a local file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def organizations_with_runs(store: Store) -> list[str]:
    """The organizations that have runs in the lake, published or not, sorted."""
    return [name for name in store.names(RAW) if LAKE_ORGANIZATION_ID.fullmatch(name)]


def run_json(run: RunEvidence, accounts_sha256: str) -> bytes:
    """The bytes of `run.json`: the run, and the hash of its `accounts.jsonl.gz`."""
    content = sealed({"schema_version": SCHEMA_VERSION, **_object(run), "accounts_sha256": accounts_sha256})
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def read_run_json(content: bytes, location: str) -> RawRun:
    """The run in a `run.json`; `location` names the file in messages.

    Raises:
        LakeError: it is damaged.
        NewerLakeError: a newer version wrote it.
    """
    try:
        document = _document(content)
        refuse_newer(document, location, location)
        if problem := damage(document):
            raise ValueError(problem)  # noqa: TRY301 -- one message for all that can be wrong
        fields = {"outcome_rules": 1, **_known(RunEvidence, document)}
        return RawRun(RunEvidence(**fields), document.get("accounts_sha256"))
    except (TypeError, ValueError) as error:
        raise _damaged(location, error) from error


def account_line(evidence: AccountEvidence, stored_sha256: str | None) -> bytes:
    """One line of `accounts.jsonl.gz`, with its line end."""
    content = {**_object(evidence), "stored_sha256": stored_sha256}
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def read_account_line(line: bytes, location: str) -> RawAccount:
    """The account in a line of `accounts.jsonl.gz`; `location` names the file in the LakeError of a damaged line."""
    try:
        document = _document(line)
        fields = _known(AccountEvidence, document)
        fields["outcome"] = Outcome(fields["outcome"])
        if "limits" in fields:
            fields["limits"] = Limits(**_known(Limits, fields["limits"]))
        return RawAccount(AccountEvidence(**fields), document.get("stored_sha256"))
    except (TypeError, ValueError, KeyError) as error:
        raise _damaged(location, error) from error


def open_gzip(target: io.BufferedIOBase) -> gzip.GzipFile:
    """A gzip stream into an open file, without a time or a name in its head."""
    return gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=target, mtime=0)


def lines_in(content: bytes, location: str) -> Iterator[bytes]:
    """The lines in the bytes of an `accounts.jsonl.gz`, one by one: the whole of it may be a few hundred MB.

    Raises:
        LakeError: it was truncated or altered; `location` names the file.
    """
    try:
        with gzip.open(io.BytesIO(content)) as lines:
            yield from lines
    except _NOT_GZIP as error:
        raise _damaged(location, error) from error


def decompressed(content: bytes, location: str) -> bytes:
    """The bytes in a gzip. LakeError where it was truncated or altered; `location` names the file."""
    try:
        return gzip.decompress(content)
    except _NOT_GZIP as error:
        raise _damaged(location, error) from error


def put_report(store: Store, run: RunEvidence, evidence: AccountEvidence, report: bytes) -> str:
    """Store a report's bytes, whatever they are, with the evidence; returns the SHA-256 of the stored file."""
    stored = pack_report(report, evidence)
    store.put(report_key(run.organization_id, run.run_id, evidence.account_id), stored)
    return sha256(stored)


def pack_report(report: bytes, evidence: AccountEvidence) -> bytes:
    """The report as gzip, with the evidence in the gzip's own header; the same input gives the same bytes.

    An interrupted run has neither `accounts.jsonl.gz` nor `run.json`, and `collect --resume` needs to know when the
    report was generated and what else was returned for the account. So both are in one object, written at once. The
    extra field of RFC 1952 is made for this (BGZF uses it too): decompressing the file gives the report alone.
    """
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = deflate.compress(report) + deflate.flush()
    return _gzip_head(evidence) + body + struct.pack("<II", zlib.crc32(report), len(report) & 0xFFFFFFFF)


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
            try:
                line = zlib.decompress(content)
            except zlib.error as error:
                raise _damaged(location, error) from error
            return read_account_line(line, location).evidence
    return None


def _gzip_head(evidence: AccountEvidence) -> bytes:
    line = zlib.compress(account_line(evidence, None), _LEVEL)
    if len(line) > _LONGEST:
        # Far more than AWS returns. The report must be kept; a run with such an account cannot be resumed.
        return _HEAD.pack(_MAGIC, _DEFLATE, 0, 0, 0, _UNKNOWN_SYSTEM)
    extra = _SUBFIELD.pack(_OURS, len(line)) + line
    return _HEAD.pack(_MAGIC, _DEFLATE, _HAS_EXTRA, 0, 0, _UNKNOWN_SYSTEM) + _LENGTH.pack(len(extra)) + extra


def _damaged(location: str, error: Exception) -> LakeError:
    return LakeError(
        f"{location} is damaged: {error}. It holds what AWS returned in that run, which cannot be collected again: "
        "restore it from a backup (on S3, from an earlier version of the object). The published tables do not depend "
        "on it.",
        location=location,
    )


def _object(value: RunEvidence | AccountEvidence) -> dict[str, Any]:
    return {name: _json_ready(getattr(value, name)) for name in _FIELDS[type(value)]}


def _json_ready(value: object) -> object:
    if isinstance(value, datetime):
        return instant_text(value)
    return dataclasses.asdict(value) if isinstance(value, Limits) else value


def _known(kind: type[RunEvidence | AccountEvidence | Limits], document: dict[str, Any]) -> dict[str, Any]:
    """The fields of that dataclass in the document, instants read."""
    names = _FIELDS[kind]
    return {
        name: read_instant(value) if name in _INSTANTS and value is not None else value
        for name, value in document.items()
        if name in names
    }


def _document(content: bytes) -> dict[str, Any]:
    document = json.loads(content)
    if not isinstance(document, dict):
        raise TypeError("not a JSON object")
    return document


class Corruption(NamedTuple):
    """A file that can be read but differs from the one that was stored: its key, and a sentence."""

    key: str
    what: str


@dataclass(frozen=True, slots=True)
class VerifiedRun:
    """A run whose evidence is complete."""

    run: RunEvidence  # the content of `run.json`
    sha256: str  # of `run.json` as it is stored now
    lines: bytes  # the bytes of `accounts.jsonl.gz` as it is stored now
    lines_location: str  # the path or URI of that file, for messages
    corruptions: tuple[Corruption, ...]  # every file that differs from what was stored

    def accounts(self) -> Iterator[RawAccount]:
        """The accounts, one by one, in the order of their ids. LakeError where the lines are damaged."""
        for line in lines_in(self.lines, self.lines_location):
            yield read_account_line(line, self.lines_location)


def read_run(
    store: Store, organization_id: str, snapshot_date: str, run_id: str, *, run_sha256: str | None
) -> VerifiedRun:
    """Read a run's evidence. `run_sha256` is that of its `run.json` in the publication record; None if unknown.

    Raises:
        LakeError: a file is missing or cannot be read, or belongs to another run than its path names.
    """
    key, lines_key = run_key(organization_id, run_id), evidence_key(organization_id, run_id)
    content = store.read(key)
    run, lines_sha256 = read_run_json(content, store.location(key))
    if (run.organization_id, run.run_id, run.snapshot_date) != (organization_id, run_id, snapshot_date):
        raise LakeError(
            f"{store.location(key)} belongs to run {run.run_id} of {run.organization_id} on {run.snapshot_date}, not "
            f"to run {run_id} of {organization_id} on {snapshot_date}. Restore the right file.",
            location=store.location(key),
        )
    lines = store.read(lines_key)
    corruptions = []
    if run_sha256 not in (None, sha256(content)):
        corruptions.append(Corruption(key, "Its SHA-256 is not the one in the publication record."))
    if lines_sha256 not in (None, sha256(lines)):
        corruptions.append(Corruption(lines_key, "Its SHA-256 is not the one in run.json."))
    return VerifiedRun(run, sha256(content), lines, store.location(lines_key), tuple(corruptions))


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedReport:
    """One account and its report."""

    account: RawAccount  # the account's line in the raw zone
    report: bytes | None = None  # the bytes that AWS returned; None where there are none, or where they were altered
    error: str | None = None  # why `report` is None although there was a report
    corruption: str | None = None  # How the stored file was altered although its bytes are those that AWS returned.


def verified_reports(store: Store, run: RunEvidence, accounts: Iterable[RawAccount]) -> Iterator[VerifiedReport]:
    """The reports of these accounts, in the same order; a few are read ahead, never all."""
    return read_ahead(lambda account: _verified_report(store, run, account), accounts)


def read_ahead(read: Callable[[_Key], _Content], keys: Iterable[_Key]) -> Iterator[_Content]:
    """What is read for each of these, in the same order; a few are read ahead, never all."""
    with ThreadPoolExecutor(_READERS) as readers:
        ahead: deque[Future[_Content]] = deque()
        for key in keys:
            ahead.append(readers.submit(read, key))
            if len(ahead) > 2 * _READERS:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _verified_report(store: Store, run: RunEvidence, account: RawAccount) -> VerifiedReport:
    if account.evidence.raw_sha256 is None:
        is_lost = account.evidence.outcome is Outcome.COLLECTED
        return VerifiedReport(account=account, error="It is `collected`, but has no report." if is_lost else None)
    key = report_key(run.organization_id, run.run_id, account.evidence.account_id)
    try:
        stored = store.read(key)
        report = decompressed(stored, store.location(key))
    except LakeError as error:
        return VerifiedReport(account=account, error=error.message)
    if sha256(report) != account.evidence.raw_sha256:
        other = "The report's SHA-256 is not the one that was taken when AWS returned it."
        return VerifiedReport(account=account, error=other)
    is_altered = account.stored_sha256 not in (None, sha256(stored))
    altered = "The file differs from the one that was stored, although the report in it is unmodified."
    return VerifiedReport(account=account, report=report, corruption=altered if is_altered else None)
