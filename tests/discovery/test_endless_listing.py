"""A listing that does not end: the run does, and what is published never rests on half a list."""

from __future__ import annotations

import asyncio
import itertools
import time

import pytest

from collector.aws import pages
from collector.aws.pages import every_page
from collector.collection.run import plan_run
from collector.errors import CallFault, OrganizationUnreadableError
from collector.settings.model import Settings
from collector.simulator import Simulator
from collector.simulator.wire import Response
from tests.fixtures.forgery import forge
from tests.fixtures.published import accounts_of
from tests.fixtures.runs import MANAGEMENT, at, collect, member, organization

MEMBERS = [member(number, ou=("Prod",)) for number in range(3)]
ENDLESS = {
    "tokens that alternate": lambda page, number: page | {"NextToken": "AB"[number % 2]},
    "new tokens, nothing new": lambda page, number: page | {"NextToken": str(number)},
    "new tokens, empty pages": lambda page, number: {next(iter(page)): []} | {"NextToken": str(number)},
}


def endless(server, operation, kind):
    """Let an operation of Organizations always name another page."""
    operations = server._plane._organizations.operations
    correctly, calls = operations[operation], itertools.count()
    operations[operation] = lambda parameters: ENDLESS[kind](
        correctly({key: value for key, value in parameters.items() if key != "NextToken"}), next(calls)
    )


@pytest.fixture(autouse=True)
def _few_pages(monkeypatch):
    monkeypatch.setattr(pages, "_MOST_IDLE_PAGES", 30)


@pytest.mark.parametrize("kind", ENDLESS)
def test_a_list_of_accounts_without_an_end_is_an_error_and_nothing_is_published(lake, kind):
    with Simulator(organization(*MEMBERS)) as server:
        endless(server, "ListAccounts", kind)
        with pytest.raises(
            OrganizationUnreadableError, match=r"ListAccounts returned EndlessListing: .*\w\. Run again.*AWS_ENDPOINT"
        ):
            collect(server, lake)
        assert server.calls.by_operation["organizations:ListAccounts"] <= 40
        with at(server), pytest.raises(OrganizationUnreadableError, match="EndlessListing"):
            asyncio.run(plan_run(Settings(lake=str(lake))))

    assert not list((lake / "catalog").glob("*.json"))


@pytest.mark.parametrize("rules", [{}, {"include_ou": ("Root/Prod",)}])
def test_the_deadline_covers_the_listing(lake, rules):
    with Simulator(organization(*MEMBERS), latency_seconds=0.1) as server:
        endless(server, "ListAccounts", "new tokens, nothing new")
        began = time.monotonic()
        with pytest.raises(OrganizationUnreadableError, match="not complete by the deadline") as caught:
            collect(server, lake, deadline=1.0, **rules)

    assert time.monotonic() - began < 3
    assert "--resume" in caught.value.message
    assert not list((lake / "catalog").glob("*.json"))


@pytest.mark.parametrize("operation", ["ListOrganizationalUnitsForParent", "ListRoots", "ListTagsForResource"])
def test_names_and_tags_without_an_end_leave_the_accounts_collected(lake, operation):
    with Simulator(organization(*MEMBERS)) as server:
        endless(server, operation, "tokens that alternate")
        run = collect(server, lake, tags=True)

    assert run.result.counts == {"collected": 4}
    assert run.result.untagged == (4 if operation == "ListTagsForResource" else 0)
    # ListRoots is read up to its first root; the names of OUs can also be read one by one.
    assert {row["ou_path"] for row in accounts_of(lake).values()} == {"Root", "Root/Prod"}


def test_empty_pages_and_repeated_items_between_new_ones_are_no_fault():
    listed = [{"Ids": [number % 7] if number % 20 else [number], "NextToken": str(number)} for number in range(400)]
    read = every_page("s3:ListObjectsV2", [*listed, {"Ids": []}], lambda page: page["Ids"])

    assert sum(1 for _ in read) == 401


def test_a_token_that_comes_again_is_named_with_its_call():
    listed = [{"Next": token} for token in "ABCA"]

    with pytest.raises(
        CallFault, match=r"glue:GetTables: EndlessListing: .* page 4 has a token that an earlier"
    ) as caught:
        list(every_page("glue:GetTables", listed, lambda _: [], successor="Next"))
    assert caught.value.code == "EndlessListing"


def test_a_list_that_changed_while_it_was_read_is_read_again(lake, monkeypatch):
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    changed = Response(
        400, "application/x-amz-json-1.1", b'{"__type":"ConcurrentModificationException","Message":"Try again."}'
    )
    with Simulator(organization(*MEMBERS)) as server:
        forge(server, "organizations:ListAccounts", MANAGEMENT, changed, times=3)
        run = collect(server, lake)

    assert run.result.counts == {"collected": 4}
