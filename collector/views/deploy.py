"""Deploys views by statements on Athena, and marks in Glue which of a database's views are ours.

Athena stores a view as a Glue table and drops the comments of its SQL, so what a view came from cannot be read from its
text. A deployed view is therefore marked by two parameters of its Glue table: the digest of our statement, and the
digest of the text that Athena made of it. The first shows whether our file has changed since, the second whether the
view was changed by hand; and only a table that is marked is ever dropped.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from collector.aws.athena import AthenaQueries
from collector.aws.clients import client
from collector.aws.errors import translated
from collector.aws.pages import every_page
from collector.errors import CallFault, CredlakeError, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from types_boto3_glue import GlueClient
    from types_boto3_glue.type_defs import TableInputTypeDef, TableTypeDef


STATEMENT_MARK = "credlake_view_statement"
TEXT_MARK = "credlake_view_text"

_VIEW_TEXT = re.compile(r"/\* Presto View: (?P<body>[A-Za-z0-9+/=]+) \*/")
# What GetTable answers and UpdateTable takes; the rest of the answer is Glue's own.
_TABLE_INPUT = (
    *("Name", "Description", "Owner", "LastAccessTime", "LastAnalyzedTime", "Retention", "StorageDescriptor"),
    *("PartitionKeys", "ViewOriginalText", "ViewExpandedText", "TableType", "Parameters", "TargetTable"),
)

Action = Literal["create", "replace", "keep", "drop"]


class NameTakenError(CredlakeError):
    """The name of one of our views belongs to something that is not ours. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class HeldTable:
    """A table or view as the catalog holds it."""

    name: str  # Its name in the database.
    is_view: bool  # Whether it is a view, of anyone's making.
    columns: Mapping[str, str]  # A view's columns, in order, with Trino's types; none where its text is unreadable.
    text: str  # A view's stored text; empty for a table.
    parameters: Mapping[str, str]  # The parameters of the Glue table, among which are our marks.

    @property
    def is_ours(self) -> bool:
        """Whether a deployment of ours marked it."""
        return self.is_view and STATEMENT_MARK in self.parameters

    def unchanged_since(self, statement: str) -> bool:
        """Whether it is what this statement made of it, untouched."""
        return marks(statement, self.text).items() <= self.parameters.items()

    def has_columns(self, expected: Mapping[str, str]) -> bool:
        """Whether its columns have these names and types. Lengths (`varchar(8)`) and precisions are Athena's choice."""
        return [_without_length(*one) for one in self.columns.items()] == [
            _without_length(*one) for one in expected.items()
        ]


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to one view."""

    action: Action  # What is done with it.
    name: str  # The view's name.
    reason: str  # Why, for people.
    statement: str | None = None  # The statement that does it; None for a view that is kept.


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """What deploying the views of a database takes."""

    steps: tuple[Step, ...]  # In an order that can be carried out: a view after all that it reads, removals last.

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
        words: dict[Action, str] = {"create": "created", "replace": "replaced", "keep": "kept", "drop": "dropped"}
        counts = ", ".join(f"{count[action]} {word}" for action, word in words.items() if count[action])
        return f"{len(self.steps) - count['drop']} views: {counts or 'nothing to do'}"


def plan_deployment(
    statements: Sequence[tuple[str, str]],
    held: Mapping[str, HeldTable],
    *,
    database: str,
    columns_of: Callable[[str], Mapping[str, str]],
    is_forced: bool = False,
) -> DeploymentPlan:
    """What has to be done so that the database holds exactly these views of ours, next to whatever else is there.

    Args:
        statements: every view's name with the statement that creates or replaces it, each after those that it reads
            (`PreparedViews.athena_statements`).
        held: what the database holds now, by name.
        database: the database's name, for the statements that remove a view.
        columns_of: the columns that our view of that name returns, with their types in Trino's words.
        is_forced: replace also what is in sync. Athena may call a view stale that is what we made of it: its tables
            were changed since.

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
    gone = sorted({name for name, table in held.items() if table.is_ours} - {name for name, _ in statements})
    steps = [_step(name, statement, held.get(name), columns_of, is_forced=is_forced) for name, statement in statements]
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


def _step(
    name: str,
    statement: str,
    held: HeldTable | None,
    columns_of: Callable[[str], Mapping[str, str]],
    *,
    is_forced: bool,
) -> Step:
    if held is None:
        return Step("create", name, "new", statement)
    if held.unchanged_since(statement):
        if is_forced:
            return Step("replace", name, "forced", statement)
        if not held.has_columns(columns_of(name)):
            return Step("replace", name, "its stored columns are not those of its SQL", statement)
        return Step("keep", name, "unchanged")
    if not held.is_ours:
        reason = "unmarked: an earlier deployment was interrupted, or it was changed by hand"
    elif held.parameters[STATEMENT_MARK] != _digest(statement):
        reason = "its SQL has changed"
    else:
        reason = "it was changed by hand"
    return Step("replace", name, reason, statement)


def _without_length(name: str, kind: str) -> tuple[str, str]:
    return name, kind.partition("(")[0].lower()


