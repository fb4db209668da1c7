"""What is sent to Athena for a question gives on Trino the rows of the question: maps too, and in its order."""

from __future__ import annotations

import json

import pytest

from collector.query.annotation import Names
from collector.query.statement import athena_statement
from collector.views.files import shipped_views
from tests.e2e.trino.comparing import differences

# A question, the same with its maps as they are, and whether its rows have an order.
QUESTIONS = [
    ("account", "select * from account", False),
    ("credential_report", "select * from credential_report", False),
    ("findings", "select * from findings order by finding_rank", True),
    (
        "select user_arn, null_reasons from credential_report order by user_arn desc limit 7",
        "select user_arn, null_reasons from credential_report order by user_arn desc limit 7",
        True,
    ),
    (
        "select tags, account_id as a from demo.account order by 2",
        "select tags, account_id as a from account order by account_id",
        True,
    ),
    (
        "select null_reasons as r, count(*) as n from credential_report group by 1",
        "select null_reasons as r, count(*) as n from credential_report group by null_reasons",
        False,
    ),
    (
        "select tags from account union all select unknown_columns from credential_report",
        "select tags from account union all select unknown_columns from credential_report",
        False,
    ),
]


@pytest.mark.parametrize(("question", "plain", "is_ordered"), QUESTIONS, ids=[entry[0][:60] for entry in QUESTIONS])
def test_a_question_to_athena_loses_nothing(question, plain, is_ordered, demo_views):
    statement = athena_statement(question, Names(shipped_views()))
    expected = demo_views.ask(plain)
    found = demo_views.ask(statement.sql)

    rows = [
        tuple(
            json.loads(value) if name in statement.map_columns and value is not None else value
            for (name, _), value in zip(found.columns, row, strict=True)
        )
        for row in found.rows
    ]
    assert [name for name, _ in found.columns] == [name for name, _ in expected.columns]
    assert (rows == expected.rows) if is_ordered else (differences(expected.rows, rows) == [])
    assert rows


def test_a_question_without_maps_is_the_analysts_own_text():
    question = "select count(*) from findings -- mine"
    assert athena_statement(question, Names(shipped_views())).sql == question
