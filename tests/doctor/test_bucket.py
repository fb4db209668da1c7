"""The lake's bucket and key: one literal answer each."""

from __future__ import annotations

import json

import pytest

from collector.doctor.bucket import (
    check_encryption,
    check_files,
    check_key,
    check_lifecycle,
    check_policy,
    check_public_access,
    check_region,
    check_tags,
    check_versioning,
)
from collector.lake.record import PublishedFile

TLS_ONLY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, "OK"),
        ({"Principal": {"AWS": "*"}}, "OK"),
        ({"Action": "s3:GetObject"}, "FAIL"),
        ({"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}, "FAIL"),
        ({"Effect": "Allow"}, "FAIL"),
        ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, "FAIL"),
        ({"Condition": {}}, "FAIL"),
    ],
)
def test_only_a_denial_of_everything_without_tls_to_everyone_is_ok(changed, status):
    found = [one for one in check_policy("b", json.dumps({"Statement": [TLS_ONLY | changed]})) if "TLS" in one.message]
    assert [one.status for one in found] == [status]


def test_a_bucket_without_a_policy_fails():
    assert [one.status for one in check_policy("b", None)] == ["FAIL"]


OPEN = {"Sid": "open", "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}


@pytest.mark.parametrize(
    ("changed", "is_open"),
    [
        ({}, True),
        ({"Action": "s3:GetObject"}, True),
        ({"Principal": {"AWS": ["arn:aws:iam::111122223333:root", "*"]}}, True),
        ({"Principal": None, "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}}, True),
        ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, True),
        ({"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-aa111bb222"}}}, False),
        ({"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}, False),
        ({"Principal": {"Service": "cloudtrail.amazonaws.com"}}, False),
        ({"Effect": "Deny"}, False),
    ],
)
def test_a_policy_that_opens_the_bucket_to_everybody_fails(changed, is_open):
    found = list(check_policy("b", json.dumps({"Statement": [TLS_ONLY, OPEN | changed]})))
    assert [one.status for one in found] == ["FAIL", "OK"] if is_open else ["OK"]
    if is_open:
        assert found[0].message.startswith("opens the bucket to everybody (open: s3:")


def _file(name, size):
    return PublishedFile(path=name, record_type="user", rows=1, bytes=size, sha256="a" * 64)


@pytest.mark.parametrize(
    ("sizes", "status", "message"),
    [
        ([10, 20], "OK", "are there: 2, each with the size in the record"),
        ([10, None], "FAIL", "1 of 2 are missing, 0 have another size: b"),
        ([9, None], "FAIL", "1 of 2 are missing, 1 have another size: a and 1 more"),
    ],
)
def test_every_published_file_must_be_there_in_its_size(sizes, status, message):
    finding = check_files("o-aa111bb222", [_file("a", 10), _file("b", 20)], sizes)
    assert (finding.status, finding.message) == (status, message)


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
def test_a_rule_that_deletes_published_objects_fails(rule):
    assert check_lifecycle("b", "lake", [rule]).status == "FAIL"


def test_the_message_names_the_rule_and_the_zone():
    assert check_lifecycle("b", "", [_rule(Prefix="snapshots/")]).message.endswith("by these rules: r (snapshots/)")


@pytest.mark.parametrize("rule", HARMLESS)
def test_raw_superseded_and_noncurrent_objects_may_expire(rule):
    assert check_lifecycle("b", "lake", [rule]).status == "OK"


def _kms(key="arn:aws:kms:us-east-1:000000000001:key/1"):
    return [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]


@pytest.mark.parametrize(("versioning", "status"), [("Enabled", "OK"), ("Suspended", "FAIL"), (None, "FAIL")])
def test_versioning_is_ok_only_if_it_is_enabled(versioning, status):
    assert check_versioning("b", versioning).status == status


def test_public_access_is_blocked_only_by_all_four_settings():
    finding = check_public_access("b", {"BlockPublicAcls": True, "BlockPublicPolicy": True, "IgnorePublicAcls": True})
    assert finding.status == "FAIL"
    assert finding.message.endswith("; not set: RestrictPublicBuckets")
    assert check_public_access("b", None).status == "FAIL"


def test_a_published_file_that_is_tagged_to_expire_fails():
    assert check_tags("o-a", []).status == "OK"
    finding = check_tags("o-a", ["snapshots/a.parquet"])
    assert (finding.status, finding.message[-20:]) == ("FAIL", " snapshots/a.parquet")


def test_a_bucket_needs_a_default_encryption_and_any_is_right():
    assert check_encryption("b", _kms("of-the-bucket"), None).message == "defaults to aws:kms with of-the-bucket"
    assert check_encryption("b", _kms("of-the-bucket"), "key").message.endswith("objects are encrypted with key")
    assert check_encryption("b", [], None).status == "FAIL"


def test_a_bucket_in_another_region_fails():
    assert check_region("b", "eu-west-1", "us-east-1").remediation == "Run in eu-west-1 (AWS_REGION)."
    assert check_region("b", "us-east-1", "us-east-1").status == "OK"


@pytest.mark.parametrize(("state", "status"), [("Enabled", "OK"), ("PendingDeletion", "FAIL"), ("Disabled", "FAIL")])
def test_a_key_is_ok_only_while_it_is_enabled(state, status):
    assert check_key("k", {"KeyState": state, "KeyUsage": "ENCRYPT_DECRYPT"}).status == status
