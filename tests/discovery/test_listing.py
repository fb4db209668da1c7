"""Discovery: every account of the organization, its OU, and an error where that cannot be read."""

from __future__ import annotations

import asyncio
import time

import pytest

from collector.collection import pipeline
from collector.discovery.limits import LimitOverride, LimitRules
from collector.errors import CredlakeError, OrganizationUnreadableError, UsageError
from collector.simulator import (
    AccountSpec,
    AccountState,
    CallerSpec,
    ListingSpec,
    OrganizationSpec,
    Simulator,
    faults,
    ou_id,
)
from collector.simulator.wire import Response
from tests.fixtures.forgery import forge
from tests.fixtures.published import accounts_of
from tests.fixtures.runs import MANAGEMENT, at, collect, collection, member, organization, quick_to_hang_up

PROD, WORKLOADS, SANDBOX = ("Workloads", "Prod"), ("Workloads",), ("Sandbox",)


def tree(**spec):
    """Four accounts: two in Prod, one above it, one in Sandbox; and management in the root."""
    members = [
        member(1, ou=PROD),
        member(2, ou=PROD),
        member(3, ou=WORKLOADS),
        member(4, ou=SANDBOX, tags={"stage": "none"}),
    ]
    return organization(*members, **spec)


ROOT_ONLY = MANAGEMENT
P1, P2, W3, S4 = (f"1000{number:08d}" for number in (1, 2, 3, 4))


def caller(*denied):
    return CallerSpec(MANAGEMENT, denied_actions=frozenset(denied))


def paths(lake):
    return {account: row["ou_path"] for account, row in accounts_of(lake).items()}


def called(server):
    return {account for account, operation in server.calls.by_account if operation == "iam:GenerateCredentialReport"}


def test_every_page_is_read_also_after_empty_ones(lake):
    """ListAccounts gives 20 a page; a page may be empty and still have a successor (facts F4.1)."""
    members = [member(number) for number in range(45)]
    with Simulator(organization(*members, listing=ListingSpec(empty_pages=2))) as server:
        collect(server, lake)
        assert server.calls.by_operation["organizations:ListAccounts"] == 9

    assert set(accounts_of(lake)) == {MANAGEMENT, *(account.account_id for account in members)}


@pytest.mark.parametrize(
    "listing", [ListingSpec(), ListingSpec(has_status=True), ListingSpec(has_state=False, has_status=True)]
)
def test_the_state_is_read_and_the_retired_status_where_there_is_no_state(lake, listing):
    members = [member(number, state=state) for number, state in enumerate(AccountState)]
    with Simulator(organization(*members, listing=listing)) as server:
        collect(server, lake)
        assert called(server) >= {MANAGEMENT, members[1].account_id}

    rows = accounts_of(lake)
    expected = {
        "PENDING_ACTIVATION": "skipped_state",
        "ACTIVE": "collected",
        "SUSPENDED": "skipped_state",
        "PENDING_CLOSURE": "skipped_state",
        "CLOSED": "skipped_state",
    }
    if not listing.has_state:
        # The retired Status knew no CLOSED, and called what is not yet activated ACTIVE: no role is there to assume.
        expected["PENDING_ACTIVATION"] = "assume_denied"
    assert {account.state: rows[account.account_id]["outcome"] for account in members} == expected


def test_neither_state_nor_status_stops_the_run_before_any_account_is_called(lake):
    """Taking such accounts for inactive would yield an empty organization, and call it a snapshot."""
    with Simulator(tree(listing=ListingSpec(has_state=False))) as server:
        with pytest.raises(OrganizationUnreadableError, match="neither `State` nor `Status`") as caught:
            collect(server, lake)
        assert called(server) == set()

    assert caught.value.exit_code == 3
    assert not list((lake / "catalog").glob("*.json"))