def _may_replace(held: HeldTable, columns_of: Callable[[str], Mapping[str, str]]) -> bool:
    """A marked view, or an unmarked one with our columns: that is what an interrupted deployment leaves.

    Columns are only ever added at the end, so one of the two lists begins with the other whichever version wrote it.
    """
    if held.is_ours or not held.is_view:
        return held.is_ours
    ours, found = tuple(columns_of(held.name)), tuple(held.columns)
    shorter = min(len(ours), len(found))
    return shorter > 0 and ours[:shorter] == found[:shorter]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def plan_views(
    statements: Sequence[tuple[str, str]],
    columns: Mapping[str, Mapping[str, str]],
    *,
    database: str,
    is_forced: bool = False,
) -> DeploymentPlan:
    """What has to be done so that the database holds these views, by what it holds now.

    Args:
        statements: every view's name with its statement, each after those that it reads.
        columns: the columns that each view returns, with their types in Trino's words.
        database: the Glue database.
        is_forced: replace also what is in sync.

    Raises:
        CredlakeError: there is no such database, it may not be read, or a name is taken.
    """
    with _explained("client of glue", database):
        glue = client("glue")
    held = DeployedViews(glue, database).held()
    return plan_deployment(statements, held, database=database, columns_of=columns.__getitem__, is_forced=is_forced)


def deploy_views(
    plan: DeploymentPlan,
    *,
    database: str,
    workgroup: str | None,
    output_location: str | None,
    done: Callable[[Step], object],
    is_late: Callable[[], bool] = lambda: False,
) -> str:
    """Create, replace and drop what differs; what was done, in a sentence.

    Args:
        plan: from `plan_views`; most often nothing differs, and then Athena is not called.
        database: the Glue database.
        workgroup: the Athena workgroup; None: `primary`.
        output_location: where Athena writes results, for a workgroup that has no location.
        done: called after each step.
        is_late: whether to stop before the next step. Every view is intact, and the next deployment continues there.

    Raises:
        CredlakeError: a view could not be deployed; what was done by then stays.
    """
    left = len(plan.changes)
    if left:
        queries = AthenaQueries(database=database, workgroup=workgroup, output_location=output_location)
        steps = carry_out(plan, run=queries.run, mark=DeployedViews(client("glue"), database).mark)
        while left and not is_late():
            done(next(steps))
            left -= 1
    if left:
        return f"{plan.summary()}; {left} of {len(plan.changes)} left to the next run, for lack of time"
    return plan.summary()


class DeployedViews:
    """The views of one database of the catalog."""

    def __init__(self, glue: GlueClient, database: str) -> None:
        """Take a client of Glue. Nothing is called yet."""
        self._glue = glue
        self._database = database

    def held(self) -> dict[str, HeldTable]:
        """Every table and view of the database by name.

        Raises:
            CredlakeError: there is no such database, or it may not be read.
        """
        operation = "glue:GetTables"
        pages = self._glue.get_paginator("get_tables").paginate(DatabaseName=self._database)
        with _explained(operation, self._database):
            read = every_page(operation, pages, lambda page: [table["Name"] for table in page["TableList"]])
            return {table["Name"]: _held(table) for page in read for table in page["TableList"]}

    def mark(self, name: str, statement: str) -> None:
        """Mark the view that Athena has just created from the statement.

        Raises:
            CredlakeError: the view is not there, or may not be updated.
        """
        with _explained("glue:GetTable", self._database, name):
            table = self._glue.get_table(DatabaseName=self._database, Name=name)["Table"]
        # What is not set may come as an empty text, which UpdateTable refuses (an owner).
        kept = {key: value for key, value in table.items() if key in _TABLE_INPUT and value != ""}
        entry = cast("TableInputTypeDef", kept)
        text = entry.get("ViewOriginalText", "")
        entry["Parameters"] = {**entry.get("Parameters", {}), **marks(statement, text)}
        with _explained("glue:UpdateTable", self._database):
            # A version of every view at every deployment would only count towards Glue's limit.
            self._glue.update_table(DatabaseName=self._database, TableInput=entry, SkipArchive=True)


@contextmanager
def _explained(operation: str, database: str, view: str | None = None) -> Iterator[None]:
    """A failed call as the sentence for the user, with the next step."""
    try:
        with translated(operation):
            yield
    except CallFault as fault:
        if fault.code == "EntityNotFoundException" and view is not None:
            text = (
                f"Athena created the view {view}, but Glue does not have it in the database {database}: someone "
                "dropped it at the same time, or Athena and Glue are called in different Regions or at different "
                "endpoints. Deploy again."
            )
        elif fault.code == "EntityNotFoundException":
            text = (
                f"There is no database {database} in the Glue catalog of this account and Region. Collect into the "
                "lake first (`credlake collect --lake s3://…` creates it), or name another with --database."
            )
        elif fault.kind is FaultKind.DENIED:
            text = (
                f"{operation} on the database {database} was denied: {fault.message} Grant {operation} on the catalog, "
                "the database and its tables to the user or role that deploys the views."
            )
        else:
            cause = f"{operation} on the database {database} failed: {fault.code}: {fault.message}"
            step = fault.environment_step
            text = f"{cause.rstrip('.')}. {step}" if step else cause
        raise CredlakeError(text, operation=operation, code=fault.code, database=database) from fault


def _held(table: TableTypeDef) -> HeldTable:
    text = table.get("ViewOriginalText", "")
    return HeldTable(
        name=table["Name"],
        is_view=table.get("TableType") == "VIRTUAL_VIEW",
        columns=_view_columns(text),
        text=text,
        parameters=table.get("Parameters", {}),
    )


def _view_columns(text: str) -> dict[str, str]:
    """A view's columns with their types, from its stored text (facts F7.3): those of the table may be placeholders."""
    match = _VIEW_TEXT.fullmatch(text)
    if match is None:
        return {}
    try:
        columns = json.loads(base64.b64decode(match["body"], validate=True))["columns"]
        return {str(column["name"]): str(column["type"]) for column in columns}
    except (ValueError, KeyError, TypeError):
        return {}  # a view that neither Athena nor Trino wrote
