from __future__ import annotations

import json

import pytest

from collector.simulator.answers import RefusedError
from collector.simulator.session_policy import Verdict, parse_session_policy


def policy(*statements):
    return parse_session_policy(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def allow(*actions, resource="*"):
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def refusal(text):
    with pytest.raises(RefusedError) as caught:
        parse_session_policy(text)
    return caught.value.answer.code


@pytest.mark.parametrize(
    ("statements", "verdict"),
    [
        ([allow("iam:GetCredentialReport")], Verdict.ALLOWED),
        ([allow("IAM:getcredentialreport")], Verdict.ALLOWED),
        ([allow("iam:Get*")], Verdict.ALLOWED),
        ([allow("iam:Get?redentialReport")], Verdict.ALLOWED),
        ([allow("*")], Verdict.ALLOWED),
        ([allow("iam:GenerateCredentialReport")], Verdict.NOT_ALLOWED),
        ([allow("iam:GetCredentialRepor")], Verdict.NOT_ALLOWED),
        ([allow("iam:*", resource="arn:aws:iam::111122223333:user/x")], Verdict.NOT_ALLOWED),
        ([allow("*"), {"Effect": "Deny", "Action": "iam:Get*", "Resource": "*"}], Verdict.DENIED),
        ([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], Verdict.ALLOWED),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], Verdict.NOT_ALLOWED),
    ],
)
def test_a_policy_lets_through_what_an_allow_names_and_no_deny(statements, verdict):
    assert policy(*statements).verdict("iam:GetCredentialReport") is verdict


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
def test_a_policy_that_cannot_be_read_is_malformed(text):
    assert refusal(text) == "MalformedPolicyDocument"


def test_a_condition_is_refused_rather_than_overlooked():
    statement = {**allow("iam:*"), "Condition": {"Bool": {"aws:SecureTransport": "true"}}}

    assert refusal(json.dumps({"Version": "2012-10-17", "Statement": statement})) == "MalformedPolicyDocument"


def test_a_policy_of_more_than_2048_characters_is_refused():
    statement = allow("iam:*")
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    assert parse_session_policy(text + " " * (2048 - len(text))).verdict("iam:X") is Verdict.ALLOWED
    assert refusal(text + " " * (2049 - len(text))) == "ValidationError"
