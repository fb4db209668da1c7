"""The calls to Glue for the tables of one database: each builds a request, sends it and reads its `Errors`.

Every failure is a CallFault, with one exception: what others changed at the same time (a table created or dropped) is
not a failure; the caller reads it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from collector.aws.errors import Ignoring, translated
from collector.aws.pages import every_page
from collector.errors import CallFault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from types_boto3_glue import GlueClient
    from types_boto3_glue.type_defs import (
        BatchUpdatePartitionFailureEntryTypeDef,
        BatchUpdatePartitionRequestEntryTypeDef,
        DatabaseTypeDef,
        PartitionErrorTypeDef,
        PartitionInputTypeDef,
        PartitionTypeDef,
        PartitionValueListTypeDef,
        TableInputTypeDef,
        TableTypeDef,
    )

    # An item of `Errors`.
    _Failed = PartitionErrorTypeDef | BatchUpdatePartitionFailureEntryTypeDef

T = TypeVar("T")

# Glue's limits of one call (facts F7.2).
_MOST_CREATED = _MOST_UPDATED = 100
_MOST_DELETED = 25

_MISSING = "EntityNotFoundException"
# The codes of a change that another run has made already, or is making.
_OVERTAKEN = (_MISSING, "AlreadyExistsException", "ConcurrentModificationException", "ResourceNotReadyException")


class GlueCalls:
    """The calls for one database."""

    def __init__(self, client: GlueClient, database: str) -> None:
        """Take a client of Glue."""
        self._client = client
        self._database = database

    def database(self) -> DatabaseTypeDef | None:
        """GetDatabase's database; None where there is none."""
        with Ignoring(_MISSING), translated("glue:GetDatabase"):
            return self._client.get_database(Name=self._database)["Database"]
        return None

    def create_database(self, description: str) -> None:
        """Create the database."""
        with Ignoring(*_OVERTAKEN), translated("glue:CreateDatabase"):
            self._client.create_database(DatabaseInput={"Name": self._database, "Description": description})

    def table(self, name: str) -> TableTypeDef | None:
        """GetTable's table; None where there is none."""
        with Ignoring(_MISSING), translated("glue:GetTable"):
            return self._client.get_table(DatabaseName=self._database, Name=name)["Table"]
        return None

    def create_table(self, table_input: TableInputTypeDef) -> None:
        """Create a table."""
        with Ignoring(*_OVERTAKEN), translated("glue:CreateTable"):
            self._client.create_table(DatabaseName=self._database, TableInput=table_input)

    def update_table(self, table_input: TableInputTypeDef) -> None:
        """Replace a table's definition. Glue keeps 100,000 versions of a table and then refuses: none is kept."""
        with Ignoring(*_OVERTAKEN), translated("glue:UpdateTable"):
            self._client.update_table(DatabaseName=self._database, TableInput=table_input, SkipArchive=True)

    def partitions(self, table: str, organization_id: str) -> list[PartitionTypeDef]:
        """All partitions of one organization, without their columns."""
        pages = self._client.get_paginator("get_partitions").paginate(
            DatabaseName=self._database,
            TableName=table,
            Expression=f"organization_id = '{organization_id}'",
            ExcludeColumnSchema=True,
        )
        read = every_page(
            "glue:GetPartitions", pages, lambda page: [tuple(one["Values"]) for one in page["Partitions"]]
        )
        return [partition for page in read for partition in page["Partitions"]]

    def create_partitions(self, table: str, inputs: Sequence[PartitionInputTypeDef]) -> None:
        """Create partitions; those that others created at the same time are not changed."""
        names = {"DatabaseName": self._database, "TableName": table}
        for batch in _batches(inputs, _MOST_CREATED):
            with Ignoring(*_OVERTAKEN), translated(operation := "glue:BatchCreatePartition"):
                answer = self._client.batch_create_partition(**names, PartitionInputList=batch)
                _check(operation, table, answer.get("Errors"))

    def update_partitions(self, table: str, inputs: Sequence[PartitionInputTypeDef]) -> None:
        """Move partitions; those that others removed at the same time are skipped."""
        entries: list[BatchUpdatePartitionRequestEntryTypeDef] = [
            {"PartitionValueList": one["Values"], "PartitionInput": one} for one in inputs
        ]
        names = {"DatabaseName": self._database, "TableName": table}
        for batch in _batches(entries, _MOST_UPDATED):
            with Ignoring(*_OVERTAKEN), translated(operation := "glue:BatchUpdatePartition"):
                answer = self._client.batch_update_partition(**names, Entries=batch)
                _check(operation, table, answer.get("Errors"))

    def delete_partitions(self, table: str, values: Sequence[Sequence[str]]) -> None:
        """Remove partitions; those that others removed at the same time are skipped."""
        lists: list[PartitionValueListTypeDef] = [{"Values": one} for one in values]
        names = {"DatabaseName": self._database, "TableName": table}
        for batch in _batches(lists, _MOST_DELETED):
            with Ignoring(*_OVERTAKEN), translated(operation := "glue:BatchDeletePartition"):
                answer = self._client.batch_delete_partition(**names, PartitionsToDelete=batch)
                _check(operation, table, answer.get("Errors"))


def _check(operation: str, table: str, failed: Iterable[_Failed] | None) -> None:
    """Raise the error of one item of a batch, whose answer is a 200 in any case (facts F7.2)."""
    for item in failed or ():
        detail = item.get("ErrorDetail") or {}
        code = detail.get("ErrorCode", "Unknown")
        if code not in _OVERTAKEN:
            kind = FaultKind.DENIED if code.startswith("AccessDenied") else FaultKind.OTHER
            values = cast("list[str]", item.get("PartitionValues") or item.get("PartitionValueList") or [])
            message = f"{detail.get('ErrorMessage', '')} (partition {'/'.join(values)} of {table})"
            raise CallFault(kind, code, message, operation)


def _batches(items: Sequence[T], most: int) -> list[Sequence[T]]:
    return [items[start : start + most] for start in range(0, len(items), most)]
