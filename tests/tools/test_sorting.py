"""Which views' rows are worked out before they are sorted."""

from __future__ import annotations

import pytest

from collector.views.files import shipped_views
from tools.trino.annotation import AnnotatedViews
from tools.trino.sorting import flows_from_union
from tools.trino.view_files import load_views, names_of, source_views

UNION = """\
-- Both.
-- Grain: id
-- Reads: account, credential_report

select cast(account_id as varchar) as id from account
union all
select cast(user_arn as varchar) as id from credential_report
"""


def flows(make_views, small_views, sql):
    reads = ", ".join(name for name in ("account", "both") if f" {name}" in sql)
    make_views({"both": UNION, "made_up": f"-- Made up.\n-- Grain: id\n-- Reads: {reads}\n\n{sql}\n"})
    views = load_views(small_views)
    annotated = AnnotatedViews(views)
    trees = {name: annotated.tree(name) for name in names_of(views)}
    assert flows_from_union(trees["made_up"], trees) == flows_from_union(trees["made_up_history"], trees)
    return flows_from_union(trees["made_up"], trees)


@pytest.mark.parametrize(
    "sql",
    [
        "select id from both",
        "select b.id from both b join account a on a.account_id = b.id",
        "with w as (select id from both where id <> 'x') select * from w",
        "select account_id as id from account union all select id from both",
    ],
)
def test_rows_of_a_union_flow_through_what_does_not_gather_them(make_views, small_views, sql):
    assert flows(make_views, small_views, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select id, count(*) as n from both group by id",
        "select distinct id from both",
        "select id, row_number() over (order by id) as n from both",
        "select account_id as id from account",
        "select id from both union select account_id as id from account",
    ],
)
def test_and_not_through_what_does(make_views, small_views, sql):
    assert not flows(make_views, small_views, sql)


def test_these_views_are_sorted_apart():
    found = {view.name for view in shipped_views().all.values() if view.order and view.flows_from_union}
    assert found == {
        "console_users_without_mfa",
        "credential_changes",
        "stale_access_keys",
        "unused_credentials",
        "users_with_two_active_keys",
    }
    assert set(source_views()) == set(shipped_views().all)
