"""A bucket's policy and lifecycle, one literal answer each."""

from __future__ import annotations

import json

import pytest

from collector.doctor.bucket_judgement import judge_lifecycle, judge_policy

TLS_ONLY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, "fine"),
        ({"Principal": {"AWS": "*"}}, "fine"),
        ({"Action": "s3:GetObject"}, "fault"),
        ({"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}, "fault"),
        ({"Effect": "Allow"}, "fault"),
        ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, "fault"),
        ({"Condition": {}}, "fault"),
    ],
)
def test_only_a_refusal_to_everybody_of_everything_without_tls_will_do(changed, verdict):
    assert judge_policy("b", json.dumps({"Statement": [TLS_ONLY | changed]})).verdict == verdict


def test_a_bucket_without_a_policy_takes_what_comes_without_tls():
    assert judge_policy("b", None).verdict == "fault"


def _rule(**more):
    return {"ID": "r", "Status": "Enabled", "Expiration": {"Days": 30}} | more


DELETING = [
    _rule(Filter={"Prefix": ""}),
    _rule(Prefix="snapshots/"),
    _rule(Filter={"Prefix": "lake/catalog/"}),
    _rule(Filter={"Prefix": "lake/snapshots/o-aa111bb222/"}),
    _rule(Filter={"Tag": {"Key": "team", "Value": "security"}}),
    _rule(Filter={"And": {"Prefix": "lake/", "Tags": [{"Key": "team", "Value": "security"}]}}),
]
HARMLESS = [
    _rule(Filter={"Prefix": "lake/raw/"}),
    _rule(Filter={"Prefix": "lake/athena-results/"}),
    _rule(Filter={"Tag": {"Key": "credlake", "Value": "superseded"}}),
    _rule(Filter={"And": {"Prefix": "lake/", "Tags": [{"Key": "credlake", "Value": "superseded"}]}}),
    _rule(Filter={"Prefix": ""}, Status="Disabled"),
    {"ID": "r", "Status": "Enabled", "Filter": {}, "Expiration": {"ExpiredObjectDeleteMarker": True}},
    {"ID": "r", "Status": "Enabled", "Filter": {}, "NoncurrentVersionExpiration": {"NoncurrentDays": 30}},
]


@pytest.mark.parametrize("rule", [one for one in DELETING if one.get("Prefix") != "snapshots/"])
def test_a_rule_that_deletes_what_is_published_is_a_fault(rule):
    assert judge_lifecycle("b", "lake", [rule]).verdict == "fault"


def test_the_fault_names_the_rule_and_the_zone():
    assert judge_lifecycle("b", "", [_rule(Prefix="snapshots/")]).message.endswith("by its rules r (snapshots/)")


@pytest.mark.parametrize("rule", HARMLESS)
def test_what_is_raw_superseded_or_no_longer_current_may_expire(rule):
    assert judge_lifecycle("b", "lake", [rule]).verdict == "fine"
