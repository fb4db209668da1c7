"""How QuickSight reaches the lake: a role, the table of the rules, the data source."""

from __future__ import annotations

from typing import Any

from tools.generate.quicksight.names import named
from tools.generate.quicksight.permissions import SOURCE_OWNER

# Columns of the rules as Athena gives them, and as QuickSight wants them.
RULES = {"userarn": "UserARN", "grouparn": "GroupARN", "account_id": "account_id", "ou_id": "ou_id"}


def role() -> dict[str, Any]:
    """Ask as an analyst does, and read the rules."""
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


def rules_table() -> dict[str, Any]:
    """The rules as a table of CSV files."""
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
                    "Columns": [{"Name": name, "Type": "string"} for name in RULES],
                    "Location": {"Fn::Sub": "s3://${BucketName}/access-rules/"},
                    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde"},
                },
            },
        },
    }


def source() -> dict[str, Any]:
    """Athena, through the stack's workgroup."""
    return {
        "Type": "AWS::QuickSight::DataSource",
        "Properties": {
            **named("credlake", "Source"),
            "Type": "ATHENA",
            "DataSourceParameters": {
                "AthenaParameters": {
                    "WorkGroup": {"Ref": "WorkGroupName"},
                    "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                }
            },
            "Permissions": [{"Principal": {"Ref": "OwnerArn"}, "Actions": SOURCE_OWNER}],
        },
    }
