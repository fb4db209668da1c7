"""Views are deployed once, in the time there is; their marks, in moto's Glue."""

from __future__ import annotations

import base64
import json

import pytest

from collector.errors import CredlakeError
from collector.views import deploy
from collector.views.deploy import DeployedViews, HeldTable, deploy_views, marks, plan_views
from tests.fixtures.s3_servers import moto_server


@pytest.fixture(scope="module")
def glue():
    with moto_server() as server:
        client = server.client("glue")
        client.create_database(DatabaseInput={"Name": "db"})
        client.create_table(DatabaseName="db", TableInput={"Name": "snapshot_record", "TableType": "EXTERNAL_TABLE"})
        yield client


def view_text(*columns):
    body = {"originalSql": "select 1", "columns": [{"name": name, "type": "varchar"} for name in columns]}
    return f"/* Presto View: {base64.b64encode(json.dumps(body).encode()).decode()} */"


@pytest.fixture
def view(glue):
    """A view as Athena writes it."""
    entry = {
        "Name": "findings",
        "TableType": "VIRTUAL_VIEW",
        "ViewOriginalText": view_text("a", "b"),
        "ViewExpandedText": "/* Presto View */",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "PartitionKeys": [],
        "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "string"}], "SerdeInfo": {}},
    }
    glue.create_table(DatabaseName="db", TableInput=entry)
    yield entry
    glue.delete_table(DatabaseName="db", Name="findings")


def test_a_mark_leaves_everything_else_of_the_view_as_it_was(glue, view):
    DeployedViews(glue, "db").mark("findings", "select 1")

    stored = glue.get_table(DatabaseName="db", Name="findings")["Table"]
    assert stored["Parameters"] == {**view["Parameters"], **marks("select 1", view["ViewOriginalText"])}
    assert {key: stored[key] for key in view if key != "Parameters"} == {
        k: v for k, v in view.items() if k != "Parameters"
    }


def test_a_view_is_ours_once_it_is_marked_and_a_table_never_is(glue, view):
    deployed = DeployedViews(glue, "db")
    assert not deployed.held()["findings"].is_ours

    deployed.mark("findings", "select 1")

    held = deployed.held()
    assert held["findings"].is_ours
    assert held["findings"].unchanged_since("select 1")
    assert not held["findings"].unchanged_since("select 2")
    assert not held["snapshot_record"].is_view


def test_the_columns_of_a_view_are_those_of_its_stored_text(glue, view):
    assert DeployedViews(glue, "db").held()["findings"].columns == {"a": "varchar", "b": "varchar"}


def test_a_database_that_is_not_there_is_named_with_the_next_step(glue):
    with pytest.raises(CredlakeError, match=r"There is no database nowhere.*credlake collect.*--database"):
        DeployedViews(glue, "nowhere").held()


def test_a_view_that_is_gone_before_it_is_marked_is_reported(glue):
    with pytest.raises(CredlakeError, match=r"Athena created the view gone, but Glue does not have it.*Deploy again"):
        DeployedViews(glue, "db").mark("gone", "select 1")


def test_a_client_of_glue_that_cannot_be_made_is_reported_to_the_user(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_GLUE", "nonsense")
    with pytest.raises(CredlakeError, match="client of glue on the database db failed: InvalidEndpoint"):
        plan_views((), {}, database="db")


_COLUMNS = {"a": "integer"}


class _Catalog:
    """A Glue database and an Athena workgroup that hold what was made in them."""

    def __init__(self):
        self.tables = {}

    def in_workgroup(self, **settings):
        self.settings = settings
        return self

    def held(self):
        return self.tables

    def run(self, sql):
        name = sql.split('"')[3]
        self.tables[name] = HeldTable(name, is_view=True, columns=_COLUMNS, text=sql, parameters={})

    def mark(self, name, statement):
        held = self.tables[name]
        parameters = marks(statement, held.text)
        self.tables[name] = HeldTable(name, is_view=True, columns=_COLUMNS, text=held.text, parameters=parameters)


@pytest.fixture(name="catalog")
def _catalog(monkeypatch):
    catalog = _Catalog()
    monkeypatch.setattr(deploy, "client", lambda _service: None)
    monkeypatch.setattr(deploy, "DeployedViews", lambda _glue, _database: catalog)
    monkeypatch.setattr(deploy, "AthenaQueries", catalog.in_workgroup)
    return catalog


_STATEMENTS = tuple((name, f'create or replace view "d"."{name}" as\nselect 1 as a') for name in ("one", "two"))


def _deploy(late=()):
    answers = iter(late)
    return deploy_views(
        plan_views(_STATEMENTS, {"one": _COLUMNS, "two": _COLUMNS}, database="d"),
        database="d",
        workgroup="w",
        output_location="s3://results/",
        done=lambda _step: None,
        is_late=lambda: next(answers, False),
    )


def test_views_are_created_once(catalog):
    assert _deploy() == "2 views: 2 created"
    assert catalog.settings == {"database": "d", "workgroup": "w", "output_location": "s3://results/"}
    assert catalog.tables.keys() == {"one", "two"}
    assert _deploy() == "2 views: 2 kept"


def test_views_for_which_no_time_is_left_are_created_by_the_next_run(catalog):
    assert _deploy(late=(False, True)) == "2 views: 2 created; 1 of 2 left to the next run, for lack of time"
    assert catalog.tables.keys() == {"one"}
    assert _deploy() == "2 views: 1 created, 1 kept"
