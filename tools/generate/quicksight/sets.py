"""The data sets: the rules, one for each view that the dashboard shows, and their daily refresh."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.generate.quicksight.access import DATA_SET_OWNER, RULES, identifier, logical_name, named

if TYPE_CHECKING:
    from tools.generate.bi_page import DataSet


def rules() -> dict[str, object]:
    """The data set of the rules: who sees which rows."""
    properties = _properties("access rules", "Rules", _rules_sql(), dict.fromkeys(RULES, "STRING"))
    renamed = [
        {"RenameColumnOperation": {"ColumnName": name, "NewColumnName": wanted}}
        for name, wanted in RULES.items()
        if name != wanted
    ]
    properties["LogicalTableMap"] = _logical_table("access rules", DataTransforms=renamed)
    # A rules data set holds strings only, and UseAs cannot be changed later (facts F8).
    return {
        "Type": "AWS::QuickSight::DataSet",
        "DependsOn": "RulesTable",
        "Properties": {**properties, "UseAs": "RLS_RULES"},
    }


def _rules_sql() -> str:
    """The query of the rules. The table's columns go by position: unless every header has ours, there are no rules."""
    columns = ",\n    ".join(f"nullif({name}, '') as {name}" for name in RULES)
    line = " || ',' || ".join(RULES)
    first = next(iter(RULES))
    table = '"${DatabaseName}"."access_rules"'
    headers = f"from {table} where '{first}' in ({', '.join(f'lower({name})' for name in RULES)})"
    checks = "".join(
        f"\n    and (select {end}(lower({line})) {headers}) = '{','.join(RULES)}'" for end in ("min", "max")
    )
    return f"select\n    {columns}\nfrom {table}\nwhere lower({first}) <> '{first}'{checks}"


def data_set(one: DataSet) -> dict[str, object]:
    """The data set of a view, imported into SPICE; the rules limit its rows if it shows accounts."""
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


def _properties(name: str, logical: str, sql: str, columns: dict[str, str]) -> dict[str, object]:
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
        "LogicalTableMap": _logical_table(name),
        "Permissions": [{"Principal": {"Ref": "OwnerArn"}, "Actions": DATA_SET_OWNER}],
    }


def _logical_table(alias: str, **more: object) -> dict[str, object]:
    return {"logical": {"Alias": alias, "Source": {"PhysicalTableId": "physical"}, **more}}


def refresh(logical: str) -> dict[str, object]:
    """The daily import of the data set with that logical name."""
    return {
        "Type": "AWS::QuickSight::RefreshSchedule",
        "DependsOn": logical,
        "Properties": {
            "AwsAccountId": {"Ref": "AWS::AccountId"},
            "DataSetId": identifier(logical),
            "Schedule": {
                # No StartAfterDateTime: QuickSight rejects one in the past, and so every later change.
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
