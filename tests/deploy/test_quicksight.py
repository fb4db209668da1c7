"""deploy/quicksight.yaml follows the views, and every visual shows a column that its data set has."""

from __future__ import annotations

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
