"""The views `controls` and `control_frameworks`, generated from the CSV files next to them.

`athena_queries/reference/controls.csv` has one line per control, `control_frameworks.csv` one line per control and
requirement of a framework, by version: numbers move with every edition. Both are read by auditors as they are.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from enum import Enum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

REFERENCE: Final = Path(__file__).parents[2] / "athena_queries" / "reference"

# The columns of each view with their types, and of each file but for `severity_rank`, which follows from `severity`.
_CONTROL_TYPES: Final = {
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
}
_FRAMEWORK_TYPES: Final = {
    "control_id": "varchar",
    "framework": "varchar",
    "version": "varchar",
    "requirement": "varchar",
    "relation": "varchar",
    "note": "varchar",
    "requirement_limit": "integer",
    "source": "varchar",
}


class Severity(Enum):
    """How bad a failure is, worst first; the value is the rank that findings are sorted by."""

    CRITICAL = 1
    HIGH = 2
    MEDIUM = 3
    LOW = 4

    @property
    def label(self) -> str:
        """The name in the views."""
        return self.name.lower()


class JudgedPer(StrEnum):
    """What one result is about."""

    ACCOUNT = "account"
    USER = "user"
    ACCESS_KEY = "access_key"
    PASSWORD = "password"  # noqa: S105 - the kind of credential, not one


class Relation(StrEnum):
    """What a result of the control, at its default limit, means for the requirement."""

    # Fails and passes on the same facts.
    EXACT = "exact"
    # Whatever fails the requirement fails the control, but not the other way round: a 45-day failure is no 90-day one.
    STRICTER = "stricter"
    # Whatever fails the control fails the requirement, but a pass does not carry over.
    LOOSER = "looser"
    # Evidence for the requirement, but a result cannot be carried over.
    RELATED = "related"


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control: a line of `controls.csv`."""

    # Its fixed name: `root-mfa`.
    control_id: str
    # A sentence that holds when the control passes.
    title: str
    # The rule.
    fails_when: str
    # Why a failure matters.
    why: str
    # The remediation, most effective step first.
    mend: str
    # How bad a failure is.
    severity: Severity
    # What one result is about.
    judged_per: JudgedPer
    # The limit that is compared with, unless a run sets another. None, as the next two: the control has no limit.
    default_limit: int | None
    # What the limit counts: `days`.
    limit_unit: str | None
    # The setting that changes the limit: a field of `collector.limits.Limits`.
    limit_setting: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """How a control relates to a requirement of one version of a framework: a line of `control_frameworks.csv`."""

    # The control.
    control_id: str
    # `CIS AWS Foundations`.
    framework: str
    # The framework's edition: `4.0.1`.
    version: str
    # The requirement's number in that edition.
    requirement: str
    # How far a result carries over.
    relation: Relation
    # What differs, or who made the mapping, in sentences.
    note: str | None
    # The number that the requirement sets, in the unit of the control's limit. None: it sets none.
    requirement_limit: int | None
    # Who relates the two, by the names of docs/frameworks.md, separated by `; `.
    source: str


class ReferenceFileError(Exception):
    """A CSV file that its view cannot be generated from: every error on a line of its own, `file:line: what`."""


def controls(folder: Path = REFERENCE) -> list[Control]:
    """The controls, in the order of `controls.csv`.

    Raises:
        ReferenceFileError: the file has errors.
    """
    columns = [name for name in _CONTROL_TYPES if name != "severity_rank"]
    return _read(folder / "controls.csv", columns, _control, unique=("control_id",))


def requirements(folder: Path = REFERENCE) -> list[Requirement]:
    """The requirements, in the order of `control_frameworks.csv`.

    Raises:
        ReferenceFileError: that file or `controls.csv` has errors.
    """
    known = [control.control_id for control in controls(folder)]

    def requirement(fields: Mapping[str, str]) -> Requirement:
        return Requirement(
            control_id=_choice(fields, "control_id", known),
            framework=_text(fields, "framework"),
            version=_text(fields, "version"),
            requirement=_text(fields, "requirement"),
            relation=Relation(_choice(fields, "relation", Relation)),
            note=fields["note"] or None,
            requirement_limit=_number(fields, "requirement_limit"),
            source=_text(fields, "source"),
        )

    unique = ("control_id", "framework", "version", "requirement")
    return _read(folder / "control_frameworks.csv", list(_FRAMEWORK_TYPES), requirement, unique=unique)


