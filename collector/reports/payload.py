"""The data that the page carries for its script: columns of numbers and texts, compressed. Pure.

A text that recurs is stored once, in a list, and its columns hold positions in that list: 100,000 findings take less
than 5 MB. The same data give the same bytes.
"""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from collector.process.streams import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.reports.data import ReportData
    from collector.reports.records import Finding, Requirement


class _Words:
    """Texts that recur, each with a position."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def place(self, text: str | None) -> int | None:
        return None if text is None else self._places.setdefault(text, len(self._places))

    @property
    def all(self) -> list[str]:
        return list(self._places)


def columns_of(data: ReportData) -> dict[str, object]:
    """What the script shows: lists of equal length for each kind of row. Instants are seconds since 1970."""
    places = _Places(data)
    ous, outcomes = _Words(), _Words()
    fails = {(each.account_id, each.snapshot_date): each.fail_count for each in data.history}
    new = [place for place, each in enumerate(data.findings) if each.finding_id in data.new_findings]
    return {
        "organization_id": data.snapshot.organization_id,
        "snapshot_date": data.snapshot.snapshot_date,
        "snapshot_at": _seconds(data.snapshot.snapshot_at),
        "run_id": data.snapshot.run_id,
        "days": data.days,
        "accounts": {
            "id": [each.account_id for each in data.accounts],
            "name": [each.account_name for each in data.accounts],
            "ou": [ous.place(each.ou_path) for each in data.accounts],
            "owner": [each.owner for each in data.accounts],
            "partition": [each.aws_partition for each in data.accounts],
            "outcome": [outcomes.place(each.outcome) for each in data.accounts],
            "users": [each.user_count for each in data.accounts],
            "report": [_seconds(each.report_generated_at) for each in data.accounts],
            "history": [[fails.get((each.account_id, day)) for day in data.days] for each in data.accounts],
        },
        "controls": [
            {
                "id": each.control_id,
                "title": each.title,
                "severity": each.severity,
                "why": each.why,
                "remediation": each.mend,
                "requirements": _requirements(data.requirements, each.control_id),
            }
            for each in data.controls
        ],
        "findings": places.results(data.findings) | {"new": new},
        "excepted": places.results(data.excepted),
        "scores": {
            "account": [places.accounts[each.account_id] for each in data.standings],
            "control": [places.controls[each.control_id] for each in data.standings],
            "pass": [each.pass_count for each in data.standings],
            "fail": [each.fail_count for each in data.standings],
            "excepted": [each.excepted_count for each in data.standings],
            "unknown": [each.unknown_count for each in data.standings],
        },
        "credentials": data.credentials
        and {
            "account": [places.accounts[each.account_id] for each in data.credentials],
            "user": [places.users.place(each.user_name) for each in data.credentials],
            "type": [each.credential_type for each in data.credentials],
            "active": [each.is_active for each in data.credentials],
            "age": [each.age_days for each in data.credentials],
            "idle": [each.idle_days for each in data.credentials],
            "never": [each.never_used for each in data.credentials],
            "mfa": [each.mfa_active for each in data.credentials],
        },
        "ous": ous.all,
        "users": places.users.all,
        "reasons": places.reasons.all,
        "outcomes": outcomes.all,
        "exceptions": places.exceptions.all,
    }


class _Places:
    """Where the accounts, controls, users and texts are in their lists."""

    def __init__(self, data: ReportData) -> None:
        self.accounts = {account.account_id: place for place, account in enumerate(data.accounts)}
        self.controls = {control.control_id: place for place, control in enumerate(data.controls)}
        self.users, self.reasons, self.exceptions = _Words(), _Words(), _Words()

    def results(self, results: list[Finding]) -> dict[str, object]:
        """The columns of results."""
        sinces = [_since(each) for each in results]
        return {
            # 16 bytes each: as hexadecimal digits they would be half of the page.
            "id": base64.b64encode(bytes.fromhex("".join(each.finding_id for each in results))).decode(),
            "control": [self.controls[each.control_id] for each in results],
            "account": [self.accounts[each.account_id] for each in results],
            "user": [self.users.place(each.user_name) for each in results],
            "type": [each.credential_type for each in results],
            "created": [_seconds(each.credential_created_at) for each in results],
            "reason": [self.reasons.place(each.reason) for each in results],
            "since_from": [since[0] for since in sinces],
            "since": [since[1] for since in sinces],
            "used": [_seconds(each.last_used_at) for each in results],
            "exception": [self.exceptions.place(each.exception_id) for each in results],
        }


def compressed(columns: dict[str, object]) -> str:
    """The columns as base64 of gzip of JSON, with every text `printable`."""
    text = printable(json.dumps(columns, ensure_ascii=False, separators=(",", ":")))
    return base64.b64encode(gzip.compress(text.encode(), compresslevel=9, mtime=0)).decode()


def _seconds(instant: datetime | None) -> int | None:
    return None if instant is None else int(instant.replace(tzinfo=UTC).timestamp())


def _since(finding: Finding) -> tuple[int, int | None]:
    """What `since` counts from, and the seconds: from the creation (1) or the last use (2), else from 1970 (0).

    Most findings begin whole days after one of them, by their limit, so that their seconds repeat.
    """
    since = _seconds(finding.failing_since)
    if since is None:
        return 0, None
    for place, base in enumerate((finding.credential_created_at, finding.last_used_at), start=1):
        start = _seconds(base)
        if start is not None and (since - start) % 86_400 == 0:
            return place, since - start
    return 0, since


def _requirements(requirements: Iterable[Requirement], control_id: str) -> list[str]:
    """`CIS AWS Foundations 7.0: 1.5, 1.6 (related)`: one text for each benchmark and version."""
    found: dict[str, list[str]] = {}
    for each in requirements:
        if each.control_id == control_id:
            suffix = "" if each.relation == "exact" else f" ({each.relation})"
            found.setdefault(f"{each.framework} {each.version}".removesuffix(" unversioned"), []).append(
                each.requirement + suffix
            )
    return [f"{name}: {', '.join(numbers)}" for name, numbers in found.items()]
