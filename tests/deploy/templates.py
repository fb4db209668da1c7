"""The templates of deploy/, read as data: intrinsic functions stay what they are, `{"Fn::Sub": …}`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "deploy"


class _Loader(yaml.SafeLoader):
    pass


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = "Ref" if suffix == "Ref" else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        return {name: value.split(".") if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _intrinsic)


def template(name: str) -> dict[str, Any]:
    """One template of deploy/."""
    return yaml.load((FOLDER / name).read_text("utf-8"), Loader=_Loader)  # noqa: S506 -- a SafeLoader with CloudFormation's tags


def resources(name: str, kind: str) -> dict[str, dict[str, Any]]:
    """The resources of one type, by logical name."""
    return {key: one for key, one in template(name)["Resources"].items() if one["Type"] == kind}


def statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    """The statements of a policy document, those under a condition included."""
    return [one["Fn::If"][1] if "Fn::If" in one else one for one in policy["Statement"]]


def listed(value: Any) -> list[Any]:
    """An Action or Resource as a list."""
    return value if isinstance(value, list) else [value]


def role_statements(name: str, role: str) -> list[dict[str, Any]]:
    """The statements of all inline policies of a role."""
    policies = template(name)["Resources"][role]["Properties"]["Policies"]
    return [statement for policy in policies for statement in statements(policy["PolicyDocument"])]


def actions(found: list[dict[str, Any]], *services: str) -> set[str]:
    """What the statements allow, of these services (of all when none is named)."""
    return {
        action
        for statement in found
        if statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
        if not services or action.partition(":")[0] in services
    }
