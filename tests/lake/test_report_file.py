from __future__ import annotations

import gzip
import shutil
import subprocess
from datetime import UTC, datetime

import duckdb
import pyarrow.csv
import pytest

from collector.errors import LakeError
from collector.lake.raw import evidence_in, pack_report
from tests.fixtures.examples import account_evidence
from tests.fixtures.reports import report

EVIDENCE = account_evidence("111111111111", summary={"Users": 2}, raw_sha256="ab" * 32, tags={"k": "v"})
REPORT = report("111111111111", "alice", "bob")


def test_the_same_report_and_evidence_give_the_same_bytes_without_a_time_in_them():
    packed = pack_report(REPORT, EVIDENCE)

    assert packed == pack_report(REPORT, EVIDENCE)
    assert packed[:10] == bytes.fromhex("1f8b0804000000000" + "0ff")


@pytest.mark.parametrize("content", [REPORT, b"", b"\x00\xff" * 100_000, b"<html>Service Unavailable</html>"])
def test_whoever_decompresses_the_file_gets_the_report_and_nothing_else(content):
    assert gzip.decompress(pack_report(content, EVIDENCE)) == content


def test_the_evidence_is_read_back_as_it_was():
    packed = pack_report(REPORT, EVIDENCE)

    assert evidence_in(packed, "x.csv.gz") == EVIDENCE
    assert evidence_in(packed, "x.csv.gz").report_generated_at == datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_other_tools_read_the_file_as_the_csv_that_it_is(tmp_path):
    path = tmp_path / "111111111111.csv.gz"
    path.write_bytes(pack_report(REPORT, EVIDENCE))

    assert pyarrow.csv.read_csv(path)["user"].to_pylist() == ["<root_account>", "alice", "bob"]
    rows = duckdb.sql(f"select user from read_csv('{path}')").fetchall()  # noqa: S608  # our own path
    assert rows == [("<root_account>",), ("alice",), ("bob",)]
    assert subprocess.run([shutil.which("gzip"), "-dc", path], capture_output=True, check=True).stdout == REPORT


def test_a_gzip_of_others_holds_no_evidence():
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
