"""The collector's own credentials end during a run: the accounts left say so, and no calls are wasted on them."""

from __future__ import annotations

import pytest

from collector.aws.clients import Identity
from collector.aws.credentials import SessionCredentials
from collector.collection.run import account_calls
from collector.errors import CallFault
from collector.settings.model import Settings
from collector.simulator import Simulator
from collector.simulator.wire import Response
from tests.fixtures.published import accounts_of
from tests.fixtures.runs import MANAGEMENT, at, collect, member, organization

pytestmark = pytest.mark.usefixtures("both_ways")

MEMBERS = [member(number, tags={"a": "b"}) for number in range(12)]
OURS = ("sts:AssumeRole", "organizations:ListTagsForResource")
CODES = ["ExpiredToken", "InvalidClientTokenId"]


def expire(server, code, *, after):
    """Let AWS accept the caller's own credentials for so many of its calls."""
    plane = server._plane
    correctly, made = plane.respond, []
    as_xml = f"<ErrorResponse><Error><Code>{code}</Code><Message>ended</Message></Error></ErrorResponse>"
    as_json = f'{{"__type":"{code}","Message":"ended"}}'

    def respond(call):
        if call.action not in OURS:
            return correctly(call)
        made.append(call.action)
        if made.count("sts:AssumeRole") <= after:
            return correctly(call)
        return Response(403, "text/xml", (as_json if call.is_json else as_xml).encode())

    plane.respond = respond
    return made


@pytest.mark.parametrize("code", CODES)
def test_the_accounts_left_say_so_without_a_call_of_their_own(lake, code):
    with Simulator(organization(*MEMBERS)) as server:
        made = expire(server, code, after=5)
        run = collect(server, lake, concurrency=2)

    rows = accounts_of(lake)
    failed = {account: row for account, row in rows.items() if row["outcome"] != "collected"}
    assert run.result.counts == {"collected": 6, "failed": 7}
    assert {row["error_code"] for row in failed.values()} == {code}
    # Two threads may be under way when AWS refuses the first.
    assert made.count("sts:AssumeRole") <= 5 + 2
    uncalled = [row for row in failed.values() if row["error_message"].startswith("The collector's own credentials")]
    assert len(uncalled) >= 5
    assert {row["attempts"] for row in uncalled} == {0}
    assert rows[MANAGEMENT]["outcome"] == "collected"


def test_the_next_step_is_to_renew_the_credentials(lake):
    with Simulator(organization(*MEMBERS)) as server:
        expire(server, "ExpiredToken", after=5)
        run = collect(server, lake)

    steps = {account.next_step for account in run.result.needs_attention}
    assert len(steps) == 1
    assert "Renew the collector's own AWS credentials" in steps.pop()


def test_no_more_tags_are_read(lake):
    with Simulator(organization(*MEMBERS)) as server:
        made = expire(server, "ExpiredToken", after=-1)
        run = collect(server, lake, tags=True)

    assert run.result.untagged == 13
    assert made.count("organizations:ListTagsForResource") == 1


def test_credentials_that_were_renewed_in_the_meantime_are_used(monkeypatch):
    """botocore renews those of a role, of Identity Center and of an instance by itself."""
    one = MEMBERS[0].account_id
    with Simulator(organization(*MEMBERS)) as server, at(server):
        made = expire(server, "ExpiredToken", after=0)
        calls = account_calls(Settings(lake="-"), Identity(MANAGEMENT, "arn:aws:iam::000000000001:user/a"), "run-1", {})
        for _ in range(3):
            with pytest.raises(CallFault):
                calls.credentials(one)
        assert len(made) == 1

        monkeypatch.setattr("collector.aws.iam.own_credentials", lambda *_: SessionCredentials(None, "AKIA", "x", None))
        with pytest.raises(CallFault):
            calls.credentials(one)
        assert len(made) == 2
