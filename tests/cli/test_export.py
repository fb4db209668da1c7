"""`credlake export`: the files that it writes, what it sends, and how a wrong flag ends."""

from __future__ import annotations

import json
import os
import sys

import duckdb
import pyarrow.parquet as pq
import pytest
from botocore.stub import Stubber

from collector.aws.clients import client
from collector.aws.unload import MissingExtraError, unload
from tests.athena_queries.conftest import Rows

ACCOUNT = "111111111111"


@pytest.fixture(name="small")
def _small(make_lake):
    make = Rows()
    users = [make.root(password_enabled=False), make.console_user(mfa_active=False)]
    return make_lake({"2026-11-23": {"accounts": [make.account()], "users": users}})


@pytest.fixture(name="hub")
def _hub(monkeypatch):
    """The clients of STS and Security Hub, whose requests are compared with AWS's model."""
    for name, value in {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "eu-west-1"}.items():
        monkeypatch.setenv(name, value)
    caller = {"Account": "999999999999", "Arn": "arn:aws:sts::999999999999:assumed-role/a/b", "UserId": "x"}
    with Stubber(client("sts")) as sts, Stubber(client("securityhub")) as hub:
        sts.add_response("get_caller_identity", caller)
        yield hub


def test_ocsf_goes_to_stdout_or_a_file(credlake, small, tmp_path):
    words = ("export", "--lake", small, "--format", "ocsf", "--status", "fail")
    shown = credlake(*words)
    written = credlake(*words, "--output", tmp_path / "findings.ndjson")

    assert (shown.code, written.code, written.out) == (0, 0, "")
    assert shown.out == (tmp_path / "findings.ndjson").read_text()
    assert {json.loads(line)["status"] for line in shown.out.splitlines()} == {"New"}
    assert f"Wrote {tmp_path / 'findings.ndjson'}: {len(shown.out.splitlines())} events." in written.err


def test_asff_for_another_account_needs_no_credentials(credlake, small):
    words = ("--format", "asff", "--import-account", "999999999999")
    ended = credlake("export", "--lake", small, *words, environment={"AWS_REGION": "cn-north-1"})

    assert ended.code == 0
    (line,) = ended.out.splitlines()
    arn = "arn:aws-cn:securityhub:cn-north-1:999999999999:product/999999999999/default"
    assert {each["ProductArn"] for each in json.loads(line)["Findings"]} == {arn}


def test_0_where_security_hub_imports_everything(credlake, small, hub):
    hub.add_response("batch_import_findings", {"FailedCount": 0, "SuccessCount": 2, "FailedFindings": []})
    ended = credlake("export", "--lake", small, "--format", "asff", "--send", "--status", "fail")

    hub.assert_no_pending_responses()
    assert ended.code == 0
    assert ended.said[-1].startswith("Sent ")
    assert "to Security Hub CSPM in eu-west-1, account 999999999999:" in ended.said[-1]


def test_1_and_each_failure_of_a_batch(credlake, small, hub):
    failed = [{"Id": f"credlake/{n}", "ErrorCode": "InvalidInput", "ErrorMessage": "bad\x1b[2J"} for n in range(5)]
    hub.add_response("batch_import_findings", {"FailedCount": 6, "SuccessCount": 0, "FailedFindings": failed})
    ended = credlake("export", "--lake", small, "--format", "asff", "--send")

    assert ended.code == 1
    assert "  credlake/0: InvalidInput: bad�[2J" in ended.said
    assert "  … and 3 more" in ended.said
    assert ended.said[-1].endswith("imported, 6 not.")


@pytest.mark.parametrize(
    ("code", "step"),
    [
        ("AccessDeniedException", "Grant securityhub:BatchImportFindings."),
        ("InvalidAccessException", "Enable Security Hub CSPM in this account and Region"),
        ("InternalException", "Run the command again: it updates what is imported."),
    ],
)
def test_3_and_what_to_do_where_the_call_fails(credlake, small, hub, code, step):
    hub.add_client_error("batch_import_findings", code, "no")
    ended = credlake("export", "--lake", small, "--format", "asff", "--send")

    assert ended.code == 3
    assert f"securityhub:BatchImportFindings failed: {code}: no. Nothing was imported. {step}" in ended.err


