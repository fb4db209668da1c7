"""deploy/cid/credlake.yaml, rendered as cid-cmd does: valid for the API, and the same as deploy/quicksight.yaml makes.

cid-cmd itself deploys the file in test_cid_cmd.py.
"""

from __future__ import annotations

import json
from string import Template

import pytest
import yaml

from tests.deploy.api_faults import faults
from tests.deploy.quicksight_stack import ACCOUNT, PRINCIPALS, of_kind, query
from tests.deploy.templates import FOLDER

RESOURCES = yaml.safe_load((FOLDER / "cid" / "credlake.yaml").read_text("utf-8"))
DATA_SETS = RESOURCES["datasets"]
(DASHBOARD,) = RESOURCES["dashboards"].values()
OF_THE_STACK = {one["Name"]: one for name, one in of_kind("CreateDataSet").items() if name != "Rules"}
(DASHBOARD_OF_THE_STACK,) = of_kind("CreateDashboard").values()
VARIABLES = {
    "athena_database_name": "credlake",
    "athena_datasource_arn": f"{PRINCIPALS}:datasource/credlake-credlake-source",
    "rules_arn": f"{PRINCIPALS}:dataset/credlake-credlake-rules",
}


def _rendered(data):
    """cid-cmd renders a resource as JSON text."""
    return json.loads(Template(json.dumps(data)).substitute(VARIABLES))


@pytest.mark.parametrize("name", DATA_SETS)
def test_a_data_set_is_valid_for_the_api(name):
    assert faults("quicksight", "CreateDataSet", {"AwsAccountId": ACCOUNT, **_rendered(DATA_SETS[name]["data"])}) == []


def test_the_dashboard_is_valid_for_the_api():
    definition = _rendered(DASHBOARD["data"])
    # cid-cmd fills in the ARNs of the data sets that it found or made.
    for one in definition["DataSetIdentifierDeclarations"]:
        one["DataSetArn"] = f"{PRINCIPALS}:dataset/{one['Identifier']}"
    request = {
        "AwsAccountId": ACCOUNT,
        "DashboardId": DASHBOARD["dashboardId"],
        "Name": DASHBOARD["name"],
        "Definition": definition,
    }
    assert faults("quicksight", "CreateDashboard", request) == []


@pytest.mark.parametrize("name", RESOURCES["schedules"])
def test_a_schedule_is_valid_for_the_api(name):
    request = {"AwsAccountId": ACCOUNT, "DataSetId": "credlake-cid-findings", "Schedule": RESOURCES["schedules"][name]}
    assert faults("quicksight", "CreateRefreshSchedule", request) == []


def test_the_data_sets_are_those_of_the_stack():
    assert DATA_SETS.keys() == OF_THE_STACK.keys()


@pytest.mark.parametrize("name", DATA_SETS)
def test_a_data_set_has_the_columns_and_the_rules_of_the_stacks(name):
    data, stack = _rendered(DATA_SETS[name]["data"]), OF_THE_STACK[name]
    (table,) = (one["RelationalTable"] for one in data["PhysicalTableMap"].values())
    assert table["InputColumns"] == query(stack)["Columns"]
    assert table["DataSourceArn"] == query(stack)["DataSourceArn"]
    same = ("Name", "ImportMode", "LogicalTableMap", "RowLevelPermissionDataSet")
    assert {key: data.get(key) for key in same} == {key: stack.get(key) for key in same}


@pytest.mark.parametrize("name", DATA_SETS)
def test_the_view_of_a_data_set_is_the_query_of_the_stacks(name):
    (view,) = DATA_SETS[name]["dependsOn"]["views"]
    (table,) = (one["RelationalTable"] for one in DATA_SETS[name]["data"]["PhysicalTableMap"].values())
    assert table["Name"] == view
    head, _, sql = Template(RESOURCES["views"][view]["data"]).substitute(VARIABLES).partition("\n")
    assert head == f'CREATE OR REPLACE VIEW "credlake"."{view}" AS'
    assert sql == query(OF_THE_STACK[name])["SqlQuery"]


def test_every_view_and_schedule_is_used():
    assert RESOURCES["views"].keys() == {view for one in DATA_SETS.values() for view in one["dependsOn"]["views"]}
    assert RESOURCES["schedules"].keys() == {name for one in DATA_SETS.values() for name in one["schedules"]}


def test_the_dashboard_is_that_of_the_stack():
    mine, stack = _rendered(DASHBOARD["data"]), DASHBOARD_OF_THE_STACK["Definition"]
    data_sets = "DataSetIdentifierDeclarations"
    assert {**mine, data_sets: None} == {**stack, data_sets: None}
    names = [one["Identifier"] for one in mine[data_sets]]
    assert names == [one["Identifier"] for one in stack[data_sets]] == list(DASHBOARD["dependsOn"]["datasets"].values())
    assert DASHBOARD["dependsOn"]["datasets"].keys() == DATA_SETS.keys()


def test_no_id_is_an_id_of_the_stack():
    # `cid-cmd delete` deletes by ID.
    ids = {one["data"]["DataSetId"] for one in DATA_SETS.values()} | {DASHBOARD["dashboardId"]}
    assert len(ids) == len(DATA_SETS) + 1
    assert ids.isdisjoint({*(one["DataSetId"] for one in OF_THE_STACK.values()), DASHBOARD_OF_THE_STACK["DashboardId"]})


def test_no_filter_is_offered_for_a_column_that_every_data_set_has():
    # cid-cmd asks for each text column that all data sets have, and a filter by snapshot or run is of no use.
    common = set.intersection(
        *({one["Name"] for one in query(each)["Columns"] if one["Type"] == "STRING"} for each in OF_THE_STACK.values())
    )
    assert common == set(DASHBOARD["nonTaxonomyColumns"])
