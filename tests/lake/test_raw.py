from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta, timezone

import duckdb
import pyarrow.csv
import pytest

from collector.errors import LakeError, NewerLakeError
from collector.lake.raw import (
    account_line,
    decompressed,
    evidence_in,
    lines_in,
    open_gzip,
    pack_report,
    read_account_line,
    read_run_json,
    run_json,
)
from collector.limits import Limits
from collector.outcome import Outcome
from tests.fixtures.examples import FINISHED, account_evidence, denied_evidence, run_evidence
from tests.fixtures.reports import report
from tests.fixtures.tampering import unsealed


def test_a_run_is_read_back_as_it_was_to_the_microsecond():
    run = run_evidence(
        finished_at=FINISHED,
        endpoints={"iam": "http://127.0.0.1:5000"},
        collector_account_id="999900001111",
        settings={"concurrency": 32, "accounts": ["111122223333"], "name": "Ærø"},
    )

    assert read_run_json(run_json(run, "ab" * 32), "run.json") == (run, "ab" * 32)


@pytest.mark.parametrize(
    "evidence",
    [
        account_evidence("012345678901", raw_sha256="cd" * 32, tags={"k": "v"}),
        account_evidence("012345678901", limits=Limits(password_length=20)),
        denied_evidence("012345678901"),
        denied_evidence("012345678901", outcome=Outcome.SKIPPED_STATE, started_at=None, finished_at=None),
        denied_evidence("012345678901", ou_path="Root/Région\n\u2028/Prod"),
    ],
)
def test_an_account_is_read_back_as_it_was(evidence):
    line = account_line(evidence, "ef" * 32)

    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert read_account_line(line, "accounts.jsonl.gz") == (evidence, "ef" * 32)


def test_an_instant_of_another_time_zone_is_the_same_instant_in_utc():
    run = run_evidence(started_at=datetime(2026, 11, 24, 1, 0, tzinfo=timezone(timedelta(hours=2))))

    assert json.loads(run_json(run, ""))["started_at"] == "2026-11-23T23:00:00.000000Z"


def test_unknown_keys_are_ignored():
    line = json.loads(account_line(account_evidence("012345678901"), None))
    line["added_later"] = 1
    line["limits"]["also_later"] = 2
    run = unsealed(json.loads(run_json(run_evidence(), ""))) | {"even_later": 3}

    assert read_account_line(json.dumps(line).encode(), "x").evidence == account_evidence("012345678901")
    assert read_run_json(json.dumps(run).encode(), "x").run == run_evidence()


def test_missing_keys_have_defaults():
    line = {
        "account": {"Id": "012345678901"},
        "account_id": "012345678901",
        "account_state": "SUSPENDED",
        "aws_partition": "aws",
        "outcome": "skipped_state",
        "limits": {"root_use_days": 7},
    }

    evidence, stored_sha256 = read_account_line(json.dumps(line).encode(), "x")

    assert (evidence.limits.root_use_days, evidence.limits.password_length) == (7, 14)
    assert (evidence.ou_id, evidence.attempts, stored_sha256) == ("unknown", 0, None)


def test_a_run_of_a_newer_schema_version_is_refused():
    run = json.loads(run_json(run_evidence(), "")) | {"schema_version": 2}

    with pytest.raises(NewerLakeError, match="Update credlake"):
        read_run_json(json.dumps(run).encode(), "run.json")


@pytest.mark.parametrize("content", [b"", b"[]", b'{"run_id": "x"}', b'{"started_at": "yesterday"}', b"\xff"], ids=repr)
def test_a_damaged_run_is_an_error_that_names_the_file(content):
    with pytest.raises(LakeError, match=r"^/lake/run\.json is damaged"):
        read_run_json(content, "/lake/run.json")


@pytest.mark.parametrize("line", [b"", b"{}", b'{"account_id": "1", "outcome": "never_heard_of"}', b'"text"'], ids=repr)
def test_a_damaged_account_is_an_error_that_names_the_file(line):
    with pytest.raises(LakeError, match=r"^/lake/accounts\.jsonl\.gz is damaged"):
        read_account_line(line, "/lake/accounts.jsonl.gz")


