"""The calls of `credlake deploy --check`: each reads what a deployment consists of. Every failure is a CallFault.

Operations have the names of their permissions, since those are what has to be granted where a call is denied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from collector.aws.clients import client, own_credentials
from collector.aws.credentials import signing_as
from collector.aws.describe import glue_database, key_metadata, workgroup
from collector.aws.errors import Ignoring, translated
from collector.aws.organizations import OrganizationsApi
from collector.aws.pages import every_page
from collector.errors import CallFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_cloudformation.type_defs import (
        StackEventTypeDef,
        StackInstanceSummaryTypeDef,
        StackSetTypeDef,
        StackTypeDef,
    )

# The service principal of StackSets with trusted access to an organization.
STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"
# As what an account reads a service-managed StackSet: the management account, or a delegated administrator.
CallAs = Literal["SELF", "DELEGATED_ADMIN"]
# Those of the last failure are enough; a stack that is deployed often has thousands of events.
_MOST_EVENTS = 200


@dataclass(frozen=True, slots=True)
class Organization:
    """The caller's organization."""

    organization_id: str  # o-…
    management_account_id: str  # The account that no SCP applies to, and no service-managed StackSet deploys to.
    has_all_features: bool  # Whether it has more than consolidated billing. Trusted access requires that.


@dataclass(frozen=True, slots=True)
class FailedResource:
    """A resource that CloudFormation could not create, change or delete."""

    name: str  # Its logical id in the template.
    reason: str  # CloudFormation's text, which contains that of the service.


def organization() -> Organization:
    """DescribeOrganization's answer."""
    with translated("organizations:DescribeOrganization"):
        found = client("organizations").describe_organization()["Organization"]
        return Organization(found["Id"], found["MasterAccountId"], found["FeatureSet"] == "ALL")


def active_accounts() -> list[str]:
    """The ids of the organization's ACTIVE accounts."""
    pages = OrganizationsApi(client("organizations")).account_pages()
    return [found["Id"] for page in pages for found in page if found.get("State", found.get("Status")) == "ACTIVE"]


def list_as_a_run() -> None:
    """The first call of a run that not every account of an organization may make."""
    OrganizationsApi(client("organizations")).root()


def trusted_services() -> list[str]:
    """ListAWSServiceAccessForOrganization's service principals."""
    operation = "organizations:ListAWSServiceAccessForOrganization"
    pages = client("organizations").get_paginator("list_aws_service_access_for_organization").paginate()
    read = every_page(
        operation, pages, lambda page: [one["ServicePrincipal"] for one in page["EnabledServicePrincipals"]]
    )
    return [one["ServicePrincipal"] for page in read for one in page["EnabledServicePrincipals"]]


def delegated_administrators(service: str | None = None) -> list[str]:
    """ListDelegatedAdministrators' account ids: those of one service, or of any."""
    operation = "organizations:ListDelegatedAdministrators"
    paginator = client("organizations").get_paginator("list_delegated_administrators")
    pages = paginator.paginate() if service is None else paginator.paginate(ServicePrincipal=service)
    read = every_page(operation, pages, lambda page: [one["Id"] for one in page["DelegatedAdministrators"]])
    return [one["Id"] for page in read for one in page["DelegatedAdministrators"]]


def resource_policy() -> str | None:
    """The organization's resource policy; None where it has none."""
    with Ignoring("ResourcePolicyNotFoundException"), translated("organizations:DescribeResourcePolicy"):
        return client("organizations").describe_resource_policy()["ResourcePolicy"]["Content"]
    return None


def stack_set(name: str, call_as: CallAs) -> StackSetTypeDef | None:
    """DescribeStackSet's StackSet; None where there is none."""
    with Ignoring("StackSetNotFoundException", "StackSetNotFound"), translated("cloudformation:DescribeStackSet"):
        return client("cloudformation").describe_stack_set(StackSetName=name, CallAs=call_as)["StackSet"]
    return None


