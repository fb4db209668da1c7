"""The raw zone: what a run asked and was answered, as it came. Never overwritten; every table can be made from it.

What is kept proves itself: the publication record holds the hash of `run.json`, which holds that of
`accounts.jsonl.gz`, whose lines hold those of the reports.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from typing import TYPE_CHECKING

from collector.lake.layout import RAW, evidence_key, organization_of_raw, report_key, run_key
from collector.lake.raw_json import RawAccount, RawRun, damaged, read_account_line, read_run_json
from collector.lake.report_file import pack_report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from collector.evidence import AccountEvidence, RunEvidence
    from collector.lake.store import Store

# zlib's own default. Level 9 costs a third more time for a hundredth less space.
_LEVEL = 6


def sha256(content: bytes) -> str:
    """The SHA-256 of these bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def file_sha256(path: Path) -> str:
    """The SHA-256 of a local file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_gzip(target: io.BufferedIOBase) -> gzip.GzipFile:
    """A gzip stream into an open file, without a time or a name in its head."""
    return gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=target, mtime=0)


def decompressed(content: bytes, location: str) -> bytes:
    """The bytes in a gzip.

    Raises:
        LakeError: it was cut or altered; `location` is named.
    """
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise damaged(location, error) from error


def organizations_with_runs(store: Store) -> list[str]:
    """The organizations of which something is kept, published or not, sorted."""
    return sorted(found for name in store.names(RAW) if (found := organization_of_raw(name)) is not None)


def read_run(store: Store, organization_id: str, run_id: str) -> RawRun:
    """What `run.json` says. MissingObjectError: the run did not come to its end."""
    key = run_key(organization_id, run_id)
    return read_run_json(store.read(key), store.location(key))


def read_accounts(store: Store, run: RunEvidence) -> Iterator[RawAccount]:
    """The accounts of a run, one by one, in the order of their ids."""
    key = evidence_key(run.organization_id, run.run_id)
    return accounts_in(store.read(key), store.location(key))


def accounts_in(content: bytes, location: str) -> Iterator[RawAccount]:
    """The accounts in the bytes of an `accounts.jsonl.gz`, one by one: the whole of it may be a few hundred MB."""
    for line in lines_in(content, location):
        yield read_account_line(line, location)


def lines_in(content: bytes, location: str) -> Iterator[bytes]:
    """The lines in the bytes of an `accounts.jsonl.gz`, one by one."""
    try:
        with gzip.open(io.BytesIO(content)) as lines:
            yield from lines
    except (OSError, EOFError, zlib.error) as error:
        raise damaged(location, error) from error


def put_report(store: Store, run: RunEvidence, evidence: AccountEvidence, report: bytes) -> str:
    """Keep a report's bytes, whatever they are, with the evidence; the SHA-256 of what was stored."""
    stored = pack_report(report, evidence)
    store.put(report_key(run.organization_id, run.run_id, evidence.account_id), stored)
    return sha256(stored)


def read_report(store: Store, run: RunEvidence, account_id: str) -> bytes:
    """The bytes of an account's report, as AWS gave them. MissingObjectError where there are none."""
    key = report_key(run.organization_id, run.run_id, account_id)
    return decompressed(store.read(key), store.location(key))
