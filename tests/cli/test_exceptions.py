"""`collect --exceptions` and `credlake exceptions check`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from collector.exceptions.file import read_exceptions
from collector.simulator import PasswordSpec, Simulator, UserSpec
from collector.simulator.demo import demo_exceptions
from tests.fixtures.published import newest
from tests.fixtures.runs import member, organization

HEADER = "exception_id,control_id,account,ou,user,expires_on\n"
ACCOUNT = "100000000001"
LATER = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
USERS = tuple(
    UserSpec(name, member(1).joined_at, password=PasswordSpec(member(1).joined_at)) for name in ("alice", "svc-a")
)
ORGANIZATION = organization(*(member(number, users=USERS) for number in range(2)))


@pytest.fixture(name="exceptions")
def _exceptions(tmp_path):
    def write(*lines: str) -> str:
        path = tmp_path / "exceptions.csv"
        path.write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
        return str(path)

    return write


def found(credlake, lake, sql: str) -> list[dict]:
    return json.loads(credlake("query", "--lake", lake, sql, "--format", "json").out)


def test_a_run_keeps_its_exceptions_and_the_views_apply_them(credlake, lake, exceptions):
    file = exceptions(
        f"EX-1,console-mfa,{ACCOUNT},,svc-*,{LATER}",
        f"EX-2,*,,Root/Nowhere,,{LATER}",
        "EX-3,password-length,,Root,,2020-01-01",
    )
    with Simulator(ORGANIZATION) as server:
        ended = credlake("collect", "--lake", lake, "--exceptions", file, at=server)

    assert ended.code == 0
    assert "exception EX-2: matches no account of the organization." in " ".join(ended.out.split())
    run = json.loads((lake / f"raw/o-aa111bb222/{newest(lake)['run_id']}/run.json").read_text())
    assert [each["exception_id"] for each in run["exceptions"]] == ["EX-1", "EX-2", "EX-3"]
    sql = "select account_id, user_name, status from control_results where exception_id = 'EX-1'"
    assert found(credlake, lake, sql) == [{"account_id": ACCOUNT, "user_name": "svc-a", "status": "excepted"}]
    states = found(credlake, lake, "select exception_id, state from exceptions order by 1")
    assert [each["state"] for each in states] == ["active", "unused", "expired"]
    assert credlake("verify", "--lake", lake).code == 0


def test_a_faulty_file_stops_the_run_before_any_call(credlake, lake, exceptions):
    file = exceptions(f"EX-1,console-mfa,1,,,{LATER}")
    with Simulator(ORGANIZATION) as server:
        for more in ((), ("--dry-run",)):
            ended = credlake("collect", "--lake", lake, "--exceptions", file, *more, at=server)
            assert (ended.code, server.calls.total) == (2, 0)
            assert "exceptions.csv, line 2: account: '1' is not 12 digits." in " ".join(ended.said)

    assert not (lake / "raw").exists()


def test_check_shows_what_each_line_would_cover_and_changes_nothing(credlake, lake, exceptions):
    with Simulator(ORGANIZATION) as server:
        assert credlake("collect", "--lake", lake, at=server).code == 0
    before = {path: path.read_bytes() for path in lake.rglob("*") if path.is_file()}

    ended = credlake(
        "exceptions",
        "check",
        exceptions(f"EX-1,console-mfa,,Root,svc-*,{LATER}", f"EX-2,*,999999999999,,,{LATER}"),
        "--lake",
        lake,
    )

    assert ended.code == 0
    lines = [line.split() for line in ended.out.splitlines() if line.startswith("EX-")]
    assert [line[:3] for line in lines] == [["EX-1", "active", "2"], ["EX-2", "unused", "0"]]
    assert "EX-2 covers nothing in the newest snapshot." in " ".join(ended.said)
    assert {path: path.read_bytes() for path in lake.rglob("*") if path.is_file()} == before


def test_check_refuses_a_faulty_file(credlake, lake, exceptions):
    ended = credlake("exceptions", "check", exceptions("EX-1,nothing,,Root,,2020-01-01"), "--lake", lake)

    assert ended.code == 2


def test_the_demos_exceptions_are_a_valid_file_of_one_in_force_and_one_that_ended(tmp_path):
    now = datetime(2026, 11, 23, 15, tzinfo=UTC)
    path = tmp_path / "exceptions.csv"
    path.write_text(demo_exceptions(now), encoding="utf-8")

    read = read_exceptions(str(path), today=now.date(), max_days=366)
    assert [each["expires_on"] for each in read] == ["2026-12-23", "2026-11-21"]
