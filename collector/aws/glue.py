"""The calls to Glue for the tables of one database: each builds a request, sends it and reads its `Errors`.

Every failure is a CallFault, with one exception: what others changed at the same time (a table created or dropped) is
not a failure; the caller reads it again.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from collector.aws.errors import translated
from collector.errors import CallFault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from types_boto3_glue import GlueClient
    from types_boto3_glue.type_defs import (
        BatchUpdatePartitionRequestEntryTypeDef,
        ErrorDetailTypeDef,
        PartitionInputTypeDef,
        PartitionTypeDef,
        PartitionValueListTypeDef,
        TableInputTypeDef,
        TableTypeDef,
    )

T = TypeVar("T")

# Glue's limits of one call (facts F7.2).
_MOST_CREATED = _MOST_UPDATED = 100
_MOST_DELETED = 25

_MISSING = "EntityNotFoundException"
_OVERTAKEN = frozenset(
    {_MISSING, "AlreadyExistsException", "ConcurrentModificationException", "ResourceNotReadyException"}
)


class GlueCalls:
    """The calls for one database."""

    def __init__(self, client: GlueClient, database: str) -> None:
        """Take a client of Glue."""
        self._client = client
        self._database = database

    def has_database(self) -> bool:
        """Whether the database exists."""
        return self._found("glue:GetDatabase", lambda: self._client.get_database(Name=self._database)) is not None

    def create_database(self, description: str) -> None:
        """Create the database."""
        with _sent("glue:CreateDatabase"):
            self._client.create_database(DatabaseInput={"Name": self._database, "Description": description})

    def table(self, name: str) -> TableTypeDef | None:
        """GetTable's table; None where there is none."""
        answer = self._found("glue:GetTable", lambda: self._client.get_table(DatabaseName=self._database, Name=name))
        return None if answer is None else answer["Table"]

    def create_table(self, table_input: TableInputTypeDef) -> None:
        """Create a table."""
        with _sent("glue:CreateTable"):
            self._client.create_table(DatabaseName=self._database, TableInput=table_input)

    def update_table(self, table_input: TableInputTypeDef) -> None:
        """Replace a table's definition. Glue keeps 100,000 versions of a table and then refuses: none is kept."""
        with _sent("glue:UpdateTable"):
            self._client.update_table(DatabaseName=self._database, TableInput=table_input, SkipArchive=True)

    def partitions(self, table: str, organization_id: str) -> list[PartitionTypeDef]:
        """All partitions of one organization, without their columns."""
        with translated("glue:GetPartitions"):
            pages = self._client.get_paginator("get_partitions").paginate(
                DatabaseName=self._database,
                TableName=table,
                Expression=f"organization_id = '{organization_id}'",
                ExcludeColumnSchema=True,
            )
            return [partition for page in pages for partition in page["Partitions"]]

    def create_partitions(self, table: str, inputs: Sequence[PartitionInputTypeDef]) -> None:
        """Create partitions; those that others created at the same time are not changed."""
        for batch in _batches(inputs, _MOST_CREATED):
            with _sent(operation := "glue:BatchCreatePartition"):
                answer = self._client.batch_create_partition(
                    DatabaseName=self._database, TableName=table, PartitionInputList=batch
                )
                for error in answer.get("Errors") or ():
                    _check(operation, table, error.get("PartitionValues"), error.get("ErrorDetail"))

    def update_partitions(self, table: str, inputs: Sequence[PartitionInputTypeDef]) -> None:
        """Move partitions; those that others removed at the same time are skipped."""
        entries: list[BatchUpdatePartitionRequestEntryTypeDef] = [
            {"PartitionValueList": one["Values"], "PartitionInput": one} for one in inputs
        ]
        for batch in _batches(entries, _MOST_UPDATED):
            with _sent(operation := "glue:BatchUpdatePartition"):
                answer = self._client.batch_update_partition(
                    DatabaseName=self._database, TableName=table, Entries=batch
                )
                for error in answer.get("Errors") or ():
                    _check(operation, table, error.get("PartitionValueList"), error.get("ErrorDetail"))

    def delete_partitions(self, table: str, values: Sequence[Sequence[str]]) -> None:
        """Remove partitions; those that others removed at the same time are skipped."""
        lists: list[PartitionValueListTypeDef] = [{"Values": one} for one in values]
        for batch in _batches(lists, _MOST_DELETED):
            with _sent(operation := "glue:BatchDeletePartition"):
                answer = self._client.batch_delete_partition(
                    DatabaseName=self._database, TableName=table, PartitionsToDelete=batch
                )
                for error in answer.get("Errors") or ():
                    _check(operation, table, error.get("PartitionValues"), error.get("ErrorDetail"))

    def _found(self, operation: str, call: Callable[[], T]) -> T | None:
        try:
            with translated(operation):
                return call()
        except CallFault as fault:
            if fault.code == _MISSING:
                return None
            raise


@contextmanager
def _sent(operation: str) -> Iterator[None]:
    """Raise a failed call as a CallFault, unless another run has made the same change already."""
    try:
        with translated(operation):
            yield
    except CallFault as fault:
        if fault.code not in _OVERTAKEN:
            raise


def _check(operation: str, table: str, values: list[str] | None, detail: ErrorDetailTypeDef | None) -> None:
    """Raise the error of one item of a batch, whose answer is a 200 in any case (facts F7.2)."""
    code = (detail or {}).get("ErrorCode", "Unknown")
    if code not in _OVERTAKEN:
        kind = FaultKind.DENIED if code.startswith("AccessDenied") else FaultKind.OTHER
        message = f"{(detail or {}).get('ErrorMessage', '')} (partition {'/'.join(values or ())} of {table})"
        raise CallFault(kind, code, message, operation)


def _batches(items: Sequence[T], most: int) -> list[Sequence[T]]:
    return [items[start : start + most] for start in range(0, len(items), most)]
