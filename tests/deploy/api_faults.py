"""A request against botocore's model of the service, to the last value. botocore itself leaves out the half of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.validate import ParamValidator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import Shape

_SESSION = botocore.session.Session()
# How the model's documentation marks a structure of which one member may be given.
_VARIANT = "only one of the attributes can be"
# Java writes the upper planes as pairs.
_JAVAS = {
    r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010FFFF",
    # And has classes of letters, spaces and digits.
    r"\p{L}": r"\w",
    r"\p{Z}": r"\s",
    r"\p{N}": r"\d",
}


def faults(service: str, operation: str, request: dict[str, Any]) -> list[str]:
    """Names, types and required members, as botocore checks them; then lengths, enumerations, patterns and variants."""
    shape = _SESSION.get_service_model(service).operation_model(operation).input_shape
    report = ParamValidator().validate(request, shape)
    return [report.generate_report()] if report.has_errors() else list(_finer(shape, request, operation))


def _finer(shape: Shape, value: Any, at: str) -> Iterator[str]:
    yield from value_faults(shape, value, at)
    if shape.type_name == "structure":
        for name, one in value.items():
            yield from _finer(shape.members[name], one, f"{at}.{name}")
    elif shape.type_name == "list":
        for place, one in enumerate(value):
            yield from _finer(shape.member, one, f"{at}[{place}]")
    elif shape.type_name == "map":
        for name, one in value.items():
            yield from _finer(shape.key, name, f"{at}.{name}")
            yield from _finer(shape.value, one, f"{at}.{name}")


def value_faults(shape: Shape, value: Any, at: str) -> Iterator[str]:
    """Length, enumeration, pattern and variant of one value, against its shape."""
    limits = shape.metadata
    size = len(value) if isinstance(value, (str, list, dict)) else value
    if "min" in limits and size < limits["min"]:
        yield f"{at}: {size} is less than {limits['min']}"
    if "max" in limits and size > limits["max"]:
        yield f"{at}: {size} is more than {limits['max']}"
    if "enum" in limits and value not in limits["enum"]:
        yield f"{at}: {value} is none of {', '.join(limits['enum'])}"
    if "pattern" in limits and not re.fullmatch(pattern_of_python(limits["pattern"]), value):
        yield f"{at}: {value} does not match {limits['pattern']}"
    if shape.type_name == "structure" and _VARIANT in shape.documentation and len(value) != 1:
        yield f"{at}: one of a kind, not {', '.join(value) or 'none'}"


def pattern_of_python(pattern: str) -> str:
    """A Java pattern of a model as Python has it."""
    for java, python in _JAVAS.items():
        pattern = pattern.replace(java, python)
    return pattern
