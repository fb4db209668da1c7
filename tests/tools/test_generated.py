from __future__ import annotations

import json
import subprocess
import sys

import pytest

from collector.catalog.catalogue import (
    GLUE_SNAPSHOT_RECORD,
    GLUE_SNAPSHOT_RECORD_LATEST,
    GLUE_TABLES,
    partition_input,
    table_input,
)
from tools.generate import __main__ as generated


def test_the_committed_files_are_what_the_declarations_say():
    assert generated.stale() == []


@pytest.mark.parametrize("path", ["glue/snapshot_record.json", "glue/snapshot_record_latest.json", "docs/columns.md"])
def test_a_stale_file_is_named_and_the_check_fails(tmp_path, capsys, path):
    generated.write(tmp_path)
    (tmp_path / path).write_text((tmp_path / path).read_text(encoding="utf-8") + " ", encoding="utf-8")

    assert generated.main(["--check"], tmp_path) == 1
    assert capsys.readouterr().out == f"stale: {path} (run `make generate`)\n"
    assert generated.main([], tmp_path) == 0
    assert capsys.readouterr().out == f"written: {path}\n"
    assert generated.main(["--check"], tmp_path) == 0


def test_missing_files_are_stale(tmp_path):
    assert set(generated.stale(tmp_path)) == {file.path for file in generated.GENERATED}


def test_the_check_runs_as_a_command():
    check = [sys.executable, "-m", "tools.generate.__main__", "--check"]

    assert subprocess.run(check, cwd=generated.REPOSITORY, check=False, capture_output=True).returncode == 0


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
def test_partition_keys_are_strings_and_no_columns_beside(glue_table, keys):
    glue_input = table_input(glue_table, "s3://bucket/")

    assert [(key["Name"], key["Type"]) for key in glue_input["PartitionKeys"]] == [(key, "string") for key in keys]
    assert not set(keys) & set(columns_of(glue_input))
    assert set(keys) | set(columns_of(glue_input)) == set(glue_table.table.names)


def test_partition_projection_is_never_switched_on_because_it_ignores_locations():
    for glue_table in GLUE_TABLES:
        assert "projection" not in json.dumps(table_input(glue_table, "s3://bucket/"))


def test_the_types_are_glues():
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


def test_a_partition_with_too_few_values_is_refused():
    with pytest.raises(ValueError, match="snapshot_record is partitioned by"):
        partition_input(GLUE_SNAPSHOT_RECORD, ["o-abcdefghij"], "s3://bucket/")


def test_the_page_of_columns_names_each_column_with_awss_own_header():
    page = generated.columns_page()

    assert "| `user_name` | `string` | `user` | IAM user name without path; `<root_account>` for root. |" in page
    assert "| `limit_password_reuse` | `int` |  | A password policy that remembers fewer passwords fails. |" in page
    assert "Partitions: `organization_id`, `snapshot_date`." in page
