"""The views `controls` and `control_frameworks`, rendered from the declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.generate.controls.declared import CONTROLS
from tools.generate.controls.frameworks import REQUIREMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable

_GENERATED = "Generated from collector/controls; do not edit."


def controls_sql() -> str:
    """The file `athena_queries/reference/controls.sql`."""
    return _view_file(
        summary="Every control: what it asks, why, how to mend a failure, how severe that is, and its limit.",
        grain=("control_id",),
        columns={
            "control_id": "varchar",
            "title": "varchar",
            "fails_when": "varchar",
            "why": "varchar",
            "mend": "varchar",
            "severity": "varchar",
            "severity_rank": "integer",
            "judged_per": "varchar",
            "default_limit": "integer",
            "limit_unit": "varchar",
            "limit_setting": "varchar",
        },
        rows=(
            (
                control.control_id,
                control.title,
                control.fails_when,
                control.why,
                control.mend,
                control.severity.label,
                control.severity.value,
                control.judged_per.value,
                control.limit.default if control.limit else None,
                control.limit.unit if control.limit else None,
                control.limit.setting if control.limit else None,
            )
            for control in CONTROLS
        ),
        order="severity_rank, control_id",
        example="control_id, title, severity, judged_per, default_limit, limit_unit",
    )


def control_frameworks_sql() -> str:
    """The file `athena_queries/reference/control_frameworks.sql`."""
    return _view_file(
        summary="Which requirement of which framework, by version, a control helps to evidence, and how far its "
        "verdict carries over (at the default limits): `exact`, `stricter` (ours fails more), or `related`.",
        grain=("control_id", "framework", "version", "requirement"),
        columns={
            "control_id": "varchar",
            "framework": "varchar",
            "version": "varchar",
            "requirement": "varchar",
            "relation": "varchar",
            "note": "varchar",
        },
        rows=(
            (each.control_id, each.framework, each.version, each.requirement, each.relation.value, each.note)
            for each in REQUIREMENTS
        ),
        order="control_id, framework, version, requirement",
        example="control_id, framework, version, requirement, relation",
    )


def _view_file(
    *,
    summary: str,
    grain: Iterable[str],
    columns: dict[str, str],
    rows: Iterable[tuple[str | int | None, ...]],
    order: str,
    example: str,
) -> str:
    """A view over literal rows: header, and one select in which every output column has a plain type."""
    outputs = ",\n".join(f"    cast({name} as {kind}) as {name}" for name, kind in columns.items())
    values = ",\n".join(f"        ({', '.join(_literal(value) for value in row)})" for row in rows)
    return (
        f"-- {summary}\n"
        f"-- Grain: {', '.join(grain)}\n"
        f"-- Reads: nothing\n"
        f"-- Order: {order}\n"
        f"-- Example: {example}\n"
        f"-- Source: {_GENERATED}\n"
        f"\nselect\n{outputs}\n"
        f"from (\n    values\n{values}\n) as declared ({', '.join(columns)})\n"
    )


def _literal(value: str | int | None) -> str:
    if value is None:
        return "null"
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("'", "''")
    return f"'{escaped}'"
