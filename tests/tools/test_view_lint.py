"""What the lint refuses in a view file."""

# ruff: noqa: S608 -- every statement here is a literal one

from __future__ import annotations

import pytest

from tools.prepare_views import prepared_files
from tools.trino.annotation import AnnotatedViews
from tools.trino.view_files import ViewFileError, load_views
from tools.view_lint import view_problems

HEADER = "-- Accounts.\n-- Grain: account_id\n-- Reads: account\n\n"
KEY = "cast(account_id as varchar) as account_id"
SAFE = f"select\n    {KEY}\nfrom account\n"


def problems(make_views, small_views, sql: str, *, grain: str = "account_id") -> list[str]:
    make_views({"made_up": HEADER.replace("Grain: account_id", f"Grain: {grain}") + sql})
    views = load_views(small_views)
    return [problem.rpartition("/")[2] for problem in view_problems(views["made_up"], AnnotatedViews(views))]


def test_a_plain_view_has_no_problems(make_views, small_views):
    assert problems(make_views, small_views, SAFE) == []


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        (SAFE + "where joined_at < current_timestamp", "made_up.sql:8: A view counts from report_generated_at"),
        (SAFE + "where joined_at < localtimestamp", "made_up.sql:8: A view counts from report_generated_at"),
        (SAFE + "where joined_at < now()", "made_up.sql:8: A view counts from report_generated_at"),
        (SAFE + "where joined_at < current_date", "made_up.sql:8: A view counts from report_generated_at"),
        (SAFE + "where split(account_name, '-')[1] = 'x'", "made_up.sql:8: `SPLIT(account_name"),
        (SAFE + "order by account_id", "made_up.sql:5: A view has no `order by` or `limit`"),
        (SAFE + "limit 3", "made_up.sql:5: A view has no `order by` or `limit`"),
        (f"select\n    {KEY},\n    account_name\nfrom account", "made_up.sql:7: The column account_name is not cast"),
        (f"select {KEY}, cast(joined_at as timestamp(3) with time zone) as j from account", "j is not cast to a plain"),
        (f"select {KEY}, cast(joined_at as timestamp) as j from account", "j is not cast to a plain"),
        (f'select {KEY}, cast(users as integer) as "user" from account', "user is not a valid column name"),
        (f"select {KEY}, cast(users as integer) as Users from account", "Users is not a valid column name"),
        (f"select {KEY} from account union all select account_id from account", "account_id is not cast to a plain"),
        (f"select {KEY}, cast(users / 2.5 as integer) as u from account", "`2.5` is not known to mean the same"),
        (
            f"select {KEY}, cast(reverse(account_name) as varchar) as u from account",
            "`REVERSE(account_name)` is not known to mean the same",
        ),
    ],
)
def test_a_problem_is_reported_with_file_and_line(make_views, small_views, sql, problem):
    found = problems(make_views, small_views, sql)
    assert len(found) >= 1
    assert problem in found[0]


def test_a_star_is_refused(make_views, small_views):
    found = problems(make_views, small_views, "select * from account")
    assert "made_up.sql:5: A view names its columns" in found[0]


def test_a_column_that_does_not_exist_is_refused(make_views, small_views):
    make_views({"made_up": HEADER + SAFE.replace("account_id as varchar", "acount_id as varchar")})
    views = load_views(small_views)
    with pytest.raises(ViewFileError, match=r"made_up\.sql:5: .*acount_id"):
        AnnotatedViews(views).tree("made_up")


def test_a_view_with_a_problem_is_not_translated(make_views, small_views):
    make_views({"made_up": HEADER + SAFE + "where reverse(account_name) = 'x'"})
    with pytest.raises(ViewFileError, match="REVERSE"):
        prepared_files(load_views(small_views))
