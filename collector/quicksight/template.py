"""The template: data source, data sets with rules by row, their daily refresh, and a dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.bi_page import data_sets
from collector.quicksight.sheet import calculated_fields, filter_groups, sheet
from collector.quicksight.yaml_text import yaml_text

if TYPE_CHECKING:
    from collector.bi_page import DataSet

_SHOWN = (
    "collection_coverage",
    "console_users_without_mfa",
    "credentials",
    "findings",
    "organization_trend",
    "root_posture",
)
# Columns of the rules as Athena gives them, and as QuickSight wants them.
_RULES = {"userarn": "UserARN", "grouparn": "GroupARN", "account_id": "account_id", "ou_id": "ou_id"}
_OWNER = [
    "quicksight:DescribeDataSet",
    "quicksight:DescribeDataSetPermissions",
    "quicksight:PassDataSet",
    "quicksight:DescribeIngestion",
    "quicksight:ListIngestions",
    "quicksight:UpdateDataSet",
    "quicksight:DeleteDataSet",
    "quicksight:CreateIngestion",
    "quicksight:CancelIngestion",
    "quicksight:UpdateDataSetPermissions",
    "quicksight:DescribeDataSetRefreshProperties",
    "quicksight:PutDataSetRefreshProperties",
    "quicksight:DeleteDataSetRefreshProperties",
    "quicksight:DescribeRefreshSchedule",
    "quicksight:ListRefreshSchedules",
    "quicksight:CreateRefreshSchedule",
    "quicksight:UpdateRefreshSchedule",
    "quicksight:DeleteRefreshSchedule",
]
_SOURCE_OWNER = [
    "quicksight:DescribeDataSource",
    "quicksight:DescribeDataSourcePermissions",
    "quicksight:PassDataSource",
    "quicksight:UpdateDataSource",
    "quicksight:DeleteDataSource",
    "quicksight:UpdateDataSourcePermissions",
]
_READER = ["quicksight:DescribeDashboard", "quicksight:ListDashboardVersions", "quicksight:QueryDashboard"]
_DASHBOARD_OWNER = [
    *_READER,
    "quicksight:DescribeDashboardPermissions",
    "quicksight:UpdateDashboardPermissions",
    "quicksight:UpdateDashboardPublishedVersion",
    "quicksight:UpdateDashboard",
    "quicksight:DeleteDashboard",
]

_HEAD = """\
# Generated from the views by `make generate`. Do not edit.
AWSTemplateFormatVersion: "2010-09-09"
"""
_DESCRIPTION = (
    "credlake: QuickSight (Enterprise edition) on the lake. A data source, data sets in SPICE with row-level security "
    "from one table of rules, refreshed daily, and a dashboard. Deploy collector.yaml and make a run first."
)


def quicksight_template() -> str:
    """`deploy/quicksight.yaml`."""
    shown = [one for one in data_sets() if one.view in _SHOWN]
    resources: dict[str, Any] = {"Role": _role(), "RulesTable": _rules_table(), "Source": _source(), "Rules": _rules()}
    for one in shown:
        resources[_logical(one.view)] = _data_set(one)
        resources[f"{_logical(one.view)}Refresh"] = _refresh(_logical(one.view))
    resources["RulesRefresh"] = _refresh("Rules")
    resources["Dashboard"] = _dashboard([one.view for one in shown])
    outputs = {
        "DashboardArn": {"Description": "The dashboard.", "Value": {"Fn::GetAtt": ["Dashboard", "Arn"]}},
        "RulesLocation": {
            "Description": "Put the rules here as CSV files (docs/bi.md): UserARN,GroupARN,account_id,ou_id.",
            "Value": {"Fn::Sub": "s3://${BucketName}/access-rules/"},
        },
    }
    whole = {"Description": _DESCRIPTION, "Parameters": _PARAMETERS}
    return _HEAD + yaml_text({**whole, "Resources": resources, "Outputs": outputs})


_PARAMETERS: dict[str, Any] = {
    "OwnerArn": {
        "Type": "String",
        "Description": "The QuickSight user or group that owns all of it and sees all rows.",
    },
    "ReaderArn": {
        "Type": "String",
        "Description": "The QuickSight user or group that sees the dashboard, by the rules.",
    },
    "DatabaseName": {"Type": "String", "Description": "Output of collector.yaml.", "Default": "credlake"},
    "WorkGroupName": {"Type": "String", "Description": "Output of collector.yaml.", "Default": "credlake"},
    "BucketName": {
        "Type": "String",
        "Description": "The lake's bucket: output LakeUri of collector.yaml, without s3://.",
    },
    "AnalystPolicyArn": {"Type": "String", "Description": "Output of collector.yaml."},
    "RefreshAt": {
        "Type": "String",
        "Description": "When the data sets are refreshed, UTC, HH:MM: an hour after the run starts.",
        "AllowedPattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$",
        "Default": "06:00",
    },
}


def _role() -> dict[str, Any]:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "quicksight.amazonaws.com"},
        # Without a condition on the source account, as in AWS's own samples: that QuickSight sends it is nowhere said.
        # Who names the role in a data source needs iam:PassRole in this account.
        "Action": "sts:AssumeRole",
    }
    read_rules = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": {"Fn::Sub": "arn:${AWS::Partition}:s3:::${BucketName}/access-rules/*"},
    }
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "Description": "QuickSight asks credlake's views, as an analyst does, and reads the rules.",
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "ManagedPolicyArns": [{"Ref": "AnalystPolicyArn"}],
            "Policies": [
                {"PolicyName": "rules", "PolicyDocument": {"Version": "2012-10-17", "Statement": [read_rules]}}
            ],
        },
    }


def _rules_table() -> dict[str, Any]:
    return {
        "Type": "AWS::Glue::Table",
        "Properties": {
            "CatalogId": {"Ref": "AWS::AccountId"},
            "DatabaseName": {"Ref": "DatabaseName"},
            "TableInput": {
                "Name": "access_rules",
                "Description": "Who sees which rows in QuickSight (docs/bi.md).",
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {
                    "EXTERNAL": "TRUE",
                    "classification": "csv",
                    "skip.header.line.count": "1",
                },
                "PartitionKeys": [],
                "StorageDescriptor": {
                    "Columns": [{"Name": name, "Type": "string"} for name in _RULES],
                    "Location": {"Fn::Sub": "s3://${BucketName}/access-rules/"},
                    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde"},
                },
            },
        },
    }


def _source() -> dict[str, Any]:
    return {
        "Type": "AWS::QuickSight::DataSource",
        "Properties": {
            **_named("credlake", "Source"),
            "Type": "ATHENA",
            "DataSourceParameters": {
                "AthenaParameters": {
                    "WorkGroup": {"Ref": "WorkGroupName"},
                    "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                }
            },
            "Permissions": [{"Principal": {"Ref": "OwnerArn"}, "Actions": _SOURCE_OWNER}],
        },
    }


def _rules() -> dict[str, Any]:
    columns = ",\n    ".join(f"nullif({name}, '') as {name}" for name in _RULES)
    sql = f'select\n    {columns}\nfrom "${{DatabaseName}}"."access_rules"'
    properties = _properties("access rules", "Rules", sql, dict.fromkeys(_RULES, "STRING"))
    renamed = [
        {"RenameColumnOperation": {"ColumnName": name, "NewColumnName": wanted}}
        for name, wanted in _RULES.items()
        if name != wanted
    ]
    properties["LogicalTableMap"]["logical"]["DataTransforms"] = renamed
    # Only strings, and it cannot be changed later (facts F8).
    return {
        "Type": "AWS::QuickSight::DataSet",
        "DependsOn": "RulesTable",
        "Properties": {**properties, "UseAs": "RLS_RULES"},
    }


def _data_set(one: DataSet) -> dict[str, Any]:
    body, _, _ = one.sql.rpartition(f"from {one.view}")
    properties = _properties(one.view, _logical(one.view), f'{body}from "${{DatabaseName}}"."{one.view}"', one.columns)
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
        **_named(f"credlake: {name.replace('_', ' ')}", logical),
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
        "Permissions": [{"Principal": {"Ref": "OwnerArn"}, "Actions": _OWNER}],
    }


def _refresh(logical: str) -> dict[str, Any]:
    return {
        "Type": "AWS::QuickSight::RefreshSchedule",
        "DependsOn": logical,
        "Properties": {
            "AwsAccountId": {"Ref": "AWS::AccountId"},
            "DataSetId": _identifier(logical),
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


def _dashboard(views: list[str]) -> dict[str, Any]:
    declared = [{"Identifier": view, "DataSetArn": {"Fn::GetAtt": [_logical(view), "Arn"]}} for view in views]
    return {
        "Type": "AWS::QuickSight::Dashboard",
        "Properties": {
            "AwsAccountId": {"Ref": "AWS::AccountId"},
            "DashboardId": {"Fn::Sub": "credlake-${DatabaseName}"},
            "Name": "credlake",
            "Permissions": [
                {"Principal": {"Ref": "OwnerArn"}, "Actions": _DASHBOARD_OWNER},
                {"Principal": {"Ref": "ReaderArn"}, "Actions": _READER},
            ],
            "Definition": {
                "DataSetIdentifierDeclarations": declared,
                "CalculatedFields": calculated_fields(),
                "FilterGroups": filter_groups(),
                "Sheets": [sheet()],
            },
        },
    }


def _named(name: str, logical: str) -> dict[str, Any]:
    kind = "DataSourceId" if logical == "Source" else "DataSetId"
    return {"AwsAccountId": {"Ref": "AWS::AccountId"}, kind: _identifier(logical), "Name": name}


def _identifier(logical: str) -> dict[str, str]:
    return {"Fn::Sub": f"credlake-${{DatabaseName}}-{logical.lower()}"}


def _logical(view: str) -> str:
    return view.title().replace("_", "")