def _control(fields: Mapping[str, str]) -> Control:
    limit = [fields["default_limit"], fields["limit_unit"], fields["limit_setting"]]
    if any(limit) and not all(limit):
        raise ValueError("a limit has a number, a unit and a setting, or all three are empty")
    severity = _choice(fields, "severity", [each.label for each in Severity])
    return Control(
        control_id=_text(fields, "control_id"),
        title=_text(fields, "title"),
        fails_when=_text(fields, "fails_when"),
        why=_text(fields, "why"),
        mend=_text(fields, "mend"),
        severity=Severity[severity.upper()],
        judged_per=JudgedPer(_choice(fields, "judged_per", JudgedPer)),
        default_limit=_number(fields, "default_limit"),
        limit_unit=limit[1] or None,
        limit_setting=limit[2] or None,
    )


_Parsed = TypeVar("_Parsed")


def _read(
    path: Path, columns: list[str], parse: Callable[[Mapping[str, str]], _Parsed], *, unique: tuple[str, ...]
) -> list[_Parsed]:
    """Parse each line of the file; all errors are raised together."""
    errors: list[str] = []
    parsed: list[_Parsed] = []
    lines: dict[tuple[str, ...], int] = {}
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        if (header := next(reader, [])) != columns:
            raise ReferenceFileError(f"{path.name}:1: the header must be {','.join(columns)}, not {','.join(header)}")
        for values in reader:
            try:
                if len(values) != len(columns):
                    raise ValueError(f"{len(values)} fields instead of {len(columns)}")  # noqa: TRY301
                fields = dict(zip(columns, values, strict=True))
                parsed.append(parse(fields))
                key = tuple(fields[name] for name in unique)
                if (first := lines.setdefault(key, reader.line_num)) != reader.line_num:
                    raise ValueError(f"the same {', '.join(unique)} as line {first}")  # noqa: TRY301
            except ValueError as error:
                errors.append(f"{path.name}:{reader.line_num}: {error}")
    if errors:
        raise ReferenceFileError("\n".join(errors))
    return parsed


def _text(fields: Mapping[str, str], name: str) -> str:
    if not fields[name]:
        raise ValueError(f"{name} is empty")
    return fields[name]


def _number(fields: Mapping[str, str], name: str) -> int | None:
    if fields[name] and not fields[name].isdecimal():
        raise ValueError(f"{name} is not a whole number: {fields[name]!r}")
    return int(fields[name]) if fields[name] else None


def _choice(fields: Mapping[str, str], name: str, choices: Iterable[str]) -> str:
    known = list(choices)
    if fields[name] not in known:
        raise ValueError(f"unknown {name} {fields[name]!r}; use one of: {', '.join(known)}")
    return fields[name]


def control_ids() -> str:
    """The text of `collector/_data/control_ids.json`, by which an exceptions file is checked."""
    return json.dumps([control.control_id for control in controls()], indent=1) + "\n"


def controls_sql() -> str:
    """The file `athena_queries/reference/controls.sql`."""
    return _view_file(
        summary="Every control: its rule, why it matters, the remediation, the severity of a failure, and its limit.",
        grain="control_id",
        order="severity_rank, control_id",
        example="control_id, title, severity, judged_per, default_limit, limit_unit",
        source="controls.csv",
        columns=_CONTROL_TYPES,
        rows=(
            (
                *(each.control_id, each.title, each.fails_when, each.why, each.mend),
                *(each.severity.label, each.severity.value, each.judged_per),
                *(each.default_limit, each.limit_unit, each.limit_setting),
            )
            for each in controls()
        ),
    )


def control_frameworks_sql() -> str:
    """The file `athena_queries/reference/control_frameworks.sql`."""
    return _view_file(
        summary="Which requirement of which framework, by version, a control helps to evidence, and how far its "
        "result carries over (at the default limits): `exact`, `stricter` (the control fails more), `looser` (it fails "
        "less), or `related`.",
        grain="control_id, framework, version, requirement",
        order="control_id, framework, version, requirement",
        example="control_id, framework, version, requirement, relation, requirement_limit",
        source="control_frameworks.csv",
        columns=_FRAMEWORK_TYPES,
        rows=(
            (
                *(each.control_id, each.framework, each.version, each.requirement),
                *(each.relation, each.note, each.requirement_limit, each.source),
            )
            for each in requirements()
        ),
    )


def _view_file(
    *,
    summary: str,
    grain: str,
    order: str,
    example: str,
    source: str,
    columns: Mapping[str, str],
    rows: Iterable[tuple[str | int | None, ...]],
) -> str:
    """A view over literal rows: header, and one select in which every output column has a plain type."""
    outputs = ",\n".join(f"    cast({name} as {kind}) as {name}" for name, kind in columns.items())
    values = ",\n".join(f"        ({', '.join(_literal(value) for value in row)})" for row in rows)
    return (
        f"-- {summary}\n"
        f"-- Grain: {grain}\n"
        f"-- Reads: nothing\n"
        f"-- Order: {order}\n"
        f"-- Example: {example}\n"
        f"-- Source: Generated from {source}; do not edit.\n"
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
