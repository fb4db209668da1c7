"""A lake of every released version stays readable: its answers, its verification and its rebuilding.

`released/VERSION` was written by that version, from an organization of four accounts: one denied the role, one user has
a finding that was accepted. Add one with each release (docs/versioning.md).
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.fixtures.commands import Process

RELEASED = Path(__file__).parent / "released"
VERSIONS = sorted(folder.name for folder in RELEASED.iterdir())


@pytest.fixture(name="lake", params=VERSIONS)
def _lake(request, tmp_path):
    return shutil.copytree(RELEASED / request.param, tmp_path / "lake")


def run(lake, command, *arguments):
    """The command's output; it succeeds."""
    ended = Process(lake.parent, [command, "--lake", lake, *arguments], at=None).end()
    assert ended.code == 0, ended.err
    return ended.out


def rows(lake, sql):
    return json.loads(run(lake, "query", "--format", "json", sql))


def test_its_answers_are_those_of_its_reports(lake):
    assert {(row["account_id"], row["outcome"]) for row in rows(lake, "select account_id, outcome from account")} == {
        ("000000000001", "collected"),
        ("100000000001", "collected"),
        ("100000000002", "collected"),
        ("100000000003", "assume_denied"),
    }
    found = rows(lake, "select user_name, control_id, status from control_results where user_name is not null")
    status = {(row["user_name"], row["control_id"]): row["status"] for row in found}
    # alice: a password without MFA, which was accepted; last used 100 days ago; a key of 400 days, used yesterday.
    assert status["alice", "console-mfa"] == "excepted"
    assert status["alice", "password-unused"] == "fail"
    assert (status["alice", "access-key-rotation"], status["alice", "access-key-unused"]) == ("fail", "pass")
    # bob: a key of 50 days that was never used.
    assert (status["bob", "access-key-rotation"], status["bob", "access-key-unused"]) == ("pass", "fail")
    # Nothing is known about the account that denied the role.
    unknown = rows(lake, "select distinct status from control_results where account_id = '100000000003'")
    assert {row["status"] for row in unknown} == {"fail", "unknown"}


def test_it_equals_its_raw_zone_before_and_after_it_is_rebuilt(lake):
    run(lake, "verify")
    before = rows(lake, "select control_id, finding_id, status, reason from control_results order by 1, 2")
    (date,) = {row["snapshot_date"] for row in rows(lake, "select snapshot_date from snapshots")}
    run(lake, "rebuild", "--date", date)
    run(lake, "verify")
    assert rows(lake, "select control_id, finding_id, status, reason from control_results order by 1, 2") == before
