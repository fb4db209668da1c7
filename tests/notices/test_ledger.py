"""What was sent is kept by conditional writes, in a folder and on two S3 servers."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from collector.errors import LakeError, NewerLakeError
from collector.lake.local_store import LocalStore
from collector.lake.s3_store import S3Store
from collector.notices.compare import Notified
from collector.notices.ledger import Ledger

NOW = datetime(2026, 11, 26, 6, tzinfo=UTC)
NOTIFIED = Notified(snapshot_date="2026-11-25", run_id="run")


@pytest.fixture(name="store", params=["folder", "moto", "weed"])
def _store(request, tmp_path):
    if request.param == "folder":
        return LocalStore(tmp_path / "lake")
    server = request.getfixturevalue(request.param)
    return S3Store(f"s3://{server.new_bucket()}/{secrets.token_hex(4)}", server.client())


@pytest.fixture(name="ledger")
def _ledger(store):
    return Ledger(store, "o-abcdefghij")


def test_what_was_told_is_read_back(ledger, store):
    ledger.write(ledger.read("blue"), "SLACK", status="sent", notified=NOTIFIED, now=NOW)
    entry = ledger.read("blue").entries["SLACK"]
    assert (entry.status, entry.notified, entry.at) == ("sent", NOTIFIED, "2026-11-26T06:00:00Z")
    assert ledger.read("red").entries == {}
    [name] = store.names("notices/o-abcdefghij")
    assert "blue" not in name


def test_of_many_that_claim_at_once_one_does(ledger):
    page = ledger.read("blue")

    def claim(number):
        return ledger.write(page, f"CHANNEL-{number}", status="sending", notified=NOTIFIED, now=NOW)

    with ThreadPoolExecutor(8) as threads:
        claims = [each for each in threads.map(claim, range(8)) if each]
    assert len(claims) == 1
    assert ledger.read("blue").entries == claims[0].entries


def test_a_result_is_written_beside_what_others_wrote_since(ledger):
    claimed = ledger.write(ledger.read("blue"), "SLACK", status="sending", notified=NOTIFIED, now=NOW)
    ledger.write(ledger.read("blue"), "MAIL", status="sent", notified=NOTIFIED, now=NOW)
    ledger.settle(claimed, "SLACK", status="failed", notified=None, now=NOW)
    assert {name: each.status for name, each in ledger.read("blue").entries.items()} == {
        "SLACK": "failed",
        "MAIL": "sent",
    }


def test_a_channel_that_another_command_has_claimed_since_is_left_to_it(ledger):
    claimed = ledger.write(ledger.read("blue"), "SLACK", status="sending", notified=NOTIFIED, now=NOW)
    ledger.write(ledger.read("blue"), "SLACK", status="sent", notified=NOTIFIED, now=NOW)
    ledger.settle(claimed, "SLACK", status="failed", notified=None, now=NOW)
    assert ledger.read("blue").entries["SLACK"].status == "sent"


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"schema_version":1,"channels":{"A":{"status":1}}}'])
def test_an_object_that_is_damaged_is_an_error_and_sends_nothing_again(tmp_path, content):
    store = LocalStore(tmp_path / "lake")
    store.put("notices/o-abcdefghij/no-owner.json", content)
    with pytest.raises(LakeError, match="damaged"):
        Ledger(store, "o-abcdefghij").read("")


def test_an_object_of_a_newer_version_is_refused(tmp_path):
    store = LocalStore(tmp_path / "lake")
    store.put("notices/o-abcdefghij/no-owner.json", b'{"schema_version":2,"channels":{}}')
    with pytest.raises(NewerLakeError):
        Ledger(store, "o-abcdefghij").read("")
