"""`credlake views deploy` on an engine that runs the statements, with a catalog that stores the marks."""

from __future__ import annotations

import pytest

from collector.views.deploy import DeployedViews, NameTakenError, carry_out, plan_deployment
from collector.views.files import shipped_views
from tools.trino.view_files import source_views

DATABASE = "deployed"
VIEWS = shipped_views().by_name
SQL_OF_CONTROLS = source_views()["controls"].sql


@pytest.fixture(scope="module")
def trino(demo_lake, warehouse, trino_of):
    warehouse.copy_lake(demo_lake, DATABASE)
    return trino_of(DATABASE)


@pytest.fixture
def deployed(warehouse):
    return DeployedViews(warehouse.glue, DATABASE)


@pytest.fixture(scope="module")
def columns_of():
    return shipped_views().columns().__getitem__


@pytest.fixture
def deploy(trino, deployed, columns_of):
    """Deploy statements, and return the changes."""

    def run(statements=None):
        wanted = shipped_views().athena_statements(DATABASE) if statements is None else statements
        plan = plan_deployment(wanted, deployed.held(), database=DATABASE, columns_of=columns_of)
        list(carry_out(plan, run=trino.run, mark=deployed.mark))
        return [(step.action, step.name, step.reason) for step in plan.changes]

    return run


def test_a_deployment_creates_every_view_and_the_next_one_finds_nothing_to_do(deploy, trino, deployed):
    assert sorted(name for action, name, _ in deploy() if action == "create") == sorted(VIEWS)
    assert all(deployed.held()[name].is_ours for name in VIEWS)
    assert deploy() == []
    assert trino.rows("select count(*) from findings")[0][0] > 0


def test_a_view_altered_by_hand_is_replaced(deploy, trino):
    deploy()
    low_only = f"select * from ({SQL_OF_CONTROLS}) as t where severity = 'low'"  # noqa: S608  # our own statement
    trino.run(f"create or replace view controls as {low_only}")
    assert trino.rows("select count(*) from controls where control_id = 'root-mfa'") == [(0,)]

    assert [(action, name) for action, name, _ in deploy()] == [("replace", "controls")]
    assert trino.rows("select count(*) from controls where control_id = 'root-mfa'") == [(1,)]


def test_only_our_own_removed_views_are_dropped(deploy, trino, deployed):
    deploy()
    trino.run("create or replace view somebody_elses as select 1 as x")
    statements = [entry for entry in shipped_views().athena_statements(DATABASE) if entry[0] != "ou_scorecard"]

    assert deploy(statements) == [("drop", "ou_scorecard", "no longer part of credlake")]
    assert "ou_scorecard" not in deployed.held()
    assert trino.rows("select * from somebody_elses") == [(1,)]
    assert deploy() == [("create", "ou_scorecard", "new")]


def test_an_interrupted_deployment_is_completed_by_the_next(deploy, trino, deployed, warehouse):
    deploy()
    trino.run("drop view findings_history")
    statements = dict(shipped_views().athena_statements(DATABASE))
    trino.run(statements["findings_history"])  # without its mark: the process died here

    assert [(action, name) for action, name, _ in deploy()] == [("replace", "findings_history")]
    assert deploy() == []


def test_a_view_of_somebody_else_with_our_name_is_not_changed(trino, deployed, columns_of, warehouse):
    warehouse.create_database("taken")
    trino.run("create view taken.controls as select 'mine' as own_column")
    held = DeployedViews(warehouse.glue, "taken").held()

    with pytest.raises(NameTakenError, match="controls"):
        plan_deployment(shipped_views().athena_statements("taken"), held, database="taken", columns_of=columns_of)
    assert trino.rows("select own_column from taken.controls") == [("mine",)]
