"""A lake of every released version stays readable: its answers, its verification and its rebuilding.

`released/VERSION` was written by that version, from an organization of four accounts, of which one denied the role. One
user has a finding that was accepted, from 0.2.0 on: 0.1.0 (commit 8f9f1cf) had no exceptions. `write_released.py` makes
that of a new release (docs/versioning.md).
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.fixtures.commands import Process

RELEASED = Path(__file__).parent / "released"
VERSIONS = sorted(folder.name for folder in RELEASED.iterdir())
WITHOUT_EXCEPTIONS = {"0.1.0"}


@pytest.fixture(name="version", params=VERSIONS)
def _version(request):
    return request.param


@pytest.fixture(name="lake")
def _lake(version, tmp_path):
    return shutil.copytree(RELEASED / version, tmp_path / "lake")


def run(lake, command, *arguments):
    """The command's output; it succeeds."""
    ended = Process(lake.parent, [command, "--lake", lake, *arguments], at=None).end()
    assert ended.code == 0, ended.err
    return ended.out


def rows(lake, sql):
    return json.loads(run(lake, "query", "--format", "json", sql))


def test_every_fixture_is_the_lake_of_the_version_that_it_is_named_after():
    for version in VERSIONS:
        (run,) = (RELEASED / version).glob("raw/*/*/run.json")
        assert json.loads(run.read_bytes())["versions"]["credlake"] == version
        assert any((RELEASED / version).glob("snapshots/**/exceptions.parquet")) == (version not in WITHOUT_EXCEPTIONS)


def test_its_answers_are_those_of_its_reports(lake, version):
    assert {(row["account_id"], row["outcome"]) for row in rows(lake, "select account_id, outcome from account")} == {
        ("000000000001", "collected"),
        ("100000000001", "collected"),
        ("100000000002", "collected"),
        ("100000000003", "assume_denied"),
    }
    found = rows(lake, "select user_name, control_id, status from control_results where user_name is not null")
    status = {(row["user_name"], row["control_id"]): row["status"] for row in found}
    # alice: a password without MFA, which was accepted; last used 100 days ago; a key of 400 days, used yesterday.
    assert status["alice", "console-mfa"] == ("fail" if version in WITHOUT_EXCEPTIONS else "excepted")
    assert status["alice", "password-unused"] == "fail"
    assert (status["alice", "access-key-rotation"], status["alice", "access-key-unused"]) == ("fail", "pass")
    # bob: a key of 50 days that was never used.
    assert (status["bob", "access-key-rotation"], status["bob", "access-key-unused"]) == ("pass", "fail")
    # Nothing is known about the account that denied the role.
    unknown = rows(lake, "select distinct status from control_results where account_id = '100000000003'")
    assert {row["status"] for row in unknown} == {"fail", "unknown"}


def test_it_equals_its_raw_zone_before_and_after_it_is_rebuilt(lake, version):
    def results():
        found = rows(lake, "select account_id, control_id, finding_id, status, reason from control_results")
        return {
            (row["account_id"], row["control_id"], row["finding_id"]): (row["status"], row["reason"]) for row in found
        }

    run(lake, "verify")
    before = results()
    (date,) = {row["snapshot_date"] for row in rows(lake, "select snapshot_date from snapshots")}
    run(lake, "rebuild", "--date", date)
    run(lake, "verify")
    after = results()
    assert before.keys() == after.keys()
    # 0.1.0 did not store which account is the management account. The raw zone has it, so rebuilding adds it.
    learned = {("000000000001", "root-no-credentials")} if version == "0.1.0" else set()
    assert {key[:2] for key in before if before[key] != after[key]} == learned