def test_ou_paths_come_from_paths_and_a_call_for_each_parent(lake):
    with Simulator(tree()) as server:
        collect(server, lake)
        calls = server.calls.by_operation

    rows = accounts_of(lake)
    assert paths(lake) == {
        MANAGEMENT: "Root",
        P1: "Root/Workloads/Prod",
        P2: "Root/Workloads/Prod",
        W3: "Root/Workloads",
        S4: "Root/Sandbox",
    }
    assert rows[P1]["ou_id"] == ou_id("r-a1b2", PROD)
    assert rows[MANAGEMENT]["ou_id"] == "r-a1b2"
    # The root, and what is below the root and below Workloads; never an account's parents one by one.
    assert (calls["organizations:ListRoots"], calls["organizations:ListOrganizationalUnitsForParent"]) == (1, 2)
    assert "organizations:ListParents" not in calls


def test_without_paths_the_tree_is_walked(lake):
    with Simulator(tree()) as server:
        collect(server, lake)
    by_paths = paths(lake)
    ids = {account: row["ou_id"] for account, row in accounts_of(lake).items()}

    other = lake.with_name("other")
    with Simulator(tree(listing=ListingSpec(has_paths=False, empty_pages=1))) as server:
        collect(server, other)

    assert paths(other) == by_paths
    assert {account: row["ou_id"] for account, row in accounts_of(other).items()} == ids


def test_where_children_may_not_be_listed_ous_are_named_one_by_one(lake):
    with Simulator(tree(caller=caller("organizations:ListOrganizationalUnitsForParent"))) as server:
        collect(server, lake)

    assert paths(lake)[P1] == "Root/Workloads/Prod"


def test_names_that_are_refused_are_unknown_and_ids_are_still_there(lake):
    refused = ("organizations:ListOrganizationalUnitsForParent", "organizations:DescribeOrganizationalUnit")
    with Simulator(tree(caller=caller(*refused, "organizations:ListRoots"))) as server:
        run = collect(server, lake)

    assert run.result.counts == {"collected": 5}
    assert set(paths(lake).values()) == {"unknown"}
    assert accounts_of(lake)[P1]["ou_id"] == ou_id("r-a1b2", PROD)


def test_where_neither_paths_nor_the_tree_can_be_read_the_ou_is_unknown_never_null(lake):
    spec = tree(listing=ListingSpec(has_paths=False), caller=caller("organizations:ListRoots"))
    with Simulator(spec) as server:
        run = collect(server, lake)

    assert run.result.counts == {"collected": 5}
    assert {(row["ou_id"], row["ou_path"]) for row in accounts_of(lake).values()} == {("unknown", "unknown")}


def test_tags_are_read_only_on_request(lake):
    with Simulator(tree()) as server:
        collect(server, lake)
        assert "organizations:ListTagsForResource" not in server.calls.by_operation
    assert accounts_of(lake)[S4]["tags"] == {}

    with Simulator(tree()) as server:
        collect(server, lake, tags=True)
    assert accounts_of(lake)[S4]["tags"] == {"stage": "none"}
    assert accounts_of(lake)[P1]["tags"] == {}


def test_tags_that_are_refused_are_counted_and_no_reason_to_fail(lake):
    with Simulator(tree(caller=caller("organizations:ListTagsForResource"))) as server:
        run = collect(server, lake, tags=True)

    assert (run.result.untagged, run.result.counts["collected"]) == (5, 5)
    assert not run.result.is_complete


def test_organizations_that_hangs_does_not_keep_a_run_beyond_its_deadline(lake, monkeypatch):
    """Places and tags that come too late are unknown."""
    monkeypatch.setattr(pipeline, "_DETAILS_GRACE_SECONDS", 0.2)
    hangs = faults.connection_hangs(operations=["organizations:ListTagsForResource"])
    spec = OrganizationSpec((AccountSpec(MANAGEMENT, "management", faults=(hangs,)), member(1)), MANAGEMENT)
    began = time.monotonic()
    with quick_to_hang_up(1.0), Simulator(spec) as server, at(server):
        run = collection(lake, tags=True, deadline=1.5)
        asyncio.run(run.run())
        took = time.monotonic() - began

    assert run.result.counts == {"collected": 2}
    assert (run.result.untagged, run.result.is_complete) == (2, False)
    assert took < 5
    assert {(row["ou_path"], tuple(row["tags"])) for row in accounts_of(lake).values()} == {("unknown", ())}


