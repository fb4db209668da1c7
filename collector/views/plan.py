"""Which statements make the views of a database match the files of `athena_queries/`. Pure.

Athena stores a view as a Glue table and drops the comments of its SQL, so what a view came from cannot be read from its
text. A deployed view is therefore marked by two parameters of its Glue table: the digest of our statement, and the
digest of the text that Athena made of it. The first shows whether our file has changed since, the second whether the
view was changed by hand; and only a table that is marked is ever dropped.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from collector.errors import CredlakeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

STATEMENT_MARK = "credlake_view_statement"
TEXT_MARK = "credlake_view_text"

Action = Literal["create", "replace", "keep", "drop"]


class NameTakenError(CredlakeError):
    """The name of one of our views belongs to something that is not ours. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class HeldTable:
    """A table or view as the catalog holds it."""

    # Its name in the database.
    name: str
    # Whether it is a view, of anyone's making.
    is_view: bool
    # The names of a view's columns, in order; none where its text cannot be read.
    columns: tuple[str, ...]
    # A view's stored text; empty for a table.
    text: str
    # The parameters of the Glue table, among which are our marks.
    parameters: Mapping[str, str]

    @property
    def is_ours(self) -> bool:
        """Whether a deployment of ours marked it."""
        return self.is_view and STATEMENT_MARK in self.parameters

    def unchanged_since(self, statement: str) -> bool:
        """Whether it is what this statement made of it, untouched."""
        return marks(statement, self.text).items() <= self.parameters.items()


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to one view."""

    # What is done with it.
    action: Action
    # The view's name.
    name: str
    # Why, for people.
    reason: str
    # The statement that does it; None for a view that is kept.
    statement: str | None = None


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """What deploying the views of a database takes."""

    # In an order that can be carried out: a view after all that it reads, removals last.
    steps: tuple[Step, ...]

    @property
    def changes(self) -> tuple[Step, ...]:
        """The steps that change anything."""
        return tuple(step for step in self.steps if step.action != "keep")

    def sql(self) -> str:
        """The statements as a script."""
        return "".join(f"-- {step.action} {step.name}: {step.reason}\n{step.statement};\n\n" for step in self.changes)

    def summary(self) -> str:
        """`58 views: 2 created, 1 replaced, 55 kept, 1 dropped`."""
        count = Counter(step.action for step in self.steps)
        views = len(self.steps) - count["drop"]
        words: dict[Action, str] = {"create": "created", "replace": "replaced", "keep": "kept", "drop": "dropped"}
        counts = ", ".join(f"{count[action]} {word}" for action, word in words.items() if count[action])
        return f"{views} views: {counts or 'nothing to do'}"


def plan_deployment(
    statements: Sequence[tuple[str, str]],
    held: Mapping[str, HeldTable],
    *,
    database: str,
    columns_of: Callable[[str], Sequence[str]],
) -> DeploymentPlan:
    """What has to be done so that the database holds exactly these views of ours, next to whatever else is there.

    Args:
        statements: every view's name with the statement that creates or replaces it, each after those that it reads
            (`view_files.athena_statements`).
        held: what the database holds now, by name.
        database: the database's name, for the statements that remove a view.
        columns_of: the names of the columns that our view of that name puts out; asked only for an unmarked view.

    Raises:
        NameTakenError: a table, or a view of somebody else, has the name of one of ours. All of them are named.
    """
    taken = [name for name, _ in statements if name in held and not _may_replace(held[name], columns_of)]
    if taken:
        raise NameTakenError(
            f"The database {database} already has {', '.join(taken)}, which credlake did not create, and "
            "replacing it could destroy someone else's work. Rename or drop it, or deploy into another database "
            "(--database).",
            names=taken,
        )
    steps = [_step(name, statement, held.get(name)) for name, statement in statements]
    wanted = {name for name, _ in statements}
    gone = sorted(name for name, table in held.items() if table.is_ours and name not in wanted)
    steps += [
        Step("drop", name, "no longer part of credlake", f'drop view if exists "{database}"."{name}"') for name in gone
    ]
    return DeploymentPlan(tuple(steps))


def carry_out(
    plan: DeploymentPlan, *, run: Callable[[str], object], mark: Callable[[str, str], object]
) -> Iterator[Step]:
    """Carry out the steps one after another, and yield each when it is done.

    A deployment that is interrupted leaves every view intact, the last one perhaps unmarked; the next one continues
    there.

    Args:
        plan: from `plan_deployment`.
        run: runs one statement to its end, or raises.
        mark: given a view's name and our statement, marks it in the catalog with `marks`.
    """
    for step in plan.changes:
        if step.statement is None:
            raise TypeError(step)
        run(step.statement)
        if step.action != "drop":
            mark(step.name, step.statement)
        yield step


def marks(statement: str, text: str) -> dict[str, str]:
    """The parameters that record which statement a view came from, and which text Athena made of it."""
    return {STATEMENT_MARK: _digest(statement), TEXT_MARK: _digest(text)}


def _step(name: str, statement: str, held: HeldTable | None) -> Step:
    if held is None:
        return Step("create", name, "new", statement)
    if held.unchanged_since(statement):
        return Step("keep", name, "unchanged")
    if not held.is_ours:
        reason = "unmarked: an earlier deployment was interrupted, or it was changed by hand"
    elif held.parameters[STATEMENT_MARK] != _digest(statement):
        reason = "its SQL has changed"
    else:
        reason = "it was changed by hand"
    return Step("replace", name, reason, statement)


def _may_replace(held: HeldTable, columns_of: Callable[[str], Sequence[str]]) -> bool:
    """A marked view, or an unmarked one with our columns: that is what an interrupted deployment leaves.

    Columns are only ever added at the end, so one of the two lists begins with the other whichever version wrote it.
    """
    if held.is_ours or not held.is_view:
        return held.is_ours
    ours = tuple(columns_of(held.name))
    shorter = min(len(ours), len(held.columns))
    return shorter > 0 and ours[:shorter] == held.columns[:shorter]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
