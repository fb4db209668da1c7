"""Results as OCSF events of the class Compliance Finding (2003), one JSON object a line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from collector import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TextIO

    from collector.export.results import Control, Result

    Event = dict[str, object]

VERSION = "1.5.0"
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class _Status(NamedTuple):
    compliance_id: int  # `compliance.status_id`: what the evaluation found.
    finding_id: int  # `status_id`: what is left to do.
    finding: str  # Its name.


# An accepted failure still fails. Nothing but 0 is Unknown, and unknown is nothing else.
_STATUSES = {
    "fail": _Status(3, 1, "New"),
    "excepted": _Status(3, 3, "Suppressed"),
    "unknown": _Status(0, 0, "Unknown"),
    "pass": _Status(1, 4, "Resolved"),
    "not_applicable": _Status(99, 99, "Not applicable"),
}
_SEVERITIES = {"low": (2, "Low"), "medium": (3, "Medium"), "high": (4, "High"), "critical": (5, "Critical")}
_INFORMATIONAL = (1, "Informational")
_IS_WORK = frozenset({"fail", "excepted", "unknown"})


def write_events(results: Iterable[Result], controls: Mapping[str, Control], stream: TextIO) -> int:
    """Write one event a line; the number of them."""
    count = 0
    for count, result in enumerate(results, start=1):  # noqa: B007 -- returned
        stream.write(_ENCODER.encode(event(result, controls[result.control_id])) + "\n")
    return count


def event(result: Result, control: Control) -> Event:
    """One result as an event. Times are milliseconds since 1970; what is not known has no key."""
    status = _STATUSES[result.status]
    severity_id, severity = _SEVERITIES[result.severity] if result.status in _IS_WORK else _INFORMATIONAL
    return _known(
        {
            "category_uid": 2,
            "category_name": "Findings",
            "class_uid": 2003,
            "class_name": "Compliance Finding",
            "activity_id": 1,
            "activity_name": "Create",
            "type_uid": 200301,
            "type_name": "Compliance Finding: Create",
            "time": _milliseconds(result.snapshot_at),
            "severity_id": severity_id,
            "severity": severity,
            "status_id": status.finding_id,
            "status": status.finding,
            "status_code": result.reason_code or result.status,
            "status_detail": result.reason,
            "message": f"{control.title}: {result.reason}",
            "metadata": {
                "version": VERSION,
                # Of this event: the same result of another day is another event of the same finding.
                "uid": f"{result.run_id}-{result.finding_id}",
                "tenant_uid": result.organization_id,
                "product": {"name": "credlake", "vendor_name": "credlake", "version": __version__},
            },
            "finding_info": _known(
                {
                    "uid": result.finding_id,
                    "title": control.title,
                    "desc": result.reason,
                    "first_seen_time": _milliseconds(result.failing_since),
                    "last_seen_time": _milliseconds(result.report_generated_at),
                    "analytic": {"uid": control.control_id, "name": control.control_id, "type": "Rule", "type_id": 1},
                }
            ),
            "compliance": _known(
                {
                    "status_id": status.compliance_id,
                    "control": control.control_id,
                    "desc": control.title,
                    "requirements": list(control.requirements) or None,
                    "standards": list(control.standards) or None,
                }
            ),
            "remediation": {"desc": control.remediation} if result.status in _IS_WORK else None,
            "resources": [_resource(result)],
            "unmapped": _known(
                {
                    "status": result.status,
                    "snapshot_date": result.snapshot_date,
                    "run_id": result.run_id,
                    "measured_days": result.measured_days,
                    "limit_days": result.limit_days,
                    "exception_id": result.exception_id,
                    "excepted_until": instant(result.excepted_until),
                }
            ),
        }
    )


def _resource(result: Result) -> Event:
    """The user or account; the class has no place of its own for the account."""
    is_account = result.user_arn is None or result.user_arn.endswith(":root")
    return _known(
        {
            "uid": result.user_arn or result.account_id,
            "name": result.account_name if is_account else result.user_name,
            "type": "AwsAccount" if is_account else "AwsIamUser",
            "cloud_partition": result.aws_partition,
            "data": _known(
                {
                    "account_id": result.account_id,
                    "account_name": result.account_name,
                    "ou_id": result.ou_id,
                    "ou_path": result.ou_path,
                    "owner": result.owner,
                    "user_name": result.user_name,
                    "credential_type": result.credential_type,
                    "credential_slot": result.slot,
                    "credential_created_at": instant(result.credential_created_at),
                }
            ),
        }
    )


def instant(value: datetime | None) -> str | None:
    """`2026-11-26T03:04:05.678Z`."""
    return None if value is None else f"{value.isoformat(timespec='milliseconds')}Z"


def _milliseconds(value: datetime | None) -> int | None:
    return None if value is None else round(value.replace(tzinfo=UTC).timestamp() * 1000)


def _known(values: Event) -> Event:
    return {name: value for name, value in values.items() if value is not None}
