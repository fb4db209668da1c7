"""Lakes for Trino: a local lake copied to an S3 server, and the rows of all golden cases as two tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from collector.catalog.sync import sync_catalog
from collector.catalog.tables import GlueTable, table_input
from collector.lake.layout import record_key
from collector.lake.local_store import LocalStore
from collector.lake.record import read_record
from collector.lake.s3_store import S3Store
from collector.schema import SNAPSHOT_RECORD
from collector.views.files import CURRENT_TABLE, HISTORY_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.fixtures.s3_servers import S3Server

BUCKET = "lake"


class Warehouse:
    """A bucket on one server and a catalog on another. credlake's own code writes the lake and syncs Glue."""

    def __init__(self, files: S3Server, glue: S3Server) -> None:
        self.files = files.client("s3")
        self.glue = glue.client("glue")
        self.files.create_bucket(Bucket=BUCKET)

    def store(self, database: str) -> S3Store:
        """The lake whose tables are in that database."""
        return S3Store(f"s3://{BUCKET}/{database}", self.files)

    def copy_lake(self, root: Path, database: str) -> None:
        """Every file that a local lake's records name, the records, and their partitions."""
        store = self.store(database)
        for path in sorted((root / "catalog").glob("*.json")):
            record = read_record(LocalStore(root), path.stem).record
            assert record is not None
            for snapshot in record.snapshots.values():
                for file in snapshot.files:
                    store.put_file(file.path, root / file.path)
            self.publish(database, record.organization_id, path.read_bytes())

    def publish(self, database: str, organization: str, record: bytes) -> None:
        """Replace the publication record, and sync Glue with it."""
        store = self.store(database)
        held = store.read_versioned(record_key(organization))
        store.replace(record_key(organization), record, expected=None if held is None else held.version)
        sync_catalog(store, organization, database=database, client=self.glue)

    def create_database(self, database: str) -> None:
        self.glue.create_database(DatabaseInput={"Name": database})

    def put(self, key: str, body: bytes) -> None:
        self.files.put_object(Bucket=BUCKET, Key=key, Body=body)

    def fill_tables(self, database: str, tables: Iterable[pa.Table]) -> None:
        """Create tables of all rows, with the same columns and without partitions, which are the fastest to read."""
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
