"""Answers that nobody can read: a proxy's page, half an answer. One account has failed then, never the run."""

from __future__ import annotations

import gzip

import pytest

from collector.errors import CredlakeError
from collector.simulator import Simulator, UserSpec, faults
from collector.simulator.faults import ASSUME, GENERATE, GET, POLICY, SUMMARY, CallFault
from collector.simulator.wire import ErrorResponse, Response
from tests.fixtures.forgery import forge
from tests.fixtures.published import accounts_of, users_of
from tests.fixtures.runs import MANAGEMENT, collect, member, organization

pytestmark = pytest.mark.usefixtures("both_ways")

XHTML = b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><p>Please log in.</p></body></html>'
IAM = "https://iam.amazonaws.com/doc/2010-05-08/"


def report_answer(inner: str) -> bytes:
    result = f"<GetCredentialReportResult>{inner}</GetCredentialReportResult>"
    return f'<GetCredentialReportResponse xmlns="{IAM}">{result}</GetCredentialReportResponse>'.encode()


@pytest.mark.parametrize(
    ("action", "body"),
    [
        *((action, body) for action in (ASSUME, GET) for body in (XHTML, b"hello", b"", b"\xff\x00")),
        (GENERATE, XHTML),
        (GET, report_answer("<Content>abc</Content><GeneratedTime>2026-11-23T00:00:00Z</GeneratedTime>")),
        (GET, report_answer("<Content>YWJj</Content><GeneratedTime>soon</GeneratedTime>")),
        (GET, report_answer("<Content>YWJj</Content>")),
        (ASSUME, b"<AssumeRoleResponse><AssumeRoleResult><Credentials/></AssumeRoleResult></AssumeRoleResponse>"),
        (ASSUME, b"<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>"),
    ],
)
def test_an_answer_that_cannot_be_read_fails_its_account_and_no_other(lake, action, body):
    one, two = member(1), member(2)
    with Simulator(organization(one, two)) as server:
        forge(server, action, one.account_id, Response(200, "text/xml", body))
        collect(server, lake)

    rows = accounts_of(lake)
    assert (rows[one.account_id]["outcome"], rows[two.account_id]["outcome"]) == ("failed", "collected")
    assert rows[one.account_id]["error_code"] in {"UnreadableAnswer", "IncompleteAnswer"}
    assert "Please log in" not in rows[one.account_id]["error_message"]
    assert one.account_id not in users_of(lake)


@pytest.mark.parametrize(("action", "column"), [(SUMMARY, "summary_error"), (POLICY, "password_policy_error")])
def test_an_account_read_that_cannot_be_read_leaves_the_account_collected(lake, action, column):
    one = member(1)
    with Simulator(organization(one)) as server:
        forge(server, action, one.account_id, Response(200, "text/xml", XHTML))
        collect(server, lake)

    row = accounts_of(lake)[one.account_id]
    assert row["outcome"] == "collected"
    assert row[column].startswith("UnreadableAnswer: ")
    assert row["password_policy_state"] == ("unknown" if action == POLICY else "default")


@pytest.mark.parametrize("action", [ASSUME, GENERATE, GET])
def test_an_answer_that_can_be_read_the_next_time_is_no_loss(lake, action):
    one = member(1)
    with Simulator(organization(one)) as server:
        forge(server, action, one.account_id, Response(200, "text/xml", b"<half"), times=2)
        run = collect(server, lake)

    assert run.result.counts == {"collected": 2}


