from __future__ import annotations

import copy

import pytest

from collector.catalog.catalogue import GLUE_SNAPSHOT_RECORD, GLUE_SNAPSHOT_RECORD_LATEST, table_input
from collector.catalog.tables import level_table
from collector.errors import CatalogNotSyncedError

LOCATION = "s3://bucket/lake/snapshots/"


@pytest.fixture(name="found")
def _found():
    """The table as GetTable gives it back after we made it."""
    return {
        **copy.deepcopy(table_input(GLUE_SNAPSHOT_RECORD, LOCATION)),
        "DatabaseName": "credlake",
        "CatalogId": "111122223333",
        "VersionId": "0",
        "Retention": 0,
        "IsRegisteredWithLakeFormation": False,
    }


def level(found):
    return level_table(GLUE_SNAPSHOT_RECORD, LOCATION, found)


def names(step):
    return [column["Name"] for column in step.update["StorageDescriptor"]["Columns"]]


def test_a_table_that_is_not_there_is_made():
    step = level(None)

    assert step.create == table_input(GLUE_SNAPSHOT_RECORD, LOCATION)
    assert [key["Name"] for key in step.create["PartitionKeys"]] == ["organization_id", "snapshot_date"]
    assert step.update is None


def test_a_table_that_is_as_it_should_be_is_not_touched(found):
    found["StorageDescriptor"]["Location"] = "s3://bucket/lake/snapshots"
    found["Parameters"]["owner_team"] = "security"

    assert level(found) == level({**found, "UpdateTime": "later"})
    assert (level(found).create, level(found).update, level(found).repairs) == (None, None, ())


def test_columns_are_added_at_the_end_when_the_schema_grows(found):
    whole = [column["Name"] for column in found["StorageDescriptor"]["Columns"]]
    found["StorageDescriptor"]["Columns"] = found["StorageDescriptor"]["Columns"][:-2]

    step = level(found)

    assert names(step) == whole
    assert step.repairs == ("Glue table snapshot_record: columns added: null_reasons, unknown_columns.",)


def test_columns_of_a_newer_version_or_a_user_are_never_removed(found):
    columns = found["StorageDescriptor"]["Columns"]
    columns.append({"Name": "added_later", "Type": "string"})
    dropped = columns.pop(3)

    step = level(found)

    assert names(step)[-1] == "added_later"
    assert names(step)[3] == dropped["Name"]


def test_a_column_dropped_by_hand_is_there_again(found):
    columns = found["StorageDescriptor"]["Columns"]
    whole = [column["Name"] for column in columns]
    found["StorageDescriptor"]["Columns"] = [column for column in columns if column["Name"] != "mfa_active"]

    step = level(found)

    assert names(step) == whole
    assert step.repairs == ("Glue table snapshot_record: dropped columns are there again: mfa_active.",)


def test_projection_switched_on_is_switched_off_and_other_parameters_stay(found):
    found["Parameters"] |= {
        "projection.enabled": "true",
        "projection.snapshot_date.type": "date",
        "storage.location.template": "s3://bucket/lake/${snapshot_date}/",
        "owner_team": "security",
    }

    step = level(found)

    assert step.update["Parameters"] == {
        "EXTERNAL": "TRUE",
        "classification": "parquet",
        "credlake_schema_version": "1",
        "owner_team": "security",
    }
    assert " ".join(step.repairs) == (
        "Glue table snapshot_record: partition projection is switched off again (projection.enabled, "
        "projection.snapshot_date.type, storage.location.template removed)."
    )


def test_a_location_moved_by_hand_is_moved_back(found):
    found["StorageDescriptor"]["Location"] = "s3://elsewhere/"

    step = level(found)

    assert step.update["StorageDescriptor"]["Location"] == LOCATION
    assert step.repairs == (f"Glue table snapshot_record: its location was s3://elsewhere/ and is {LOCATION} again.",)


@pytest.mark.parametrize(
    "damage",
    [
        {"InputFormat": "org.apache.hadoop.mapred.TextInputFormat"},
        {"SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"}},
        {
            "SerdeInfo": {
                "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
                "Parameters": {"serialization.format": "1", "parquet.column.index.access": "true"},
            }
        },
    ],
)
def test_a_table_that_would_read_the_files_as_something_else_reads_parquet_by_name_again(found, damage):
    found["StorageDescriptor"] |= damage

    step = level(found)

    assert step.update["StorageDescriptor"] == table_input(GLUE_SNAPSHOT_RECORD, LOCATION)["StorageDescriptor"]
    assert " ".join(step.repairs) == (
        "Glue table snapshot_record: its input format, output format and SerDe are Parquet's again."
    )


def test_a_column_retyped_by_hand_has_the_type_of_the_files_again(found):
    column = next(c for c in found["StorageDescriptor"]["Columns"] if c["Name"] == "user_creation_time")
    column["Type"] = "bigint"

    step = level(found)

    assert (
        next(c for c in step.update["StorageDescriptor"]["Columns"] if c["Name"] == "user_creation_time")["Type"]
        == "timestamp"
    )
    assert " ".join(step.repairs) == (
        "Glue table snapshot_record: columns have the type of the files again: user_creation_time was bigint and is "
        "timestamp again."
    )


def test_partition_keys_that_were_changed_cannot_be_repaired_and_the_error_says_what_to_do(found):
    found["PartitionKeys"][1]["Type"] = "date"

    with pytest.raises(
        CatalogNotSyncedError, match=r"snapshot_date \(date\), and must be by .*\(string\).*Drop the"
    ) as e:
        level(found)
    assert e.value.exit_code == 4


@pytest.mark.parametrize(
    ("change", "kind"),
    [({"TableType": "VIRTUAL_VIEW"}, "VIRTUAL_VIEW"), ({"Parameters": {"table_type": "ICEBERG"}}, "ICEBERG")],
)
def test_a_view_or_an_iceberg_table_in_the_place_of_ours_is_an_error(found, change, kind):
    with pytest.raises(
        CatalogNotSyncedError, match=rf"snapshot_record is a {kind}, not a table of Parquet files\. Drop"
    ):
        level({**found, **change})


def test_a_table_of_a_newer_version_is_left_alone(found):
    found["Parameters"]["credlake_schema_version"] = "2"
    found["StorageDescriptor"]["Columns"].pop()

    with pytest.raises(CatalogNotSyncedError, match=r"made by a newer version .*Update credlake"):
        level(found)


def test_the_table_of_the_newest_day_is_partitioned_by_organization_alone():
    step = level_table(GLUE_SNAPSHOT_RECORD_LATEST, LOCATION, None)

    assert [key["Name"] for key in step.create["PartitionKeys"]] == ["organization_id"]
    assert step.create["StorageDescriptor"]["Columns"][0]["Name"] == "snapshot_date"
