"""How QuickSight reaches the lake, and who may use its objects: role, rules table, data source, names, permissions."""

from __future__ import annotations

# The actions of owners and readers, as QuickSight itself grants them: it accepts no other sets.
DATA_SET_OWNER = [
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
SOURCE_OWNER = [
    "quicksight:DescribeDataSource",
    "quicksight:DescribeDataSourcePermissions",
    "quicksight:PassDataSource",
    "quicksight:UpdateDataSource",
    "quicksight:DeleteDataSource",
    "quicksight:UpdateDataSourcePermissions",
]
READER = ["quicksight:DescribeDashboard", "quicksight:ListDashboardVersions", "quicksight:QueryDashboard"]
DASHBOARD_OWNER = [
    *READER,
    "quicksight:DescribeDashboardPermissions",
    "quicksight:UpdateDashboardPermissions",
    "quicksight:UpdateDashboardPublishedVersion",
    "quicksight:UpdateDashboard",
    "quicksight:DeleteDashboard",
]

# As on every resource of the other templates.
TAGS = [{"Key": "application", "Value": "credlake"}]

# The columns of the rules: as Athena names them, and as QuickSight requires them.
RULES = {"userarn": "UserARN", "grouparn": "GroupARN", "account_id": "account_id", "ou_id": "ou_id"}


def role() -> dict[str, object]:
    """The role by which QuickSight queries the views and reads the rules."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "quicksight.amazonaws.com"},
        # Without a condition on the source account, as in AWS's own samples: it is not documented that QuickSight sends
        # it. Using the role in a data source requires iam:PassRole in this account.
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
            "Path": {"Ref": "RolePath"},
            "PermissionsBoundary": {
                "Fn::If": ["HasBoundary", {"Ref": "PermissionsBoundaryArn"}, {"Ref": "AWS::NoValue"}]
            },
            "Description": "QuickSight queries credlake's views, with an analyst's permissions, and reads the rules.",
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "ManagedPolicyArns": [{"Ref": "AnalystPolicyArn"}],
            "Policies": [
                {"PolicyName": "rules", "PolicyDocument": {"Version": "2012-10-17", "Statement": [read_rules]}}
            ],
            "Tags": TAGS,
        },
    }


def rules_table() -> dict[str, object]:
    """The rules: a Glue table over CSV files."""
    return {
        "Type": "AWS::Glue::Table",
        "Properties": {
            "CatalogId": {"Ref": "AWS::AccountId"},
            "DatabaseName": {"Ref": "DatabaseName"},
            "TableInput": {
                "Name": "access_rules",
                "Description": "Who sees which rows in QuickSight (docs/bi.md).",
                "TableType": "EXTERNAL_TABLE",
                # The header is read: the query of the rules checks it.
                "Parameters": {"EXTERNAL": "TRUE", "classification": "csv"},
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


def source() -> dict[str, object]:
    """The data source: Athena, through the stack's workgroup."""
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


def named(name: str, logical: str) -> dict[str, object]:
    """Account, id, display name and tags of a data source or data set."""
    kind = "DataSourceId" if logical == "Source" else "DataSetId"
    return {"AwsAccountId": {"Ref": "AWS::AccountId"}, kind: identifier(logical), "Name": name, "Tags": TAGS}


def identifier(logical: str) -> dict[str, str]:
    """The QuickSight id of the resource with that logical name."""
    return {"Fn::Sub": f"credlake-${{DatabaseName}}-{logical.lower()}"}


def logical_name(view: str) -> str:
    """The logical name of a view's data set: `root_posture` → `RootPosture`."""
    return view.title().replace("_", "")
