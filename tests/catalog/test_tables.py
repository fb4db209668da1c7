"""What Glue is given for the two tables, and what becomes of tables that differ."""

from __future__ import annotations

import copy
import json

import pytest

from collector.catalog.tables import (
    GLUE_SNAPSHOT_RECORD,
    GLUE_SNAPSHOT_RECORD_LATEST,
    GLUE_TABLES,
    partition_input,
    plan_table,
    table_input,
)
from collector.errors import CatalogNotSyncedError

LOCATION = "s3://bucket/lake/snapshots/"


def columns_of(glue_input):
    return [column["Name"] for column in glue_input["StorageDescriptor"]["Columns"]]


@pytest.mark.parametrize("glue_table", GLUE_TABLES, ids=lambda table: table.name)
def test_only_ascii_is_sent_to_glue(glue_table):
    """Athena's DDL is known to turn other characters into question marks."""
    assert json.dumps(table_input(glue_table, LOCATION), ensure_ascii=False).isascii()


@pytest.mark.parametrize("glue_table", GLUE_TABLES, ids=lambda table: table.name)
def test_a_difference_in_texts_is_cosmetic(glue_table):
    found = table_input(glue_table, LOCATION)
    found["StorageDescriptor"]["Columns"][0]["Comment"] = "?"
    step = plan_table(glue_table, LOCATION, found)
    assert step.update == table_input(glue_table, LOCATION)
    assert (step.is_cosmetic, step.repairs) == (True, ())


def test_glue_reads_the_files_as_parquet_by_name():
    glue_input = table_input(GLUE_SNAPSHOT_RECORD, "s3://bucket/lake/snapshots/")

    descriptor = glue_input["StorageDescriptor"]
    assert glue_input["Name"] == "snapshot_record"
    assert glue_input["TableType"] == "EXTERNAL_TABLE"
    assert glue_input["Parameters"] == {"EXTERNAL": "TRUE", "classification": "parquet", "credlake_schema_version": "1"}
    assert descriptor["Location"] == "s3://bucket/lake/snapshots/"
    assert descriptor["InputFormat"] == "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
    assert descriptor["OutputFormat"] == "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
    assert descriptor["SerdeInfo"]["SerializationLibrary"] == (
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
    )


@pytest.mark.parametrize(
    ("glue_table", "keys"),
    [
        (GLUE_SNAPSHOT_RECORD, ["organization_id", "snapshot_date"]),
        (GLUE_SNAPSHOT_RECORD_LATEST, ["organization_id"]),
    ],
)
def test_partition_keys_are_strings_and_not_columns_as_well(glue_table, keys):
    glue_input = table_input(glue_table, "s3://bucket/")

    assert [(key["Name"], key["Type"]) for key in glue_input["PartitionKeys"]] == [(key, "string") for key in keys]
    assert not set(keys) & set(columns_of(glue_input))
    assert set(keys) | set(columns_of(glue_input)) == set(glue_table.table.names)


def test_partition_projection_is_never_switched_on_because_it_ignores_locations():
    for glue_table in GLUE_TABLES:
        assert "projection" not in json.dumps(table_input(glue_table, "s3://bucket/"))


def test_columns_have_types_of_glue():
    glue_input = table_input(GLUE_SNAPSHOT_RECORD, "s3://bucket/")
    types = {column["Name"]: column["Type"] for column in glue_input["StorageDescriptor"]["Columns"]}

    assert (types["report_generated_at"], types["attempts"], types["is_root"]) == ("timestamp", "int", "boolean")
    assert (types["tags"], types["account_id"]) == ("map<string,string>", "string")


def test_a_partition_is_one_run_s_folder():
    glue_input = partition_input(
        GLUE_SNAPSHOT_RECORD,
        ["o-abcdefghij", "2026-11-23"],
        "s3://bucket/snapshots/o-abcdefghij/2026-11-23/20261123T152200Z-1a2b3c4d/",
    )

    assert glue_input["Values"] == ["o-abcdefghij", "2026-11-23"]
    assert glue_input["StorageDescriptor"]["Location"].endswith("/20261123T152200Z-1a2b3c4d/")
    assert columns_of(glue_input) == columns_of(table_input(GLUE_SNAPSHOT_RECORD, "s3://bucket/"))


def test_a_partition_with_too_few_values_is_rejected():
    with pytest.raises(ValueError, match="snapshot_record is partitioned by"):
        partition_input(GLUE_SNAPSHOT_RECORD, ["o-abcdefghij"], "s3://bucket/")


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


