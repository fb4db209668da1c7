from __future__ import annotations

import gzip
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from collector.errors import LakeError, NewerLakeError
from collector.lake.raw import (
    account_line,
    accounts_in,
    decompressed,
    open_gzip,
    read_account_line,
    read_run_json,
    run_json,
)
from collector.limits import Limits
from collector.outcome import Outcome
from tests.fixtures.examples import FINISHED, account_evidence, denied_evidence, run_evidence


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


def test_keys_that_this_version_does_not_know_are_passed_over():
    line = json.loads(account_line(account_evidence("012345678901"), None))
    line["added_later"] = 1
    line["limits"]["also_later"] = 2
    run = json.loads(run_json(run_evidence(), "")) | {"even_later": 3}

    assert read_account_line(json.dumps(line).encode(), "x").evidence == account_evidence("012345678901")
    assert read_run_json(json.dumps(run).encode(), "x").run == run_evidence()


def test_keys_that_an_older_version_did_not_write_take_their_defaults():
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
        list(accounts_in(content, "/lake/x.gz"))


def test_the_date_of_a_run_is_the_utc_date_of_its_start():
    run = run_evidence(started_at=datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC))

    assert run.snapshot_date == "2026-11-23"
    assert hashlib.sha256(run_json(run, "")).hexdigest() == hashlib.sha256(run_json(run, "")).hexdigest()
