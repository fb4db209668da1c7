"""`credlake verify` from the outside: what it says where, and how it ends."""

from __future__ import annotations

import json
import shutil

import pytest

from collector.lake.local_store import LocalStore
from tests.fixtures.examples import ORGANIZATION, collect, run_of, some_accounts, write
from tests.fixtures.tampering import altered_record

DAYS = ("2026-11-21", "2026-11-22")


@pytest.fixture(name="collected")
def _collected(lake, tmp_path):
    for day in DAYS:
        collect(LocalStore(lake), tmp_path, some_accounts(), run=run_of(day))
    return lake


def test_a_lake_that_is_as_it_was_ends_with_0(credlake, collected):
    ended = credlake("verify", "--lake", collected)

    assert (ended.code, ended.out, ended.said) == (0, "", ["No differences."])


def test_each_difference_is_a_line_on_stdout_and_the_end_is_1(credlake, collected):
    path = collected / f"catalog/{ORGANIZATION}.json"
    with altered_record(collected) as record:
        for day in DAYS:
            record["snapshots"][day]["coverage"] = 1.0

    ended = credlake("verify", "--lake", collected)

    assert (ended.code, ended.said) == (1, ["2 differences."])
    assert ended.out.splitlines() == [f"o-abcdefghij, {day}: `coverage` differs from the run. ({path})" for day in DAYS]


def test_a_record_that_was_altered_is_one_difference(credlake, collected):
    path = collected / f"catalog/{ORGANIZATION}.json"
    record = json.loads(path.read_bytes())
    record["latest"] = DAYS[0]
    path.write_text(json.dumps(record))

    ended = credlake("verify", "--lake", collected)

    assert (ended.code, ended.said) == (1, ["1 difference."])
    assert "`latest` is '2026-11-21', which is not its newest day" in ended.out


def test_a_difference_steers_no_terminal(credlake, tmp_path):
    lake = tmp_path / "a\x1b[2Jb"
    collect(LocalStore(lake), tmp_path, some_accounts(), run=run_of(DAYS[0]))
    path = lake / f"catalog/{ORGANIZATION}.json"
    path.write_text(path.read_text().replace('"coverage": ', '"coverage": 0.', 1))

    ended = credlake("verify", "--lake", lake)

    assert ended.code == 1
    assert "/a\ufffd[2Jb/" in ended.out
    assert "\x1b" not in ended.out


def test_a_lake_that_lost_its_record_ends_with_1_and_what_it_says_leads_back(credlake, collected):
    shutil.rmtree(collected / "catalog")

    ended = credlake("verify", "--lake", collected)

    assert (ended.code, ended.said) == (1, ["1 difference."])
    assert "There is no publication record" in ended.out
    for day in DAYS:
        advised = ["rebuild", "--date", day, "--organization-id", ORGANIZATION]
        assert credlake(*advised, "--lake", collected).code == 0
    assert credlake("verify", "--lake", collected).code == 0


def test_where_there_is_no_lake_it_ends_with_3_as_query_does(credlake, lake, tmp_path):
    assert credlake("verify", "--lake", lake).code == 3
    lake.mkdir()
    for ended in (credlake("verify", "--lake", lake), credlake("query", "--lake", lake, "findings")):
        assert (ended.code, ended.out) == (3, "")
        assert "holds no snapshot" in ended.err
    (lake / "raw").mkdir()
    (lake / "holiday.jpg").write_bytes(b"")
    assert credlake("verify", "--lake", lake).code == 3


def test_a_lake_of_nothing_but_a_run_that_was_rightly_not_published_ends_with_3(credlake, lake, tmp_path):
    denied = [account for account in some_accounts() if account[1] is None]
    write(LocalStore(lake), tmp_path, denied)

    ended = credlake("verify", "--lake", lake)

    assert ended.code == 3
    assert "holds no snapshot, nor a run that could be one" in ended.err