def planned(found):
    return plan_table(GLUE_SNAPSHOT_RECORD, LOCATION, found)


def names(step):
    return [column["Name"] for column in step.update["StorageDescriptor"]["Columns"]]


def test_a_table_that_is_not_there_is_made():
    step = planned(None)

    assert step.create == table_input(GLUE_SNAPSHOT_RECORD, LOCATION)
    assert [key["Name"] for key in step.create["PartitionKeys"]] == ["organization_id", "snapshot_date"]
    assert step.update is None


def test_a_table_that_is_as_it_should_be_is_not_touched(found):
    found["StorageDescriptor"]["Location"] = "s3://bucket/lake/snapshots"
    found["Parameters"]["owner_team"] = "security"

    assert planned(found) == planned({**found, "UpdateTime": "later"})
    assert (planned(found).create, planned(found).update, planned(found).repairs) == (None, None, ())


def test_columns_are_added_at_the_end_when_the_schema_grows(found):
    whole = [column["Name"] for column in found["StorageDescriptor"]["Columns"]]
    found["StorageDescriptor"]["Columns"] = found["StorageDescriptor"]["Columns"][:-2]

    step = planned(found)

    assert names(step) == whole
    assert step.repairs == (f"Glue table snapshot_record: columns added: {whole[-2]}, {whole[-1]}.",)


def test_columns_of_a_newer_version_or_a_user_are_never_removed(found):
    columns = found["StorageDescriptor"]["Columns"]
    columns.append({"Name": "added_later", "Type": "string"})
    dropped = columns.pop(3)

    step = planned(found)

    assert names(step)[-1] == "added_later"
    assert names(step)[3] == dropped["Name"]


def test_a_column_dropped_by_hand_is_there_again(found):
    columns = found["StorageDescriptor"]["Columns"]
    whole = [column["Name"] for column in columns]
    found["StorageDescriptor"]["Columns"] = [column for column in columns if column["Name"] != "mfa_active"]

    step = planned(found)

    assert names(step) == whole
    assert step.repairs == ("Glue table snapshot_record: dropped columns are there again: mfa_active.",)


def test_projection_switched_on_is_switched_off_and_other_parameters_stay(found):
    found["Parameters"] |= {
        "projection.enabled": "true",
        "projection.snapshot_date.type": "date",
        "storage.location.template": "s3://bucket/lake/${snapshot_date}/",
        "owner_team": "security",
    }

    step = planned(found)

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

    step = planned(found)

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

    step = planned(found)

    assert step.update["StorageDescriptor"] == table_input(GLUE_SNAPSHOT_RECORD, LOCATION)["StorageDescriptor"]
    assert " ".join(step.repairs) == (
        "Glue table snapshot_record: its input format, output format and SerDe are those of Parquet again."
    )


def test_a_column_retyped_by_hand_has_the_type_of_the_files_again(found):
    column = next(c for c in found["StorageDescriptor"]["Columns"] if c["Name"] == "user_creation_time")
    column["Type"] = "bigint"

    step = planned(found)

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
        planned(found)
    assert e.value.exit_code == 4


@pytest.mark.parametrize(
    ("change", "kind"),
    [({"TableType": "VIRTUAL_VIEW"}, "VIRTUAL_VIEW"), ({"Parameters": {"table_type": "ICEBERG"}}, "ICEBERG")],
)
def test_a_view_or_an_iceberg_table_in_the_place_of_ours_is_an_error(found, change, kind):
    with pytest.raises(
        CatalogNotSyncedError, match=rf"snapshot_record is a {kind}, not a table of Parquet files\. Drop"
    ):
        planned({**found, **change})


def test_a_table_of_a_newer_version_is_not_changed(found):
    found["Parameters"]["credlake_schema_version"] = "2"
    found["StorageDescriptor"]["Columns"].pop()

    with pytest.raises(CatalogNotSyncedError, match=r"written by a newer version .*Update credlake"):
        planned(found)


def test_the_table_of_the_newest_day_is_partitioned_by_organization_alone():
    step = plan_table(GLUE_SNAPSHOT_RECORD_LATEST, LOCATION, None)

    assert [key["Name"] for key in step.create["PartitionKeys"]] == ["organization_id"]
    assert step.create["StorageDescriptor"]["Columns"][0]["Name"] == "snapshot_date"
