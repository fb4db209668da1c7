"""The little YAML that a template takes: nested mappings and lists, one line where they are short, SQL as it is."""

from __future__ import annotations

import json
from typing import Any

_WIDTH = 116


def yaml_text(value: dict[str, Any] | list[Any], indent: int = 0) -> str:
    """A mapping or a list as YAML, every line indented by so many blanks. Texts are quoted as JSON quotes them."""
    blanks = " " * indent
    if isinstance(value, dict):
        return "".join(f"{blanks}{key}:{_after(item, indent + 2)}" for key, item in value.items())
    return "".join(f"{blanks}-{_after(item, indent + 2)}" for item in value)


def _after(value: object, indent: int) -> str:
    """What stands after a key or a dash."""
    if isinstance(value, str) and "\n" in value:
        lines = value.splitlines()
        return " |-\n" + "".join(f"{' ' * indent}{line}\n" for line in lines)
    flow = json.dumps(value, ensure_ascii=False)
    if "\\n" not in flow and indent + len(flow) <= _WIDTH:
        return f" {flow}\n"
    if isinstance(value, (dict, list)):
        return "\n" + yaml_text(value, indent)
    return f" {flow}\n"
