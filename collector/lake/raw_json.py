"""A run's evidence as JSON, and back. Pure.

Reading passes over keys that this version does not know (a newer run wrote them) and takes defaults for those it misses
(an older one did): the raw zone outlives every version of the tables.
"""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from typing import Any, NamedTuple

from collector.errors import LakeError, NewerLakeError
from collector.evidence import AccountEvidence, Limits, RunEvidence, instant_text, read_instant
from collector.outcome import Outcome
from collector.schema import SCHEMA_VERSION

_INSTANTS = frozenset({"started_at", "finished_at", "report_generated_at"})


class RawRun(NamedTuple):
    """A run, and the SHA-256 of its `accounts.jsonl.gz` as stored (None where an older version wrote none)."""

    run: RunEvidence
    accounts_sha256: str | None


class RawAccount(NamedTuple):
    """An account, and the SHA-256 of its `.csv.gz` as stored (None where there is no report)."""

    evidence: AccountEvidence
    stored_sha256: str | None


def run_json(run: RunEvidence, accounts_sha256: str) -> bytes:
    """`run.json`: the run, and what proves that the accounts beside it are the ones it ended with."""
    content = {"schema_version": SCHEMA_VERSION, **_object(run), "accounts_sha256": accounts_sha256}
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def account_line(evidence: AccountEvidence, stored_sha256: str | None) -> bytes:
    """One line of `accounts.jsonl.gz`, with its line end."""
    content = {**_object(evidence), "stored_sha256": stored_sha256}
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def read_run_json(content: bytes, location: str) -> RawRun:
    """The run in a `run.json`; `location` is where it lies, for messages."""
    document = _document(content, location)
    version = document.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise NewerLakeError(
            f"{location} has schema_version {version}, and this credlake knows versions up to {SCHEMA_VERSION}: it "
            "could misread the run. Update credlake.",
            location=location,
            schema_version=version,
        )
    try:
        return RawRun(RunEvidence(**_known(RunEvidence, document)), document.get("accounts_sha256"))
    except (TypeError, ValueError) as error:
        raise damaged(location, error) from error


def read_account_line(line: bytes, location: str) -> RawAccount:
    """The account in a line of `accounts.jsonl.gz`; `location` is where that lies, for messages."""
    document = _document(line, location)
    try:
        fields = _known(AccountEvidence, document)
        fields["outcome"] = Outcome(fields["outcome"])
        if "limits" in fields:
            fields["limits"] = Limits(**_known(Limits, fields["limits"]))
        return RawAccount(AccountEvidence(**fields), document.get("stored_sha256"))
    except (TypeError, ValueError, KeyError) as error:
        raise damaged(location, error) from error


def damaged(location: str, error: Exception) -> LakeError:
    """The error that names a file of the raw zone that is not what was written."""
    return LakeError(
        f"{location} is damaged: {error}. It holds what AWS answered in that run, and cannot be made again: restore it "
        "from a backup (on S3, from an earlier version of the object). The published tables do not depend on it.",
        location=location,
    )


def _object(value: RunEvidence | AccountEvidence) -> dict[str, Any]:
    return {field.name: _json_ready(getattr(value, field.name)) for field in dataclasses.fields(value)}


def _json_ready(value: object) -> object:
    if isinstance(value, datetime):
        return instant_text(value)
    return dataclasses.asdict(value) if isinstance(value, Limits) else value


def _known(kind: type[RunEvidence | AccountEvidence | Limits], document: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in dataclasses.fields(kind)}
    return {
        name: read_instant(value) if name in _INSTANTS and value is not None else value
        for name, value in document.items()
        if name in names
    }


def _document(content: bytes, location: str) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except ValueError as error:
        raise damaged(location, error) from error
    if not isinstance(document, dict):
        raise damaged(location, TypeError("not a JSON object"))
    return document
