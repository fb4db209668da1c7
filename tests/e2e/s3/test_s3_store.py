from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collector.aws import s3 as s3_objects
from collector.aws.s3 import S3Place, parse_s3_uri
from collector.errors import LakeError, UsageError
from collector.lake.local_store import open_store
from collector.lake.s3_store import S3Store

RECORD = "catalog/o-abcdefghij.json"


def keys_in(server, bucket, prefix=""):
    """The keys under the prefix, without it."""
    answer = server.client().list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [entry["Key"].removeprefix(prefix) for entry in answer.get("Contents", ())]


def test_keys_are_under_the_prefix(store, server, bucket, prefix):
    store.put("raw/a/run.json", b"x")

    assert store.location("raw/a/run.json") == f"s3://{bucket}/{prefix}/raw/a/run.json"
    assert keys_in(server, bucket, prefix) == ["/raw/a/run.json"]


def test_a_lake_may_be_a_whole_bucket(server):
    bucket = server.new_bucket()
    store = S3Store(f"s3://{bucket}/", server.client())
    store.put("raw/a", b"x")

    assert keys_in(server, bucket) == ["raw/a"]
    assert (store.uri, store.names("raw"), store.names("")) == (f"s3://{bucket}", ["a"], ["raw"])


def test_each_fetch_copies_into_a_file_of_its_own(store, tmp_path):
    store.put("snapshots/1/users-00000.parquet", b"parquet")

    copies = [store.fetch("snapshots/1/users-00000.parquet", tmp_path) for _ in range(2)]

    assert [copy.read_bytes() for copy in copies] == [b"parquet"] * 2
    assert copies[0] != copies[1]


def test_every_object_is_sent_with_its_sha256(store, server, bucket, prefix):
    store.put("raw/a", b"x")

    head = server.client().head_object(Bucket=bucket, Key=f"{prefix}/raw/a", ChecksumMode="ENABLED")
    assert head["ChecksumSHA256"] == "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE="


def test_without_a_key_objects_are_encrypted_as_the_bucket_does_by_default(moto):
    key = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
    moto.client().create_bucket(Bucket="defaulting-lake")
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    moto.client().put_bucket_encryption(
        Bucket="defaulting-lake", ServerSideEncryptionConfiguration={"Rules": [default]}
    )
    S3Store("s3://defaulting-lake", moto.client()).put("raw/a", b"x")

    head = moto.client().head_object(Bucket="defaulting-lake", Key="raw/a")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


def test_with_a_lock_reports_are_kept_from_everybody_and_nothing_else_is(moto):
    moto.client().create_bucket(Bucket="locked-lake", ObjectLockEnabledForBucket=True)
    store = S3Store("s3://locked-lake/lake", moto.client(), raw_lock="COMPLIANCE:365")
    store.put("raw/a", b"x")
    store.put("snapshots/a", b"x")
    store.replace(RECORD, b"{}", expected=None)

    heads = {
        key: moto.client().head_object(Bucket="locked-lake", Key=f"lake/{key}")
        for key in ("raw/a", "snapshots/a", RECORD)
    }
    assert [key for key, head in heads.items() if "ObjectLockMode" in head] == ["raw/a"]
    assert heads["raw/a"]["ObjectLockMode"] == "COMPLIANCE"
    left = heads["raw/a"]["ObjectLockRetainUntilDate"] - datetime.now(UTC)
    assert timedelta(days=364) < left <= timedelta(days=365)


def test_a_bucket_without_object_lock_is_said_so(moto):
    moto.client().create_bucket(Bucket="lockless-lake")
    store = S3Store("s3://lockless-lake/lake", moto.client(), raw_lock="GOVERNANCE:1")
    with pytest.raises(LakeError, match="enable Object Lock on the bucket"):
        store.put("raw/a", b"x")


def test_with_a_kms_key_every_object_is_encrypted_with_it(moto):
    moto.client().create_bucket(Bucket="keyed-lake")
    key = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
    store = S3Store("s3://keyed-lake/lake", moto.client(), kms_key=key)
    store.put("raw/a", b"x")
    store.replace(RECORD, b"{}", expected=None)

    for name in ("lake/raw/a", f"lake/{RECORD}"):
        head = moto.client().head_object(Bucket="keyed-lake", Key=name)
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)
        assert head["BucketKeyEnabled"]


