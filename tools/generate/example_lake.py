"""A small organization on two days, published by the product's own code: the example rows of `docs/views.md`."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from collector.evidence import AccountEvidence, RunEvidence
from collector.lake.local_store import LocalStore
from collector.lake.publish import publish
from collector.lake.writer import SnapshotWriter
from collector.outcome import Outcome
from collector.schema import REPORT_COLUMNS, ROOT_USER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ORGANIZATION = "o-exampleorg"
_PAYMENTS, _SANDBOX, _LEGACY, _CLOSED = "111111111111", "222222222222", "333333333333", "444444444444"
_MANAGEMENT = "999999999999"
_DAYS = (datetime(2026, 11, 22, 3, 0, tzinfo=UTC), datetime(2026, 11, 23, 3, 0, tzinfo=UTC))
_POLICY = {"MinimumPasswordLength": 14, "PasswordReusePrevention": 24, "MaxPasswordAge": 90}

_HEADER = [column.source or column.name for column in REPORT_COLUMNS[:-1]]
_NO_CREDENTIALS = {name: "false" if name.endswith("active") else "N/A" for name in _HEADER}
_KEY_OF_2025 = {"access_key_1_active": "true", "access_key_1_last_rotated": "2025-02-03T09:00:00Z"}
_KEY_OF_YESTERDAY = {"access_key_2_active": "true", "access_key_2_last_rotated": "2026-11-22T16:20:00Z"}
_PASSWORD = {"password_enabled": "true", "password_last_changed": "2026-03-01T08:00:00Z"}

_EXCEPTIONS = [
    {
        "exception_id": "EX-1",
        "control_id": "password-length",
        "account": _SANDBOX,
        "approved_by": "ciso",
        "reason": "Nobody has a password there.",
        "expires_on": "2026-12-31",
    },
    {"exception_id": "EX-2", "control_id": "console-mfa", "ou": "Root/Workloads", "expires_on": "2026-11-15"},
    {"exception_id": "EX-3", "control_id": "*", "finding_id": 32 * "0", "expires_on": "2026-12-31"},
]


def write_example_lake(folder: Path, scratch: Path) -> None:
    """Publish both days into the folder; `scratch` is an existing folder for temporary files."""
    store = LocalStore(folder)
    for number, started_at in enumerate(_DAYS):
        run = RunEvidence(
            organization_id=ORGANIZATION,
            run_id=f"{started_at:%Y%m%dT%H%M%SZ}-0000000{number}",
            started_at=started_at,
            inventory_source="organizations",
            exceptions=_EXCEPTIONS,
        )
        with SnapshotWriter(store, run, scratch) as writer:
            for evidence, report in _accounts(started_at, is_second_day=number == 1):
                writer.add(evidence, report)
            finished_at = started_at + timedelta(minutes=2)
            publish(store, writer.finish(finished_at), now=lambda at=finished_at: at)  # type: ignore[misc]  # a default binds the loop's value


def _accounts(at: datetime, *, is_second_day: bool) -> Iterable[tuple[AccountEvidence, bytes | None]]:
    collected = {
        "outcome": Outcome.COLLECTED,
        "report_generated_at": at + timedelta(seconds=20),
        "started_at": at,
        "finished_at": at + timedelta(seconds=30),
        "attempts": 5,
    }
    no_policy = {"password_policy_state": "default"}
    custom = {"password_policy_state": "custom", "password_policy": _POLICY}
    alice = {**_PASSWORD, "password_last_used": "2026-11-21T07:30:00Z"}
    deploy = {
        **_KEY_OF_2025,
        "access_key_1_last_used_date": "2026-11-22T02:10:00Z",
        "access_key_1_last_used_service": "s3",
    }
    if is_second_day:
        deploy |= {**_KEY_OF_YESTERDAY, "mfa_active": "true"}
    yield (
        _account(_PAYMENTS, "payments-prod", "Root/Workloads/Prod", summary=_summary(users=3), **collected, **custom),
        _report(
            _row(_PAYMENTS, ROOT_USER, password_enabled="false", password_next_rotation="not_supported"),  # noqa: S106 - a value of the report
            _row(_PAYMENTS, "alice", **alice),
            _row(_PAYMENTS, "ci-deploy", **deploy),
            _row(_PAYMENTS, "ci-legacy", **{**_KEY_OF_2025, "access_key_1_active": "false"}),
        ),
    )
    signed_in = "2026-11-22T18:45:00Z" if is_second_day else "2026-06-01T10:00:00Z"
    root = {**_PASSWORD, "password_last_used": signed_in, "password_next_rotation": "not_supported"}
    bob = {**_PASSWORD, "password_last_used": "no_information", "mfa_active": "true" if is_second_day else "maybe"}
    yield (
        _account(_SANDBOX, "sandbox", "Root/Sandbox", summary=_summary(users=1), **no_policy, **collected),
        _report(_row(_SANDBOX, ROOT_USER, **root), _row(_SANDBOX, "bob", **bob)),
    )
    denied = {"outcome": Outcome.ASSUME_DENIED, "error_code": "AccessDenied", "error_message": "not authorized"}
    tried = {"attempts": 1, "started_at": at, "finished_at": at + timedelta(seconds=1)}
    yield _account(_LEGACY, "legacy-batch", "Root/Workloads/Prod", **denied, **tried), None
    if is_second_day:
        closed = {"outcome": Outcome.SKIPPED_STATE, "account_state": "SUSPENDED"}
        yield _account(_CLOSED, "old-lab", "Root/Sandbox", **closed), None


def _account(account_id: str, name: str, ou_path: str, **known: Any) -> AccountEvidence:  # noqa: ANN401 -- fields of AccountEvidence, each with its own type
    ou_id = {"Root/Sandbox": "ou-ab12-22222222"}.get(ou_path, "ou-ab12-11111111")
    listed = {
        "Id": account_id,
        "Name": name,
        "Arn": f"arn:aws:organizations::{_MANAGEMENT}:account/{ORGANIZATION}/{account_id}",
        "State": "ACTIVE",
        "JoinedTimestamp": "2026-11-22T12:00:00Z",
    }
    return AccountEvidence(
        account=listed,
        account_id=account_id,
        aws_partition="aws",
        ou_id=ou_id,
        ou_path=ou_path,
        **{"account_state": "ACTIVE", **known},
    )


def _summary(*, users: int) -> dict[str, int]:
    return {"Users": users, "AccountMFAEnabled": 0, "AccountAccessKeysPresent": 0, "AccountPasswordPresent": 0}


def _row(account_id: str, user: str, **values: str) -> dict[str, str]:
    resource = "root" if user == ROOT_USER else f"user/{user}"
    identity = {"user": user, "arn": f"arn:aws:iam::{account_id}:{resource}"}
    return {
        **_NO_CREDENTIALS,
        "user_creation_time": "2024-05-06T07:08:09Z",
        "password_enabled": "false",
        **identity,
        **values,
    }


def _report(*rows: dict[str, str]) -> bytes:
    """A credential report like AWS's, without a line end after the last row."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _HEADER, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().removesuffix("\n").encode()
