"""The tables and partitions that Glue is given."""

from __future__ import annotations

import json

import pytest

from collector.catalog.catalogue import (
    GLUE_SNAPSHOT_RECORD,
    GLUE_SNAPSHOT_RECORD_LATEST,
    GLUE_TABLES,
    partition_input,
    table_input,
)


def columns_of(glue_input):
    return [column["Name"] for column in glue_input["StorageDescriptor"]["Columns"]]


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
