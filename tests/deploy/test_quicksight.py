"""deploy/quicksight.yaml as a file, and its parameters."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.deploy.restrictions import schema
from tests.deploy.templates import resources, template
from tools.generate.quicksight.template import yaml_text


@pytest.mark.parametrize(
    "value", [{"a": {"b": ["c", {"d": "e: f"}]}}, {"sql": "select\n    1\nfrom t"}, ["x" * 200, True, 1]]
)
def test_what_is_written_is_read_again(value):
    assert yaml.safe_load(yaml_text(value)) == value


def test_cloudformation_takes_the_properties_of_the_legacy_data_preparation():
    """Row-level security is one of them. Should it fail, see docs/decisions.md for what replaces them."""
    legacy = {"LogicalTableMap", "RowLevelPermissionDataSet"}
    used = {
        name for one in resources("quicksight.yaml", "AWS::QuickSight::DataSet").values() for name in one["Properties"]
    }
    found = schema("AWS::QuickSight::DataSet")
    assert legacy <= used <= found["properties"].keys()
    assert {f"/properties/{name}" for name in used} & {*found["deprecatedProperties"]} == {
        f"/properties/{name}" for name in legacy
    }


def test_every_data_set_is_refreshed_daily():
    sets = set(resources("quicksight.yaml", "AWS::QuickSight::DataSet"))
    refreshed = {one["DependsOn"] for one in resources("quicksight.yaml", "AWS::QuickSight::RefreshSchedule").values()}
    assert refreshed == sets


def test_no_schedule_starts_at_a_date_that_will_have_passed_when_the_stack_is_changed():
    # QuickSight rejects a schedule that starts in the past.
    schedules = [
        one["Properties"]["Schedule"]
        for one in resources("quicksight.yaml", "AWS::QuickSight::RefreshSchedule").values()
    ]
    assert [one for one in schedules if "StartAfterDateTime" in one] == []


@pytest.mark.parametrize(("time", "taken"), [("00:00", True), ("23:59", True), ("24:00", False), ("6:00", False)])
def test_the_time_of_the_refresh_is_a_time_of_day(time, taken):
    pattern = template("quicksight.yaml")["Parameters"]["RefreshAt"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, time)) == taken
