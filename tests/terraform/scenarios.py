"""Deployments, in the templates' parameters; the module's variables follow from them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

ACCOUNT = "111122223333"
_BOOLEANS = {
    *("ExistingBucket", "ExistingDatabase", "ExistingWorkGroup", "ExistingLogGroup", "CustomerManagedKey"),
    *("PublishPage", "NotifyOwners", "RefreshDataSets"),
}
_NUMBERS = {
    "MinCoverage",
    "RawRetentionDays",
    "ScanLimitBytes",
    "AlarmBelowCoverage",
    "MissedAfterHours",
    "MissedAfterDays",
}
_LISTS = {"FunctionSubnets", "FunctionSecurityGroups"}
_OBJECTS = {"ExistingKeyArn": "existing_key", "ExistingTopicArn": "existing_topic"}


def snake_case(name: str) -> str:
    """The variable of a parameter."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


@dataclass(frozen=True)
class Scenario:
    """One deployment. `collector` are parameters of collector.yaml, `container` those of container.yaml alone."""

    collector: dict[str, Any]
    container: dict[str, Any] | None = None
    quicksight: dict[str, Any] | None = None
    partition: str = "aws"
    region: str = "eu-central-1"
    suffix: str = "amazonaws.com"
    variables_alone: dict[str, Any] = field(default_factory=dict)

    def parameters(self) -> dict[str, Any]:
        """The parameters of collector.yaml."""
        runs_in = {"RunsIn": "container"} if self.container else {"CodeBucket": "code", "CodeKey": "credlake-1.zip"}
        return {
            "OrganizationId": "o-aa111bb222",
            "ExternalId": "example",
            "BucketName": f"credlake-{ACCOUNT}-{self.region}",
            **runs_in,
            **self.collector,
        }

    def variables(self) -> dict[str, Any]:
        """The variables of the module."""
        found: dict[str, Any] = {}
        for name, value in self.parameters().items():
            if name == "RunsIn":
                continue  # the variable `container` is null, or not
            if name in _OBJECTS:
                found[_OBJECTS[name]] = {"arn": value}
            elif name in _BOOLEANS:
                found[snake_case(name)] = value == "true"
            elif name in _LISTS:
                found[snake_case(name)] = value.split(",")
            else:
                found[snake_case(name)] = float(value) if name in _NUMBERS else value
        if self.container:
            found["container"] = {
                "image": self.container["Image"],
                "vpc_id": self.container["VpcId"],
                "subnets": self.container["Subnets"].split(","),
                "assign_public_ip": self.container.get("AssignPublicIp") == "ENABLED",
                "deadline_seconds": self.container.get("DeadlineSeconds", 3600),
            }
        if self.quicksight:
            found["quicksight"] = {snake_case(name): value for name, value in self.quicksight.items()}
        return found | self.variables_alone

    def mocked_apply(self) -> str:
        """A file for `terraform test` that applies the module."""
        return mocked_apply(self.variables(), self.partition, self.region, self.suffix)


def mocked_apply(variables: dict[str, Any], partition: str, region: str, suffix: str) -> str:
    """A file for `terraform test` that applies a module with mocks."""
    data = {
        "aws_caller_identity": {"account_id": ACCOUNT},
        "aws_partition": {"partition": partition, "dns_suffix": suffix},
        "aws_region": {"region": region},
    }
    # The outputs of a stack are not made up: which there are is known only to CloudFormation.
    stack = {"outputs": {"DashboardArn": "arn:dashboard", "RulesLocation": "s3://rules"}}
    mocks = [f'mock_data "{kind}"' for kind in data] + ['mock_resource "aws_cloudformation_stack"']
    mocked = "".join(
        f"  {mock} {{\n    defaults = {json.dumps(values)}\n  }}\n"
        for mock, values in zip(mocks, [*data.values(), stack], strict=True)
    )
    given = "".join(f"    {name} = {json.dumps(value)}\n" for name, value in variables.items())
    return f'mock_provider "aws" {{\n{mocked}}}\nrun "apply" {{\n  variables {{\n{given}  }}\n}}\n'


