"""The views of a database as Glue holds them, and the marks that say which are ours."""

from __future__ import annotations

import base64
import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from collector.aws.errors import translated
from collector.errors import CallFault, CredlakeError, FaultKind
from collector.views.plan import HeldTable, marks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_glue import GlueClient
    from types_boto3_glue.type_defs import TableInputTypeDef, TableTypeDef

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


class DeployedViews:
    """One database of the catalogue, through a Glue client."""

    def __init__(self, glue: GlueClient, database: str) -> None:
        """Nothing is asked yet."""
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
        """Mark the view that Athena has just made of the statement.

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
            f"Athena made the view {view}, and Glue does not show it in the database {database}: somebody has dropped "
            "it meanwhile, or Athena and Glue are asked in different Regions or at different endpoints. Deploy again.",
            **facts,
        )
    if fault.code == "EntityNotFoundException":
        return CredlakeError(
            f"There is no database {database} in the Glue catalogue of this account and Region. Collect into the lake "
            "first (`credlake collect --lake s3://…` makes it), or name another with --database.",
            **facts,
        )
    if fault.kind is FaultKind.DENIED:
        return CredlakeError(
            f"{operation} on the database {database} is refused: {fault.message} Grant {operation} on the catalogue, "
            "the database and its tables to whoever deploys the views.",
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
    """The names of a view's columns, from its stored text (facts F7.3): the columns beside it may be placeholders."""
    match = _VIEW_TEXT.fullmatch(text)
    if match is None:
        return ()
    try:
        columns = json.loads(base64.b64decode(match["body"], validate=True))["columns"]
        return tuple(str(column["name"]) for column in columns)
    except (ValueError, KeyError, TypeError):
        return ()  # a view that neither Athena nor Trino wrote
