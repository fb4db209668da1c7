"""The zip of `make package`, run as Lambda runs it: on its own, with a pyarrow without S3 and zstd."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from collector.lake.record import read_record
from collector.lake.s3_store import S3Store
from tests.deploy.conftest import ORGANIZATION
from tests.deploy.templates import template
from tools.import_graph import SCHEDULED, reached_from

LAKE = "s3://credlake/lake"
DATABASE = "credlake_test"


def _lake(prefix, **more):
    return {"CREDLAKE_LAKE": f"s3://credlake/{prefix}", "CREDLAKE_DATABASE": DATABASE, **more}


@dataclass(frozen=True)
class Deliveries:
    """The results of one warm function: the same event twice, then events with other variables."""

    first: Any
    second: Any
    low_coverage: Any
    refused_topic: Any
    wrong_settings: Any
    doctor: Any
    age: Any
    no_snapshot: Any
    loaded: dict[str, str]
    queue: str


@pytest.fixture(scope="session", name="deliveries")
def _deliveries(invoke, aws):
    sns, sqs = aws.client("sns"), aws.client("sqs")
    topic = sns.create_topic(Name="notices")["TopicArn"]
    queue = sqs.create_queue(QueueName="notices")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    delivered, loaded = invoke(
        ({}, _lake("lake", NOTICE_TOPIC_ARN=topic)),
        ({}, _lake("lake", NOTICE_TOPIC_ARN="")),
        ({}, _lake("low-coverage", CREDLAKE_MIN_COVERAGE="0.9")),
        ({}, {"CREDLAKE_LAKE": "s3://credlake/refused", "NOTICE_TOPIC_ARN": f"{topic}-not"}),
        ({}, _lake("lake", CREDLAKE_ROLE="x", CREDLAKE_CONCURRENCY="0")),
        ({"command": "doctor"}, _lake("lake")),
        ({"command": "age"}, _lake("lake", CREDLAKE_ORGANIZATION_ID=ORGANIZATION.organization_id)),
        ({"command": "age"}, _lake("low-coverage", CREDLAKE_ORGANIZATION_ID=ORGANIZATION.organization_id)),
    )
    return Deliveries(*delivered, loaded, queue)


@pytest.fixture(name="store")
def _store(aws):
    return S3Store(LAKE, aws.client())


def test_the_zip_depends_only_on_the_content_of_its_files(packaging, package, tmp_path):
    with zipfile.ZipFile(package) as archive:
        for entry in reversed(archive.infolist()):
            # In another order, with today's times and other permissions.
            Path(archive.extract(entry, tmp_path / "again")).chmod(0o600)
    again = packaging.zipped(tmp_path / "again", tmp_path / "again.zip")
    assert sha256(again.read_bytes()).digest() == sha256(package.read_bytes()).digest()


def test_nothing_in_the_zip_is_compiled_or_already_in_the_layer_or_only_for_the_command_line(package):
    with zipfile.ZipFile(package) as archive:
        names = archive.namelist()
    assert [name for name in names if Path(name).suffix in {".so", ".pyd", ".pyc", ".dll"}] == []
    unwanted = {"duckdb", "sqlglot", "pyarrow", "pandas", "aiohttp", "rich", "typer", "tools", "tests"}
    assert {name.split("/")[0] for name in names} & unwanted == set()


def test_the_zip_contains_what_the_function_imports_and_neither_cli_nor_query_nor_simulator(packaging, package):
    imported = {name.split(".")[1] for name in reached_from(*SCHEDULED) if "." in name}
    assert imported & {"cli", "query", "simulator"} == set()
    # `_data` holds statements, which are read and not imported.
    assert {*packaging.FOLDERS, *packaging.MODULES} == {
        name if name in packaging.FOLDERS else f"{name}.py" for name in {*imported, "__init__", "_data"}
    }
    with zipfile.ZipFile(package) as archive:
        ours = {name.split("/")[1] for name in archive.namelist() if name.startswith("collector/")}
    assert ours == {*packaging.FOLDERS, *packaging.MODULES}


def test_the_zip_fits_next_to_the_layer(package):
    with zipfile.ZipFile(package) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    # The layer's largest version has 204 MB; Lambda's limit for both is 262,144,000 bytes.
    assert unpacked + 214_000_000 < 262_144_000


def test_a_compiled_file_is_rejected(packaging, tmp_path):
    (tmp_path / "fast.so").write_bytes(b"")
    with pytest.raises(packaging.PackageError, match=r"fast\.so"):
        packaging.check(tmp_path)


def test_the_function_runs_what_the_template_names(unpacked):
    function = template("collector.yaml")["Resources"]["Function"]["Properties"]
    module, _, name = function["Handler"].rpartition(".")
    assert f"def {name}(" in (unpacked / f"{module.replace('.', '/')}.py").read_text("utf-8")


def test_a_run_is_collected_published_and_in_glue(deliveries, store, aws):
    summary = deliveries.first.returned
    assert summary["is_complete"] is False
    assert summary["accounts"] == {"assume_denied": 1, "collected": 2}
    assert summary["coverage"] == pytest.approx(2 / 3)
    snapshot = read_record(store, summary["organization_id"]).record.newest
    partitions = aws.client("glue").get_partitions(DatabaseName=DATABASE, TableName="snapshot_record")["Partitions"]
    assert [one["StorageDescriptor"]["Location"] for one in partitions] == [f"{LAKE}/{snapshot.folder}/"]


def test_the_tables_are_written_by_a_pyarrow_without_s3_and_zstd(deliveries, store, tmp_path):
    snapshot = read_record(store, deliveries.first.returned["organization_id"]).record.newest
    files = [pq.ParquetFile(store.fetch(file.path, tmp_path)) for file in snapshot.files]
    assert {file.metadata.row_group(0).column(0).compression for file in files} == {"SNAPPY"}
    assert "pyarrow._s3fs" not in deliveries.loaded


def test_an_event_delivered_twice_leaves_one_snapshot_of_the_day(deliveries, store):
    first, second = deliveries.first.returned, deliveries.second.returned
    assert first["run_id"] != second["run_id"]
    record = read_record(store, first["organization_id"]).record
    assert [snapshot.run_id for snapshot in record.snapshots.values()] == [second["run_id"]]


def test_boto3_and_all_other_python_are_loaded_from_the_zip(deliveries, unpacked):
    ours = {name: file for name, file in deliveries.loaded.items() if file.startswith(str(unpacked))}
    assert {"botocore", "urllib3", "marshmallow", "structlog", "tenacity", "aws_lambda_powertools"} <= ours.keys()
    assert [file for file in ours.values() if not file.endswith(".py")] == []


def test_neither_duckdb_nor_the_command_line_is_loaded(deliveries):
    assert {"sqlglot", "duckdb", "rich", "typer", "aiohttp", "awswrangler"} & deliveries.loaded.keys() == set()


def test_a_run_that_covers_too_little_raises_and_publishes_nothing(deliveries, aws):
    assert deliveries.low_coverage.raised == "NotPublishedError"
    figures = deliveries.low_coverage.figures()
    assert (figures["SnapshotsPublished"], figures["Coverage"]) == ([0.0], [pytest.approx(2 / 3)])
    records = S3Store("s3://credlake/low-coverage", aws.client()).names("catalog")
    assert records == []


def test_wrong_settings_raise_with_every_error(deliveries):
    assert deliveries.wrong_settings.raised == "UsageError"
    assert "CREDLAKE_ROLE" in deliveries.wrong_settings.message
    assert "CREDLAKE_CONCURRENCY" in deliveries.wrong_settings.message


def test_the_metrics_include_those_of_the_alarms(deliveries):
    figures = deliveries.first.figures()
    (directive,) = figures["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"], figures["lake"]) == ("credlake", [["lake"]], DATABASE)
    assert figures["SnapshotsPublished"] == [1.0]
    assert figures["AccountsCollected"] == [2.0]
    assert figures["AccountsAssumeDenied"] == [1.0]
    assert figures["AccountsNotReached"] == [0.0]
    assert figures["Coverage"] == [pytest.approx(2 / 3)]
    alarms = template("collector.yaml")["Resources"]
    watched = {alarms[name]["Properties"]["MetricName"] for name in ("MissedAlarm", "CoverageAlarm")}
    assert watched <= {metric["Name"] for metric in directive["Metrics"]}


def test_the_accounts_that_failed_are_sent_to_the_topic(deliveries, aws):
    (message,) = aws.client("sqs").receive_message(QueueUrl=deliveries.queue)["Messages"]
    sent = json.loads(message["Body"])
    assert sent["Subject"].endswith(": 1 accounts not collected in full, published")
    assert "100000000002  assume_denied  AccessDenied" in sent["Message"]


def test_a_topic_that_rejects_the_notice_does_not_fail_a_published_run(deliveries):
    assert deliveries.refused_topic.returned["accounts"]["collected"] == 2
    events = [json.loads(line)["event"] for line in deliveries.refused_topic.log if "notice." in line]
    assert events == ["notice.not_sent"]


def test_the_function_measures_the_age_of_the_newest_snapshot(deliveries):
    days = deliveries.age.returned["age_days"]
    assert 0 < days < 0.1
    figures = deliveries.age.figures()
    assert (figures["SnapshotAgeDays"], figures["lake"]) == ([days], DATABASE)
    # Without a snapshot there is no metric, and that is an alarm too.
    assert deliveries.no_snapshot.returned == {"age_days": None}
    assert [line for line in deliveries.no_snapshot.log if "_aws" in line] == []


def test_the_function_runs_the_doctor(deliveries):
    faults = {(one["check"], one["subject"]) for one in deliveries.doctor.returned["findings"] if one["mend"]}
    assert ("account", "100000000002") in faults
    # No workgroup was configured, so no run deployed them; the first run with one will.
    assert ("views", DATABASE) not in faults
    assert ("lake", LAKE) not in faults
