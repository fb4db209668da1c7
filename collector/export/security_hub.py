"""Findings sent to AWS Security Hub CSPM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.aws.clients import client, identity
from collector.aws.errors import translated
from collector.errors import CallFault, CredlakeError, FaultKind, explain_no_identity
from collector.export.asff import Importer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from types_boto3_securityhub.type_defs import AwsSecurityFindingTypeDef

PERMISSION = "securityhub:BatchImportFindings"


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one batch."""

    number: int  # The batch, from 1.
    findings: int  # How many findings it has.
    failures: tuple[str, ...]  # For each finding that was not imported, its ID and why.


def importer() -> Importer:
    """The caller's account in the configured Region.

    Raises:
        CredlakeError: there are no valid credentials.
    """
    try:
        caller = identity()
        region = client("securityhub").meta.region_name
    except CallFault as fault:
        raise explain_no_identity(fault) from fault
    return Importer(partition=caller.partition, region=region, account_id=caller.account_id)


def send(batches: Iterable[list[AwsSecurityFindingTypeDef]]) -> Iterator[Sent]:
    """Import the batches, one after the other: AWS allows 10 calls a second, and botocore repeats what is throttled.

    Raises:
        CredlakeError: a call failed; the batches before it are imported.
    """
    for number, batch in enumerate(batches, start=1):
        try:
            with translated(PERMISSION):
                answer = client("securityhub").batch_import_findings(Findings=batch)
                failed = answer.get("FailedFindings", [])
                failures = tuple(f"{each['Id']}: {each['ErrorCode']}: {each['ErrorMessage']}" for each in failed)
                missing = answer["FailedCount"] - len(failures)
        except CallFault as fault:
            raise _call_failed(fault, number) from fault
        yield Sent(number, len(batch), failures + ("not named by Security Hub",) * missing)


def _call_failed(fault: CallFault, number: int) -> CredlakeError:
    step = fault.environment_step
    if step is None and fault.kind is FaultKind.DENIED:
        step = f"Grant {PERMISSION}."
    if step is None and fault.code == "InvalidAccessException":
        step = "Enable Security Hub CSPM in this account and Region, or set AWS_REGION to one where it is enabled."
    said = f"{fault.operation} failed: {fault.code}: {fault.message}".rstrip(": .")
    sent = f"The {number - 1} batches before it are imported." if number > 1 else "Nothing was imported."
    return CredlakeError(f"{said}. {sent} {step or 'Run the command again: it updates what is imported.'}")
