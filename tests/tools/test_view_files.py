"""How a view file is read, and the two statements that are made from it."""

from __future__ import annotations

import pytest

from collector.schema import ACCOUNT, CREDENTIAL_REPORT
from tools.trino.view_files import ViewFileError, load_views, output_types, source_views, twin_sql

BASE = "-- Users.\n-- Grain: user_arn\n-- Reads: snapshot_record\n\nselect user_arn from snapshot_record\n"
KEYS = (
    "-- Keys of users.\n-- Grain: user_arn\n-- Reads: users\n\n"
    "with k as (select users.user_arn from users)\n"
    "select k.user_arn from k join users as u on u.user_arn = k.user_arn\n"
)


def test_a_current_view_reads_the_newest_table_and_the_names_as_written(make_views):
    views = load_views(make_views({"base/users": BASE, "keys": KEYS}))
    assert twins(views["users"])[0] == (
        "users",
        "select user_arn from snapshot_record_latest as snapshot_record",
    )
    assert twins(views["keys"])[0] == ("keys", KEYS.split("\n\n")[1].rstrip())


def test_a_history_view_reads_histories_and_keeps_the_old_name_as_alias(make_views):
    views = load_views(make_views({"base/users": BASE, "keys": KEYS}))
    assert twins(views["users"])[1] == ("users_history", "select user_arn from snapshot_record")
    assert twins(views["keys"])[1] == (
        "keys_history",
        (
            "with k as (select users.user_arn from users_history as users)\n"
            "select k.user_arn from k join users_history as u on u.user_arn = k.user_arn"
        ),
    )


def test_a_view_that_exists_only_as_history_has_both_names(make_views):
    trend = "-- Trend.\n-- Grain: user_arn\n-- Reads: users\n-- Twin: history\n\nselect user_arn from users\n"
    views = load_views(make_views({"base/users": BASE, "trend": trend}))
    expected = "select user_arn from users_history as users"
    assert twins(views["trend"]) == [("trend", expected), ("trend_history", expected)]


def test_views_come_after_what_they_read(make_views):
    views = load_views(make_views({"a": KEYS.replace("users", "z"), "z": BASE}))
    assert list(views) == ["z", "a"]


def test_the_statement_for_athena_names_the_database_of_every_table(make_views):
    views = load_views(make_views({"base/users": BASE, "keys": KEYS}))
    assert twin_sql(views["keys"], "keys_history", database="my-lake") == (
        'with k as (select users.user_arn from "my-lake"."users_history" as users)\n'
        'select k.user_arn from k join "my-lake"."users_history" as u on u.user_arn = k.user_arn'
    )


def test_all_fields_of_the_header_are_read(make_views):
    text = (
        "-- What: is it?\n-- Two lines.\n-- Grain: user_arn,\n--   account_id\n-- Reads: nothing\n"
        "-- Order: account_id desc\n-- Source: made up\n\nselect '1' as user_arn, '2' as account_id;\n"
    )
    view = load_views(make_views({"v": text}))["v"]
    assert view.summary == "What: is it? Two lines."
    assert view.grain == ("user_arn", "account_id")
    assert (view.reads, view.twin, view.order) == ((), "both", "account_id desc")
    assert view.notes == (("Source", "made up"),)
    assert view.sql == "select '1' as user_arn, '2' as account_id"
    assert view.first_line == 9


def twins(view):
    return [(name, twin_sql(view, name)) for name in view.names]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("-- Grain: a\n-- Reads: nothing\n\nselect 1 as a", "the header has no line `-- Grain: …`"),
        ("-- V.\n-- Grain: a\n\nselect 1 as a", "the header has no line `-- Reads: …`"),
        (
            "-- V.\n-- Grain: b\n-- Reads: nothing\n\nselect 1 as a",
            "Grain names b, which the statement does not return",
        ),
        ("-- V.\n-- Grain: a\n-- Reads: account\n\nselect 1 as a", "Reads names account, the statement reads nothing"),
        ("-- V.\n-- Grain: a\n-- Reads: t\n\nselect a from t", "v.sql:1: reads t, which is neither a view nor"),
        ("-- V.\n-- Grain: a\n-- Reads: t\n\nselect a from db.t", "v.sql:5: tables are named without a database"),
        ("-- V.\n-- Grain: a\n-- Reads: nothing\n\nselect 1 as\n  a,\nfrom", r"v.sql:\d: "),
        ("-- V.\n-- Grain: a\n-- Reads: nothing\n\ncreate view v as select 1 as a", "holds one select statement"),
        ("-- V.\n-- Grain: a\n-- Reads: nothing\n-- Twin: never\n\nselect 1 as a", "Twin is both, current or history"),
        ("-- V.\n-- Grain: a\n-- Reads: v\n\nselect a from v", "views read each other in a circle"),
        (
            (
                "-- V.\n-- Grain: a\n-- Reads: snapshot_record\n\n"
                "with v as (select account_id as a from snapshot_record) select a from v"
            ),
            "`with v` hides the view of that name",
        ),
    ],
)
def test_a_file_that_breaks_the_rules_is_refused_with_its_line(make_views, text, problem):
    with pytest.raises(ViewFileError, match=problem):
        load_views(make_views({"v": text}))


def test_a_view_that_has_a_history_cannot_read_one_that_has_none(make_views):
    current = BASE.replace("-- Reads", "-- Twin: current\n-- Reads")
    with pytest.raises(ViewFileError, match=r"keys\.sql:1: has a history, but reads users, which has none"):
        load_views(make_views({"users": current, "keys": KEYS}))


def test_the_base_views_have_the_columns_of_the_schema_and_then_those_of_the_account():
    columns = {name: tuple(output_types(view)) for name, view in source_views().items()}
    assert columns["account"] == (*ACCOUNT.names, "snapshot_at")
    assert columns["report_rows"] == (
        *CREDENTIAL_REPORT.names,
        "undated_key_last_used_at",
        "undated_key_last_used_at_fault",
    )
    assert columns["credential_report"] == (
        *CREDENTIAL_REPORT.names,
        "snapshot_at",
        "account_name",
        "ou_id",
        "ou_path",
    )