_CONTAINER = {"Image": "registry.example.com/credlake:1", "VpcId": "vpc-1", "Subnets": "subnet-1,subnet-2"}
_KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
_EXISTING = {
    "BucketName": "a-bucket-of-ours",
    "LakePrefix": "/security/credlake",
    "ExistingBucket": "true",
    "ExistingKeyArn": _KEY,
    "ExistingDatabase": "true",
    "DatabaseName": "ours",
    "ExistingWorkGroup": "true",
    "WorkGroupName": "analysts",
    "ExistingLogGroup": "true",
    "LogGroupName": "/ours/credlake",
    "ExistingTopicArn": f"arn:aws:sns:eu-central-1:{ACCOUNT}:ours",
}
_REQUIRED_OF_ROLES = {
    "PermissionsBoundaryArn": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
    "RolePath": "/security/",
    "MemberRolePath": "/security/",
    "MemberRoleName": "reader",
    "CollectorRoleName": "collector",
}
_FOLLOWING = {
    "PublishPage": "true",
    "NotifyOwners": "true",
    "RefreshDataSets": "true",
    "EventBus": "security",
    "ExceptionsFile": "settings/exceptions.csv",
}
SCENARIOS = {
    "defaults": Scenario({}),
    "everything set": Scenario(
        {
            **_REQUIRED_OF_ROLES,
            "CodeBucket": "ours",
            "CodeKey": "credlake-2.zip",
            "Architecture": "x86_64",
            "Schedule": "rate(7 days)",
            "ScheduleTimezone": "Europe/Berlin",
            "ScheduleState": "ENABLED",
            "MinCoverage": 0.9,
            "FunctionSubnets": "subnet-1,subnet-2",
            "FunctionSecurityGroups": "sg-1",
            "DatabaseName": "security",
            "WorkGroupName": "security",
            "CatalogKeyArn": f"{_KEY}0",
            "RawRetentionDays": 400,
            "RawLock": "COMPLIANCE:365",
            "ReplicaBucketName": "replica",
            "ReplicaKeyArn": f"arn:aws:kms:eu-west-1:444455556666:key/{'0' * 8}",
            "ReplicationRoleName": "replicates",
            "ScanLimitBytes": "20000000000",
            "AlertEmail": "security@example.com",
            "LogGroupName": "/security/credlake",
            "AlarmBelowCoverage": 0.99,
            "MissedAfterHours": 0,
            "MissedAfterDays": 8,
            **_FOLLOWING,
        }
    ),
    "without a key": Scenario({"CustomerManagedKey": "false", "ScheduleState": "ENABLED"}),
    "over what exists": Scenario({**_EXISTING, **_REQUIRED_OF_ROLES}),
    "container": Scenario({"ScheduleState": "ENABLED", "AlertEmail": "security@example.com"}, _CONTAINER),
    "container over what exists": Scenario(
        {
            **_EXISTING,
            **_REQUIRED_OF_ROLES,
            "RawLock": "GOVERNANCE:30",
            "ScheduleTimezone": "Asia/Tokyo",
            "Architecture": "x86_64",
            **_FOLLOWING,
        },
        {**_CONTAINER, "Architecture": "X86_64", "AssignPublicIp": "ENABLED", "DeadlineSeconds": 7200},
    ),
    "container without a key": Scenario({"CustomerManagedKey": "false"}, _CONTAINER),
    "GovCloud": Scenario(
        {},
        quicksight={
            "OwnerArn": f"arn:aws-us-gov:quicksight:us-gov-west-1:{ACCOUNT}:user/default/owner",
            "ReaderArn": f"arn:aws-us-gov:quicksight:us-gov-west-1:{ACCOUNT}:group/default/readers",
        },
        partition="aws-us-gov",
        region="us-gov-west-1",
    ),
    "China": Scenario({}, partition="aws-cn", region="cn-north-1", suffix="amazonaws.com.cn"),
}