def test_duckdb_and_parquet_files_hold_the_rows(credlake, small, tmp_path):
    written = credlake("export", "--lake", small, "--format", "duckdb", "--output", tmp_path / "lake.duckdb")
    tables = ("--view", "findings", "--view", "account_history", "--output", tmp_path / "tables")
    folder = credlake("export", "--lake", small, "--format", "parquet", *tables)
    one = ("--view", "findings", "--output", tmp_path / "one.parquet")
    single = credlake("export", "--lake", small, "--format", "parquet", *one)

    assert (written.code, folder.code, single.code) == (0, 0, 0)
    with duckdb.connect(str(tmp_path / "lake.duckdb"), read_only=True) as connection:
        ids = {row[0] for row in connection.execute("select finding_id from findings").fetchall()}
    assert sorted(path.name for path in (tmp_path / "tables").iterdir()) == [
        "account_history.parquet",
        "findings.parquet",
    ]
    for path in (tmp_path / "tables" / "findings.parquet", tmp_path / "one.parquet"):
        assert set(pq.read_table(path)["finding_id"].to_pylist()) == ids
    assert len(ids) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lake", "lake.duckdb", "one.parquet", "tables"]


@pytest.mark.parametrize("format_name", ["ocsf", "duckdb", "parquet"])
def test_an_old_file_stays_where_an_export_fails(credlake, small, lake, tmp_path, format_name):
    target = tmp_path / "old.parquet"
    target.write_text("old")
    (users,) = lake.rglob("users-00000.parquet")
    users.write_bytes(users.read_bytes()[::-1])
    words = ("--view", "findings") if format_name == "parquet" else ()
    ended = credlake("export", "--lake", small, "--format", format_name, *words, "--output", target)

    assert ended.code == 3
    assert "is damaged" in ended.err
    assert target.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lake", "old.parquet"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--format", "oscf"), "Unknown format 'oscf': use ocsf, asff, duckdb or parquet. Did you mean ocsf?"),
        (("--format", "duckdb"), "--format duckdb needs --output."),
        (("--format", "parquet", "--output", "x"), "--format parquet needs --view"),
        (("--format", "ocsf", "--view", "findings"), "--view needs --format parquet."),
        (("--format", "parquet", "--view", "finding", "--output", "x"), "Unknown view 'finding'"),
        (
            ("--format", "parquet", "--view", "findings", "--view", "account", "--output", "x.parquet"),
            "--output x.parquet: several views need a folder.",
        ),
        (("--format", "ocsf", "--status", "failed"), "--status failed: use fail, excepted, unknown, pass or"),
        (("--format", "duckdb", "--status", "fail", "--output", "x"), "--status needs --format ocsf or asff."),
        (("--format", "ocsf", "--send"), "--send and --import-account need --format asff."),
        (("--format", "asff", "--send", "--output", "x"), "Give either --output or --send."),
        (("--format", "asff", "--send", "--import-account", ACCOUNT), "--import-account is for files"),
        (("--format", "asff", "--import-account", "1"), "--import-account 1: must be 12 digits."),
        (("--format", "ocsf", "--output", "lake/x"), "--output lake/x: that is within a lake"),
        (("--format", "parquet", "--view", "findings", "--output", "lake"), "--output lake: that is within a lake"),
        (("--format", "ocsf", "--output", "."), "--output .: that is a folder; name a file."),
    ],
)
def test_2_for_wrong_usage_and_no_file(credlake, small, tmp_path, words, message):
    (tmp_path / "lake" / "raw").mkdir()
    ended = credlake("export", "--lake", small, *words)

    assert ended.code == 2
    assert message in ended.err
    assert ended.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["lake"]


def test_2_and_the_pipe_stays_where_a_database_would_replace_it(credlake, small, tmp_path):
    """Renamed onto a device, the file would remove it for everyone."""
    os.mkfifo(tmp_path / "pipe")
    ended = credlake("export", "--lake", small, "--format", "duckdb", "--output", "pipe")

    assert (ended.code, ended.said[-1]) == (2, "credlake: --output pipe: that is not a file.")
    assert (tmp_path / "pipe").is_fifo()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lake", "pipe"]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--format", "parquet", "--view", "findings", "--output", "out/"), "Athena writes to S3: --output"),
        (("--format", "ocsf", "--output", "s3://bucket/out/"), "--engine athena is for --format parquet"),
        (
            ("--format", "parquet", "--view", "findings", "--output", "s3://b/o", "--organization-id", "o-1"),
            "--organization-id is for --engine duckdb",
        ),
    ],
)
def test_what_athena_cannot_export_is_a_usage_error(credlake, words, problem):
    ended = credlake("export", "--lake", "s3://bucket/lake", "--engine", "athena", *words)
    assert (ended.code, problem in ended.err) == (2, True), ended.err


def test_athena_does_not_export_a_lake_in_a_folder(credlake, small):
    words = ("--format", "parquet", "--view", "findings", "--output", "s3://bucket/out/")
    ended = credlake("export", "--lake", small, "--engine", "athena", *words)
    assert (ended.code, "is a local folder" in ended.err) == (2, True), ended.err


def test_without_awswrangler_the_message_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "awswrangler", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'credlake\[pandas\]'"):
        unload("select 1", "s3://bucket/out/", database="credlake", workgroup=None)
