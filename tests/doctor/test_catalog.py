"""Glue, Lake Formation, Athena and the views: one literal answer each; grants also over the wire."""

from __future__ import annotations

import pytest

from collector.aws.describe import lake_formation_grants
from collector.catalog.tables import GLUE_SNAPSHOT_RECORD, table_input
from collector.doctor.catalog import (
    check_database,
    check_reader_grants,
    check_run_grants,
    check_table,
    check_views,
    check_workgroup,
    is_governed,
)
from collector.views.deploy import DeploymentPlan, Step

LOCATION = "s3://bucket/snapshots/"
SESSION = "arn:aws:sts::000000000001:assumed-role/credlake-collector/20261125"
ROLE = "arn:aws:iam::000000000001:role/credlake-collector"
EVERYONE = "IAM_ALLOWED_PRINCIPALS"


def test_a_database_that_does_not_exist_fails():
    assert check_database("d", None).status == "FAIL"
    assert check_database("d", {"Name": "d"}).status == "OK"


def test_a_table_that_lacks_a_column_fails():
    synced = table_input(GLUE_SNAPSHOT_RECORD, LOCATION)
    assert check_table(GLUE_SNAPSHOT_RECORD, LOCATION, synced).status == "OK"
    descriptor = {**synced["StorageDescriptor"], "Columns": synced["StorageDescriptor"]["Columns"][1:]}
    finding = check_table(GLUE_SNAPSHOT_RECORD, LOCATION, {**synced, "StorageDescriptor": descriptor})
    assert (finding.status, finding.remediation) == ("FAIL", "The next run updates it: credlake collect.")


def test_every_wrong_setting_of_a_workgroup_is_reported():
    configuration = {"EngineVersion": {"EffectiveEngineVersion": "Athena engine version 2"}}
    findings = list(check_workgroup("w", {"State": "DISABLED", "Configuration": configuration}))
    assert [(one.check, one.subject, one.status) for one in findings] == [("athena workgroup", "w", "FAIL")] * 6
    assert [(one.message, one.remediation) for one in findings] == [
        ("is DISABLED", "aws athena update-work-group --work-group w --state ENABLED"),
        (
            "uses Athena engine version 2, but the views are written for Athena engine version 3",
            "Select Athena engine version 3 in the workgroup.",
        ),
        (
            "has no location for query results",
            "Set an output location (deploy/collector.yaml: s3://BUCKET/athena-results/).",
        ),
        ("does not encrypt query results", "Set the encryption of its query results (SSE_S3 or SSE_KMS)."),
        (
            "lets clients write query results elsewhere and unencrypted",
            "Enable `Override client-side settings` (EnforceWorkGroupConfiguration).",
        ),
        (
            "does not limit how much a query may scan",
            "Set a limit (BytesScannedCutoffPerQuery), e.g. 100 GB.",
        ),
    ]


def test_a_workgroup_whose_results_athena_manages_needs_no_location_for_them():
    configuration = {
        "EnforceWorkGroupConfiguration": True,
        "BytesScannedCutoffPerQuery": 10**11,
        "ManagedQueryResultsConfiguration": {"Enabled": True},
    }
    assert [one.status for one in check_workgroup("w", {"State": "ENABLED", "Configuration": configuration})] == ["OK"]


def test_a_workgroup_needs_no_location_where_the_settings_name_one():
    workgroup = {"State": "ENABLED", "Configuration": {}}
    reported = [[one.message for one in check_workgroup("w", workgroup, has_location=has)] for has in (False, True)]
    assert [any("no location" in message for message in messages) for messages in reported] == [True, False]


def _plan(*actions):
    return DeploymentPlan(tuple(Step(action, f"view_{n}", "new", "") for n, action in enumerate(actions)))


def test_only_the_first_five_views_that_differ_are_named():
    finding = check_views("d", _plan(*["create"] * 7), deployed_by_run=False)
    assert finding.message.startswith("7 of them are not those of this version: view_0 (new), ")
    assert finding.message.endswith(" and 2 more")


def test_views_that_the_first_run_deploys_are_ok_before_it():
    assert check_views("d", _plan("create", "create"), deployed_by_run=True).status == "OK"
    assert check_views("d", _plan("create", "keep"), deployed_by_run=True).status == "FAIL"
    assert check_views("d", _plan("keep"), deployed_by_run=False).status == "OK"


def _grant(principal, *permissions):
    return {"Principal": {"DataLakePrincipalIdentifier": principal}, "Permissions": list(permissions)}


def test_a_database_is_governed_unless_new_tables_are_granted_to_everyone():
    assert is_governed({"CreateTableDefaultPermissions": []})
    assert not is_governed({"CreateTableDefaultPermissions": [_grant(EVERYONE, "ALL")]})
    assert not is_governed({})


@pytest.mark.parametrize(
    ("grants", "status"),
    [
        ([], "FAIL"),
        ([_grant(ROLE, "CREATE_TABLE", "DESCRIBE")], "OK"),
        ([_grant(ROLE, "CREATE_TABLE"), _grant(ROLE, "DESCRIBE")], "OK"),
        ([_grant("arn:aws:iam::000000000001:role/teams/credlake-collector", "ALL")], "OK"),
        ([_grant(EVERYONE, "ALL")], "OK"),
        ([_grant(ROLE, "DESCRIBE")], "FAIL"),
        ([_grant("arn:aws:iam::000000000001:role/another", "ALL")], "FAIL"),
        ([_grant("arn:aws:iam::000000000002:role/credlake-collector", "ALL")], "FAIL"),
    ],
)
def test_a_run_can_create_its_tables_only_if_its_role_is_granted_that(grants, status):
    assert check_run_grants("d", SESSION, grants).status == status


def test_the_remediation_is_the_missing_grant():
    assert check_run_grants("d", SESSION, []).remediation == (
        f"aws lakeformation grant-permissions --principal DataLakePrincipalIdentifier={ROLE} "
        '--permissions CREATE_TABLE DESCRIBE --resource \'{"Database":{"Name":"d"}}\''
    )


READER = "arn:aws:iam::000000000001:role/analyst"


@pytest.mark.parametrize(
    ("grants", "status"),
    [
        ([], "FAIL"),
        ([_grant(READER, "DESCRIBE")], "FAIL"),
        ([_grant(READER, "SELECT")], "OK"),
        ([_grant(EVERYONE, "ALL")], "OK"),
        # The creator of the table.
        ([_grant(ROLE, "ALL", "SELECT")], "FAIL"),
    ],
)
def test_a_table_that_only_its_creator_may_read_fails(grants, status):
    assert check_reader_grants("d", "snapshot_record", SESSION, grants).status == status


def test_grants_are_read_over_the_wire(aws):
    resource = {"Database": {"Name": "governed"}}
    aws.client("lakeformation").grant_permissions(
        Principal={"DataLakePrincipalIdentifier": ROLE}, Resource=resource, Permissions=["CREATE_TABLE", "DESCRIBE"]
    )
    assert check_run_grants("governed", SESSION, lake_formation_grants(resource)).status == "OK"
    assert lake_formation_grants({"Database": {"Name": "another"}}) == []