def test_throttling_by_organizations_is_retried(lake):
    """14 pages at 8 a second and a burst of 12: botocore retries."""
    members = [member(number, state=AccountState.CLOSED) for number in range(270)]
    with Simulator(organization(*members), enforce_rate_limits=True) as server:
        run = collect(server, lake)

    assert run.result.counts == {"collected": 1, "skipped_state": 270}


@pytest.mark.parametrize("why", ["member", "denied"])
def test_a_caller_that_may_not_list_accounts_sees_which_permission_to_grant(lake, why):
    denied = caller("organizations:ListAccounts")
    with (
        Simulator(tree(caller=denied if why == "denied" else CallerSpec(P1))) as server,
        pytest.raises(OrganizationUnreadableError) as caught,
    ):
        collect(server, lake)

    message = caught.value.message
    assert caught.value.exit_code == 3
    assert "organizations:ListAccounts returned AccessDeniedException" in message
    assert "management account or a delegated administrator" in message
    assert "--accounts-file" in message
    assert not list((lake / "catalog").glob("*.json"))


def test_part_of_the_list_is_never_treated_as_all_of_it(lake):
    """The second page is refused: the accounts of the first page are collected, and nothing is published."""
    members = [member(number) for number in range(30)]
    refused = Response(
        400, "application/x-amz-json-1.1", b'{"__type":"AccessDeniedException","Message":"You are not allowed."}'
    )
    with Simulator(organization(*members)) as server:
        forge(server, "organizations:ListAccounts", MANAGEMENT, refused, after=1)
        with pytest.raises(OrganizationUnreadableError, match="AccessDeniedException"):
            collect(server, lake)

    assert not list((lake / "catalog").glob("*.json"))


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"account": {P1, S4}}, {P1, S4}),
        ({"exclude_account": {P1}}, {MANAGEMENT, P2, W3, S4}),
        ({"include_ou": ("Root/Workloads",)}, {P1, P2, W3}),
        ({"include_ou": ("Root/Workloads/",)}, {P1, P2, W3}),
        ({"include_ou": (ou_id("r-a1b2", WORKLOADS),)}, {P1, P2, W3}),
        ({"include_ou": (ou_id("r-a1b2", PROD), "Root/Sandbox")}, {P1, P2, S4}),
        ({"include_ou": ("Root",)}, {MANAGEMENT, P1, P2, W3, S4}),
        ({"include_ou": ("r-a1b2",)}, {MANAGEMENT, P1, P2, W3, S4}),
        ({"exclude_ou": ("Root/Workloads",)}, {MANAGEMENT, S4}),
        # Exclude beats include.
        ({"account": {P1, P2}, "exclude_account": {P1}}, {P2}),
        ({"include_ou": ("Root/Workloads",), "exclude_ou": ("Root/Workloads/Prod",)}, {W3}),
        ({"account": {P1, W3}, "exclude_ou": ("Root/Workloads/Prod",)}, {W3}),
        # Accounts and OUs given together must both match.
        ({"account": {P1, S4}, "include_ou": ("Root/Workloads",)}, {P1}),
    ],
)
def test_which_accounts_are_collected(lake, rules, expected):
    rules = {name: frozenset(value) if isinstance(value, set) else value for name, value in rules.items()}
    with Simulator(tree()) as server:
        collect(server, lake, **rules)
        assert called(server) == expected

    rows = accounts_of(lake)
    assert {account for account, row in rows.items() if row["outcome"] == "excluded"} == set(rows) - expected
    assert all(
        row["error_message"].startswith("The account was ") for row in rows.values() if row["outcome"] == "excluded"
    )


def test_a_prefix_of_a_name_is_not_the_ou(lake):
    members = [member(1, ou=("Work",)), member(2, ou=("Workloads",)), member(3, ou=("Work", "Loads"))]
    with Simulator(organization(*members)) as server:
        collect(server, lake, include_ou=("Root/Work",))
        assert called(server) == {members[0].account_id, members[2].account_id}


