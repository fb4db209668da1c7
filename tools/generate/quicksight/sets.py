"""The data sets: the rules, one for each view that the dashboard shows, and their daily refresh."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.generate.bi_page import data_sets
from tools.generate.quicksight.access import DATA_SET_OWNER, RULES, identifier, logical_name, named

if TYPE_CHECKING:
    from tools.generate.bi_page import DataSet

# The views that the dashboard shows.
_SHOWN = (
    "collection_coverage",
    "console_users_without_mfa",
    "credentials",
    "findings",
    "organization_trend",
    "root_posture",
)


def shown_sets() -> list[DataSet]:
    """The data sets that the dashboard shows, sorted by name."""
    return [one for one in data_sets() if one.view in _SHOWN]


def display_name(name: str) -> str:
    """The name of a data set in QuickSight: `root_posture` → `credlake: root posture`."""
    return f"credlake: {name.replace('_', ' ')}"


def query(one: DataSet, database: str) -> str:
    """The query of a data set, with the view's database."""
    body, _, _ = one.sql.rpartition(f"from {one.view}")
    return f'{body}from "{database}"."{one.view}"'


def input_columns(columns: dict[str, str]) -> list[dict[str, str]]:
    """The columns as a physical table declares them."""
    return [{"Name": column, "Type": kind} for column, kind in columns.items()]


def logical_table(alias: str, **more: object) -> dict[str, object]:
    """The only logical table of a data set, with the transformations in `more`."""
    return {"logical": {"Alias": alias, "Source": {"PhysicalTableId": "physical"}, **more}}


def row_security(rules_arn: object) -> dict[str, object]:
    """The row-level security of a data set that shows accounts."""
    return {
        "Arn": rules_arn,
        "PermissionPolicy": "GRANT_ACCESS",
        "FormatVersion": "VERSION_2",
        "Status": "ENABLED",
    }


def rules() -> dict[str, object]:
    """The data set of the rules: who sees which rows."""
    properties = _properties("access rules", "Rules", _rules_sql(), dict.fromkeys(RULES, "STRING"))
    renamed = [
        {"RenameColumnOperation": {"ColumnName": name, "NewColumnName": wanted}}
        for name, wanted in RULES.items()
        if name != wanted
    ]
    properties["LogicalTableMap"] = logical_table("access rules", DataTransforms=renamed)
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
    properties = _properties(one.view, logical_name(one.view), query(one, "${DatabaseName}"), one.columns)
    if one.rule_columns:
        properties["RowLevelPermissionDataSet"] = row_security({"Fn::GetAtt": ["Rules", "Arn"]})
    return {"Type": "AWS::QuickSight::DataSet", "Properties": properties}


def _properties(name: str, logical: str, sql: str, columns: dict[str, str]) -> dict[str, object]:
    return {
        **named(display_name(name), logical),
        "ImportMode": "SPICE",
        # The stack does not wait for the first import.
        "IngestionWaitPolicy": {"WaitForSpiceIngestion": False},
        "PhysicalTableMap": {
            "physical": {
                "CustomSql": {
                    "Name": name,
                    "DataSourceArn": {"Fn::GetAtt": ["Source", "Arn"]},
                    "SqlQuery": {"Fn::Sub": sql},
                    "Columns": input_columns(columns),
                }
            }
        },
        "LogicalTableMap": logical_table(name),
        "Permissions": [{"Principal": {"Ref": "OwnerArn"}, "Actions": DATA_SET_OWNER}],
    }


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
