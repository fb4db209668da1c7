"""EventBridge's matching, as far as our rules use it: values, `anything-but`, `$or`, and arrays of objects.

moto's does not look into arrays of objects. Fields of one object in a pattern are those of one element of the array
(AWS's Event Ruler, "JSON array matching").
"""

from __future__ import annotations

_ABSENT = object()


def matches(pattern, event):
    """Whether the rule's pattern takes the event."""
    return all(
        any(matches(one, event) for one in wanted)
        if field == "$or"
        else _field_matches(wanted, event.get(field, _ABSENT))
        for field, wanted in pattern.items()
    )


def _field_matches(wanted, found):
    elements = found if isinstance(found, list) else [found]
    if isinstance(wanted, dict):
        return any(isinstance(element, dict) and matches(wanted, element) for element in elements)
    return any(_value_matches(one, element) for one in wanted for element in elements)


def _value_matches(wanted, found):
    if not isinstance(wanted, dict):
        return wanted == found
    ((operator, operand),) = wanted.items()
    assert operator == "anything-but", f"{operator} is not known here"
    return found is not _ABSENT and found not in (operand if isinstance(operand, list) else [operand])
