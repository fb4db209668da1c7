"""The clients that a deployment is checked with, as far as they are used, and their answers.

The type stubs of these services are not installed.
"""
# ruff: noqa: D102, N803 -- AWS's operations and parameters

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal, NotRequired, Protocol, TypedDict, overload

if TYPE_CHECKING:
    from collections.abc import Iterator


class CallAs(StrEnum):
    """As what an account reads a service-managed StackSet."""

    SELF = "SELF"  # the management account
    DELEGATED_ADMIN = "DELEGATED_ADMIN"  # a delegated administrator of StackSets


class StackParameter(TypedDict):
    """One parameter of a stack or StackSet, with its value."""

    ParameterKey: str
    ParameterValue: NotRequired[str]


class StackOutput(TypedDict):
    """One output of a stack."""

    OutputKey: str
    OutputValue: str


class Stack(TypedDict):
    """A stack, by DescribeStacks."""

    StackName: str
    StackStatus: str
    Parameters: NotRequired[list[StackParameter]]
    Outputs: NotRequired[list[StackOutput]]


class StackResource(TypedDict):
    """A resource of a stack, by DescribeStackResources."""

    LogicalResourceId: str
    PhysicalResourceId: NotRequired[str]


class StackEvent(TypedDict):
    """What happened to a resource, by DescribeStackEvents; to the stack where its id is the resource's."""

    EventId: str
    StackId: str
    LogicalResourceId: str
    PhysicalResourceId: NotRequired[str]
    ResourceStatus: str
    ResourceStatusReason: NotRequired[str]


class AutoDeployment(TypedDict):
    """Whether accounts that join get the stack."""

    Enabled: NotRequired[bool]


class StackSet(TypedDict):
    """A StackSet, by DescribeStackSet."""

    Status: str
    PermissionModel: NotRequired[str]
    AutoDeployment: NotRequired[AutoDeployment]
    Parameters: NotRequired[list[StackParameter]]


class DetailedStatus(TypedDict):
    """How the last operation on a stack instance ended."""

    DetailedStatus: NotRequired[str]


class StackInstance(TypedDict):
    """The stack of a StackSet in one account and Region, by ListStackInstances."""

    Account: str
    Region: str
    Status: NotRequired[str]
    StatusReason: NotRequired[str]
    StackInstanceStatus: NotRequired[DetailedStatus]


class StacksAnswer(TypedDict):
    """DescribeStacks' answer."""

    Stacks: list[Stack]


class ResourcesAnswer(TypedDict):
    """DescribeStackResources' answer."""

    StackResources: list[StackResource]


class StackSetAnswer(TypedDict):
    """DescribeStackSet's answer."""

    StackSet: StackSet


class EventsPage(TypedDict):
    """A page of DescribeStackEvents."""

    StackEvents: list[StackEvent]


class InstancesPage(TypedDict):
    """A page of ListStackInstances."""

    Summaries: list[StackInstance]


class EventsPaginator(Protocol):
    """DescribeStackEvents, page by page."""

    def paginate(self, *, StackName: str) -> Iterator[EventsPage]: ...


class InstancesPaginator(Protocol):
    """ListStackInstances, page by page."""

    def paginate(self, *, StackSetName: str, CallAs: CallAs) -> Iterator[InstancesPage]: ...


class CloudFormationClient(Protocol):
    """CloudFormation."""

    def describe_stacks(self, *, StackName: str) -> StacksAnswer: ...
    def describe_stack_resources(self, *, StackName: str) -> ResourcesAnswer: ...
    def describe_stack_set(self, *, StackSetName: str, CallAs: CallAs) -> StackSetAnswer: ...
    @overload
    def get_paginator(self, name: Literal["describe_stack_events"]) -> EventsPaginator: ...
    @overload
    def get_paginator(self, name: Literal["list_stack_instances"]) -> InstancesPaginator: ...


class LogGroup(TypedDict):
    """A log group."""

    logGroupName: str


class LogGroupsAnswer(TypedDict):
    """DescribeLogGroups' answer."""

    logGroups: list[LogGroup]


class LogsClient(Protocol):
    """CloudWatch Logs."""

    def describe_log_groups(self, *, logGroupNamePrefix: str, limit: int) -> LogGroupsAnswer: ...


class Stateful(TypedDict):
    """A function or a schedule."""

    State: NotRequired[str]


class LambdaClient(Protocol):
    """Lambda."""

    def get_function_configuration(self, *, FunctionName: str) -> Stateful: ...


class SchedulerClient(Protocol):
    """EventBridge Scheduler."""

    def get_schedule(self, *, Name: str) -> Stateful: ...
