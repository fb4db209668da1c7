"""deploy/quicksight.yaml follows the views, and every visual shows a column that its data set has."""

from __future__ import annotations

import re

import pytest
import yaml

from collector.bi_page import data_sets
from collector.quicksight import quicksight_template
from collector.quicksight.yaml_text import yaml_text
from tests.deploy.templates import resources, template


def test_it_can_be_deployed_from_a_file():
    # CloudFormation takes no more without a bucket.
    assert len(quicksight_template().encode()) < 51_200


@pytest.mark.parametrize(
    "value", [{"a": {"b": ["c", {"d": "e: f"}]}}, {"sql": "select\n    1\nfrom t"}, ["x" * 200, True, 1]]
)
def test_what_is_written_is_read_again(value):
    assert yaml.safe_load(yaml_text(value)) == value


def _fields(value):
    if isinstance(value, dict):
        if value.keys() == {"DataSetIdentifier", "ColumnName"}:
            yield value["DataSetIdentifier"], value["ColumnName"]
        for one in value.values():
            yield from _fields(one)
    elif isinstance(value, list):
        for one in value:
            yield from _fields(one)


def test_every_visual_shows_a_column_that_its_data_set_has():
    definition = template("quicksight.yaml")["Resources"]["Dashboard"]["Properties"]["Definition"]
    made = {(one["DataSetIdentifier"], one["Name"]) for one in definition["CalculatedFields"]}
    known = {(one.view, column) for one in data_sets() for column in one.columns} | made
    shown = set(_fields(definition))
    assert shown - known == set()
    assert {view for view, _ in shown} == {one["Identifier"] for one in definition["DataSetIdentifierDeclarations"]}


def test_rows_are_limited_by_rules_wherever_an_account_is_shown():
    for name, one in resources("quicksight.yaml", "AWS::QuickSight::DataSet").items():
        properties = one["Properties"]
        columns = {column["Name"] for column in properties["PhysicalTableMap"]["physical"]["CustomSql"]["Columns"]}
        if name == "Rules":
            assert properties["UseAs"] == "RLS_RULES"
            assert columns == {"userarn", "grouparn", "account_id", "ou_id"}
        else:
            assert ("account_id" in columns) == ("RowLevelPermissionDataSet" in properties)


def test_every_data_set_is_refreshed_daily():
    sets = set(resources("quicksight.yaml", "AWS::QuickSight::DataSet"))
    refreshed = {one["DependsOn"] for one in resources("quicksight.yaml", "AWS::QuickSight::RefreshSchedule").values()}
    assert refreshed == sets


def test_no_schedule_starts_at_a_date_that_will_have_passed_when_the_stack_is_changed():
    # "Schedules cannot start in the past", says QuickSight.
    schedules = [
        one["Properties"]["Schedule"]
        for one in resources("quicksight.yaml", "AWS::QuickSight::RefreshSchedule").values()
    ]
    assert [one for one in schedules if "StartAfterDateTime" in one] == []


@pytest.mark.parametrize(("time", "taken"), [("00:00", True), ("23:59", True), ("24:00", False), ("6:00", False)])
def test_the_time_of_the_refresh_is_a_time_of_day(time, taken):
    pattern = template("quicksight.yaml")["Parameters"]["RefreshAt"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, time)) == taken
