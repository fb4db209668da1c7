"""A CloudFormation template with its parameters filled in: the resources that it makes, without intrinsic functions."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from tests.deploy.templates import template

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_VALUE = object()
_parsed = cache(template)


class Rendering:
    """One template.

    A reference to a resource is `<Name>`, one to its attribute `<Name.Attribute>`, unless `known` has its value.
    """

    def __init__(self, name: str, parameters: Mapping[str, Any], known: Mapping[str, str]) -> None:
        self._template = _parsed(name)
        unknown = parameters.keys() - self._template["Parameters"].keys()
        assert not unknown, f"{name} has no parameters {unknown}"
        self._names: dict[str, Any] = {}
        for key, one in self._template["Parameters"].items():
            value = parameters[key] if key in parameters else one["Default"]
            is_list = one["Type"].startswith(("List<", "CommaDelimitedList"))
            self._names[key] = [part for part in str(value).split(",") if part] if is_list else value
        self._known = known

    def resources(self) -> dict[str, dict[str, Any]]:
        """Type and properties of each resource that is made, by logical name."""
        return {
            name: {"Type": one["Type"], "Properties": self.value(one.get("Properties", {}))}
            for name, one in self._template["Resources"].items()
            if "Condition" not in one or self._holds(one["Condition"])
        }

    def outputs(self) -> dict[str, Any]:
        """The outputs of a stack."""
        return {
            name: self.value(one["Value"])
            for name, one in self._template.get("Outputs", {}).items()
            if "Condition" not in one or self._holds(one["Condition"])
        }

    def _holds(self, name: str) -> bool:
        return bool(self.value(self._template["Conditions"][name]))

    def _reference(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name in self._names:
            return self._names[name]
        if name.startswith("AWS::"):
            return self._known[name]
        assert name.partition(".")[0] in self._template["Resources"], name
        return self._known.get(name, f"<{name}>")

    def _substituted(self, text: str, names: Mapping[str, Any]) -> str:
        return re.sub(
            r"\$\{([^}!]+)\}",
            lambda found: str(names[found[1]] if found[1] in names else self._reference(found[1])),
            text,
        )

    def value(self, value: Any) -> Any:  # noqa: C901, PLR0911, PLR0912 -- one case for each function
        """A value without intrinsic functions."""
        match value:
            case {"Ref": name}:
                return self._reference(name)
            case {"Fn::GetAtt": parts}:
                return self._reference(".".join(parts))
            case {"Fn::Sub": [text, names]}:
                return self._substituted(text, {key: self.value(one) for key, one in names.items()})
            case {"Fn::Sub": text}:
                return self._substituted(text, {})
            case {"Fn::If": [condition, one, other]}:
                return self.value(one if self._holds(condition) else other)
            case {"Fn::Equals": [one, other]}:
                return str(self.value(one)) == str(self.value(other))
            case {"Fn::Not": [one]}:
                return not self.value(one)
            case {"Fn::And": parts}:
                return all(self.value(one) for one in parts)
            case {"Fn::Or": parts}:
                return any(self.value(one) for one in parts)
            case {"Fn::Join": [between, parts]}:
                return between.join(self.value(parts))
            case {"Fn::Split": [at, text]}:
                return self.value(text).split(at)
            case {"Fn::Select": [index, parts]}:
                return self.value(parts)[int(index)]
            case {"Fn::Condition": name} | {"Condition": str(name)}:
                return self._holds(name)
            case dict():
                assert not any(key.startswith("Fn::") for key in value), value
                found = {key: self.value(one) for key, one in value.items()}
                return {key: one for key, one in found.items() if one is not _NO_VALUE}
            case list():
                return [found for one in value if (found := self.value(one)) is not _NO_VALUE]
        return value
