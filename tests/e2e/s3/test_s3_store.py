from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from collector.aws import s3 as s3_objects
from collector.aws.s3 import S3Place, parse_s3_uri
from collector.errors import LakeError, UsageError
from collector.lake.open import open_store
from collector.lake.s3_store import S3Store
from collector.lake.store import MissingObjectError, ReplaceConflictError
from tests.e2e.s3.conftest import fresh_bucket

RECORD = "catalog/o-abcdefghij.json"


def keys_in(server, bucket, prefix=""):
    """The keys under the prefix, without it."""
    answer = server.client().list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [entry["Key"].removeprefix(prefix) for entry in answer.get("Contents", ())]


def test_what_was_put_is_read_back_byte_by_byte_under_the_prefix(store, server, bucket, prefix):
    store.put("raw/a/run.json", b"\x00bytes")

    assert store.read("raw/a/run.json") == b"\x00bytes"
    assert store.size("raw/a/run.json") == 6
    assert store.location("raw/a/run.json") == f"s3://{bucket}/{prefix}/raw/a/run.json"
    assert keys_in(server, bucket, prefix) == ["/raw/a/run.json"]


def test_a_lake_may_be_a_whole_bucket(server):
    bucket = fresh_bucket(server)
    store = S3Store(f"s3://{bucket}/", server.client())
    store.put("raw/a", b"x")

    assert keys_in(server, bucket) == ["raw/a"]
    assert (store.uri, store.names("raw"), store.names("")) == (f"s3://{bucket}", ["a"], ["raw"])


def test_a_file_is_copied_in_whole_and_out_into_files_of_their_own(store, tmp_path):
    (tmp_path / "users").write_bytes(b"parquet" * 300_000)

    store.put_file("snapshots/1/users-00000.parquet", tmp_path / "users")
    copies = [store.fetch("snapshots/1/users-00000.parquet", tmp_path) for _ in range(2)]

    assert [copy.read_bytes() for copy in copies] == [b"parquet" * 300_000] * 2
    assert copies[0] != copies[1]


def test_every_object_is_sent_with_its_sha256_and_encrypted(store, server, bucket, prefix):
    store.put("raw/a", b"x")

    head = server.client().head_object(Bucket=bucket, Key=f"{prefix}/raw/a", ChecksumMode="ENABLED")
    assert head["ChecksumSHA256"] == "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE="
    assert head["ServerSideEncryption"] == "AES256"


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


def test_nothing_is_overwritten_and_the_same_bytes_again_are_fine(store, tmp_path):
    store.put("raw/a", b"first")
    (tmp_path / "same").write_bytes(b"first")
    (tmp_path / "other").write_bytes(b"other")

    store.put("raw/a", b"first")
    store.put_file("raw/a", tmp_path / "same")
    with pytest.raises(LakeError, match="ever overwritten"):
        store.put("raw/a", b"second")
    with pytest.raises(LakeError, match="ever overwritten"):
        store.put_file("raw/a", tmp_path / "other")

    assert store.read("raw/a") == b"first"


def test_what_is_missing_is_an_error_and_not_empty(store, tmp_path):
    with pytest.raises(MissingObjectError, match=r"s3://lake-.*/some/.*/raw/a is not there"):
        store.read("raw/a")
    with pytest.raises(MissingObjectError):
        store.fetch("raw/a", tmp_path)
    assert store.size("raw/a") is None
    assert store.names("raw") == []
    assert store.read_versioned("raw/a") is None


def test_names_are_those_right_under_a_folder_over_all_pages(store, monkeypatch):
    monkeypatch.setattr(s3_objects, "_NAMES_PER_PAGE", 3)
    for number in range(1, 9):
        store.put(f"raw/o-1/run/{number:012d}.csv.gz", b"x")
    store.put("raw/o-1/run/.hidden", b"x")
    store.put("raw/o-2/run/run.json", b"x")

    assert store.names("raw") == ["o-1", "o-2"]
    assert store.names("raw/o-1") == ["run"]
    assert store.names("raw/o-1/run") == [f"{number:012d}.csv.gz" for number in range(1, 9)]
    assert store.names("raw/o-1/ru") == []


