"""A view stays readable while what it reads grows and moves. Trino says VIEW_IS_STALE where it does not."""

from __future__ import annotations

from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collector.catalogue import GLUE_TABLES
from collector.lake.local import LocalStore
from collector.lake.record_reading import read_record
from collector.view_files import names_of, shipped_views, twin_sql
from tests.trino.test_views import create_views

VIEWS = sorted(names_of(shipped_views()))
DATABASE = "stale"
NEW_COLUMN = {"Name": "added_in_a_later_version", "Type": "string", "Comment": "Did not exist yet."}


@pytest.fixture(scope="module")
def record(demo_lake):
    [path] = (demo_lake / "catalog").glob("*.json")
    return read_record(LocalStore(demo_lake), path.stem).record


@pytest.fixture(scope="module")
def trino(demo_lake, warehouse, trino_of):
    warehouse.copy_lake(demo_lake, DATABASE)
    trino = trino_of(DATABASE)
    create_views(trino, DATABASE)
    trino.ask("create view with_a_star as select * from snapshot_record")
    return trino


@pytest.fixture(scope="module")
def grown(trino, warehouse):
    """The tables have a column more, at the end, as a later version would add it; partitions and files have not."""
    for table in GLUE_TABLES:
        held = warehouse.glue.get_table(DatabaseName=DATABASE, Name=table.name)["Table"]
        entry = {key: held[key] for key in ("Name", "TableType", "Parameters", "PartitionKeys", "StorageDescriptor")}
        entry["StorageDescriptor"]["Columns"].append(NEW_COLUMN)
        warehouse.glue.update_table(DatabaseName=DATABASE, TableInput=entry)
    return trino


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_readable_after_the_schema_has_grown_a_column(view, grown):
    assert grown.rows(f"select count(*) from {view}")[0][0] > 0  # noqa: S608  # a name from our own files


def test_the_new_column_reads_as_null_in_files_that_have_none(grown):
    assert grown.rows("select distinct added_in_a_later_version from snapshot_record") == [(None,)]


def test_a_view_that_names_no_columns_would_be_stale(grown):
    """The fault that explicit columns keep away, so that the test above is known to be able to fail."""
    with pytest.raises(grown.error) as caught:
        grown.ask("select count(*) from with_a_star")
    assert caught.value.error_name == "VIEW_IS_STALE"


@pytest.mark.parametrize("base", ["account", "credential_report", "credentials"])
def test_views_are_readable_while_a_view_below_them_is_already_of_a_later_version(base, grown):
    """Between two statements of a deployment the base is new and what reads it is old."""
    view = shipped_views()[base]
    readers = [name for name, found in names_of(shipped_views()).items() if base in found.reads and name == found.name]
    sql = twin_sql(view, base, database=DATABASE)
    later = f"select old.*, cast(null as varchar) as added_in_a_later_version from ({sql}) as old"  # noqa: S608  # ours
    grown.ask(f'create or replace view "{DATABASE}"."{base}" as {later}')
    try:
        assert readers
        for reader in readers:
            assert grown.rows(f"select count(*) from {reader}")[0][0] >= 0  # noqa: S608  # a name from our own files
    finally:
        grown.ask(f'create or replace view "{DATABASE}"."{base}" as {sql}')


def test_a_view_shows_the_new_run_as_soon_as_the_pointer_has_moved(trino, record, demo_lake, warehouse):
    """One BatchUpdatePartition, and no reader meets the accounts of one run with the users of another."""
    newest = record.newest
    folder = PurePosixPath(newest.files[0].path).parent
    question = "select min(run_id), max(run_id), count(*) from "
    before = {name: trino.rows(question + name)[0] for name in ("account", "credential_report", "control_results")}
    other = folder.with_name("20990101T000000Z-0a1b2c3d")
    for file in newest.files:
        rows = pq.read_table(demo_lake / file.path)
        place = rows.schema.get_field_index("run_id")
        renamed = rows.set_column(place, rows.schema.field(place), pa.array([other.name] * rows.num_rows, pa.string()))
        sink = pa.BufferOutputStream()
        pq.write_table(renamed, sink)
        warehouse.put(f"{DATABASE}/{other / PurePosixPath(file.path).name}", sink.getvalue().to_pybytes())
    assert {name: trino.rows(question + name)[0] for name in before} == before

    for table in GLUE_TABLES:
        warehouse.point(DATABASE, record.organization_id, record.latest, other, table=table)

    for name, (_, _, count) in before.items():
        assert trino.rows(question + name) == [(other.name, other.name, count)]
