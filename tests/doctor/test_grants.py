"""Lake Formation: who may make tables and who may read them, from its own answers and from moto's."""

from __future__ import annotations

import pytest

from collector.aws.describe import lake_formation_grants
from collector.doctor.grants_judgement import is_ruled, judge_reader_grants, judge_run_grants

SESSION = "arn:aws:sts::000000000001:assumed-role/credlake-collector/20261125"
ROLE = "arn:aws:iam::000000000001:role/credlake-collector"
EVERYBODY = "IAM_ALLOWED_PRINCIPALS"


def _grant(principal, *permissions):
    return {"Principal": {"DataLakePrincipalIdentifier": principal}, "Permissions": list(permissions)}


def test_a_database_is_ruled_where_new_tables_are_not_everybodys():
    assert is_ruled({"CreateTableDefaultPermissions": []})
    assert not is_ruled({"CreateTableDefaultPermissions": [_grant(EVERYBODY, "ALL")]})
    assert not is_ruled({})


@pytest.mark.parametrize(
    ("grants", "verdict"),
    [
        ([], "fault"),
        ([_grant(ROLE, "CREATE_TABLE", "DESCRIBE")], "fine"),
        ([_grant(ROLE, "CREATE_TABLE"), _grant(ROLE, "DESCRIBE")], "fine"),
        ([_grant("arn:aws:iam::000000000001:role/teams/credlake-collector", "ALL")], "fine"),
        ([_grant(EVERYBODY, "ALL")], "fine"),
        ([_grant(ROLE, "DESCRIBE")], "fault"),
        ([_grant("arn:aws:iam::000000000001:role/another", "ALL")], "fault"),
        ([_grant("arn:aws:iam::000000000002:role/credlake-collector", "ALL")], "fault"),
    ],
)
def test_a_run_makes_its_tables_only_where_its_role_is_granted_to(grants, verdict):
    assert judge_run_grants("d", SESSION, grants).verdict == verdict


def test_the_mend_is_the_grant_that_is_missing():
    assert judge_run_grants("d", SESSION, []).mend == (
        f"aws lakeformation grant-permissions --principal DataLakePrincipalIdentifier={ROLE} "
        '--permissions CREATE_TABLE DESCRIBE --resource \'{"Database":{"Name":"d"}}\''
    )


READER = "arn:aws:iam::000000000001:role/analyst"


@pytest.mark.parametrize(
    ("grants", "verdict"),
    [
        ([], "fault"),
        ([_grant(READER, "DESCRIBE")], "fault"),
        ([_grant(READER, "SELECT")], "fine"),
        ([_grant(EVERYBODY, "ALL")], "fine"),
        # Who made the table.
        ([_grant(ROLE, "ALL", "SELECT")], "fault"),
    ],
)
def test_a_table_that_nobody_but_its_maker_may_read_is_a_fault(grants, verdict):
    assert judge_reader_grants("d", "snapshot_record", SESSION, grants).verdict == verdict


def test_grants_are_read_over_the_wire(aws):
    resource = {"Database": {"Name": "ruled"}}
    aws.client("lakeformation").grant_permissions(
        Principal={"DataLakePrincipalIdentifier": ROLE}, Resource=resource, Permissions=["CREATE_TABLE", "DESCRIBE"]
    )
    assert judge_run_grants("ruled", SESSION, lake_formation_grants(resource)).verdict == "fine"
    assert lake_formation_grants({"Database": {"Name": "another"}}) == []