def test_no_part_of_an_answer_that_was_cut_gets_into_the_lake(lake):
    """Half an answer holds a session's credentials, or report rows; botocore quotes it in its error."""
    secret = member(1, faults=(faults.body_truncated(operations=[ASSUME]),))
    report = member(
        2,
        users=(UserSpec("nobody-may-see-this-user", secret.joined_at),),
        faults=(faults.body_truncated(), faults.body_cut(operations=[SUMMARY])),
    )
    with Simulator(organization(secret, report)) as server:
        run = collect(server, lake)
        given = [
            identity.credentials
            for identity in server._plane.identities._identities.values()
            if identity.account_id in (secret.account_id, report.account_id)
        ]

    assert {row["outcome"] for account, row in accounts_of(lake).items() if account != MANAGEMENT} == {"failed"}
    told = repr(run.result).encode() + repr(run.watch.results).encode()
    kept = [path.read_bytes() for path in lake.rglob("*") if path.is_file()]
    kept += [gzip.decompress(content) for content in kept if content.startswith(b"\x1f\x8b")]
    assert len(given) >= 6
    for content in (told, *kept):
        for credentials in given:
            assert credentials.access_key_id.encode() not in content
            assert credentials.secret_access_key.encode() not in content
        assert b"nobody-may-see-this-user" not in content
        # "user,arn," in base64, as every report begins on the wire.
        assert b"dXNlcixhcm4s" not in content


@pytest.mark.parametrize(
    "first", [Response(200, "text/xml", XHTML), Response(503, "text/plain", b"busy"), Response(200, "text/xml", b"")]
)
def test_a_first_call_that_comes_back_wrong_is_made_again(lake, first):
    """GetCallerIdentity is the run's first call: a moment's fault must not cost a day's snapshot."""
    with Simulator(organization(member(1))) as server:
        forge(server, "sts:GetCallerIdentity", MANAGEMENT, first, times=2)
        run = collect(server, lake)

    assert run.result.counts == {"collected": 2}


def test_a_first_call_that_never_comes_back_right_says_what_to_check(lake):
    with Simulator(organization()) as server:
        forge(server, "sts:GetCallerIdentity", MANAGEMENT, Response(200, "text/html", XHTML))
        with pytest.raises(CredlakeError, match="sts:GetCallerIdentity failed: UnreadableAnswer") as caught:
            collect(server, lake)

    assert caught.value.exit_code == 3
    assert "AWS_ENDPOINT_URL" in caught.value.message


BLOCKED = b"<!DOCTYPE html><html><head><style>a{b}</style></head><body>Blocked &amp; logged <b>here</b></body></html>"


@pytest.mark.parametrize("action", [ASSUME, GENERATE, GET])
@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (403, BLOCKED, "HTTP 403, not an answer of AWS: Blocked & logged here"),
        (407, b"Proxy Authentication Required", "HTTP 407, not an answer of AWS: Proxy Authentication Required"),
        (418, b'{"message":"teapot"}', 'HTTP 418, not an answer of AWS: {"message":"teapot"}'),
        (502, BLOCKED, "HTTP 502, not an answer of AWS: Blocked & logged here"),
    ],
)
def test_an_error_that_is_not_from_aws_is_its_status_and_first_words(lake, action, status, body, expected):
    one = member(1)
    with Simulator(organization(one)) as server:
        forge(server, action, one.account_id, Response(status, "text/html", body))
        collect(server, lake)

    row = accounts_of(lake)[one.account_id]
    assert (row["error_code"], row["error_message"]) == ("NotAnAwsAnswer", expected)


def test_an_error_without_code_and_message_has_both(lake):
    one = member(1)
    empty = b"<ErrorResponse><Error><Code></Code><Message/></Error></ErrorResponse>"
    with Simulator(organization(one)) as server:
        forge(server, GENERATE, one.account_id, Response(403, "text/xml", empty))
        collect(server, lake)

    row = accounts_of(lake)[one.account_id]
    assert (row["error_code"], row["error_message"]) == ("HTTP403", "AWS returned HTTP 403 without a message.")


def test_an_error_code_that_nobody_knows_is_told_as_it_came(lake):
    new = CallFault(
        name="new",
        operations=frozenset({GENERATE}),
        error=ErrorResponse("SomethingNew", 418, "I am new here."),
    )
    one = member(1, faults=(new,))
    with Simulator(organization(one)) as server:
        collect(server, lake)

    row = accounts_of(lake)[one.account_id]
    assert (row["outcome"], row["error_code"], row["error_message"]) == ("failed", "SomethingNew", "I am new here.")
