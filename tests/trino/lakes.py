"""Lakes as Athena finds them: a local lake copied to an S3 server, and the rows of all golden cases as two tables."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from collector.catalogue import GLUE_TABLES, GlueTable, partition_input, table_input
from collector.lake.local import LocalStore
from collector.lake.record_reading import read_record
from collector.schema import SNAPSHOT_RECORD
from collector.view_files import CURRENT_TABLE, HISTORY_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.s3.servers import S3Server

BUCKET = "lake"


class Warehouse:
    """A bucket on one server and a catalogue on another."""

    def __init__(self, files: S3Server, glue: S3Server) -> None:
        self.files = files.client("s3")
        self.glue = glue.client("glue")
        self.files.create_bucket(Bucket=BUCKET)

    def create_database(self, database: str) -> None:
        self.glue.create_database(DatabaseInput={"Name": database})

    def create_tables(self, database: str) -> None:
        """The two tables of a lake, without partitions yet."""
        for table in GLUE_TABLES:
            self.glue.create_table(
                DatabaseName=database, TableInput=table_input(table, f"s3://{BUCKET}/{database}/snapshots/")
            )

    def copy_lake(self, root: Path, database: str) -> None:
        """Every file that a local lake's records name, and the partitions that point at them."""
        self.create_database(database)
        self.create_tables(database)
        store = LocalStore(root)
        for path in sorted((root / "catalog").glob("*.json")):
            record = read_record(store, path.stem).record
            assert record is not None
            for date, snapshot in record.snapshots.items():
                folder = PurePosixPath(snapshot.files[0].path).parent
                for file in snapshot.files:
                    self.put(f"{database}/{file.path}", (root / file.path).read_bytes())
                self.point(database, record.organization_id, date, folder)
            newest = PurePosixPath(record.newest.files[0].path).parent
            self.point(database, record.organization_id, record.latest, newest, table=GLUE_TABLES[1])

    def put(self, key: str, body: bytes) -> None:
        self.files.put_object(Bucket=BUCKET, Key=key, Body=body)

    def point(
        self, database: str, organization: str, date: str, folder: PurePosixPath, *, table: GlueTable = GLUE_TABLES[0]
    ) -> None:
        """Let the partition of that day, or the newest one, lead to that folder: made if it is not there yet."""
        location = f"s3://{BUCKET}/{database}/{folder}/"
        values = [organization, date][: len(table.partition_keys)]
        entry = partition_input(table, values, location)
        where = {"DatabaseName": database, "TableName": table.name}
        created = self.glue.batch_create_partition(**where, PartitionInputList=[entry])
        if created.get("Errors"):
            moved = self.glue.batch_update_partition(
                **where, Entries=[{"PartitionValueList": values, "PartitionInput": entry}]
            )
            assert not moved.get("Errors"), moved

    def fill_tables(self, database: str, tables: Iterable[pa.Table]) -> None:
        """All rows at once, in tables of the same columns that have no partitions: the quickest to read."""
        self.create_database(database)
        everything = pa.concat_tables([_all_columns(table) for table in tables])
        for name, rows in ((HISTORY_TABLE, everything), (CURRENT_TABLE, _newest(everything))):
            sink = pa.BufferOutputStream()
            pq.write_table(rows, sink)
            self.put(f"{database}/{name}/rows.parquet", sink.getvalue().to_pybytes())
            flat = GlueTable(SNAPSHOT_RECORD, ())
            entry = table_input(flat, f"s3://{BUCKET}/{database}/{name}/")
            self.glue.create_table(DatabaseName=database, TableInput={**entry, "Name": name})


def _all_columns(table: pa.Table) -> pa.Table:
    """The rows with every column of `snapshot_record`, null where their kind has none."""
    columns: list[Any] = [
        table.column(column.name) if column.name in table.column_names else pa.nulls(table.num_rows, column.type.arrow)
        for column in SNAPSHOT_RECORD.columns
    ]
    return pa.table(columns, names=list(SNAPSHOT_RECORD.names))


def _newest(rows: pa.Table) -> pa.Table:
    keys = zip(rows["organization_id"].to_pylist(), rows["snapshot_date"].to_pylist(), strict=True)
    days = list(keys)
    newest: dict[str, str] = {}
    for organization, date in days:
        newest[organization] = max(date, newest.get(organization, date))
    return rows.filter(pa.array([newest[organization] == date for organization, date in days]))
