"""Deploys views by statements on Athena, and marks in Glue which of a database's views are ours."""

from __future__ import annotations

import base64
import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from collector.aws.athena import AthenaQueries
from collector.aws.clients import client
from collector.aws.errors import translated
from collector.errors import CallFault, CredlakeError, FaultKind
from collector.views.plan import HeldTable, carry_out, marks, plan_deployment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from types_boto3_glue import GlueClient
    from types_boto3_glue.type_defs import TableInputTypeDef, TableTypeDef

    from collector.views.plan import DeploymentPlan, Step

_VIEW = "VIRTUAL_VIEW"
_VIEW_TEXT = re.compile(r"/\* Presto View: (?P<body>[A-Za-z0-9+/=]+) \*/")
# What GetTable answers and UpdateTable takes; the rest of the answer is Glue's own.
_TABLE_INPUT = (
    "Name",
    "Description",
    "Owner",
    "LastAccessTime",
    "LastAnalyzedTime",
    "Retention",
    "StorageDescriptor",
    "PartitionKeys",
    "ViewOriginalText",
    "ViewExpandedText",
    "TableType",
    "Parameters",
    "TargetTable",
)


def plan_views(
    statements: Sequence[tuple[str, str]], columns: Mapping[str, Sequence[str]], *, database: str
) -> DeploymentPlan:
    """What has to be done so that the database holds these views, by what it holds now.

    Args:
        statements: every view's name with its statement, each after those that it reads.
        columns: the names of the columns that each view returns.
        database: the Glue database.

    Raises:
        CredlakeError: there is no such database, it may not be read, or a name is taken.
    """
    held = DeployedViews(client("glue"), database).held()
    return plan_deployment(statements, held, database=database, columns_of=columns.__getitem__)


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
        with _explained("glue:GetTables", self._database):
            return {table["Name"]: _held(table) for table in self._tables()}

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

    def _tables(self) -> Iterator[TableTypeDef]:
        for page in self._glue.get_paginator("get_tables").paginate(DatabaseName=self._database):
            yield from page["TableList"]


@contextmanager
def _explained(operation: str, database: str, view: str | None = None) -> Iterator[None]:
    """A failed call as the sentence for the user, with the next step."""
    try:
        with translated(operation):
            yield
    except CallFault as fault:
        raise _explain(fault, operation, database, view) from fault


def _explain(fault: CallFault, operation: str, database: str, view: str | None) -> CredlakeError:
    facts = {"operation": operation, "code": fault.code, "database": database}
    if fault.code == "EntityNotFoundException" and view is not None:
        return CredlakeError(
            f"Athena created the view {view}, but Glue does not have it in the database {database}: someone dropped it "
            "at the same time, or Athena and Glue are called in different Regions or at different endpoints. Deploy "
            "again.",
            **facts,
        )
    if fault.code == "EntityNotFoundException":
        return CredlakeError(
            f"There is no database {database} in the Glue catalog of this account and Region. Collect into the lake "
            "first (`credlake collect --lake s3://…` creates it), or name another with --database.",
            **facts,
        )
    if fault.kind is FaultKind.DENIED:
        return CredlakeError(
            f"{operation} on the database {database} was denied: {fault.message} Grant {operation} on the catalog, the "
            "database and its tables to the user or role that deploys the views.",
            **facts,
        )
    return CredlakeError(f"{operation} on the database {database} failed: {fault.code}: {fault.message}", **facts)


def _held(table: TableTypeDef) -> HeldTable:
    text = table.get("ViewOriginalText", "")
    return HeldTable(
        name=table["Name"],
        is_view=table.get("TableType") == _VIEW,
        columns=_view_columns(text),
        text=text,
        parameters=table.get("Parameters", {}),
    )


def _view_columns(text: str) -> tuple[str, ...]:
    """The names of a view's columns, from its stored text (facts F7.3): those of the table may be placeholders."""
    match = _VIEW_TEXT.fullmatch(text)
    if match is None:
        return ()
    try:
        columns = json.loads(base64.b64decode(match["body"], validate=True))["columns"]
        return tuple(str(column["name"]) for column in columns)
    except (ValueError, KeyError, TypeError):
        return ()  # a view that neither Athena nor Trino wrote
