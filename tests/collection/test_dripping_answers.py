"""Answers that never end, a byte at a time: each costs its account some time, and the other accounts nothing."""

from __future__ import annotations

import socket
import threading
import time
from urllib.parse import parse_qs

import pytest

from collector.aws import clients
from collector.aws.call_time import within
from collector.aws.errors import translated
from collector.errors import CallFault
from collector.simulator import Simulator
from tests.fixtures.dripping import dripping
from tests.fixtures.published import accounts_of
from tests.fixtures.runs import at, calls_made, collect_at, member, organization

MEMBERS = [member(number) for number in range(20)]
SICK = {one.account_id for one in MEMBERS[:4]}


def of_sick_accounts(server, action):
    """Whether a request is that call for one of the four."""

    def is_dripping(headers, body):
        form = parse_qs(body.decode())
        if form.get("Action") != [action]:
            return False
        if action == "AssumeRole":
            return form["RoleArn"][0].split(":")[4] in SICK
        key = headers["Authorization"].partition("Credential=")[2].split("/")[0]
        return server._plane.identities._identities[key].account_id in SICK

    return is_dripping


@pytest.mark.parametrize(
    ("action", "way"),
    [
        ("AssumeRole", "lean"),
        ("GenerateCredentialReport", "lean"),
        ("GetCredentialReport", "lean"),
        ("GetCredentialReport", "client"),
    ],
)
def test_four_accounts_that_drip_do_not_hold_up_the_other_seventeen(lake, action, way):
    """Through four threads, all of which the four hold at first."""
    with (
        calls_made(way),
        Simulator(organization(*MEMBERS)) as server,
        dripping(server, of_sick_accounts(server, action)) as (url, gone),
    ):
        began = time.monotonic()
        run = collect_at(server, lake, url, concurrency=4, account_deadline=6.0)
        took = time.monotonic() - began

    rows = accounts_of(lake)
    assert {account for account, row in rows.items() if row["outcome"] == "collected"} == set(rows) - SICK
    assert run.result.counts["collected"] == 17
    assert {row["error_code"] for account, row in rows.items() if account in SICK} == {"CallTimeoutError"}
    assert took < 12
    assert len(gone) >= 4


def test_a_call_that_runs_out_of_time_frees_its_thread_and_its_connection():
    with (
        Simulator(organization()) as server,
        dripping(server, lambda *_: True) as (url, gone),
        at(server, AWS_ENDPOINT_URL_STS=url),
    ):
        sts = clients.client("sts")
        began = time.monotonic()
        with (
            pytest.raises(CallFault, match="No complete answer within 1 s") as caught,
            within(1.0),
            translated("sts:GetCallerIdentity"),
        ):
            sts.get_caller_identity()
        took = time.monotonic() - began
        until = time.monotonic() + 5
        while not gone and time.monotonic() < until:
            time.sleep(0.05)

    assert caught.value.kind == "connection"
    assert 1.0 <= took < 3
    assert gone


def test_a_handshake_that_drips_is_ended_too():
    """TLS takes the socket over before the handshake; the certificate may never come."""
    listening = socket.create_server(("127.0.0.1", 0))

    def drip():
        connection, _ = listening.accept()
        try:
            # The head of a record of 16 KB, and then that record a byte at a time.
            connection.send(b"\x16\x03\x03\x40\x00")
            while True:
                connection.send(b"\x02")
                time.sleep(0.2)
        except OSError:
            connection.close()

    threading.Thread(target=drip, daemon=True).start()
    url = f"https://127.0.0.1:{listening.getsockname()[1]}"
    with Simulator(organization()) as server, at(server, AWS_ENDPOINT_URL_STS=url):
        sts = clients.client("sts")
        began = time.monotonic()
        with pytest.raises(CallFault, match="No complete answer"), within(1.0), translated("sts:GetCallerIdentity"):
            sts.get_caller_identity()
        took = time.monotonic() - began
    listening.close()

    assert 1.0 <= took < 3
