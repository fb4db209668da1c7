"""Organizations over HTTP, called by boto3 (facts F4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import boto3
import pytest

from collector.simulator import (
    AccountSpec,
    AccountState,
    CallerSpec,
    ListingSpec,
    OrganizationSpec,
    OuSpec,
    ou_id,
)
from collector.simulator.organizations_api import RATE_LIMITS, TokenBucket
from tests.fixtures.manual_clock import ManualClock

MANAGEMENT = "000000000001"
TOOLING = "000000000002"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
JOINED = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def account(number, **parts):
    return AccountSpec(f"{number:012d}", f"account-{number}", **parts)


def organization(*accounts, **parts):
    return OrganizationSpec(
        (AccountSpec(MANAGEMENT, "management"), AccountSpec(TOOLING, "tooling", ou=("Security",)), *accounts),
        MANAGEMENT,
        **parts,
    )


def listed(client, operation, key, **parameters):
    return [item for page in client.get_paginator(operation).paginate(**parameters) for item in page[key]]


def test_a_client_pointed_here_by_environment_alone_finds_the_organization(serve, monkeypatch):
    connection = serve(organization=organization())
    for name, value in connection.server.environment().items():
        monkeypatch.setenv(name, value)
    session = boto3.Session()

    assert session.client("sts").get_caller_identity()["Account"] == MANAGEMENT
    assert len(session.client("organizations").list_accounts()["Accounts"]) == 2
    assert session.client("iam").generate_credential_report()["State"] == "STARTED"


def test_accounts_are_listed_in_pages_of_at_most_twenty(serve):
    client = serve(organization=organization(*(account(n) for n in range(3, 46)))).client("organizations")

    sizes = [len(page["Accounts"]) for page in client.get_paginator("list_accounts").paginate()]

    assert sizes == [20, 20, 5]
    assert len({item["Id"] for item in listed(client, "list_accounts", "Accounts")}) == 45


def test_a_smaller_page_can_be_requested(serve):
    client = serve(organization=organization(account(3))).client("organizations")
    page = client.list_accounts(MaxResults=2)

    assert [item["Id"] for item in page["Accounts"]] == [MANAGEMENT, TOOLING]
    assert [item["Id"] for item in client.list_accounts(NextToken=page["NextToken"])["Accounts"]] == ["000000000003"]


@pytest.mark.parametrize("size", [0, 21])
def test_a_page_of_zero_or_of_more_than_twenty_is_refused(serve, refused, size):
    client = serve(organization=organization()).client("organizations")

    assert refused(client.list_accounts, MaxResults=size) == ("InvalidInputException", 400, "InvalidInputException")


def test_an_invalid_token_is_refused(serve, refused):
    client = serve(organization=organization()).client("organizations")

    assert refused(client.list_accounts, NextToken="made up")[0] == "InvalidInputException"


def test_empty_pages_have_a_token_and_the_paginator_follows_it(serve):
    listing = ListingSpec(empty_pages=2)
    accounts = [account(n) for n in range(3, 24)]
    client = serve(organization=organization(*accounts, listing=listing)).client("organizations")

    pages = list(client.get_paginator("list_accounts").paginate())

    assert [len(page["Accounts"]) for page in pages] == [0, 0, 20, 0, 0, 3]
    assert "NextToken" in pages[0]
    assert "NextToken" not in pages[-1]


def test_an_account_is_listed_with_all_its_members(serve):
    member = account(3, ou=("Workloads", "Prod"), joined_at=JOINED, email="aws-three@example.com")
    client = serve(organization=organization(member)).client("organizations")
    workloads, prod = (ou_id("r-a1b2", path) for path in (("Workloads",), ("Workloads", "Prod")))

    assert listed(client, "list_accounts", "Accounts")[2] == {
        "Id": "000000000003",
        "Arn": "arn:aws:organizations::000000000001:account/o-aa111bb222/000000000003",
        "Email": "aws-three@example.com",
        "Name": "account-3",
        "State": "ACTIVE",
        "Paths": [f"o-aa111bb222/r-a1b2/{workloads}/{prod}/000000000003/"],
        "JoinedMethod": "CREATED",
        "JoinedTimestamp": JOINED,
    }


def test_an_account_directly_under_the_root_has_the_shortest_path(serve):
    client = serve(organization=organization()).client("organizations")

    assert client.list_accounts()["Accounts"][0]["Paths"] == ["o-aa111bb222/r-a1b2/000000000001/"]


@pytest.mark.parametrize(
    ("listing", "members"),
    [
        (ListingSpec(), {"State", "Paths"}),
        (ListingSpec(has_state=False, has_status=True, has_paths=False), {"Status"}),
        (ListingSpec(has_status=True), {"State", "Status", "Paths"}),
        (ListingSpec(has_state=False, has_paths=False), set()),
    ],
)
def test_members_that_aws_added_or_retired_can_be_switched(serve, listing, members):
    client = serve(organization=organization(listing=listing)).client("organizations")

    assert client.list_accounts()["Accounts"][0].keys() & {"State", "Status", "Paths"} == members


def test_every_state_is_listed_and_the_retired_status_calls_closed_accounts_suspended(serve):
    states = list(AccountState)
    accounts = [account(10 + n, state=state) for n, state in enumerate(states)]
    client = serve(organization=organization(*accounts, listing=ListingSpec(has_status=True))).client("organizations")

    found = {item["State"]: item["Status"] for item in client.list_accounts()["Accounts"]}

    assert found == {
        "ACTIVE": "ACTIVE",
        "SUSPENDED": "SUSPENDED",
        "CLOSED": "SUSPENDED",
        "PENDING_CLOSURE": "PENDING_CLOSURE",
        "PENDING_ACTIVATION": "ACTIVE",
    }


def test_the_tree_can_be_walked_down(serve):
    client = serve(
        organization=organization(
            account(3, ou=("Workloads", "Prod")), account(4, ou=("Workloads",)), ous=(OuSpec(("Empty",)),)
        )
    ).client("organizations")
    (root,) = listed(client, "list_roots", "Roots")
    units = {
        unit["Name"]: unit
        for unit in listed(client, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=root["Id"])
    }
    workloads = units["Workloads"]["Id"]
    (prod,) = listed(client, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=workloads)

    assert (root["Id"], root["Name"]) == ("r-a1b2", "Root")
    assert units.keys() == {"Empty", "Security", "Workloads"}
    assert [item["Id"] for item in client.list_accounts_for_parent(ParentId=workloads)["Accounts"]] == ["000000000004"]
    assert [item["Id"] for item in client.list_accounts_for_parent(ParentId=prod["Id"])["Accounts"]] == ["000000000003"]
    assert client.list_accounts_for_parent(ParentId=units["Empty"]["Id"])["Accounts"] == []
    described = client.describe_organizational_unit(OrganizationalUnitId=prod["Id"])["OrganizationalUnit"]
    assert (described["Name"], described["Path"]) == ("Prod", f"o-aa111bb222/r-a1b2/{workloads}/{prod['Id']}/")


def test_the_organization_names_its_management_account(serve):
    client = serve(organization=organization()).client("organizations")
    described = client.describe_organization()["Organization"]

    assert (described["Id"], described["MasterAccountId"], described["FeatureSet"]) == (
        "o-aa111bb222",
        MANAGEMENT,
        "ALL",
    )
    assert described["MasterAccountArn"] == "arn:aws:organizations::000000000001:account/o-aa111bb222/000000000001"


def test_tags_of_accounts_ous_and_the_root_are_listed(serve):
    spec = organization(
        account(3, tags={"stage": "prod", "team": "payments"}), ous=(OuSpec(("Workloads",), {"owner": "platform"}),)
    )
    client = serve(organization=spec).client("organizations")
    (unit,) = [
        item["Id"]
        for item in client.list_organizational_units_for_parent(ParentId="r-a1b2")["OrganizationalUnits"]
        if item["Name"] == "Workloads"
    ]

    assert client.list_tags_for_resource(ResourceId="000000000003")["Tags"] == [
        {"Key": "stage", "Value": "prod"},
        {"Key": "team", "Value": "payments"},
    ]
    assert client.list_tags_for_resource(ResourceId=unit)["Tags"] == [{"Key": "owner", "Value": "platform"}]
    assert client.list_tags_for_resource(ResourceId="r-a1b2")["Tags"] == []


@pytest.mark.parametrize(
    ("operation", "parameters", "code"),
    [
        ("list_accounts_for_parent", {"ParentId": "r-zzzz"}, "ParentNotFoundException"),
        ("list_accounts_for_parent", {"ParentId": "ou-a1b2-00000000"}, "ParentNotFoundException"),
        ("list_accounts_for_parent", {"ParentId": "12"}, "InvalidInputException"),
        (
            "describe_organizational_unit",
            {"OrganizationalUnitId": "ou-a1b2-00000000"},
            "OrganizationalUnitNotFoundException",
        ),
        ("list_tags_for_resource", {"ResourceId": "999999999999"}, "TargetNotFoundException"),
    ],
)
def test_each_missing_resource_has_its_own_error(serve, refused, operation, parameters, code):
    client = serve(organization=organization()).client("organizations")

    assert refused(getattr(client, operation), **parameters) == (code, 400, code)


def test_a_delegated_administrator_may_list_accounts_too(serve):
    spec = organization(delegated_administrators=(TOOLING,), caller=CallerSpec(TOOLING))
    client = serve(organization=spec).client("organizations")

    assert len(client.list_accounts()["Accounts"]) == 2


def test_a_plain_member_may_only_describe_the_organization(serve, refused):
    client = serve(organization=organization(caller=CallerSpec(TOOLING))).client("organizations")
    denied = ("AccessDeniedException", 400, "AccessDeniedException")

    assert refused(client.list_accounts) == denied
    assert refused(client.list_roots) == denied
    assert client.describe_organization()["Organization"]["Id"] == "o-aa111bb222"


@pytest.mark.parametrize("spec", [{"in_use": False}, {"caller": CallerSpec("999999999999")}])
def test_outside_of_an_organization_there_is_none(serve, refused, spec):
    client = serve(organization=organization(**spec)).client("organizations")
    code = "AWSOrganizationsNotInUseException"

    assert refused(client.list_accounts) == (code, 400, code)
    assert refused(client.describe_organization) == (code, 400, code)


def test_a_missing_permission_is_named_in_the_error(serve):
    caller = CallerSpec(MANAGEMENT, denied_actions=frozenset({"organizations:ListAccounts"}))
    client = serve(organization=organization(caller=caller)).client("organizations")

    with pytest.raises(client.exceptions.AccessDeniedException, match="organizations:ListAccounts"):
        client.list_accounts()
    assert client.list_roots()["Roots"]


def test_calls_beyond_the_rate_are_refused_until_time_has_passed(serve, refused):
    clock = ManualClock(NOON)
    client = serve(organization=organization(), clock=clock, enforce_rate_limits=True).client("organizations")
    for _ in range(12):
        client.list_accounts()

    assert refused(client.list_accounts) == ("TooManyRequestsException", 400, "TooManyRequestsException")
    # Each operation has a bucket of its own, refilled over time.
    assert client.list_roots()["Roots"]
    clock.advance(timedelta(seconds=0.125))
    client.list_accounts()
    assert refused(client.list_accounts)[0] == "TooManyRequestsException"


def test_an_unknown_operation_is_refused_with_the_code_of_the_protocol(serve, refused):
    client = serve(organization=organization()).client("organizations")

    assert refused(client.list_policies, Filter="SERVICE_CONTROL_POLICY") == (
        "UnknownOperationException",
        400,
        "ClientError",
    )


def test_an_inconsistent_organization_is_refused(serve):
    with pytest.raises(ValueError, match="twice"):
        serve(organization=organization(account(3), account(3)))
    with pytest.raises(ValueError, match="999999999999"):
        serve(organization=organization(delegated_administrators=("999999999999",)))
    with pytest.raises(ValueError, match="12 digits"):
        AccountSpec("17", "short")


def test_a_burst_passes_at_once_and_then_so_many_a_second():
    bucket = TokenBucket(8, 12)

    assert [bucket.take(NOON) for _ in range(13)] == [True] * 12 + [False]
    half_a_second_later = NOON + timedelta(seconds=0.5)
    assert [bucket.take(half_a_second_later) for _ in range(5)] == [True] * 4 + [False]


def test_a_bucket_never_holds_more_than_the_burst():
    bucket = TokenBucket(8, 12)
    bucket.take(NOON)

    assert [bucket.take(NOON + timedelta(hours=1)) for _ in range(13)] == [True] * 12 + [False]


@pytest.mark.parametrize(
    ("operation", "per_second", "burst"),
    [
        ("ListAccounts", 8, 12),
        ("ListAccountsForParent", 5, 8),
        ("ListTagsForResource", 10, 15),
        ("ListRoots", 1, 2),
        ("DescribeOrganizationalUnit", 2, 2),
    ],
)
def test_the_limits_are_those_that_aws_publishes(operation, per_second, burst):
    assert RATE_LIMITS[operation] == (per_second, burst)
