"""The requests that CloudFormation makes for deploy/quicksight.yaml are valid for the API, and moto accepts them."""

from __future__ import annotations

from copy import deepcopy

import boto3
import pytest
from moto import mock_aws
from moto.quicksight.models import quicksight_backends

from tests.deploy.api_faults import faults
from tests.deploy.quicksight_stack import ACCOUNT, REGION, Stack, requests, within

REQUESTS = requests()


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_is_valid_for_the_api(name):
    assert faults(*REQUESTS[name]) == []


def _without(request, *path):
    *way, last = path
    for step in way:
        request = request[step]
    del request[last]


def _with(request, value, *path):
    *way, last = path
    for step in way:
        request = request[step]
    request[last] = value


_SQL = ("PhysicalTableMap", "physical", "CustomSql")
_VISUAL = ("Definition", "Sheets", 0, "Visuals", 0)


@pytest.mark.parametrize(
    ("name", "spoil", "expected"),
    [
        ("Findings", lambda one: _without(one, "ImportMode"), "ImportMode"),
        ("Findings", lambda one: _with(one, {}, "IngestionWaitPolicy"), "IngestionWaitPolicy"),
        ("Findings", lambda one: _with(one, "TEXT", *_SQL, "Columns", 0, "Type"), "TEXT is none of"),
        ("Findings", lambda one: _with(one, "x" * 65, "LogicalTableMap", "logical", "Alias"), "65 is more than 64"),
        ("Findings", lambda one: _with(one, {}, "PhysicalTableMap", "physical", "S3Source"), "physical.S3Source"),
        ("Findings", lambda one: _with(one, {}, "PhysicalTableMap", "physical"), "not none"),
        ("Findings", lambda one: _with(one, [], "Permissions"), "Permissions"),
        ("FindingsRefresh", lambda one: _with(one, "UTC", "Schedule", "ScheduleFrequency", "TimeZone"), "TimeZone"),
        ("Dashboard", lambda one: _with(one, "cred lake", "DashboardId"), "cred lake does not match"),
        ("Dashboard", lambda one: _with(one, {"VisualId": "a"}, *_VISUAL, "EmptyVisual"), "not KPIVisual, EmptyVisual"),
    ],
)
def test_what_the_api_would_reject_is_found(name, spoil, expected):
    service, operation, request = deepcopy(REQUESTS[name])
    spoil(request)
    (found,) = faults(service, operation, request)
    assert expected in found


@pytest.fixture(name="deployed")
def _deployed(monkeypatch):
    """The stack on moto, in the template's order. moto has no refresh schedules, and of a data set only id and name."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("MOTO_ACCOUNT_ID", ACCOUNT)
    with mock_aws():
        clients = {service: boto3.client(service, region_name=REGION) for service in ("glue", "quicksight")}
        clients["glue"].create_database(DatabaseInput={"Name": "credlake"})
        requested = {}

        def create(name, service, operation, request):
            requested[name] = request
            if operation == "CreateRefreshSchedule":
                return name
            method = {
                "CreateTable": "create_table",
                "CreateDataSource": "create_data_source",
                "CreateDataSet": "create_data_set",
                "CreateDashboard": "create_dashboard",
            }[operation]
            return getattr(clients[service], method)(**request).get("Arn", name)

        stack = Stack()
        stack.deploy(create)
        yield stack.arns, requested, clients["quicksight"]


def test_each_resource_is_made_from_what_was_made_before_it(deployed):
    arns, requested, quicksight = deployed
    backend = quicksight_backends[ACCOUNT][REGION]
    source = quicksight.describe_data_source(AwsAccountId=ACCOUNT, DataSourceId="credlake-credlake-source")[
        "DataSource"
    ]
    assert (source["Arn"], source["Type"]) == (arns["Source"], "ATHENA")
    assert source["DataSourceParameters"] == {
        "AthenaParameters": {"WorkGroup": "credlake", "RoleArn": arns["Role"]},
    }

    sets = {one.arn: one.name for one in backend.data_sets.values()}
    assert sets[arns["Rules"]] == "credlake: access rules"
    assert set(within(requested, "DataSourceArn")) == {source["Arn"]}
    assert {rules["Arn"] for rules in within(requested, "RowLevelPermissionDataSet")} == {arns["Rules"]}

    dashboard = quicksight.describe_dashboard(AwsAccountId=ACCOUNT, DashboardId="credlake-credlake")["Dashboard"]
    assert dashboard["Version"]["Status"] == "CREATION_SUCCESSFUL"
    declared = backend.dashboards["credlake-credlake"].definition["DataSetIdentifierDeclarations"]
    assert {sets[one["DataSetArn"]]: one["Identifier"] for one in declared} == {
        name: name.removeprefix("credlake: ").replace(" ", "_") for arn, name in sets.items() if arn != arns["Rules"]
    }