def test_a_misspelt_bucket_or_prefix_is_no_empty_lake(store, server, bucket, prefix):
    store.put("raw/a", b"x")

    store.check_exists()
    with pytest.raises(LakeError, match=r"There is no lake at s3://.*/some/.*es: nothing lies there"):
        S3Store(f"s3://{bucket}/{prefix}es", server.client()).check_exists()
    with pytest.raises(LakeError, match=r"There is no bucket no-such-bucket: make it, or name another"):
        S3Store("s3://no-such-bucket/lake", server.client()).check_exists()
    with pytest.raises(LakeError, match=r"There is no bucket no-such-bucket: make it, or name another"):
        S3Store("s3://no-such-bucket/lake", server.client()).check_writable()


def test_a_look_whether_a_lake_is_writable_leaves_one_hidden_object_a_zone_however_often(store, server, bucket, prefix):
    store.check_writable()
    store.check_writable()

    assert keys_in(server, bucket, prefix) == [f"/{zone}/.credlake-probe" for zone in ("catalog", "raw", "snapshots")]
    assert [store.names(zone) for zone in ("catalog", "raw", "snapshots")] == [[], [], []]


def test_a_writer_needs_no_right_to_delete(server, bucket, prefix):
    called = []
    client = server.client()
    client.meta.events.register("provide-client-params.s3.*", lambda model, **_: called.append(model.name))
    store = S3Store(f"s3://{bucket}/{prefix}", client)
    store.check_writable()
    store.check_writable()
    store.put("raw/a", b"x")
    store.replace(RECORD, b"one", expected=None)

    assert {name for name in called if "Delete" in name} == set()


def test_the_record_is_replaced_only_if_it_is_what_was_read(store):
    store.replace(RECORD, b"one", expected=None)
    first = store.read_versioned(RECORD)
    store.replace(RECORD, b"two", expected=first.version)

    with pytest.raises(ReplaceConflictError):
        store.replace(RECORD, b"late", expected=first.version)
    with pytest.raises(ReplaceConflictError):
        store.replace(RECORD, b"first again", expected=None)
    assert store.read(RECORD) == b"two"


def test_a_record_that_is_gone_is_not_replaced_by_who_read_it(store, server, bucket, prefix):
    store.replace(RECORD, b"one", expected=None)
    first = store.read_versioned(RECORD)
    server.client().delete_object(Bucket=bucket, Key=f"{prefix}/{RECORD}")

    with pytest.raises(ReplaceConflictError):
        store.replace(RECORD, b"two", expected=first.version)


def test_of_many_that_read_the_same_version_one_replaces_it(weed):
    weed.client().create_bucket(Bucket="raced")
    store = S3Store("s3://raced", weed.client())
    store.replace(RECORD, b"start", expected=None)
    version = store.read_versioned(RECORD).version

    def attempt(number):
        try:
            store.replace(RECORD, b"%d" % number, expected=version)
        except ReplaceConflictError:
            return None
        return number

    with ThreadPoolExecutor(16) as pool:
        winners = [number for number in pool.map(attempt, range(32)) if number is not None]

    assert len(winners) == 1
    assert store.read(RECORD) == b"%d" % winners[0]


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


def test_a_profile_that_is_not_there_is_an_error_that_says_so(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")

    with pytest.raises(LakeError, match="no-such-profile"):
        open_store("s3://bucket/lake")


def test_a_key_for_a_lake_in_a_folder_is_refused(tmp_path):
    with pytest.raises(UsageError, match="--kms-key"):
        open_store(str(tmp_path), kms_key="alias/lake")


@pytest.mark.parametrize("uri", ["s3://", "s3:///lake", "s3://Bucket/lake", "s3://b/lake", "s3://bucket_name"])
def test_a_uri_without_a_bucket_is_wrong_usage(uri):
    with pytest.raises(UsageError, match="names no bucket"):
        parse_s3_uri(uri)


@pytest.mark.parametrize("uri", ["s3://bucket//lake", "s3://bucket/a//b", "s3://bucket/../lake"])
def test_a_prefix_with_an_empty_part_is_wrong_usage(uri):
    with pytest.raises(UsageError, match="must not be empty"):
        parse_s3_uri(uri)


def test_a_place_names_its_objects_for_s3_for_people_for_pyarrow_and_for_iam():
    place = parse_s3_uri("s3://bucket/some/lake//")

    assert place == S3Place("bucket", "some/lake")
    assert place.key("raw/a") == "some/lake/raw/a"
    assert place.uri("raw/a") == "s3://bucket/some/lake/raw/a"
    assert place.path("raw/a") == "bucket/some/lake/raw/a"
    assert place.objects_arn("aws-cn") == "arn:aws-cn:s3:::bucket/some/lake/*"
    assert S3Place("bucket").objects_arn() == "arn:aws:s3:::bucket/*"
