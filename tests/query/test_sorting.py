"""Which answers are worked out before they are sorted; that they stay the same, the corpus and the answers test."""

from __future__ import annotations

import pytest

from collector.query.annotation import Names
from collector.query.ask import understand
from collector.query.dialect import to_duckdb
from collector.query.sorting import sorted_apart
from collector.views.files import load_views

UNION = """\
-- Both.
-- Grain: id
-- Reads: account, credential_report

select cast(account_id as varchar) as id from account
union all
select cast(user_arn as varchar) as id from credential_report
"""


@pytest.fixture
def names(make_views, small_views):
    make_views({"both": UNION})
    return Names(load_views(small_views))


def is_apart(question: str, names: Names) -> bool:
    sql = to_duckdb(sorted_apart(understand(question, names), names))
    return sql.startswith('WITH "rows of the answer" AS MATERIALIZED (')


@pytest.mark.parametrize(
    "question",
    [
        "select id from both order by id",
        "select b.id as x from both b join account a on a.account_id = b.id order by 1 desc",
        "with w as (select id from both where id <> 'x') select * from w order by w.id",
        "select account_id from account union all select account_id from account_history order by account_id",
        "select run_id from snapshot_record order by run_id",
    ],
)
def test_the_rows_of_a_union_are_worked_out_before_they_are_sorted(names, question):
    assert is_apart(question, names)


@pytest.mark.parametrize(
    "question",
    [
        "select id from both",
        "select id from both order by id limit 10",
        "select id, count(*) from both group by id order by id",
        "select distinct id from both order by id",
        "select row_number() over (order by id) as n from both order by n",
        "select account_id from account order by account_id",
        "select account_id from snapshot_record where record_type = 'account' order by account_id",
        "select id from both order by length(id)",
    ],
)
def test_other_answers_are_sorted_as_they_come(names, question):
    assert not is_apart(question, names)


def test_the_order_is_the_one_that_was_asked_for(names):
    sql = to_duckdb(sorted_apart(understand("select id as x, 1 as y from both order by y desc, id", names), names))
    assert sql.endswith('SELECT * FROM "rows of the answer" ORDER BY "y" DESC, "x"')
