"""Organizations over HTTP, asked by boto3 (facts F4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import boto3
import pytest

from collector.simulator import (
    AccountSpec,
    AccountState,
    CallerSpec,
    ListingSpec,
    ManualClock,
    OrganizationSpec,
    OuSpec,
)

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


def test_accounts_come_in_pages_of_at_most_twenty(serve):
    client = serve(organization=organization(*(account(n) for n in range(3, 46)))).client("organizations")

    sizes = [len(page["Accounts"]) for page in client.get_paginator("list_accounts").paginate()]

    assert sizes == [20, 20, 5]
    assert len({item["Id"] for item in listed(client, "list_accounts", "Accounts")}) == 45


def test_a_smaller_page_can_be_asked_for(serve):
    client = serve(organization=organization(account(3))).client("organizations")
    page = client.list_accounts(MaxResults=2)

    assert [item["Id"] for item in page["Accounts"]] == [MANAGEMENT, TOOLING]
    assert [item["Id"] for item in client.list_accounts(NextToken=page["NextToken"])["Accounts"]] == ["000000000003"]


@pytest.mark.parametrize("size", [0, 21])
def test_a_page_of_none_or_of_more_than_twenty_is_refused(serve, refused, size):
    client = serve(organization=organization()).client("organizations")

    assert refused(client.list_accounts, MaxResults=size) == ("InvalidInputException", 400, "InvalidInputException")


def test_a_token_that_was_not_given_out_is_refused(serve, refused):
    client = serve(organization=organization()).client("organizations")

    assert refused(client.list_accounts, NextToken="made up")[0] == "InvalidInputException"


def test_empty_pages_carry_a_token_and_the_paginator_walks_over_them(serve):
    listing = ListingSpec(empty_pages=2)
    accounts = [account(n) for n in range(3, 24)]
    client = serve(organization=organization(*accounts, listing=listing)).client("organizations")

    pages = list(client.get_paginator("list_accounts").paginate())

    assert [len(page["Accounts"]) for page in pages] == [0, 0, 20, 0, 0, 3]
    assert "NextToken" in pages[0]
    assert "NextToken" not in pages[-1]


def test_an_account_is_described_in_full(serve):
    member = account(
        3, ou=("Workloads", "Prod"), joined_at=JOINED, joined_method="INVITED", email="aws-three@example.com"
    )
    client = serve(organization=organization(member)).client("organizations")
    units = {
        item["Name"]: item["Id"]
        for item in listed(client, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId="r-a1b2")
    }
    (prod,) = listed(client, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=units["Workloads"])

    described = client.describe_account(AccountId="000000000003")["Account"]

    assert described == {
        "Id": "000000000003",
        "Arn": "arn:aws:organizations::000000000001:account/o-aa111bb222/000000000003",
        "Email": "aws-three@example.com",
        "Name": "account-3",
        "State": "ACTIVE",
        "Paths": [f"o-aa111bb222/r-a1b2/{units['Workloads']}/{prod['Id']}/000000000003/"],
        "JoinedMethod": "INVITED",
        "JoinedTimestamp": JOINED,
    }
    assert described in listed(client, "list_accounts", "Accounts")


def test_an_account_right_under_the_root_has_the_shortest_path(serve):
    client = serve(organization=organization()).client("organizations")

    assert client.describe_account(AccountId=MANAGEMENT)["Account"]["Paths"] == ["o-aa111bb222/r-a1b2/000000000001/"]


@pytest.mark.parametrize(
    ("listing", "members"),
    [
        (ListingSpec(), {"State", "Paths"}),
        (ListingSpec(has_state=False, has_status=True, has_paths=False), {"Status"}),
        (ListingSpec(has_status=True), {"State", "Status", "Paths"}),
        (ListingSpec(has_state=False, has_paths=False), set()),
    ],
)
def test_members_that_came_and_went_with_the_years_can_be_switched_off(serve, listing, members):
    client = serve(organization=organization(listing=listing)).client("organizations")

    for found in (client.list_accounts()["Accounts"][0], client.describe_account(AccountId=TOOLING)["Account"]):
        assert found.keys() & {"State", "Status", "Paths"} == members


def test_every_state_is_told_and_the_old_status_calls_closed_accounts_suspended(serve):
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


def test_the_tree_can_be_walked_down_and_up(serve):
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
    (prod,) = listed(client, "list_children", "Children", ParentId=workloads, ChildType="ORGANIZATIONAL_UNIT")

    assert (root["Id"], root["Name"]) == ("r-a1b2", "Root")
    assert units.keys() == {"Empty", "Security", "Workloads"}
    assert [item["Id"] for item in client.list_accounts_for_parent(ParentId=workloads)["Accounts"]] == ["000000000004"]
    assert listed(client, "list_children", "Children", ParentId=prod["Id"], ChildType="ACCOUNT") == [
        {"Id": "000000000003", "Type": "ACCOUNT"}
    ]
    assert client.list_accounts_for_parent(ParentId=units["Empty"]["Id"])["Accounts"] == []
    assert client.list_parents(ChildId="000000000003")["Parents"] == [{"Id": prod["Id"], "Type": "ORGANIZATIONAL_UNIT"}]
    assert client.list_parents(ChildId=workloads)["Parents"] == [{"Id": "r-a1b2", "Type": "ROOT"}]
    described = client.describe_organizational_unit(OrganizationalUnitId=prod["Id"])["OrganizationalUnit"]
    assert (described["Name"], described["Path"]) == ("Prod", f"o-aa111bb222/r-a1b2/{workloads}/{prod['Id']}/")


def test_an_older_service_knows_no_path_of_an_ou(serve):
    client = serve(organization=organization(listing=ListingSpec(has_ou_path=False))).client("organizations")
    (unit,) = client.list_organizational_units_for_parent(ParentId="r-a1b2")["OrganizationalUnits"]

    assert unit.keys() == {"Id", "Arn", "Name"}


def test_the_organization_names_its_management_account(serve):
    client = serve(organization=organization()).client("organizations")
    described = client.describe_organization()["Organization"]

    assert (described["Id"], described["MasterAccountId"], described["FeatureSet"]) == (
        "o-aa111bb222",
        MANAGEMENT,
        "ALL",
    )
    assert described["MasterAccountArn"] == "arn:aws:organizations::000000000001:account/o-aa111bb222/000000000001"


def test_tags_are_told_of_accounts_ous_and_the_root(serve):
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
        ("describe_account", {"AccountId": "999999999999"}, "AccountNotFoundException"),
        ("describe_account", {"AccountId": "12"}, "InvalidInputException"),
        ("list_parents", {"ChildId": "999999999999"}, "ChildNotFoundException"),
        ("list_accounts_for_parent", {"ParentId": "r-zzzz"}, "ParentNotFoundException"),
        ("list_accounts_for_parent", {"ParentId": "ou-a1b2-00000000"}, "ParentNotFoundException"),
        ("list_children", {"ParentId": "r-a1b2", "ChildType": "USER"}, "InvalidInputException"),
        (
            "describe_organizational_unit",
            {"OrganizationalUnitId": "ou-a1b2-00000000"},
            "OrganizationalUnitNotFoundException",
        ),
        ("list_tags_for_resource", {"ResourceId": "999999999999"}, "TargetNotFoundException"),
    ],
)
def test_what_is_not_there_is_refused_by_name(serve, refused, operation, parameters, code):
    client = serve(organization=organization()).client("organizations")

    assert refused(getattr(client, operation), **parameters) == (code, 400, code)


def test_a_delegated_administrator_may_ask_as_well(serve):
    spec = organization(delegated_administrators=(TOOLING,), caller=CallerSpec(TOOLING))
    client = serve(organization=spec).client("organizations")

    assert len(client.list_accounts()["Accounts"]) == 2
    (administrator,) = client.list_delegated_administrators()["DelegatedAdministrators"]
    assert (administrator["Id"], administrator["State"]) == (TOOLING, "ACTIVE")


def test_a_plain_member_is_refused_everything_but_the_organizations_name(serve, refused):
    client = serve(organization=organization(caller=CallerSpec(TOOLING))).client("organizations")
    denied = ("AccessDeniedException", 400, "AccessDeniedException")

    assert refused(client.list_accounts) == denied
    assert refused(client.describe_account, AccountId=TOOLING) == denied
    assert refused(client.list_delegated_administrators) == denied
    assert client.describe_organization()["Organization"]["Id"] == "o-aa111bb222"


@pytest.mark.parametrize("spec", [{"in_use": False}, {"caller": CallerSpec("999999999999")}])
def test_outside_of_an_organization_there_is_none(serve, refused, spec):
    client = serve(organization=organization(**spec)).client("organizations")
    code = "AWSOrganizationsNotInUseException"

    assert refused(client.list_accounts) == (code, 400, code)
    assert refused(client.describe_organization) == (code, 400, code)


def test_a_caller_without_the_permission_is_told_which(serve):
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
    # Each operation has a bucket of its own, filled up with the time.
    assert client.describe_account(AccountId=MANAGEMENT)["Account"]["Id"] == MANAGEMENT
    clock.advance(timedelta(seconds=0.125))
    client.list_accounts()
    assert refused(client.list_accounts)[0] == "TooManyRequestsException"


def test_without_rate_limits_any_number_of_calls_passes(serve):
    client = serve(organization=organization(), clock=ManualClock(NOON)).client("organizations")

    assert all(client.list_roots()["Roots"] for _ in range(20))


def test_an_operation_that_is_not_there_is_refused_in_the_protocols_form(serve, refused):
    client = serve(organization=organization()).client("organizations")

    assert refused(client.list_policies, Filter="SERVICE_CONTROL_POLICY") == (
        "UnknownOperationException",
        400,
        "ClientError",
    )


def test_an_organization_in_which_something_cannot_be_is_refused_when_it_is_served(serve):
    with pytest.raises(ValueError, match="twice"):
        serve(organization=organization(account(3), account(3)))
    with pytest.raises(ValueError, match="999999999999"):
        serve(organization=organization(delegated_administrators=("999999999999",)))
    with pytest.raises(ValueError, match="12 digits"):
        AccountSpec("17", "short")