def test_names_are_complete_over_all_pages(store, monkeypatch):
    monkeypatch.setattr(s3_objects, "_NAMES_PER_PAGE", 3)
    for number in range(1, 9):
        store.put(f"raw/o-1/run/{number:012d}.csv.gz", b"x")

    assert store.names("raw/o-1/run") == [f"{number:012d}.csv.gz" for number in range(1, 9)]


def test_a_misspelt_bucket_or_prefix_is_not_an_empty_lake(store, server, bucket, prefix):
    store.put("raw/a", b"x")

    store.check_exists()
    with pytest.raises(LakeError, match=r"There is no lake at s3://.*/some/.*es: no object has that prefix"):
        S3Store(f"s3://{bucket}/{prefix}es", server.client()).check_exists()
    with pytest.raises(LakeError, match=r"There is no bucket no-such-bucket: create it, or name another"):
        S3Store("s3://no-such-bucket/lake", server.client()).check_exists()
    with pytest.raises(LakeError, match=r"There is no bucket no-such-bucket: create it, or name another"):
        S3Store("s3://no-such-bucket/lake", server.client()).check_writable()


def test_the_check_whether_a_lake_is_writable_leaves_one_hidden_object_per_zone(store, server, bucket, prefix):
    store.check_writable()
    store.check_writable()

    assert keys_in(server, bucket, prefix) == [f"/{zone}/.credlake-probe" for zone in ("catalog", "raw", "snapshots")]


def test_writing_needs_no_permission_to_delete(server, bucket, prefix):
    called = []
    client = server.client()
    client.meta.events.register("provide-client-params.s3.*", lambda model, **_: called.append(model.name))
    store = S3Store(f"s3://{bucket}/{prefix}", client)
    store.check_writable()
    store.check_writable()
    store.put("raw/a", b"x")
    store.replace(RECORD, b"one", expected=None)

    assert {name for name in called if "Delete" in name} == set()


def test_a_lake_is_opened_by_its_uri_and_the_standard_endpoint_variable(server, bucket, prefix, monkeypatch):
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    store = open_store(f"s3://{bucket}/{prefix}/")
    store.put("raw/a", b"x")

    assert store.uri == f"s3://{bucket}/{prefix}"
    assert store.endpoint == server.url
    assert keys_in(server, bucket, prefix) == ["/raw/a"]


def test_the_endpoint_variable_of_s3_beats_the_general_one(moto, monkeypatch):
    for name, value in moto.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto.url)
    moto.client().create_bucket(Bucket="found-by-s3-url")

    open_store("s3://found-by-s3-url").check_writable()


def test_a_missing_profile_is_an_error_that_names_it(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")

    with pytest.raises(LakeError, match="no-such-profile"):
        open_store("s3://bucket/lake")


def test_a_key_for_a_lake_in_a_folder_is_refused(tmp_path):
    with pytest.raises(UsageError, match="--kms-key"):
        open_store(str(tmp_path), kms_key="alias/lake")


@pytest.mark.parametrize("uri", ["s3://", "s3:///lake", "s3://Bucket/lake", "s3://b/lake", "s3://bucket_name"])
def test_a_uri_without_a_bucket_is_wrong_usage(uri):
    with pytest.raises(UsageError, match="does not name a bucket"):
        parse_s3_uri(uri)


@pytest.mark.parametrize("uri", ["s3://bucket//lake", "s3://bucket/a//b", "s3://bucket/../lake"])
def test_a_prefix_with_an_empty_part_is_wrong_usage(uri):
    with pytest.raises(UsageError, match="must not be empty"):
        parse_s3_uri(uri)


def test_an_s3_place_has_keys_uris_paths_and_arns():
    place = parse_s3_uri("s3://bucket/some/lake//")

    assert place == S3Place("bucket", "some/lake")
    assert place.key("raw/a") == "some/lake/raw/a"
    assert place.uri("raw/a") == "s3://bucket/some/lake/raw/a"
    assert place.objects_arn("aws-cn") == "arn:aws-cn:s3:::bucket/some/lake/*"
    assert S3Place("bucket").objects_arn() == "arn:aws:s3:::bucket/*"