def stack_instances(name: str, call_as: CallAs) -> list[StackInstanceSummaryTypeDef]:
    """ListStackInstances' instances."""
    pages = client("cloudformation").get_paginator("list_stack_instances").paginate(StackSetName=name, CallAs=call_as)
    read = every_page(
        "cloudformation:ListStackInstances",
        pages,
        lambda page: [(one["Account"], one["Region"]) for one in page["Summaries"]],
    )
    return [one for page in read for one in page["Summaries"]]


def stack(name: str) -> StackTypeDef | None:
    """DescribeStacks' stack; None where there is none."""
    try:
        with translated("cloudformation:DescribeStacks"):
            return client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except CallFault as fault:
        # CloudFormation has no code for it.
        if fault.code == "ValidationError" and "does not exist" in fault.message:
            return None
        raise


def stack_resources(name: str) -> dict[str, str]:
    """Logical id → physical id of what a stack has created; less than 100 resources."""
    with translated("cloudformation:DescribeStackResources"):
        found = client("cloudformation").describe_stack_resources(StackName=name)["StackResources"]
    return {one["LogicalResourceId"]: one.get("PhysicalResourceId", "") for one in found}


def failed_resources(name: str) -> list[FailedResource]:
    """What failed in the stack's last operation that had a failure, in the order in which it failed."""
    failed: list[FailedResource] = []
    for number, event in enumerate(_events(name)):
        status = event.get("ResourceStatus", "")
        is_stack = event.get("PhysicalResourceId") == event["StackId"]
        if number >= _MOST_EVENTS or (failed and is_stack and status.endswith("_IN_PROGRESS") and "ROLL" not in status):
            break
        if status.endswith("_FAILED") and not is_stack:
            failed.append(FailedResource(event["LogicalResourceId"], event.get("ResourceStatusReason", "")))
    return failed[::-1]


def _events(name: str) -> Iterator[StackEventTypeDef]:
    """The stack's events, newest first."""
    pages = client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=name)
    for page in every_page(
        "cloudformation:DescribeStackEvents", pages, lambda page: [one["EventId"] for one in page["StackEvents"]]
    ):
        yield from page["StackEvents"]


def bucket_region(bucket: str, account_id: str) -> str | None:
    """The Region of a bucket of that account; None where nobody has a bucket of that name."""
    try:
        with translated("s3:ListBucket"):
            return client("s3").head_bucket(Bucket=bucket, ExpectedBucketOwner=account_id).get("BucketRegion", "")
    except CallFault as fault:
        # HeadBucket's answer has no body, so its only code is the status.
        if fault.code in {"404", "NoSuchBucket"}:
            return None
        raise


def key_arn(name: str) -> str | None:
    """The ARN of the key with this alias or ARN; None where there is none."""
    with Ignoring("NotFoundException"):
        return key_metadata(name)["Arn"]
    return None


def has_database(name: str) -> bool:
    """Whether there is this Glue database."""
    return glue_database(name) is not None


def has_workgroup(name: str) -> bool:
    """Whether there is this Athena workgroup."""
    try:
        workgroup(name)
    except CallFault as fault:
        # Athena has no code for it.
        if fault.code == "InvalidRequestException" and "not found" in fault.message.lower():
            return False
        raise
    return True


def has_log_group(name: str) -> bool:
    """Whether there is a log group of exactly this name."""
    with translated("logs:DescribeLogGroups"):
        found = client("logs").describe_log_groups(logGroupNamePrefix=name, limit=50)["logGroups"]
    return any(one["logGroupName"] == name for one in found)


def has_role(name: str) -> bool:
    """Whether the caller's account has this role."""
    with signing_as(own_credentials()), Ignoring("NoSuchEntity"), translated("iam:GetRole"):
        client("iam").get_role(RoleName=name)
        return True
    return False


def function_state(name: str) -> str:
    """GetFunctionConfiguration's `State`, such as `Active`."""
    with translated("lambda:GetFunctionConfiguration"):
        return client("lambda").get_function_configuration(FunctionName=name).get("State", "Active")


def schedule_state(name: str) -> str:
    """GetSchedule's `State`: ENABLED or DISABLED."""
    with translated("scheduler:GetSchedule"):
        return client("scheduler").get_schedule(Name=name)["State"]
