"""The data sets: the rules, one for each view that the dashboard shows, and their daily refresh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tools.generate.quicksight.access import RULES
from tools.generate.quicksight.names import identifier, logical_name, named
from tools.generate.quicksight.permissions import DATA_SET_OWNER

if TYPE_CHECKING:
    from tools.generate.bi_page import DataSet


def rules() -> dict[str, Any]:
    """Who sees which rows."""
    columns = ",\n    ".join(f"nullif({name}, '') as {name}" for name in RULES)
    sql = f'select\n    {columns}\nfrom "${{DatabaseName}}"."access_rules"'
    properties = _properties("access rules", "Rules", sql, dict.fromkeys(RULES, "STRING"))
    renamed = [
        {"RenameColumnOperation": {"ColumnName": name, "NewColumnName": wanted}}
        for name, wanted in RULES.items()
        if name != wanted
    ]
    properties["LogicalTableMap"]["logical"]["DataTransforms"] = renamed
    # Only strings, and it cannot be changed later (facts F8).
    return {
        "Type": "AWS::QuickSight::DataSet",
        "DependsOn": "RulesTable",
        "Properties": {**properties, "UseAs": "RLS_RULES"},
    }


def data_set(one: DataSet) -> dict[str, Any]:
    """A view in SPICE, by the rules where it shows accounts."""
    body, _, _ = one.sql.rpartition(f"from {one.view}")
    properties = _properties(
        one.view, logical_name(one.view), f'{body}from "${{DatabaseName}}"."{one.view}"', one.columns
    )
    if one.rule_columns:
        properties["RowLevelPermissionDataSet"] = {
            "Arn": {"Fn::GetAtt": ["Rules", "Arn"]},
            "PermissionPolicy": "GRANT_ACCESS",
            "FormatVersion": "VERSION_2",
            "Status": "ENABLED",
        }
    return {"Type": "AWS::QuickSight::DataSet", "Properties": properties}


def _properties(name: str, logical: str, sql: str, columns: dict[str, str]) -> dict[str, Any]:
    inputs = [{"Name": column, "Type": kind} for column, kind in columns.items()]
    return {
        **named(f"credlake: {name.replace('_', ' ')}", logical),
        "ImportMode": "SPICE",
        # The stack does not wait for the first import.
        "IngestionWaitPolicy": {"WaitForSpiceIngestion": False},
        "PhysicalTableMap": {
            "physical": {
                "CustomSql": {
                    "Name": name,
                    "DataSourceArn": {"Fn::GetAtt": ["Source", "Arn"]},
                    "SqlQuery": {"Fn::Sub": sql},
                    "Columns": inputs,
                }
            }
        },
        "LogicalTableMap": {"logical": {"Alias": name, "Source": {"PhysicalTableId": "physical"}}},
        "Permissions": [{"Principal": {"Ref": "OwnerArn"}, "Actions": DATA_SET_OWNER}],
    }


def refresh(logical: str) -> dict[str, Any]:
    """A daily import of the data set of that logical name."""
    return {
        "Type": "AWS::QuickSight::RefreshSchedule",
        "DependsOn": logical,
        "Properties": {
            "AwsAccountId": {"Ref": "AWS::AccountId"},
            "DataSetId": identifier(logical),
            "Schedule": {
                # No StartAfterDateTime: QuickSight refuses one in the past, and so each later change of a schedule.
                "ScheduleId": "daily",
                "RefreshType": "FULL_REFRESH",
                "ScheduleFrequency": {
                    "Interval": "DAILY",
                    "TimeOfTheDay": {"Ref": "RefreshAt"},
                    "TimeZone": "UTC",
                },
            },
        },
    }
