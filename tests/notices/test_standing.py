"""What is read of a snapshot for each owner."""

from __future__ import annotations

import pytest
from trino_query_parser import parse_statement
from trino_sql_validator import validate

from collector.errors import UsageError
from collector.notices.standing import find_snapshot
from collector.query.rows import stream
from collector.query.snapshots import NoSnapshotError
from tests.athena_queries.conftest import Questions, Rows
from tests.notices.conftest import ONE, TWO, standings

LOST = "333333333333"


@pytest.fixture(scope="module", name="statements")
def _statements():
    """What was run."""
    return set()


@pytest.fixture(scope="module", name="run")
def _run(statements):
    """Runs a select on the views over two days."""
    questions = Questions()
    for day in (22, 23):
        make = Rows(Rows().run_at.replace(day=day))
        questions.fill({make.run_at: _rows(make)}, "o-abcdefghij")

    def run(sql):
        statements.add(sql)
        return stream(questions.connection, questions.definitions.prepare(sql))

    yield run
    questions.connection.close()


def _rows(make):
    day = make.run_at.day
    return [
        make.account(ONE, owner="blue"),
        make.account(TWO, owner="red"),
        make.account(LOST, outcome="assume_denied", error_code="AccessDenied"),
        make.root(ONE, password_enabled=False),
        make.console_user("alice", ONE, mfa_active=False),
        make.console_user("bob", ONE, mfa_active=day == 22),
        make.console_user("carol", ONE, unparsed=("mfa_active",)),
        make.key_user("soon", ONE, access_key_1_last_rotated=make.ago(days=80)),
        make.key_user("later", ONE, access_key_1_last_rotated=make.ago(days=74)),
        make.root(TWO, password_enabled=False),
        make.console_user("dave", TWO, mfa_active=False),
        make.exception("EX-1", control_id="console-mfa", account=TWO, expires_on="2026-12-31"),
    ]


def test_each_owner_has_its_own_rows_and_the_worst_come_first(run):
    snapshot, found = standings(run)

    assert snapshot.snapshot_date == "2026-11-23"
    assert {owner: set(each.accounts) for owner, each in found.items()} == {"": {LOST}, "blue": {ONE}, "red": {TWO}}
    rows = [(row.user_name, row.control_id, row.status) for row in found["blue"].results]
    assert {row for row in rows if row[2] == "fail"} == {
        ("alice", "console-mfa", "fail"),
        ("bob", "console-mfa", "fail"),
    }
    assert ("carol", "console-mfa", "unknown") in rows
    assert [row for row in rows if row[2] == "pass"] == [("soon", "access-key-rotation", "pass")]
    assert [(row.user_name, row.status, row.exception_id) for row in found["red"].results] == [
        ("dave", "excepted", "EX-1")
    ]
    lost = {row.control_id for row in found[""].results if row.status == "fail"}
    assert lost == {"report-collected"}
    ranks = [row.severity_rank for row in found["blue"].results]
    assert ranks == sorted(ranks)


def test_an_earlier_day_is_read_as_it_was(run):
    snapshot, found = standings(run, day="2026-11-22")

    assert snapshot.snapshot_date == "2026-11-22"
    assert [row.user_name for row in found["blue"].results if row.status == "fail"] == ["alice"]


def test_a_day_before_all_snapshots_and_an_unknown_organization_are_errors(run):
    with pytest.raises(NoSnapshotError, match="no snapshot up to that day"):
        find_snapshot(run, lake="lake", day="2026-11-21")
    with pytest.raises(UsageError, match="o-nosuch"):
        find_snapshot(run, lake="lake", organization_id="o-nosuch")


def test_every_statement_is_valid_on_athena(run, statements):
    standings(run)
    standings(run, day="2026-11-22")

    assert len(statements) >= 5
    for sql in statements:
        parse_statement(sql)  # raises
        assert validate(sql).valid