def test_include_rules_that_match_nothing_are_usage_errors_all_at_once_and_no_account_is_called(lake):
    with Simulator(tree()) as server:
        with pytest.raises(UsageError) as caught:
            collect(
                server,
                lake,
                account=frozenset({P1, "999999999999"}),
                exclude_account=frozenset({"888888888888"}),
                include_ou=("Root/Workloads", "Root/Nowhere"),
                exclude_ou=("ou-a1b2-99999999",),
            )
        assert called(server) == set()

    assert caught.value.exit_code == 2
    found = caught.value.problems
    assert [fault.split(": ")[0] for fault in found] == ["--account 999999999999", "--include-ou Root/Nowhere"]


def test_other_rules_that_match_nothing_are_warnings_and_the_rest_is_collected(lake):
    overrides = (LimitOverride(account="777777777777", limits={"password_length": 20}),)
    with Simulator(tree()) as server:
        result = collect(
            server,
            lake,
            exclude_account=frozenset({P1, "888888888888"}),
            exclude_ou=("ou-a1b2-99999999",),
            limits=LimitRules(overrides=overrides),
        ).result

    assert accounts_of(lake)[P1]["outcome"] == "excluded"
    assert [warning.split(": ")[0] for warning in result.warnings] == [
        "--exclude-account 888888888888",
        "--exclude-ou ou-a1b2-99999999",
        "[[limits.override]] 777777777777",
    ]
    assert result.is_complete


@pytest.mark.parametrize("rule", ["include_ou", "exclude_ou"])
def test_a_rule_for_an_ou_whose_name_cannot_be_read_stops_the_run(lake, rule):
    """An account that should be excluded must not be collected because its OU is unknown."""
    refused = ("organizations:ListOrganizationalUnitsForParent", "organizations:DescribeOrganizationalUnit")
    with Simulator(tree(caller=caller(*refused))) as server:
        with pytest.raises(CredlakeError, match="organizations:DescribeOrganizationalUnit") as caught:
            collect(server, lake, **{rule: ("Root/Sandbox",)})
        assert called(server) == set()
        assert caught.value.exit_code == 3

        # By ID it is decided.
        collect(server, lake, **{rule: (ou_id("r-a1b2", SANDBOX),)})
        assert called(server) == ({S4} if rule == "include_ou" else {MANAGEMENT, P1, P2, W3})


def test_an_organization_that_is_not_the_one_named_is_a_usage_error(lake):
    with Simulator(tree()) as server:
        with pytest.raises(UsageError, match=r"--organization-id o-zz99zz99zz: .*o-aa111bb222"):
            collect(server, lake, organization_id="o-zz99zz99zz")
        assert called(server) == set()
        collect(server, lake, organization_id="o-aa111bb222")


def test_an_account_on_two_pages_is_one_row(lake):
    """It was moved while the list was read."""
    members = [member(number) for number in range(3)]
    with Simulator(organization(*members)) as server:
        organizations = server._plane._organizations
        listed = organizations._list_accounts

        def twice(parameters):
            page = listed(parameters)
            return {**page, "Accounts": [*page["Accounts"], page["Accounts"][1]]}

        organizations.operations["ListAccounts"] = twice
        run = collect(server, lake)

    assert run.result.counts == {"collected": 4}
    assert len(accounts_of(lake)) == 4


def test_an_unknown_state_is_not_collected_and_is_kept(lake):
    with Simulator(organization(member(1))) as server:
        listed = server._plane._organizations._list_accounts

        def newer(parameters):
            page = listed(parameters)
            page["Accounts"][1]["State"] = "QUARANTINED"
            return page

        server._plane._organizations.operations["ListAccounts"] = newer
        collect(server, lake)

    row = accounts_of(lake)[P1]
    assert (row["outcome"], row["account_state"]) == ("skipped_state", "QUARANTINED")


def test_an_account_id_keeps_its_leading_zeros(lake):
    with Simulator(organization(AccountSpec("000000000020", "zeros"))) as server:
        collect(server, lake, account=frozenset({"000000000020"}))

    assert accounts_of(lake)["000000000020"]["outcome"] == "collected"
