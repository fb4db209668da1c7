"""The zip of `make package`, run as Lambda runs it: on its own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from collector.lake.layout import page_key
from collector.lake.record import read_record
from collector.lake.s3_store import S3Store
from tests.deploy.conftest import ORGANIZATION, OWN_PYTHON, REFUSED, machine
from tests.deploy.templates import template
from tools.import_graph import SCHEDULED, imports, modules, reached_from

# The zip takes half a minute to build, too long for each process of `make test`.
pytestmark = pytest.mark.standin

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


@pytest.fixture(scope="module", name="deliveries")
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


@pytest.fixture(scope="session", name="for_lambda")
def _for_lambda(packaging, tmp_path_factory):
    """What the zip contains with the runtime's Python, by architecture."""
    folders = {arch: tmp_path_factory.mktemp(arch) / "function" for arch in packaging.ARCHITECTURES}
    for arch, folder in folders.items():
        packaging.fill(folder, arch=arch)
    return folders


def _machine_code(folder):
    """What each compiled file was compiled for: the number of its machine in the ELF header."""
    return {int.from_bytes(path.read_bytes()[18:20], "little") for path in folder.rglob("*.so*")}


def test_two_builds_give_equal_bytes(packaging, package, tmp_path):
    again = packaging.main(tmp_path, arch=machine(), python=OWN_PYTHON)
    assert again.name == package.name
    assert sha256(again.read_bytes()).digest() == sha256(package.read_bytes()).digest()


def test_the_zip_depends_only_on_the_content_of_its_files(packaging, tmp_path):
    for name, order in (("one", ("b.py", "a/c.py")), ("other", ("a/c.py", "b.py"))):
        (tmp_path / name / "a").mkdir(parents=True)
        for file in order:
            (tmp_path / name / file).write_text(f"# {file}\n", encoding="utf-8")
    (tmp_path / "other" / "b.py").chmod(0o600)
    one, other = (packaging.zipped(tmp_path / name, tmp_path / f"{name}.zip") for name in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()


def test_everything_is_readable_by_lambdas_user_and_has_a_fixed_date(package):
    with zipfile.ZipFile(package) as archive:
        entries = archive.infolist()
    assert {(entry.external_attr >> 16, entry.date_time) for entry in entries} == {(0o644, (1980, 1, 1, 0, 0, 0))}


def test_nothing_in_the_zip_is_only_for_tests_compilers_or_the_command_line(package):
    with zipfile.ZipFile(package) as archive:
        names = archive.namelist()
    unwanted = re.compile(r"(^|/)tests?/|__pycache__|\.(pyc|pyi|pyx|pxd|h|c|cc|md5|debug)$|/RECORD$")
    assert [name for name in names if unwanted.search(name)] == []
    tops = {name.split("/")[0] for name in names}
    assert tops & {"sqlglot", "numpy", "pandas", "aiohttp", "typer", "tools", "bin"} == set()
    ours = {name.split("/")[1] for name in names if name.startswith("collector/")}
    assert ours & {"cli", "simulator", "export"} == set()


def test_pyarrow_has_what_every_extension_is_linked_with_and_neither_other_stores_nor_formats(package):
    with zipfile.ZipFile(package) as archive:
        libraries = {
            Path(name).name.split(".")[0] for name in archive.namelist() if re.search(r"^pyarrow/.+\.so", name)
        }
    assert {"lib", "_s3fs", "_parquet", "_dataset", "_compute", "libarrow", "libarrow_substrait"} <= libraries
    unused = {"_flight", "_orc", "_gcsfs", "_azurefs", "_substrait", "libarrow_flight", "libarrow_python_flight"}
    assert libraries & unused == set()


def test_the_zip_contains_every_library_that_its_code_imports(packaging, unpacked):
    imported = {
        name.split(".")[0] for module in reached_from(*SCHEDULED) for name in imports(modules()[module], at_import=True)
    }
    assert "duckdb" in imported
    wanted = imported - sys.stdlib_module_names
    assert [name for name in wanted if not any(unpacked.glob(f"{name}*"))] == []


def test_the_licence_of_everything_in_it_is_kept(unpacked):
    folders = list(unpacked.glob("*.dist-info"))
    named = re.compile(r"licen[cs]e|copying|notice", re.IGNORECASE)
    without = [one.name for one in folders if not any(named.search(path.name) for path in one.rglob("*"))]
    assert len(folders) > 20
    assert without == []
    assert (unpacked / "collector" / "LICENSE").is_file()


@pytest.mark.parametrize(("arch", "elf_machine"), [("arm64", 0xB7), ("x86_64", 0x3E)])
def test_it_is_compiled_for_its_architecture_and_small_enough(for_lambda, arch, elf_machine):
    folder = for_lambda[arch]
    assert _machine_code(folder) == {elf_machine}
    assert (folder / "_duckdb.abi3.so").is_file()
    # Lambda's limit is 262,144,000 bytes.
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 215_000_000


def test_what_is_too_large_for_lambda_is_refused(packaging, monkeypatch, tmp_path):
    def install(folder, _arch, _python):
        folder.mkdir()
        with (folder / "large.so").open("wb") as large:
            large.truncate(215_000_001)

    monkeypatch.setattr(packaging, "install", install)
    with pytest.raises(packaging.PackageError, match="bytes unpacked"):
        packaging.fill(tmp_path / "function", arch="arm64")


def test_its_description_names_size_hash_and_upload(packaging, tmp_path, monkeypatch):
    monkeypatch.setattr(packaging, "_ROOT", tmp_path)
    (tmp_path / "dist").mkdir()
    path = tmp_path / "dist" / "credlake-1-arm64-abc.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.py", "a" * 1234)
    told = packaging.described(path)
    assert "1,234 unpacked" in told
    assert sha256(path.read_bytes()).hexdigest() in told
    assert "aws s3 cp dist/credlake-1-arm64-abc.zip s3://$CODE_BUCKET/credlake-1-arm64-abc.zip" in told


