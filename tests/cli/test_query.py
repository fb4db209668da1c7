"""`credlake query` and `credlake views` from the outside: where answers go, and how it ends without one."""

from __future__ import annotations

import csv
import io
import json

import pytest

from collector.simulator import AccessKeySpec, Simulator, UserSpec
from tests.fixtures.runs import member, organization


@pytest.fixture(name="collected")
def _collected(credlake, lake):
    made = member(1).joined_at
    spec = organization(
        member(1, users=(UserSpec("N/A", made, access_keys=(AccessKeySpec(made),)),)), member(2, roles=())
    )
    with Simulator(spec) as server:
        assert credlake("collect", "--lake", lake, at=server).code == 1
    return lake


def test_an_answer_is_on_stdout_and_what_answered_on_stderr(credlake, collected):
    ended = credlake(
        *("query", "--lake", collected, "--format", "json"),
        "select account_id, outcome, user_count from account order by account_id",
    )

    assert ended.code == 0
    assert json.loads(ended.out) == [
        {"account_id": "000000000001", "outcome": "collected", "user_count": 1},
        {"account_id": "100000000001", "outcome": "collected", "user_count": 2},
        {"account_id": "100000000002", "outcome": "assume_denied", "user_count": None},
    ]
    assert "o-aa111bb222" in ended.err


def test_instants_have_a_z_and_maps_are_objects(credlake, collected):
    ended = credlake(
        *("query", "--lake", collected, "--format", "json"),
        "select user_name, access_key_1_last_rotated, null_reasons from credential_report where account_id like '1%'",
    )

    rows = {row["user_name"]: row for row in json.loads(ended.out)}
    assert rows["N/A"]["access_key_1_last_rotated"] == "2019-03-04T05:06:07Z"
    assert rows["<root_account>"]["null_reasons"] == {"password_next_rotation": "not_supported"}


def test_a_view_is_asked_by_its_name_and_as_csv(credlake, collected):
    ended = credlake("query", "--lake", collected, "--format", "csv", "collection_coverage")

    rows = list(csv.DictReader(io.StringIO(ended.out)))
    assert {row["account_id"]: row["outcome"] for row in rows} == {
        "000000000001": "collected",
        "100000000001": "collected",
        "100000000002": "assume_denied",
    }


def test_sql_may_begin_with_a_comment_and_may_come_from_a_file_or_stdin(credlake, collected, tmp_path, monkeypatch):
    sql = "-- All accounts\nselect count(*) as n from account"
    file = tmp_path / "accounts.sql"
    file.write_text(sql, encoding="utf-8-sig")
    ways = [[sql], [sql.replace("-- A", "--a")], ["--file", file], ["--file", "-"], ["-"]]

    for way in ways:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(sql.encode())))
        ended = credlake("query", "--lake", collected, "--format", "csv", *way)
        assert (ended.code, ended.out) == (0, "n\n3\n"), way


def test_a_closed_stdin_is_an_empty_query(credlake, collected, monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    ended = credlake("query", "--lake", collected, "-")

    assert (ended.code, "The query is empty" in ended.err) == (2, True)


def test_sql_is_given_once_and_can_be_read(credlake, collected, tmp_path):
    latin = tmp_path / "latin.sql"
    latin.write_bytes("select 'Zürich'".encode("latin-1"))
    given = [[], ["account", "--file", latin], ["--file", latin], ["--file", tmp_path / "none.sql"], ["--fil e"]]

    ended = [credlake("query", "--lake", collected, *way) for way in given]

    assert [one.code for one in ended] == [2, 2, 2, 3, 2]
    assert ["--file FILE" in ended[0].err, "is not UTF-8" in ended[2].err] == [True, True]


def test_a_query_obeys_the_limits_of_the_settings(credlake, collected):
    endless = "select count(*) from range(1000000000000) t(i) where i % 7 = 0"
    late = credlake("query", "--lake", collected, "--time-limit", "0.2", endless)
    wrong = credlake("query", "--lake", collected, "--memory-limit", "much", "account")

    assert (late.code, wrong.code) == (3, 2)
    assert "--time-limit" in late.err


def test_3_before_anything_was_collected(credlake, lake):
    missing = credlake("query", "--lake", lake, "account")
    lake.mkdir()
    empty = credlake("query", "--lake", lake, "account")

    assert (missing.code, empty.code) == (3, 3)
    assert (missing.out, empty.out) == ("", "")
    assert str(lake) in missing.said[0]
    assert "credlake collect" in missing.said[0]
    assert "credlake collect" in empty.said[0]


def test_3_where_only_unpublished_runs_lie(credlake, lake):
    with Simulator(organization(member(1, roles=()))) as server:
        code = credlake("collect", "--lake", lake, "--min-coverage", "0.9", at=server).code
    asked = credlake("query", "--lake", lake, "account")

    assert (code, asked.code) == (3, 3)


@pytest.mark.parametrize(("question", "suggestion"), [("finding", "findings"), ("credentails", "credentials")])
def test_2_for_a_view_that_is_not_with_the_one_that_was_meant(credlake, collected, question, suggestion):
    ended = credlake("query", "--lake", collected, question)

    assert (ended.code, ended.out) == (2, "")
    assert suggestion in ended.said[0]


@pytest.mark.parametrize(
    "arguments",
    [
        ("query", "account"),
        ("query", "--lake", "lake"),
        ("query", "--lake", "LAKE", "--format", "xml", "account"),
        ("query", "--lake", "LAKE", "select nothing_of_the_kind from account"),
        ("query", "--lake", "LAKE", "drop table account"),
        ("query", "--lake", "LAKE", "select 1 from"),
    ],
)
def test_2_for_what_cannot_be_asked(credlake, collected, arguments):
    ended = credlake(*(collected if word == "LAKE" else word for word in arguments))

    assert (ended.code, ended.out) == (2, "")
    assert ended.said
    assert "Traceback" not in ended.err


def test_the_views_are_listed_and_shown(credlake):
    listed = credlake("views", "list")
    shown = credlake("views", "show", "findings")
    unknown = credlake("views", "show", "finding")

    assert (listed.code, shown.code, unknown.code) == (0, 0, 2)
    names = {line.partition("\t")[0] for line in listed.out.splitlines()}
    assert {"account", "credential_report", "findings", "credential_changes"} <= names
    assert [line.partition("\t")[0] for line in listed.out.splitlines()] == sorted(names)
    assert "account\tEvery account of the organization" in listed.out
    assert "Did you mean findings" in unknown.said[0]


def test_a_view_is_shown_with_its_header_and_the_tables_that_the_name_reads(credlake):
    shown = credlake("views", "show", "account").out
    assert shown.startswith("-- Every account")
    assert 'from "snapshot_record_latest" as snapshot_record\nwhere' in shown
    history = credlake("views", "show", "FINDINGS_HISTORY").out
    assert history.startswith("--")
    assert 'from "control_results_history" as control_results' in history
    assert "is not the name of a view" in credlake("views", "show", "account; x").said[0]
