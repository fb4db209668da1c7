"""Text and dates of one account that cannot be what they should be: its row says so, and the run goes on."""

from __future__ import annotations

import asyncio

import pytest

from collector.collection.run import plan_run
from collector.settings.model import Settings
from collector.simulator import Simulator
from collector.simulator.faults import POLICY, SUMMARY
from collector.simulator.wire import Response
from tests.fixtures.forgery import forge
from tests.fixtures.published import accounts_of, users_of
from tests.fixtures.runs import MANAGEMENT, at, collect, member, organization

pytestmark = pytest.mark.usefixtures("both_ways")

ODD, OTHER = member(1, ou=("Prod",), tags={"team": "blue"}), member(2)
HALF, SHOWN = "caf\ud800", "caf\N{REPLACEMENT CHARACTER}"


def change(server, operation, name, account_id, **fields):
    """Let an operation of Organizations describe one thing differently."""
    operations = server._plane._organizations.operations
    correctly = operations[operation]

    def changed(parameters):
        answer = correctly(parameters)
        for item in answer[name]:
            if account_id in (item.get("Id"), parameters.get("ResourceId"), item.get("Name")):
                item.update(fields)
        return answer

    operations[operation] = changed


@pytest.mark.parametrize(
    ("where", "fields", "column", "expected"),
    [
        (("ListAccounts", "Accounts", ODD.account_id), {"Name": HALF}, "account_name", SHOWN),
        (("ListAccounts", "Accounts", ODD.account_id), {"Email": HALF}, "account_email", SHOWN),
        (("ListAccounts", "Accounts", ODD.account_id), {"Name": 5}, "account_name", "5"),
        (("ListAccounts", "Accounts", ODD.account_id), {"Paths": [5]}, "ou_path", "Root/Prod"),
        (("ListAccounts", "Accounts", ODD.account_id), {"Paths": [None]}, "ou_path", "Root/Prod"),
        (
            ("ListOrganizationalUnitsForParent", "OrganizationalUnits", "Prod"),
            {"Name": HALF},
            "ou_path",
            f"Root/{SHOWN}",
        ),
        (("ListTagsForResource", "Tags", ODD.account_id), {"Value": HALF}, "tags", {"team": SHOWN}),
        (("ListTagsForResource", "Tags", ODD.account_id), {"Key": HALF}, "tags", {SHOWN: "blue"}),
    ],
)
def test_text_that_nothing_can_encode_is_shown_as_far_as_it_goes(lake, where, fields, column, expected):
    with Simulator(organization(ODD, OTHER)) as server:
        change(server, *where, **fields)
        run = collect(server, lake, tags=True)
        with at(server):
            _, plan, *_ = asyncio.run(plan_run(Settings(lake=str(lake))))

    assert run.result.counts == {"collected": 3}
    assert accounts_of(lake)[ODD.account_id][column] == expected
    for account, _ in plan:
        f"{account.name} {account.location.ou_path}".encode()


@pytest.mark.parametrize(
    ("where", "fields"),
    [
        (("ListOrganizationalUnitsForParent", "OrganizationalUnits", "Prod"), {"Name": None}),
        (("ListOrganizationalUnitsForParent", "OrganizationalUnits", "Prod"), {"Id": None}),
        (("ListTagsForResource", "Tags", ODD.account_id), {"Value": None}),
    ],
)
def test_an_item_without_a_name_or_value_concerns_no_other_account(lake, where, fields):
    with Simulator(organization(ODD, OTHER)) as server:
        change(server, *where, **fields)
        run = collect(server, lake, tags=True)

    assert run.result.counts == {"collected": 3}
    assert run.result.untagged == ("Value" in fields)


@pytest.mark.parametrize("joined", [1e30, -1e12, "yesterday", [], float("nan")])
def test_a_date_that_is_none_is_said_in_the_row_of_its_account(lake, joined):
    with Simulator(organization(ODD, OTHER)) as server:
        change(server, "ListAccounts", "Accounts", ODD.account_id, JoinedTimestamp=joined)
        run = collect(server, lake)
        with at(server):
            asyncio.run(plan_run(Settings(lake=str(lake))))

    assert run.result.counts == {"collected": 2, "partial": 1}
    row = accounts_of(lake)[ODD.account_id]
    assert (row["outcome"], row["joined_at"], row["error_code"]) == ("partial", None, "PartialReport")
    assert row["error_message"] == f"JoinedTimestamp is not a date: {str(joined)!r}."
    assert ODD.account_id in users_of(lake)


def test_an_error_text_that_nothing_can_encode_is_kept_as_far_as_it_goes(lake):
    refused = Response(400, "application/x-amz-json-1.1", b'{"__type":"Odd\\udfff","Message":"caf\\ud800"}')
    with Simulator(organization(ODD)) as server:
        forge(server, "organizations:ListTagsForResource", MANAGEMENT, refused)
        run = collect(server, lake, tags=True)

    assert (run.result.counts, run.result.untagged) == ({"collected": 2}, 2)


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 10**40])
def test_a_number_too_large_for_its_column_is_unknown(lake, number):
    iam = "https://iam.amazonaws.com/doc/2010-05-08/"

    def answer(call, inner):
        return Response(200, "text/xml", f'<R xmlns="{iam}"><{call}Result>{inner}</{call}Result></R>'.encode())

    entry = f"<SummaryMap><entry><key>Users</key><value>{number}</value></entry></SummaryMap>"
    policy = f"<PasswordPolicy><MinimumPasswordLength>{number}</MinimumPasswordLength></PasswordPolicy>"
    with Simulator(organization(ODD, OTHER)) as server:
        forge(server, SUMMARY, ODD.account_id, answer("GetAccountSummary", entry))
        forge(server, POLICY, ODD.account_id, answer("GetAccountPasswordPolicy", policy))
        run = collect(server, lake)

    row = accounts_of(lake)[ODD.account_id]
    assert run.result.counts == {"collected": 3}
    assert (row["users"], row["minimum_password_length"], row["password_policy_state"]) == (None, None, "unknown")
    assert row["summary_error"].startswith("UnreadableAnswer: ")
    assert row["password_policy_error"].startswith("UnreadableAnswer: ")
