"""deploy/quicksight.yaml as CloudFormation takes it: references filled in, each resource the request that makes it."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from tests.deploy.templates import template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

REGION = "us-east-1"
ACCOUNT = "111111111111"
PRINCIPALS = f"arn:aws:quicksight:{REGION}:{ACCOUNT}"
PARAMETERS = {
    "OwnerArn": f"{PRINCIPALS}:user/default/owner",
    "ReaderArn": f"{PRINCIPALS}:group/default/readers",
    "BucketName": "credlake-example",
    "AnalystPolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/credlake-analyst-credlake",
}
OPERATIONS = {
    "AWS::Glue::Table": ("glue", "CreateTable"),
    "AWS::QuickSight::DataSource": ("quicksight", "CreateDataSource"),
    "AWS::QuickSight::DataSet": ("quicksight", "CreateDataSet"),
    "AWS::QuickSight::RefreshSchedule": ("quicksight", "CreateRefreshSchedule"),
    "AWS::QuickSight::Dashboard": ("quicksight", "CreateDashboard"),
}
_PSEUDO = {"AWS::AccountId": ACCOUNT, "AWS::Partition": "aws", "AWS::Region": REGION}
# The names here on which CloudFormation's schemas (of cfn-lint 1.58) and the API's model (of botocore 1.44) differ.
_RENAMED = {"TimeZone": "Timezone"}
_CLOUDFORMATIONS_OWN = {"IngestionWaitPolicy"}


class Stack:
    """The template with values for its parameters; the ARNs of what was made are filled in as they become known."""

    def __init__(self) -> None:
        self._template = template("quicksight.yaml")
        defaults = {name: one["Default"] for name, one in self._template["Parameters"].items() if "Default" in one}
        self._names = {**_PSEUDO, **defaults, **PARAMETERS}
        self.arns = {"Role": f"arn:aws:iam::{ACCOUNT}:role/credlake-quicksight-Role"}

    def deploy(self, create: Callable[[str, str, str, dict[str, Any]], str]) -> None:
        """Create all but the role, in order; `create(name, service, operation, request)` gives the ARN."""
        for name, resource in self._template["Resources"].items():
            if resource["Type"] in OPERATIONS:
                request = _as_the_api_names_it(self.resolve(resource["Properties"]))
                self.arns[name] = create(name, *OPERATIONS[resource["Type"]], request)

    def resolve(self, value: Any) -> Any:
        """A value of the template without intrinsic functions. What refers to nothing that is there is a KeyError."""
        match value:
            case {"Ref": name}:
                value = self._names[name]
            case {"Fn::GetAtt": [name, "Arn"]}:
                value = self.arns[name]
            case {"Fn::Sub": text}:
                value = re.sub(r"\$\{([^}]+)\}", lambda found: self._names[found[1]], text)
            case dict():
                value = {key: self.resolve(one) for key, one in value.items()}
            case list():
                value = [self.resolve(one) for one in value]
        return value


@cache
def requests() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Service, operation and request of each resource, by logical name, with ARNs as QuickSight forms them."""
    made: dict[str, tuple[str, str, dict[str, Any]]] = {}

    def create(name: str, service: str, operation: str, request: dict[str, Any]) -> str:
        made[name] = (service, operation, request)
        kind = operation.removeprefix("Create")
        return f"{PRINCIPALS}:{kind.lower()}/{request.get(f'{kind}Id', 'daily')}"

    Stack().deploy(create)
    return made


def of_kind(operation: str) -> dict[str, dict[str, Any]]:
    """The requests of one operation, by logical name."""
    return {name: request for name, (_, called, request) in requests().items() if called == operation}


def within(value: Any, key: str) -> Iterator[Any]:
    """Everything that stands under that name, however deep."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name == key:
                yield one
            yield from within(one, key)
    elif isinstance(value, list):
        for one in value:
            yield from within(one, key)


def query(request: Mapping[str, Any]) -> dict[str, Any]:
    """The custom SQL of a data set."""
    return request["PhysicalTableMap"]["physical"]["CustomSql"]


def _as_the_api_names_it(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            _RENAMED.get(key, key): _as_the_api_names_it(one)
            for key, one in value.items()
            if key not in _CLOUDFORMATIONS_OWN
        }
    return [_as_the_api_names_it(one) for one in value] if isinstance(value, list) else value


def columns_of(request: Mapping[str, Any]) -> dict[str, str]:
    """Names and types of a data set's columns as an analysis sees them, renamed."""
    renamed = {one["ColumnName"]: one["NewColumnName"] for one in within(request, "RenameColumnOperation")}
    return {renamed.get(one["Name"], one["Name"]): one["Type"] for one in query(request)["Columns"]}
