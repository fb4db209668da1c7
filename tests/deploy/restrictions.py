"""What a service accepts for each string of a template: CloudFormation's schema of the resource, and the service's API.

Both are looked up for every resource type, so no type can be left out: cfn-lint ships the schemas, whose `handlers`
list the calls that create the resource, and botocore has the models of those calls.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tests.deploy.api_faults import pattern_of_python, value_faults
from tests.deploy.templates import template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from botocore.model import Shape

_SESSION = botocore.session.Session()
_REGION = "us-east-1"
# Where the call has another name for a property. All others differ in case only.
_RENAMED = {"WorkGroupConfiguration": "Configuration", "ManagedPolicyName": "PolicyName", "TopicName": "Name"}
PSEUDO = {"AWS::AccountId": "111122223333", "AWS::Partition": "aws", "AWS::Region": _REGION}


class _Unknown(Exception):  # noqa: N818 -- not an error
    """The value is known only when the stack is deployed."""


@cache
def schema(kind: str) -> dict[str, Any]:
    """CloudFormation's schema of a resource type."""
    return PROVIDER_SCHEMA_MANAGER.get_resource_schema(_REGION, kind).schema


@cache
def calls(kind: str) -> tuple[Shape, ...]:
    """The requests to the resource's own service that create it, those that have a property of it as a member."""
    service = kind.split("::")[1].lower()
    model = _SESSION.get_service_model(service)
    named = (one.partition(":") for one in schema(kind).get("handlers", {}).get("create", {}).get("permissions", ()))
    inputs = [
        model.operation_model(operation).input_shape
        for prefix, _, operation in named
        if prefix == service and operation in model.operation_names
    ]
    properties = {_RENAMED.get(name, name).lower() for name in schema(kind)["properties"]}
    return tuple(one for one in inputs if one is not None and {name.lower() for name in one.members} & properties)


def refused(name: str, parameters: Mapping[str, Any]) -> list[str]:
    """Every string of the template, with these parameters, that CloudFormation or the service would refuse."""
    return [fault for limits, value, at in restricted(name, parameters) for fault in _faults(limits, value, at)]


def faults_of_resource(kind: str, properties: dict[str, Any], names: Mapping[str, Any], at: str) -> list[str]:
    """The same for one resource."""
    found = _of_resource(kind, properties, {**names, **PSEUDO}, at)
    return [fault for limits, value, where in found for fault in _faults(limits, value, where)]


def restricted(name: str, parameters: Mapping[str, Any]) -> list[tuple[Shape | dict[str, Any], str, str]]:
    """Each string whose value is known, what restricts it, and where it is."""
    names = {**parameters, **PSEUDO}
    return [
        found
        for logical, resource in template(name)["Resources"].items()
        for found in _of_resource(resource["Type"], resource.get("Properties", {}), names, logical)
    ]


def _of_resource(
    kind: str, properties: dict[str, Any], names: Mapping[str, Any], at: str
) -> Iterator[tuple[Shape | dict[str, Any], str, str]]:
    root = schema(kind)
    yield from _by_schema(root, root, properties, names, at)
    for shape in calls(kind):
        yield from _by_model(shape, properties, names, at)


def _faults(limits: Shape | dict[str, Any], value: str, at: str) -> Iterator[str]:
    if not isinstance(limits, dict):
        yield from value_faults(limits, value, at)
        return
    if not limits.get("minLength", 0) <= len(value) <= limits.get("maxLength", len(value)):
        yield f"{at}: {len(value)} characters are not {limits.get('minLength', 0)} to {limits.get('maxLength')}"
    if value not in limits.get("enum", [value]):
        yield f"{at}: {value} is none of {limits['enum']}"
    if "pattern" in limits and not re.search(pattern_of_python(limits["pattern"]), value):
        yield f"{at}: {value} does not match {limits['pattern']}"


def _by_schema(
    root: dict[str, Any], node: dict[str, Any], value: Any, names: Mapping[str, Any], at: str
) -> Iterator[tuple[dict[str, Any], str, str]]:
    while "$ref" in node:
        node = root["definitions"][node["$ref"].rpartition("/")[2]]
    try:
        value = resolved(value, names)
    except _Unknown:
        return
    match value:
        case dict():
            for name, one in value.items():
                if (below := node.get("properties", {}).get(name)) is not None:
                    yield from _by_schema(root, below, one, names, f"{at}.{name}")
        case list() if "items" in node:
            for one in value:
                yield from _by_schema(root, node["items"], one, names, f"{at}[]")
        case str() if {"pattern", "minLength", "maxLength", "enum"} & node.keys():
            yield node, value, at


def _by_model(shape: Shape, value: Any, names: Mapping[str, Any], at: str) -> Iterator[tuple[Shape, str, str]]:
    try:
        value = resolved(value, names)
    except _Unknown:
        return
    match value:
        case dict() if shape.type_name == "structure":
            members = {name.lower(): member for name, member in shape.members.items()}
            for name, one in value.items():
                # What has another shape in CloudFormation, such as tags, the schema restricts.
                if (member := members.get(_RENAMED.get(name, name).lower())) is not None:
                    yield from _by_model(member, one, names, f"{at}.{name}")
        case dict() if shape.type_name == "map":
            for name, one in value.items():
                yield shape.key, name, f"{at}.{name}"
                yield from _by_model(shape.value, one, names, f"{at}.{name}")
        case list() if shape.type_name == "list":
            for one in value:
                yield from _by_model(shape.member, one, names, f"{at}[]")
        case str() if shape.type_name == "string":
            yield shape, value, at


def resolved(value: Any, names: Mapping[str, Any]) -> Any:
    """A value without intrinsic functions; of a condition, the side that has a value."""
    match value:
        case {"Ref": name} | {"Fn::GetAtt": [name, *_]}:
            if found := names.get(name):
                return found
            raise _Unknown
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([^}!]+)\}", lambda found: str(resolved({"Ref": found[1]}, names)), text)
        case {"Fn::If": [_, one, other]}:
            return resolved(other if one == {"Ref": "AWS::NoValue"} else one, names)
        case dict() if any(key.startswith("Fn::") for key in value):
            raise _Unknown
    return value
