"""What goes wrong on the wire, in front of a real server: each is retried or reported, and nothing is half written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collector.errors import LakeError
from collector.lake.s3_store import S3Store
from collector.lake.store import MissingObjectError, ReplaceConflictError
from tests.fixtures.faulty_wire import Fault, faulty_wire
from tests.fixtures.s3_servers import S3Server

RECORD = "catalog/o-abcdefghij.json"
ALWAYS = 1000


@pytest.mark.parametrize("fault", [Fault.SLOW_DOWN, Fault.INTERNAL_ERROR, Fault.CUT_UPLOAD, Fault.CONFLICT])
def test_a_write_that_failed_once_is_sent_again(wired, wire, fault):
    wire.spoil(fault)

    wired.put("raw/a", b"report" * 100_000)

    assert wired.read("raw/a") == b"report" * 100_000
    assert [line.partition(" ")[0] for line in wire.seen] == ["PUT", "PUT", "GET"]


@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.ERROR_AFTER_ALL])
def test_a_write_whose_response_was_lost_counts_although_the_retry_conflicts(wired, wire, fault):
    wire.spoil(fault)
    wired.put("raw/a", b"report")
    wire.spoil(fault)
    wired.replace(RECORD, b"one", expected=None)
    first = wired.read_versioned(RECORD)
    wire.spoil(fault)
    wired.replace(RECORD, b"two", expected=first.version)

    assert (wired.read("raw/a"), wired.read(RECORD)) == (b"report", b"two")


@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.ERROR_AFTER_ALL])
def test_a_replacement_counts_although_every_response_was_lost(wired, wire, fault):
    wire.spoil(fault, times=ALWAYS)

    wired.replace(RECORD, b"one", expected=None)

    assert wired.read(RECORD) == b"one"


def test_a_replacement_that_may_have_arrived_and_cannot_be_read_is_an_error(wired, wire):
    wire.spoil(Fault.LOST_ANSWER, times=ALWAYS)
    wire.spoil(Fault.DENIED, method="GET", times=ALWAYS)

    with pytest.raises(LakeError, match=r"not known whether the write took place; it did completely or not at all"):
        wired.replace(RECORD, b"one", expected=None)


def test_a_concurrent_request_is_a_conflict(wired, wire):
    wire.spoil(Fault.CONFLICT)

    with pytest.raises(ReplaceConflictError):
        wired.replace(RECORD, b"one", expected=None)
    assert wired.read_versioned(RECORD) is None


@pytest.mark.parametrize(
    ("fault", "code", "next_step"),
    [
        (Fault.SLOW_DOWN, "SlowDown", "All retries failed: run again later"),
        (Fault.INTERNAL_ERROR, "InternalError", "All retries failed: run again later"),
        (Fault.CUT_UPLOAD, "ConnectionClosedError", "Check the network, the Region and AWS_ENDPOINT_URL_S3"),
        (Fault.BAD_DIGEST, "BadDigest", "S3 received other bytes than were sent"),
        (Fault.DENIED, "AccessDenied", r"Grant the caller s3:PutObject on arn:aws:s3:::lake-\w+/\w+/\*; "),
        (Fault.KEY_DENIED, "AccessDenied", "Grant the caller kms:GenerateDataKey and kms:Decrypt on the bucket's"),
        (Fault.KEY_DISABLED, "KMS.DisabledException", "Name a key that exists and is enabled"),
    ],
)
def test_a_write_that_keeps_failing_is_an_error_with_the_next_step(wired_once, wire, *, fault, code, next_step):
    wire.spoil(fault, times=ALWAYS)

    for call in (
        lambda: wired_once.put("raw/a", b"report"),
        lambda: wired_once.replace(RECORD, b"one", expected=None),
        wired_once.check_writable,
    ):
        with pytest.raises(LakeError, match=next_step) as raised:
            call()
        assert f"failed: s3:PutObject: {code}" in raised.value.message
        assert wired_once.uri in raised.value.message
        assert raised.value.exit_code == 3

    wire.clear()
    assert (wired_once.size("raw/a"), wired_once.size(RECORD)) == (None, None)


@pytest.mark.parametrize("fault", [Fault.CUT_ANSWER, Fault.FLIPPED_BIT])
def test_a_truncated_or_altered_response_is_requested_again(wired, wire, tmp_path, fault):
    wired.put("raw/a", b"report" * 1000)
    for method in (wired.read, lambda key: wired.fetch(key, tmp_path).read_bytes()):
        wire.spoil(fault, method="GET")
        assert method("raw/a") == b"report" * 1000
    wire.spoil(fault, method="GET")
    assert wired.read_versioned("raw/a").content == b"report" * 1000


def test_an_object_that_never_arrives_whole_is_an_error(wired, wire, tmp_path):
    wired.put("raw/a", b"report" * 1000)
    wire.spoil(Fault.CUT_ANSWER, method="GET", times=ALWAYS)

    with pytest.raises(LakeError, match=r"Reading s3://.*/raw/a failed: s3:GetObject \(its body\): IncompleteRead"):
        wired.read("raw/a")
    with pytest.raises(LakeError, match="IncompleteRead"):
        wired.fetch("raw/a", tmp_path)


def test_a_denied_read_is_neither_missing_nor_empty(wired_once, wire):
    wired = wired_once
    wire.spoil(Fault.DENIED, method="GET", times=ALWAYS)
    wire.spoil(Fault.DENIED, method="HEAD", times=ALWAYS)

    for call in (lambda: wired.read("raw/a"), lambda: wired.read_versioned(RECORD), lambda: wired.size("raw/a")):
        with pytest.raises(LakeError, match=r"Grant the caller s3:GetObject on .*, and s3:ListBucket on") as raised:
            call()
        assert not isinstance(raised.value, MissingObjectError)
    for call in (wired.check_exists, wired.check_writable, lambda: wired.names("raw")):
        with pytest.raises(LakeError, match=r"Grant the caller s3:ListBucket on arn:aws:s3:::lake-\w+;"):
            call()


def test_a_server_that_ignores_conditions_is_refused(moto):
    # moto compares no signatures, so a condition can be taken out of a request on its way.
    moto.client().create_bucket(Bucket="unconditional")
    with faulty_wire(moto) as (wire, server):
        wire.spoil(Fault.CONDITION_OVERLOOKED, times=ALWAYS)

        with pytest.raises(LakeError, match=r"ignores IfNoneMatch on PutObject, so two runs at once could overwrite"):
            S3Store("s3://unconditional", server.client()).check_writable()


def test_a_server_that_ignores_the_condition_of_a_replacement_is_refused(moto):
    moto.client().create_bucket(Bucket="half-conditional")
    client = moto.client()
    client.meta.events.register(
        "provide-client-params.s3.PutObject",
        lambda params, **_: {name: value for name, value in params.items() if name != "IfMatch"},
    )

    with pytest.raises(LakeError, match=r"ignores IfMatch on PutObject, so two runs at once could overwrite"):
        S3Store("s3://half-conditional", client).check_writable()


def test_unknown_credentials_are_an_error_with_the_next_step(weed):
    stranger = replace(weed, access_key="AKIASTRANGER")

    with pytest.raises(LakeError, match=r"InvalidAccessKeyId.*Provide valid AWS credentials"):
        S3Store("s3://bucket/lake", stranger.client()).check_exists()


def test_an_unreachable_server_is_an_error_with_the_next_step():
    store = S3Store("s3://bucket/lake", S3Server("http://127.0.0.1:1").client(attempts=1))

    with pytest.raises(LakeError, match="Check the network, the Region and AWS_ENDPOINT_URL_S3"):
        store.check_exists()
