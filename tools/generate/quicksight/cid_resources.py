"""`deploy/cid/credlake.yaml`: the data sets and the dashboard of `quicksight.yaml` as resources for `cid-cmd deploy`.

cid-cmd (4.4.18) reads the columns of each physical table of a data set from Athena, and fails on custom SQL. So the
queries of the data sets are views here, which cid-cmd creates.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from collector import __version__
from tools.generate.quicksight.sets import display_name, input_columns, logical_table, query, row_security, shown_sets
from tools.generate.quicksight.sheet import definition
from tools.generate.quicksight.template import yaml_text

if TYPE_CHECKING:
    from tools.generate.bi_page import DataSet

_HEAD = """\
# Generated from the views by `make generate`. Do not edit.
# Resources for cid-cmd, the tool of AWS's Cloud Intelligence Dashboards; how to deploy them: docs/bi-tools.md.
"""
# The variables that cid-cmd fills in.
_DATABASE = "${athena_database_name}"
_DATA_SOURCE = "${athena_datasource_arn}"
_RULES = "rules_arn"
_SCHEDULE = "credlake-daily"


def cid_resources() -> str:
    """The text of `deploy/cid/credlake.yaml`."""
    shown = shown_sets()
    declared: list[dict[str, object]] = [{"Identifier": one.view, "DataSetArn": ""} for one in shown]
    dashboard: dict[str, object] = {
        "name": "credlake",
        "dashboardId": "credlake",
        "category": "Custom",
        "version": f"v{__version__}",
        # cid-cmd would offer them as filters: texts that every data set has.
        "nonTaxonomyColumns": _common_texts(shown),
        # The names by which cid-cmd finds the data sets, and those by which the definition refers to them.
        "dependsOn": {"datasets": {display_name(one.view): one.view for one in shown}},
        "data": definition(declared),
    }
    return _HEAD + yaml_text(
        {
            "dashboards": {"CREDLAKE": dashboard},
            "datasets": {display_name(one.view): _data_set(one) for one in shown},
            "schedules": {_SCHEDULE: _daily()},
            "views": {_view_name(one): {"data": _view(one)} for one in shown},
        }
    )


def _common_texts(shown: list[DataSet]) -> list[str]:
    found = Counter(column for one in shown for column, kind in one.columns.items() if kind == "STRING")
    return sorted(column for column, count in found.items() if count == len(shown))


def _view_name(one: DataSet) -> str:
    return f"quick_sight_{one.view}"


def _view(one: DataSet) -> str:
    # cid-cmd replaces a view only if it finds these words, on one line with the view's name.
    return f'CREATE OR REPLACE VIEW "{_DATABASE}"."{_view_name(one)}" AS\n{query(one, _DATABASE)}'


def _data_set(one: DataSet) -> dict[str, object]:
    table = {
        "DataSourceArn": _DATA_SOURCE,
        "Schema": _DATABASE,
        "Name": _view_name(one),
        "InputColumns": input_columns(one.columns),
    }
    data = {
        # Not those of `quicksight.yaml`: `cid-cmd delete` must not delete the data sets of a stack.
        "DataSetId": f"credlake-cid-{one.view.replace('_', '-')}",
        "Name": display_name(one.view),
        "ImportMode": "SPICE",
        "PhysicalTableMap": {"physical": {"RelationalTable": table}},
        "LogicalTableMap": logical_table(one.view),
    }
    resource: dict[str, object] = {
        "dependsOn": {"views": [_view_name(one)]},
        "schedules": [_SCHEDULE],
        "data": data,
    }
    if one.rule_columns:
        data["RowLevelPermissionDataSet"] = row_security(f"${{{_RULES}}}")
        # No default, so that deploying without rules is a decision.
        resource["parameters"] = {
            _RULES: {"global": True, "description": "ARN of the rules data set; none with --rls CLEAR"}
        }
    return resource


def _daily() -> dict[str, object]:
    return {
        "ScheduleId": "daily",
        "RefreshType": "FULL_REFRESH",
        "ScheduleFrequency": {"Interval": "DAILY", "TimeOfTheDay": "06:00"},
    }
