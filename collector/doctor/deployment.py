"""All checks of a deployment: in the organization, and in the collector's account. They only read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from collector.aws import clients, deployment, describe
from collector.aws.s3 import parse_s3_uri
from collector.doctor.finding import Finding, call_failed, fail, not_checked, ok
from collector.doctor.member_roles import MemberRoleChecks
from collector.doctor.stack import StackChecks, StackNames
from collector.errors import CallFault, UsageError, explain_no_identity
from collector.lake.layout import is_on_s3

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.settings.model import Settings

# Parts 2 and 3 of docs/deploy.md, part 4, or all.
Part = Literal["organization", "collector", "all"]


@dataclass(frozen=True, kw_only=True)
class DeploymentNames:
    """What to look for, apart from the settings."""

    collector: str | None = None  # the id of the collector's account; None: the caller's
    stack: str = "credlake"  # the collector's stack
    stack_set: str = "credlake-reader"  # the StackSet of the member role


def deployment_findings(settings: Settings, names: DeploymentNames, part: Part) -> Iterator[Finding]:
    """Make the checks, one after the other.

    Raises:
        UsageError: no Region is configured, or the lake is not on S3.
        CredlakeError: there are no valid credentials, so nothing can be checked.
    """
    if settings.lake is not None and not is_on_s3(settings.lake):
        raise UsageError([f"--lake {settings.lake}: a deployment's lake is on S3: s3://bucket or s3://bucket/prefix."])
    if not clients.has_region():
        raise UsageError(["No Region is configured: set AWS_REGION to the Region of the deployment."])
    with clients.while_a_person_waits():
        yield from _findings(settings, names, part)


def _findings(settings: Settings, names: DeploymentNames, part: Part) -> Iterator[Finding]:
    try:
        identity = describe.repeated(clients.identity)
    except CallFault as error:
        raise explain_no_identity(error) from error
    yield ok("caller", identity.account_id, identity.arn)
    collector = names.collector or identity.account_id
    if part != "collector":
        try:
            organization = deployment.organization()
        except CallFault as fault:
            yield call_failed("organization", "organizations", fault)
        else:
            if organization.has_all_features:
                found = f"has all features; its management account is {organization.management_account_id}"
                yield ok("organization", organization.organization_id, found)
            else:
                step = "Enable all features: aws organizations enable-all-features"
                message = "has only consolidated billing, so StackSets cannot deploy to it"
                yield fail("organization", organization.organization_id, message, step)
            yield from MemberRoleChecks(
                identity=identity, collector=collector, name=names.stack_set, organization=organization
            ).findings()
    if part == "organization":
        return
    if collector != identity.account_id:
        step = f"Run this check in account {collector}, with --part collector."
        yield not_checked("stack", names.stack, f"it is in account {collector}", step)
        return
    region = describe.own_region()
    place = parse_s3_uri(settings.lake or f"s3://credlake-{collector}-{region}")
    stack_names = StackNames(
        stack=names.stack,
        task_stack=f"{names.stack}-task",
        bucket=place.bucket,
        prefix=place.prefix,
        database=settings.database,
        workgroup=settings.workgroup or "credlake",
    )
    yield from StackChecks(stack_names, collector, region).findings()
