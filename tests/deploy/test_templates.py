"""What the templates grant is what the code calls. That they are valid is `make lint-templates`'s matter."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from collector.aws.iam import SESSION_ACTIONS
from collector.catalog.follow import SUPERSEDED, TAG_KEY
from collector.lake.layout import ZONES
from collector.scheduled.age import AGE
from collector.scheduled.reporting import DIMENSION, NAMESPACE, TOPIC
from collector.settings.model import DEFAULT_ROLE_NAME, SettingsSchema
from collector.settings.sources import PREFIX
from tests.deploy.templates import actions, listed, resources, role_statements, statements, template

_PACKAGE = Path(__file__).parents[2] / "collector"
_LAKE = "arn:${AWS::Partition}:s3:::${BucketName}${LakePrefix}"
# Calls whose permission has another name than the call.
_PERMISSIONS = {"s3:HeadObject": "s3:GetObject", "s3:HeadBucket": "s3:ListBucket", "s3:ListObjectsV2": "s3:ListBucket"}
# `drop view` on Athena removes the view's table in Glue.
_OF_ATHENA = {"glue:DeleteTable", "glue:GetDatabases"}
# The deployment makes the database.
_OF_THE_DEPLOYMENT = {"glue:CreateDatabase"}


def _named_in(pattern: str, *files: str) -> set[str]:
    """The operations that the modules name where they make calls."""
    return {found for file in files for found in re.findall(pattern, (_PACKAGE / file).read_text("utf-8"))}


def _collector(*services):
    return actions(role_statements("collector.yaml", "CollectorRole"), *services)


def test_the_member_role_allows_exactly_the_calls_that_a_session_makes():
    assert actions(role_statements("member-role.yaml", "ReaderRole")) == set(SESSION_ACTIONS)


def test_the_collectors_own_account_is_read_with_the_same_calls():
    assert _collector("iam") == set(SESSION_ACTIONS)


def test_of_organizations_the_collector_may_do_what_discovery_calls():
    assert _collector("organizations") == _named_in(r'"(organizations:\w+)"', "aws/organizations.py")


def test_of_glue_the_collector_may_do_what_it_calls_and_what_athena_calls_for_it():
    called = _named_in(r'"(glue:\w+)"', "aws/glue.py", "views/deploy.py")
    assert _collector("glue") == (called - _OF_THE_DEPLOYMENT) | _OF_ATHENA


def test_of_athena_the_collector_may_do_what_deploying_views_calls():
    doctor_and_athena = {"athena:GetDataCatalog", "athena:GetWorkGroup"}
    assert _collector("athena") - doctor_and_athena == _named_in(r'"(athena:\w+)"', "aws/athena.py")


def test_of_s3_the_collector_may_do_what_the_store_and_the_tags_call():
    calls = _named_in(r'translated\("(s3:\w+)"', "aws/s3.py", "catalog/follow.py")
    doctor_and_athena = {
        "s3:AbortMultipartUpload",
        "s3:GetBucketLocation",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketVersioning",
        "s3:GetBucketPolicy",
        "s3:GetEncryptionConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:ListBucketMultipartUploads",
        "s3:ListMultipartUploadParts",
    }
    # Sent with the object.
    calls |= {"s3:PutObjectRetention"}
    assert _collector("s3") - doctor_and_athena == {_PERMISSIONS.get(call, call) for call in calls}


def test_nothing_that_the_collector_may_do_deletes_an_object():
    assert {action for action in _collector("s3") if "Delete" in action} == set()


def _denied():
    return {one["Sid"]: one for one in role_statements("collector.yaml", "CollectorRole") if one["Effect"] == "Deny"}


def test_the_snapshot_tables_cannot_be_dropped_by_the_collector():
    denied = _denied()["NeverDropTheSnapshots"]
    assert denied["Action"] == "glue:DeleteTable"
    assert denied["Resource"]["Fn::Sub"].endswith("/snapshot_record*")


def test_what_was_collected_cannot_be_overwritten_by_the_collector():
    denied = _denied()["NeverOverwrite"]
    assert denied["Action"] == "s3:PutObject"
    assert denied["Resource"] == [{"Fn::Sub": f"{_LAKE}/raw/*"}, {"Fn::Sub": f"{_LAKE}/snapshots/*"}]
    # As S3's documentation has it; the second leaves the parts of a multipart upload alone, which carry no condition.
    assert denied["Condition"] == {
        "Null": {"s3:if-none-match": "true"},
        "Bool": {"s3:ObjectCreationOperation": "true"},
    }


def test_nobody_at_all_overwrites_what_was_collected():
    policy = template("collector.yaml")["Resources"]["BucketPolicy"]["Properties"]["PolicyDocument"]
    (found,) = (one for one in statements(policy) if one["Sid"] == "NeverOverwrite")
    denied = _denied()["NeverOverwrite"]
    assert found["Principal"] == "*"
    assert {key: found[key] for key in ("Effect", "Action", "Condition")} == {
        key: denied[key] for key in ("Effect", "Action", "Condition")
    }
    assert found["Resource"] == [{"Fn::Sub": f"${{Bucket.Arn}}/{zone}/*"} for zone in ("raw", "snapshots")]


def test_the_collector_publishes_on_a_condition_only():
    denied = _denied()["NeverPublishUnconditionally"]
    assert (denied["Action"], denied["Resource"]) == ("s3:PutObject", {"Fn::Sub": f"{_LAKE}/catalog/*"})
    # Both must be absent: each of the two conditions is enough.
    assert denied["Condition"] == {
        "Null": {"s3:if-match": "true", "s3:if-none-match": "true"},
        "Bool": {"s3:ObjectCreationOperation": "true"},
    }


def test_the_collector_sets_its_own_tag_and_no_other():
    (tagging,) = (
        one
        for one in role_statements("collector.yaml", "CollectorRole")
        if "s3:PutObjectTagging" in listed(one["Action"])
    )
    assert tagging["Condition"] == {"ForAllValues:StringEquals": {"s3:RequestObjectTagKeys": [TAG_KEY]}}


def test_the_collector_writes_every_zone_and_no_other():
    (writing,) = (
        one for one in role_statements("collector.yaml", "CollectorRole") if one.get("Sid") == "WriteAndReadTheZones"
    )
    assert {resource["Fn::Sub"] for resource in writing["Resource"]} == {f"{_LAKE}/{zone}/*" for zone in ZONES}


def test_the_analyst_cannot_read_the_reports_as_they_came():
    policy = resources("collector.yaml", "AWS::IAM::ManagedPolicy")["AnalystPolicy"]["Properties"]["PolicyDocument"]
    readable = {
        resource["Fn::Sub"]
        for statement in statements(policy)
        if {"s3:GetObject"} & set(listed(statement["Action"]))
        for resource in listed(statement["Resource"])
    }
    assert readable == {f"{_LAKE}/{folder}/*" for folder in ("snapshots", "catalog", "athena-results", "reports")}


def test_the_auditor_changes_nothing_beside_the_analysts_queries():
    policy = resources("collector.yaml", "AWS::IAM::ManagedPolicy")["AuditorPolicy"]["Properties"]["PolicyDocument"]
    assert actions(statements(policy)) == {
        "s3:GetBucketLocation",
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "s3:GetObject",
        "s3:GetObjectTagging",
        "s3:GetObjectVersion",
        "kms:Decrypt",
    }


@pytest.mark.parametrize("name", ["member-role.yaml", "collector.yaml"])
def test_no_role_is_granted_a_pattern_of_actions(name):
    policies = [
        policy["PolicyDocument"]
        for role in resources(name, "AWS::IAM::Role").values()
        for policy in role["Properties"].get("Policies", [])
    ]
    policies += [one["Properties"]["PolicyDocument"] for one in resources(name, "AWS::IAM::ManagedPolicy").values()]
    granted = [action for policy in policies for action in actions(statements(policy))]
    assert [action for action in granted if "*" in action] == []


def test_the_member_role_trusts_one_role_of_one_account_in_the_organization_with_the_external_id():
    role = template("member-role.yaml")["Resources"]["ReaderRole"]["Properties"]
    trust, chained = role["AssumeRolePolicyDocument"]["Statement"]
    assert (trust["Action"], chained["Action"]) == ("sts:AssumeRole", ["sts:TagSession", "sts:SetSourceIdentity"])
    assert chained["Principal"] == trust["Principal"]
    # Tags and a source identity are allowed under the same conditions.
    assert (
        chained["Condition"]["StringEquals"] | chained["Condition"]["StringEqualsIfExists"]
        == (trust["Condition"]["StringEquals"])
    )
    account = "arn:${AWS::Partition}:iam::${CollectorAccountId}"
    assert trust["Principal"] == {"AWS": {"Fn::Sub": f"{account}:root"}}
    assert trust["Condition"] == {
        "StringEquals": {
            "aws:PrincipalArn": {"Fn::Sub": f"{account}:role${{CollectorRolePath}}${{CollectorRoleName}}"},
            "aws:PrincipalOrgID": {"Ref": "OrganizationId"},
            "sts:ExternalId": {"Ref": "ExternalId"},
        }
    }


def test_both_templates_and_the_settings_call_the_roles_alike():
    member, collector = template("member-role.yaml")["Parameters"], template("collector.yaml")["Parameters"]
    assert member["RoleName"]["Default"] == collector["MemberRoleName"]["Default"] == DEFAULT_ROLE_NAME
    assert member["CollectorRoleName"]["Default"] == collector["CollectorRoleName"]["Default"]


def test_objects_expire_only_when_superseded_or_raw_or_results():
    bucket = template("collector.yaml")["Resources"]["Bucket"]["Properties"]
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert [(rule.get("Prefix"), rule.get("TagFilters")) for rule in rules] == [
        (None, [{"Key": TAG_KEY, "Value": SUPERSEDED}]),
        ("snapshots/", None),
        ("raw/", None),
        ("athena-results/", None),
    ]
    (markers,) = (rule for rule in rules if rule.get("Prefix") == "snapshots/")
    assert markers.keys() == {"Id", "Status", "Prefix", "ExpiredObjectDeleteMarker"}


def test_what_was_collected_outlives_the_stack():
    kept = {
        name
        for name, one in template("collector.yaml")["Resources"].items()
        if one.get("DeletionPolicy", "").startswith("Retain") and one.get("UpdateReplacePolicy") == "Retain"
    }
    assert kept == {"Bucket", "Key"}


def test_a_run_that_covers_too_little_is_not_published_by_default():
    assert template("collector.yaml")["Parameters"]["MinCoverage"]["Default"] == 0.8


def test_the_schedule_is_off_until_the_doctor_was_asked():
    assert template("collector.yaml")["Parameters"]["ScheduleState"]["Default"] == "DISABLED"


def test_the_functions_variables_are_settings_that_a_run_knows():
    variables = resources("collector.yaml", "AWS::Lambda::Function")["Function"]["Properties"]["Environment"][
        "Variables"
    ]
    settings = {name.removeprefix(PREFIX).lower() for name in variables if name.startswith(PREFIX)}
    assert settings <= set(SettingsSchema().fields)
    assert {name for name in variables if not name.startswith(PREFIX)} == {TOPIC}


@pytest.mark.parametrize(
    "name",
    [
        *("member-role.yaml", "collector.yaml", "container.yaml", "quicksight.yaml"),
        *("joins.yaml", "joins-management.yaml"),
    ],
)
def test_every_role_takes_the_boundary_and_the_path_that_an_organization_requires(name):
    parameters = template(name)["Parameters"]
    for role in resources(name, "AWS::IAM::Role").values():
        properties = role["Properties"]
        condition, boundary, otherwise = properties["PermissionsBoundary"]["Fn::If"]
        assert (condition, otherwise) == ("HasBoundary", {"Ref": "AWS::NoValue"})
        assert "PermissionsBoundary" in str(boundary)
        assert properties["Path"] == {"Ref": "RolePath"}
    for policy in resources(name, "AWS::IAM::ManagedPolicy").values():
        assert policy["Properties"]["Path"] == {"Ref": "RolePath"}
    assert parameters["RolePath"]["Default"] == "/"


def test_what_exists_is_neither_created_nor_changed():
    """A policy of a bucket or topic would replace the one that is there."""
    conditions = {
        "Bucket": "MakesBucket",
        "BucketPolicy": "MakesBucket",
        "Key": "MakesKey",
        "KeyAlias": "MakesKey",
        "Database": "MakesDatabase",
        "WorkGroup": "MakesWorkGroup",
        "LogGroup": "MakesLogGroup",
        "Topic": "MakesTopic",
        "TopicPolicy": "MakesTopic",
    }
    made = template("collector.yaml")["Resources"]
    assert {name: made[name].get("Condition") for name in conditions} == conditions


def test_a_function_in_a_vpc_may_make_its_interfaces_and_its_code_may_not():
    allowed, denied = (
        one for one in role_statements("collector.yaml", "CollectorRole") if "ec2:" in str(one["Action"])
    )
    assert (allowed["Effect"], denied["Effect"], denied["Action"]) == ("Allow", "Deny", "ec2:*")
    # Lambda sends the key with the calls of the function's code only.
    assert denied["Condition"] == {"Null": {"lambda:SourceFunctionArn": "false"}}


def test_whoever_uses_the_data_catalog_may_use_its_key():
    analyst = resources("collector.yaml", "AWS::IAM::ManagedPolicy")["AnalystPolicy"]["Properties"]["PolicyDocument"]
    for found in (role_statements("collector.yaml", "CollectorRole"), statements(analyst)):
        (statement,) = (one for one in found if one.get("Sid") == "TheCatalogsKey")
        assert statement["Resource"] == {"Ref": "CatalogKeyArn"}
        assert statement["Action"] == ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]


def test_an_alarm_about_lost_events_ends_by_itself():
    metric = resources("collector.yaml", "AWS::CloudWatch::Alarm")["UndeliveredAlarm"]["Properties"]["MetricName"]
    assert metric == "NumberOfMessagesSent"


def test_the_age_that_the_function_measures_is_what_the_alarm_for_rare_runs_goes_by():
    found = template("collector.yaml")["Resources"]
    alarm = found["AgeAlarm"]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"]) == (NAMESPACE, AGE)
    assert alarm["Dimensions"] == [{"Name": DIMENSION, "Value": {"Ref": "DatabaseName"}}]
    # The age is unknown where the function cannot tell it.
    assert alarm["TreatMissingData"] == "breaching"
    assert json.loads(found["AgeSchedule"]["Properties"]["Target"]["Input"]) == {"command": "age"}
    assert found["AgeAlarm"]["Condition"] == found["AgeSchedule"]["Condition"] == "WatchesAge"