@pytest.fixture(scope="module", name="alone")
def _alone(for_lambda, unpacked, invoke):
    """A run that writes the page, and a query, by the zip alone, on the runtime's Python where this machine has one."""
    python = _python_of_lambda()
    code = unpacked if python is None else for_lambda[machine()]
    text = "select account_id, outcome from collection_coverage order by account_id"
    events = {}, {"command": "query", "text": text}
    return invoke(
        *((event, _lake("alone", CREDLAKE_PUBLISH_PAGE="true")) for event in events), code=code, python=python
    ), code


def _python_of_lambda():
    """Python 3.12, on the PATH or pyenv's; None where there is none. A pyenv shim for another version is none."""
    candidates = [shutil.which("python3.12"), *sorted(Path.home().glob(".pyenv/versions/3.12.*/bin/python"))]
    program = "import sys; print(*sys.version_info[:2], sep='.')"
    for candidate in filter(None, candidates):
        said = subprocess.run([candidate, "-c", program], capture_output=True, text=True, check=False).stdout
        if said.strip() == "3.12":
            return candidate
    return None


def test_the_zip_alone_collects_queries_and_writes_the_page(alone, aws):
    ((collected, queried), loaded), code = alone
    assert collected.returned["accounts"] == {"assume_denied": 1, "collected": 2}
    rows = {row["account_id"]: row["outcome"] for row in queried.returned}
    assert rows == {"000000000001": "collected", "100000000001": "collected", REFUSED: "assume_denied"}
    page = S3Store("s3://credlake/alone", aws.client()).read(page_key(collected.returned["organization_id"])).decode()
    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    assert all(account in page for account in rows)
    # Whatever is not Python's own is from the zip.
    installed = {name.split(".")[0]: file for name, file in loaded.items() if "-packages" in file}
    assert installed == {}
    for name in ("pyarrow", "duckdb", "jinja2", "botocore"):
        assert loaded[name].startswith(str(code))


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


def test_the_tables_are_compressed_by_zstd(deliveries, store, tmp_path):
    snapshot = read_record(store, deliveries.first.returned["organization_id"]).record.newest
    files = [pq.ParquetFile(store.fetch(file.path, tmp_path)) for file in snapshot.files]
    assert {file.metadata.row_group(0).column(0).compression for file in files} == {"ZSTD"}


def test_an_event_delivered_twice_leaves_one_snapshot_of_the_day(deliveries, store):
    first, second = deliveries.first.returned, deliveries.second.returned
    assert first["run_id"] != second["run_id"]
    record = read_record(store, first["organization_id"]).record
    assert [snapshot.run_id for snapshot in record.snapshots.values()] == [second["run_id"]]


def test_a_run_loads_its_libraries_from_the_zip_and_neither_duckdb_nor_the_command_line(deliveries, unpacked):
    ours = {name for name, file in deliveries.loaded.items() if file.startswith(str(unpacked))}
    assert {"botocore", "urllib3", "marshmallow", "structlog", "tenacity", "aws_lambda_powertools", "pyarrow"} <= ours
    assert {"duckdb", "jinja2", "apprise", "rich", "typer", "aiohttp"} & deliveries.loaded.keys() == set()


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
