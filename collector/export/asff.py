"""Results as findings of the AWS Security Finding Format, in batches that BatchImportFindings takes.

Lengths are those of the format's documentation, in bytes of UTF-8: whether Security Hub counts characters or bytes is
documented nowhere, and bytes are never fewer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from collector.export.ocsf import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import TextIO

    from types_boto3_securityhub.literals import (
        ComplianceStatusType,
        PartitionType,
        SeverityLabelType,
        WorkflowStatusType,
    )
    from types_boto3_securityhub.type_defs import AwsSecurityFindingTypeDef, ResourceTypeDef

    from collector.export.results import Control, Result

# The most findings in a call. A call may also hold 6 MB and a finding 240 KB; ours are below 20 KB by their lengths.
BATCH = 100
_TITLE, _DESCRIPTION, _TEXT, _VALUE, _GENERATOR = 256, 1024, 512, 2048, 512
_RELATED = 32
_PARTITIONS: dict[str | None, PartitionType] = {"aws": "aws", "aws-cn": "aws-cn", "aws-us-gov": "aws-us-gov"}
_SEVERITIES: dict[str, SeverityLabelType] = {
    "low": "LOW",
    "medium": "MEDIUM",
    "high": "HIGH",
    "critical": "CRITICAL",
}

_COMPLIANCE: dict[str, ComplianceStatusType] = {
    "fail": "FAILED",
    "excepted": "FAILED",
    "unknown": "NOT_AVAILABLE",
    "pass": "PASSED",
    "not_applicable": "NOT_AVAILABLE",
}
# Only a new finding gets it: Security Hub ignores the workflow of an update.
_WORKFLOW: dict[str, WorkflowStatusType] = {"excepted": "SUPPRESSED", "pass": "RESOLVED", "not_applicable": "RESOLVED"}
_IS_WORK = frozenset({"fail", "excepted", "unknown"})


@dataclass(frozen=True, slots=True)
class Importer:
    """Who imports the findings: without a partnership a caller may only import findings of its own account."""

    partition: str  # `aws`, …
    region: str  # The Region of the Security Hub.
    account_id: str  # The caller's account, usually the administrator of Security Hub.

    @property
    def product_arn(self) -> str:
        """The default product of the account."""
        return f"arn:{self.partition}:securityhub:{self.region}:{self.account_id}:product/{self.account_id}/default"


def batches(
    results: Iterable[Result], controls: Mapping[str, Control], importer: Importer
) -> Iterator[list[AwsSecurityFindingTypeDef]]:
    """The findings in lists of at most 100."""
    findings = (finding(result, controls[result.control_id], importer) for result in results)
    while batch := list(islice(findings, BATCH)):
        yield batch


def write_batches(found: Iterable[list[AwsSecurityFindingTypeDef]], stream: TextIO) -> int:
    """Write one request a line, as `aws securityhub batch-import-findings --cli-input-json` reads it.

    Returns:
        The number of findings.
    """
    count = 0
    for batch in found:
        stream.write(json.dumps({"Findings": batch}, ensure_ascii=False, separators=(",", ":")) + "\n")
        count += len(batch)
    return count


def finding(result: Result, control: Control, importer: Importer) -> AwsSecurityFindingTypeDef:
    """One result as a finding."""
    is_work = result.status in _IS_WORK
    severity = _SEVERITIES[result.severity] if is_work else "INFORMATIONAL"
    updated = instant(result.snapshot_at) or ""
    made: AwsSecurityFindingTypeDef = {
        "SchemaVersion": "2018-10-08",
        "Id": f"credlake/{result.organization_id}/{result.finding_id}",
        "ProductArn": importer.product_arn,
        "ProductName": "credlake",
        "CompanyName": "credlake",
        "GeneratorId": _cut(f"credlake/{control.control_id}", _GENERATOR),
        "AwsAccountId": importer.account_id,
        # A finding is no newer than its snapshot; Security Hub ignores an update with an older UpdatedAt.
        "CreatedAt": min(instant(result.failing_since) or updated, updated),
        "UpdatedAt": updated,
        "Title": _cut(f"{control.title} ({control.control_id})", _TITLE),
        "Description": _cut(f"{_subject(result)}: {result.reason}", _DESCRIPTION),
        "FindingProviderFields": {
            "Severity": {"Label": severity, "Original": result.severity},
            "Types": ["Software and Configuration Checks/AWS Security Best Practices"],
        },
        "Compliance": {
            "Status": _COMPLIANCE[result.status],
            "StatusReasons": [
                {"ReasonCode": result.reason_code or result.status, "Description": _cut(result.reason, _VALUE)}
            ],
        },
        "Workflow": {"Status": _WORKFLOW.get(result.status, "NEW")},
        # What a control no longer applies to is gone or switched off.
        "RecordState": "ARCHIVED" if result.status == "not_applicable" else "ACTIVE",
        "Resources": [_resource(result)],
        "ProductFields": _product_fields(result),
    }
    if control.requirements:
        made["Compliance"]["RelatedRequirements"] = list(control.requirements[:_RELATED])
    if result.report_generated_at is not None:
        made["LastObservedAt"] = instant(result.report_generated_at) or ""
    if is_work:
        made["Remediation"] = {"Recommendation": {"Text": _cut(control.remediation, _TEXT)}}
    return made


def _subject(result: Result) -> str:
    account = f"{result.account_id} ({result.account_name})" if result.account_name else result.account_id
    return f"{result.user_name} in {account}" if result.user_name else account


def _resource(result: Result) -> ResourceTypeDef:
    made: ResourceTypeDef = {"Type": "AwsAccount", "Id": f"AWS::::Account:{result.account_id}"}
    if result.user_arn is not None and not result.user_arn.endswith(":root"):
        made = {"Type": "AwsIamUser", "Id": _cut(result.user_arn, _GENERATOR)}
    if result.aws_partition in _PARTITIONS:
        made["Partition"] = _PARTITIONS[result.aws_partition]
    return made


def _product_fields(result: Result) -> dict[str, str]:
    values = {
        "finding_id": result.finding_id,
        "organization_id": result.organization_id,
        "snapshot_date": result.snapshot_date,
        "run_id": result.run_id,
        "account_id": result.account_id,
        "account_name": result.account_name,
        "ou_id": result.ou_id,
        "ou_path": result.ou_path,
        "user_name": result.user_name,
        "control_id": result.control_id,
        "status": result.status,
        "severity": result.severity,
        "credential_type": result.credential_type,
        "credential_created_at": instant(result.credential_created_at),
        "measured_days": result.measured_days,
        "limit_days": result.limit_days,
        "exception_id": result.exception_id,
        "excepted_until": instant(result.excepted_until),
        "owner": result.owner,
    }
    known = {name: str(value) for name, value in values.items() if value is not None}
    # Security Hub takes no empty or blank values.
    return {f"credlake/{name}": _cut(value, _VALUE) for name, value in known.items() if value.strip()}


def _cut(text: str, most: int) -> str:
    """The text, if it has at most that many bytes; else its beginning, and an ellipsis."""
    encoded = text.encode("utf-8", errors="replace")
    if len(encoded) <= most:
        return encoded.decode()
    return encoded[: most - len("…".encode())].decode(errors="ignore") + "…"
