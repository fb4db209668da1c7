"""A view stays readable while what it reads grows and moves. Trino reports VIEW_IS_STALE otherwise."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collector.catalog.tables import GLUE_TABLES
from tests.e2e.trino.session import create_views
from tests.fixtures.tampering import unsealed
from tools.trino.view_files import names_of, source_views, twin_sql

VIEWS = sorted(names_of(source_views()))
DATABASE = "stale"
NEW_COLUMN = {"Name": "added_in_a_later_version", "Type": "string", "Comment": "Did not exist yet."}


@pytest.fixture(scope="module")
def trino(demo_lake, warehouse, trino_of):
    warehouse.copy_lake(demo_lake, DATABASE)
    trino = trino_of(DATABASE)
    create_views(trino, DATABASE)
    trino.run("create view with_a_star as select * from snapshot_record")
    return trino


@pytest.fixture(scope="module")
def grown(trino, warehouse):
    """The tables have one more column at the end, as a later version would add it; partitions and files do not."""
    for table in GLUE_TABLES:
        held = warehouse.glue.get_table(DatabaseName=DATABASE, Name=table.name)["Table"]
        entry = {key: held[key] for key in ("Name", "TableType", "Parameters", "PartitionKeys", "StorageDescriptor")}
        entry["StorageDescriptor"]["Columns"].append(NEW_COLUMN)
        warehouse.glue.update_table(DatabaseName=DATABASE, TableInput=entry)
    return trino


def is_readable(trino, view):
    """Whether Trino accepts a query of the view. A stale view is refused when the query is analyzed, before it runs."""
    return trino.rows(f"explain (type validate) select count(*) from {view}") == [(True,)]  # noqa: S608  # ours


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_readable_after_the_schema_has_grown_a_column(view, grown):
    assert is_readable(grown, view)


def test_the_new_column_is_null_in_files_without_it(grown):
    assert grown.rows("select distinct added_in_a_later_version from snapshot_record") == [(None,)]


def test_a_view_that_names_no_columns_would_be_stale(grown):
    """The error that explicit columns prevent: it shows that the test above can fail."""
    with pytest.raises(grown.error) as caught:
        is_readable(grown, "with_a_star")
    assert caught.value.error_name == "VIEW_IS_STALE"


@pytest.mark.parametrize("base", ["account", "report_rows", "credentials"])
def test_views_are_readable_while_a_view_below_them_is_already_of_a_later_version(base, grown):
    """Between two statements of a deployment the base is new, and the views that read it are old."""
    view = source_views()[base]
    readers = [name for name, found in names_of(source_views()).items() if base in found.reads and name == found.name]
    sql = twin_sql(view, base, database=DATABASE)
    later = f"select old.*, cast(null as varchar) as added_in_a_later_version from ({sql}) as old"  # noqa: S608  # ours
    grown.run(f'create or replace view "{DATABASE}"."{base}" as {later}')
    try:
        assert readers
        for reader in readers:
            assert is_readable(grown, reader)
    finally:
        grown.run(f'create or replace view "{DATABASE}"."{base}" as {sql}')


def test_a_view_shows_the_new_run_as_soon_as_the_pointer_has_moved(trino, demo_lake, warehouse):
    """One record and two moved partitions: no query joins the accounts of one run with the users of another."""
    [path] = (demo_lake / "catalog").glob("*.json")
    record = json.loads(path.read_text())
    newest = record["snapshots"][record["latest"]] = unsealed(record["snapshots"][record["latest"]])
    other = f"{record['latest'].replace('-', '')}T235959Z-0a1b2c3d"
    sql = "select min(run_id), max(run_id), count(*) from "
    before = {name: trino.rows(sql + name)[0] for name in ("account", "credential_report", "control_results")}
    for file in newest["files"]:
        table = pq.read_table(demo_lake / file["path"])
        place = table.schema.get_field_index("run_id")
        renamed = pa.array([other] * table.num_rows, pa.string())
        sink = pa.BufferOutputStream()
        pq.write_table(table.set_column(place, table.schema.field(place), renamed), sink)
        file["path"] = file["path"].replace(newest["run_id"], other)
        warehouse.store(DATABASE).put(file["path"], sink.getvalue().to_pybytes())
    newest["run_id"] = other
    assert {name: trino.rows(sql + name)[0] for name in before} == before

    warehouse.publish(DATABASE, record["organization_id"], json.dumps(record).encode())

    for name, (_, _, count) in before.items():
        assert trino.rows(sql + name) == [(other, other, count)]
