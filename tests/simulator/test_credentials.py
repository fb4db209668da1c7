"""Session policies: parsed and evaluated."""

from __future__ import annotations

import json

import pytest

from collector.simulator.credentials import Decision, parse_session_policy
from collector.simulator.wire import ApiError


def policy(*statements):
    return parse_session_policy(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def allow(*actions, resource="*"):
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def failure(text):
    with pytest.raises(ApiError) as caught:
        parse_session_policy(text)
    return caught.value.response.code


@pytest.mark.parametrize(
    ("statements", "decision"),
    [
        ([allow("iam:GetCredentialReport")], Decision.ALLOWED),
        ([allow("IAM:getcredentialreport")], Decision.ALLOWED),
        ([allow("iam:Get*")], Decision.ALLOWED),
        ([allow("iam:Get?redentialReport")], Decision.ALLOWED),
        ([allow("*")], Decision.ALLOWED),
        ([allow("iam:GenerateCredentialReport")], Decision.NOT_ALLOWED),
        ([allow("iam:GetCredentialRepor")], Decision.NOT_ALLOWED),
        ([allow("iam:*", resource="arn:aws:iam::111122223333:user/x")], Decision.NOT_ALLOWED),
        ([allow("*"), {"Effect": "Deny", "Action": "iam:Get*", "Resource": "*"}], Decision.DENIED),
    ],
)
def test_a_policy_allows_what_an_allow_matches_and_no_deny(statements, decision):
    assert policy(*statements).decide("iam:GetCredentialReport") is decision


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"Version":"2012-10-17"}',
        '{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"}]}',
        '{"Version":"2012-10-17","Statement":[{"Effect":"Permit","Action":"iam:*","Resource":"*"}]}',
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"GetCredentialReport","Resource":"*"}]}',
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*"}]}',
    ],
)
def test_an_invalid_policy_is_malformed(text):
    assert failure(text) == "MalformedPolicyDocument"


@pytest.mark.parametrize(
    "member", [{"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, {"NotAction": "s3:*"}], ids=str
)
def test_what_is_not_evaluated_is_refused_rather_than_ignored(member):
    statement = {**allow("iam:*"), **member}

    assert failure(json.dumps({"Version": "2012-10-17", "Statement": statement})) == "MalformedPolicyDocument"


def test_a_policy_of_more_than_2048_characters_is_refused():
    statement = allow("iam:*")
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    assert parse_session_policy(text + " " * (2048 - len(text))).decide("iam:X") is Decision.ALLOWED
    assert failure(text + " " * (2049 - len(text))) == "ValidationError"
