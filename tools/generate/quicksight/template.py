"""The template: data source, data sets with row-level security, their daily refresh, and a dashboard."""

from __future__ import annotations

import json
import textwrap

from tools.generate.quicksight.access import DASHBOARD_OWNER, READER, TAGS, logical_name, role, rules_table, source
from tools.generate.quicksight.sets import data_set, refresh, rules, shown_sets
from tools.generate.quicksight.sheet import definition

# No line is longer, apart from long texts and SQL.
_WIDTH = 116
_HEAD = """\
# Generated from the views by `make generate`. Do not edit.
AWSTemplateFormatVersion: "2010-09-09"
"""
_DESCRIPTION = (
    "credlake: QuickSight (Enterprise edition) on the lake. A data source, data sets in SPICE with row-level security "
    "from one table of rules, refreshed daily, and a dashboard. First deploy collector.yaml and complete a run."
)


def quicksight_template() -> str:
    """The text of `deploy/quicksight.yaml`."""
    shown = shown_sets()
    resources: dict[str, object] = {"Role": role(), "RulesTable": rules_table(), "Source": source(), "Rules": rules()}
    for one in shown:
        resources[logical_name(one.view)] = data_set(one)
        resources[f"{logical_name(one.view)}Refresh"] = refresh(logical_name(one.view))
    resources["RulesRefresh"] = refresh("Rules")
    resources["Dashboard"] = _dashboard([one.view for one in shown])
    outputs = {
        "DashboardArn": {"Description": "The dashboard.", "Value": {"Fn::GetAtt": ["Dashboard", "Arn"]}},
        "RulesLocation": {
            "Description": "Upload the rules here as CSV files (docs/bi.md): UserARN,GroupARN,account_id,ou_id.",
            "Value": {"Fn::Sub": "s3://${BucketName}/access-rules/"},
        },
    }
    conditions = {"HasBoundary": {"Fn::Not": [{"Fn::Equals": [{"Ref": "PermissionsBoundaryArn"}, ""]}]}}
    whole = {"Description": _DESCRIPTION, "Parameters": _PARAMETERS, "Conditions": conditions}
    return _HEAD + yaml_text({**whole, "Resources": resources, "Outputs": outputs})


_PARAMETERS: dict[str, object] = {
    "OwnerArn": {
        "Type": "String",
        "Description": "The QuickSight user or group that owns all objects and sees all rows.",
    },
    "ReaderArn": {
        "Type": "String",
        "Description": "The QuickSight user or group that sees the dashboard, with the rows that the rules allow.",
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
    "PermissionsBoundaryArn": {
        "Type": "String",
        "Description": "The role's permissions boundary. Empty: none.",
        "Default": "",
    },
    "RolePath": {"Type": "String", "Description": "The role's path.", "Default": "/"},
}


def _dashboard(views: list[str]) -> dict[str, object]:
    declared: list[dict[str, object]] = [
        {"Identifier": view, "DataSetArn": {"Fn::GetAtt": [logical_name(view), "Arn"]}} for view in views
    ]
    return {
        "Type": "AWS::QuickSight::Dashboard",
        "Properties": {
            "AwsAccountId": {"Ref": "AWS::AccountId"},
            "DashboardId": {"Fn::Sub": "credlake-${DatabaseName}"},
            "Name": "credlake",
            "Tags": TAGS,
            "Permissions": [
                {"Principal": {"Ref": "OwnerArn"}, "Actions": DASHBOARD_OWNER},
                {"Principal": {"Ref": "ReaderArn"}, "Actions": READER},
            ],
            "Definition": definition(declared),
        },
    }


def yaml_text(value: dict[str, object] | list[object], indent: int = 0) -> str:
    """A mapping or a list as YAML, each line indented by that many spaces: the little YAML that a template needs.

    Short values stand on one line, as JSON, which is YAML too; so do lists of texts, on as few as they need. SQL keeps
    its lines.
    """
    blanks = " " * indent
    if isinstance(value, dict):
        return "".join(f"{blanks}{_key(key)}:{_after(item, indent + 2)}" for key, item in value.items())
    return "".join(f"{blanks}-{_after(item, indent + 2)}" for item in value)


def _key(key: str) -> str:
    return json.dumps(key) if ": " in key else key


def _after(value: object, indent: int) -> str:
    """The text after a key or a dash."""
    if isinstance(value, str) and "\n" in value:
        lines = value.splitlines()
        return " |-\n" + "".join(f"{' ' * indent}{line}\n" for line in lines)
    flow = json.dumps(value, ensure_ascii=False)
    if "\\n" not in flow and indent + len(flow) <= _WIDTH:
        return f" {flow}\n"
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        lines = textwrap.wrap(flow, _WIDTH - indent, break_long_words=False, break_on_hyphens=False)
        return "\n" + "".join(f"{' ' * indent}{line}\n" for line in lines)
    if isinstance(value, (dict, list)):
        return "\n" + yaml_text(value, indent)
    return f" {flow}\n"
