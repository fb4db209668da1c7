"""The calls to Glue for the tables of one database: each builds a request, sends it and reads its `Errors`.

Every failure is a CallFault, but for one: what others changed at the same moment (a table made or dropped meanwhile) is
no failure; the caller looks again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.aws.translation import translated
from collector.faults import CallFault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# Glue's limits of one call (facts F7.2).
MOST_CREATED = MOST_UPDATED = 100
MOST_DELETED = 25

_MISSING = "EntityNotFoundException"
_OVERTAKEN = frozenset(
    {_MISSING, "AlreadyExistsException", "ConcurrentModificationException", "ResourceNotReadyException"}
)


class GlueCalls:
    """The calls for one database."""

    def __init__(self, client: Any, database: str) -> None:
        """Take a client of Glue."""
        self._client = client
        self._database = database

    def has_database(self) -> bool:
        """Whether the database is there."""
        return self._found("glue:GetDatabase", lambda: self._client.get_database(Name=self._database)) is not None

    def create_database(self, description: str) -> None:
        """Make the database."""
        self._send(
            "glue:CreateDatabase",
            lambda: self._client.create_database(DatabaseInput={"Name": self._database, "Description": description}),
        )

    def table(self, name: str) -> dict[str, Any] | None:
        """The table as GetTable says; None where there is none."""
        answer = self._found("glue:GetTable", lambda: self._client.get_table(DatabaseName=self._database, Name=name))
        return None if answer is None else dict(answer["Table"])

    def create_table(self, table_input: dict[str, Any]) -> None:
        """Make a table."""
        self._send(
            "glue:CreateTable",
            lambda: self._client.create_table(DatabaseName=self._database, TableInput=table_input),
        )

    def update_table(self, table_input: dict[str, Any]) -> None:
        """Replace a table's definition. Glue keeps 100,000 versions of a table and then refuses: none is kept."""
        self._send(
            "glue:UpdateTable",
            lambda: self._client.update_table(DatabaseName=self._database, TableInput=table_input, SkipArchive=True),
        )

    def partitions(self, table: str, organization_id: str) -> list[dict[str, Any]]:
        """All partitions of one organization, without their columns."""
        with translated("glue:GetPartitions"):
            pages = self._client.get_paginator("get_partitions").paginate(
                DatabaseName=self._database,
                TableName=table,
                Expression=f"organization_id = '{organization_id}'",
                ExcludeColumnSchema=True,
            )
            return [partition for page in pages for partition in page["Partitions"]]

    def create_partitions(self, table: str, inputs: Sequence[dict[str, Any]]) -> None:
        """Make partitions; those that others made meanwhile are left as they are."""
        for batch in _batches(inputs, MOST_CREATED):
            self._send_batch("glue:BatchCreatePartition", table, PartitionInputList=batch)

    def update_partitions(self, table: str, inputs: Sequence[dict[str, Any]]) -> None:
        """Move partitions; those that others removed meanwhile are left out."""
        entries = [{"PartitionValueList": one["Values"], "PartitionInput": one} for one in inputs]
        for batch in _batches(entries, MOST_UPDATED):
            self._send_batch("glue:BatchUpdatePartition", table, Entries=batch)

    def delete_partitions(self, table: str, values: Sequence[Sequence[str]]) -> None:
        """Remove partitions; those that others removed meanwhile are left out."""
        for batch in _batches([{"Values": list(one)} for one in values], MOST_DELETED):
            self._send_batch("glue:BatchDeletePartition", table, PartitionsToDelete=batch)

    def _found(self, operation: str, call: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
        try:
            with translated(operation):
                return call()
        except CallFault as fault:
            if fault.code == _MISSING:
                return None
            raise

    def _send(self, operation: str, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            with translated(operation):
                return call()
        except CallFault as fault:
            if fault.code in _OVERTAKEN:
                return {}
            raise

    def _send_batch(self, operation: str, table: str, **items: list[dict[str, Any]]) -> None:
        call = getattr(self._client, _METHODS[operation])
        answer = self._send(operation, lambda: call(DatabaseName=self._database, TableName=table, **items))
        # The answer is a 200 whatever became of each item (facts F7.2).
        for error in answer.get("Errors") or ():
            detail = error.get("ErrorDetail", {})
            code = str(detail.get("ErrorCode", "Unknown"))
            if code not in _OVERTAKEN:
                values = error.get("PartitionValues") or error.get("PartitionValueList") or ()
                said = f"{detail.get('ErrorMessage', '')} (partition {'/'.join(values)} of {table})"
                raise CallFault(_kind(code), code, said, operation)


_METHODS = {
    "glue:BatchCreatePartition": "batch_create_partition",
    "glue:BatchUpdatePartition": "batch_update_partition",
    "glue:BatchDeletePartition": "batch_delete_partition",
}


def _kind(code: str) -> FaultKind:
    return FaultKind.DENIED if code.startswith("AccessDenied") else FaultKind.OTHER


def _batches(items: Iterable[dict[str, Any]], most: int) -> list[list[dict[str, Any]]]:
    whole = list(items)
    return [whole[start : start + most] for start in range(0, len(whole), most)]