def test_lines_are_compressed_without_a_time_a_level_or_a_system_in_the_head():
    target = io.BytesIO()
    with open_gzip(target) as file:
        file.write(b"{}\n" * 100)

    assert target.getvalue()[:10] == bytes.fromhex("1f8b0800000000000" + "0ff")
    assert gzip.decompress(target.getvalue()) == b"{}\n" * 100


@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b[:30] + b"\x00" + b[31:], lambda _: b"text"])
def test_a_cut_or_altered_gzip_is_an_error_that_names_the_file(damage):
    content = damage(gzip.compress(account_line(account_evidence("012345678901"), None)))

    with pytest.raises(LakeError, match=r"^/lake/x\.gz is damaged"):
        decompressed(content, "/lake/x.gz")
    with pytest.raises(LakeError, match=r"^/lake/x\.gz is damaged"):
        list(lines_in(content, "/lake/x.gz"))


def test_the_date_of_a_run_is_the_utc_date_of_its_start():
    run = run_evidence(started_at=datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC))

    assert run.snapshot_date == "2026-11-23"
    assert hashlib.sha256(run_json(run, "")).hexdigest() == hashlib.sha256(run_json(run, "")).hexdigest()


EVIDENCE = account_evidence("111111111111", summary={"Users": 2}, raw_sha256="ab" * 32, tags={"k": "v"})
REPORT = report("111111111111", "alice", "bob")


def test_the_same_report_and_evidence_give_the_same_bytes_without_a_time_in_them():
    packed = pack_report(REPORT, EVIDENCE)

    assert packed == pack_report(REPORT, EVIDENCE)
    assert packed[:10] == bytes.fromhex("1f8b0804000000000" + "0ff")


@pytest.mark.parametrize("content", [REPORT, b"", b"\x00\xff" * 100_000, b"<html>Service Unavailable</html>"])
def test_decompressing_the_file_gives_the_report_alone(content):
    assert gzip.decompress(pack_report(content, EVIDENCE)) == content


def test_the_evidence_is_read_back_as_it_was():
    packed = pack_report(REPORT, EVIDENCE)

    assert evidence_in(packed, "x.csv.gz") == EVIDENCE
    assert evidence_in(packed, "x.csv.gz").report_generated_at == datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_other_tools_read_the_file_as_csv(tmp_path):
    path = tmp_path / "111111111111.csv.gz"
    path.write_bytes(pack_report(REPORT, EVIDENCE))

    assert pyarrow.csv.read_csv(path)["user"].to_pylist() == ["<root_account>", "alice", "bob"]
    rows = duckdb.sql(f"select user from read_csv('{path}')").fetchall()  # noqa: S608  # our own path
    assert rows == [("<root_account>",), ("alice",), ("bob",)]
    assert subprocess.run([shutil.which("gzip"), "-dc", path], capture_output=True, check=True).stdout == REPORT


def test_a_gzip_of_another_tool_has_no_evidence():
    assert evidence_in(gzip.compress(REPORT), "x.csv.gz") is None
    assert evidence_in(b"", "x.csv.gz") is None
    # An extra field of someone else: id "XY", two bytes.
    foreign = bytes.fromhex("1f8b08040000000000ff") + b"\x06\x00XY\x02\x00ab" + gzip.compress(REPORT, mtime=0)[10:]
    assert gzip.decompress(foreign) == REPORT
    assert evidence_in(foreign, "x.csv.gz") is None


def test_evidence_that_is_damaged_is_an_error_that_names_the_file():
    packed = bytearray(pack_report(REPORT, EVIDENCE))
    packed[40] ^= 0xFF

    with pytest.raises(LakeError, match=r"x\.csv\.gz is damaged"):
        evidence_in(bytes(packed), "x.csv.gz")


def test_evidence_too_large_for_a_header_is_left_out_and_the_report_is_kept():
    huge = account_evidence("111111111111", tags={f"{n:06d}": f"{hash(str(n) * 9):x}" for n in range(9000)})
    packed = pack_report(REPORT, huge)

    assert gzip.decompress(packed) == REPORT
    assert evidence_in(packed, "x.csv.gz") is None
