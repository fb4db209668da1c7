from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime

import pytest

from collector.errors import LakeError, NotPublishedError
from collector.lake import rebuild as rebuild_module
from collector.lake.publish import decide_rebuilt
from collector.lake.rebuild import rebuild
from collector.lake.record import read_record
from collector.outcome import Outcome
from tests.fixtures.examples import (
    DAY,
    ORGANIZATION,
    RUN,
    account_evidence,
    collect,
    denied_evidence,
    rows_of,
    run_of,
    snapshot,
    some_accounts,
    write,
    written,
)
from tests.fixtures.reports import report
from tests.fixtures.tampering import unsealed

LATER = datetime(2026, 12, 1, tzinfo=UTC)
RAW = f"raw/{ORGANIZATION}/{RUN}"


def rebuild_day(store, scratch, day=DAY, *, randomness=b"\x00\x00\x00\x01"):
    return rebuild(store, ORGANIZATION, day, scratch, now=lambda: LATER, randomness=randomness)


def bytes_under(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_rebuilt_tables_equal_the_published_ones(store, scratch):
    before = collect(store, scratch, some_accounts())

    after = rebuild_day(store, scratch).written

    for record_type, number in (("account", 6), ("user", 5)):
        expected = rows_of(store, scratch, before.files, record_type)
        assert len(expected) == number
        assert rows_of(store, scratch, after.files, record_type) == expected
    assert (after.accounts, after.users, after.run_sha256) == (before.accounts, before.users, before.run_sha256)


def test_the_record_names_the_rebuilt_files_and_existing_files_are_unchanged(store, scratch, lake):
    collect(store, scratch, some_accounts())
    before = bytes_under(lake)

    rebuilt = rebuild_day(store, scratch)

    folder = f"snapshots/{ORGANIZATION}/{DAY}/{RUN}-rebuild-00000001"
    record = read_record(store, ORGANIZATION).record
    assert record == rebuilt.record
    assert (record.newest.run_id, record.newest.folder, record.newest.published_at) == (RUN, folder, LATER)
    after = bytes_under(lake)
    assert {path for path in after if before.get(path) != after[path]} == {
        f"catalog/{ORGANIZATION}.json",
        f"{folder}/accounts.parquet",
        f"{folder}/users-00000.parquet",
    }
    assert set(before) <= set(after)
    assert list(scratch.iterdir()) == []


def test_a_snapshot_can_be_rebuilt_when_its_tables_are_gone(store, scratch, lake):
    before = collect(store, scratch, some_accounts())
    expected = rows_of(store, scratch, before.files, "user")
    for file in before.files:
        (lake / file.path).unlink()

    after = rebuild_day(store, scratch).written

    assert rows_of(store, scratch, after.files, "user") == expected


def test_a_snapshot_can_be_rebuilt_again_and_again(store, scratch):
    collect(store, scratch, some_accounts())

    rebuild_day(store, scratch)
    again = rebuild_day(store, scratch, randomness=b"\x00\x00\x00\x02")

    assert again.record.newest.folder.endswith("-rebuild-00000002")


def test_rebuilding_an_older_day_does_not_move_latest_and_touches_no_other_day(store, scratch):
    collect(store, scratch, some_accounts(), run=run_of("2026-11-21"))
    collect(store, scratch, some_accounts(), run=run_of("2026-11-22"))
    before = read_record(store, ORGANIZATION).record

    after = rebuild_day(store, scratch, "2026-11-21").record

    assert after.latest == "2026-11-22"
    assert after.snapshots["2026-11-22"] == before.snapshots["2026-11-22"]
    assert after.snapshots["2026-11-21"].folder != before.snapshots["2026-11-21"].folder


def test_an_older_day_of_little_coverage_can_be_rebuilt(store, scratch):
    poor = [*some_accounts(), *[(denied_evidence(f"7{number:011d}"), None) for number in range(20)]]
    collect(store, scratch, poor, run=run_of("2026-11-21"))
    collect(store, scratch, some_accounts(), run=run_of("2026-11-22"))

    assert rebuild_day(store, scratch, "2026-11-21").written.accounts.covered == 2


def test_without_a_snapshot_of_the_day_the_newest_complete_run_is_rebuilt(store, scratch, lake):
    for number in (1, 3, 2):
        write(store, scratch, some_accounts(), run=run_of(DAY, number))
    (lake / f"raw/{ORGANIZATION}/{run_of(DAY, 3).run_id}/run.json").unlink()

    record = rebuild_day(store, scratch).record

    assert record.newest.run_id == "20261123T010203Z-00000002"
    assert record.latest == DAY


def test_a_run_that_is_not_published_has_to_pass_the_rules_to_be_rebuilt(store, scratch):
    collect(store, scratch, [some_accounts()[3]], run=run_of("2026-11-22"))
    write(store, scratch, some_accounts(), run=run_of(DAY))

    with pytest.raises(NotPublishedError, match="less than half of what the newest snapshot"):
        rebuild_day(store, scratch)

    assert list(read_record(store, ORGANIZATION).record.snapshots) == ["2026-11-22"]


def test_a_run_published_during_a_rebuild_is_kept(store, scratch, monkeypatch):
    collect(store, scratch, some_accounts())
    write_tables = rebuild_module.write_tables

    def overtaken(*arguments, **named):
        made = write_tables(*arguments, **named)
        collect(store, scratch, some_accounts(), run=run_of(DAY, 9))
        return made

    monkeypatch.setattr(rebuild_module, "write_tables", overtaken)
    with pytest.raises(NotPublishedError, match="was published for 2026-11-23 while run"):
        rebuild_day(store, scratch)

    assert read_record(store, ORGANIZATION).record.newest.run_id == "20261123T010203Z-00000009"


def test_a_rebuild_that_covers_less_than_the_collection_is_not_published():
    record = read_record_of(snapshot(54, 55, number=1))

    assert decide_rebuilt(record, written(53, 55, number=1)).publish is False
    assert decide_rebuilt(record, written(54, 55, number=1)).publish is True


def read_record_of(day):
    from collector.lake.record import with_snapshot  # noqa: PLC0415  # beside its only use

    return with_snapshot(None, ORGANIZATION, DAY, day)


@pytest.mark.parametrize(
    ("runs", "reason"), [(0, "there is no run of that day"), (2, r"2 run\(s\) of that day did not complete")]
)
def test_a_day_without_a_complete_run_cannot_be_rebuilt(store, scratch, lake, runs, reason):
    collect(store, scratch, some_accounts(), run=run_of("2026-11-21"))
    for number in range(runs):
        write(store, scratch, some_accounts(), run=run_of(DAY, number))
        (lake / f"raw/{ORGANIZATION}/{run_of(DAY, number).run_id}/run.json").unlink()

    with pytest.raises(LakeError, match=f"Nothing can be rebuilt for {ORGANIZATION} on {DAY}: {reason}"):
        rebuild_day(store, scratch)


def flip(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def recompress(path, change):
    path.write_bytes(gzip.compress(change(gzip.decompress(path.read_bytes()))))


DAMAGE = {
    "a report is gone": ("111111111111.csv.gz", lambda path: path.unlink()),
    "a report has another bit": ("111111111111.csv.gz", lambda path: flip(path, -60)),
    "a report says something else": (
        "111111111111.csv.gz",
        lambda path: recompress(path, lambda content: content.replace(b"alice", b"alicf")),
    ),
    "the accounts are other ones": (
        "accounts.jsonl.gz",
        lambda path: recompress(path, lambda content: content.replace(b"Root/Workloads", b"Root/Elsewhere")),
    ),
    "the accounts are cut off": ("accounts.jsonl.gz", lambda path: path.write_bytes(path.read_bytes()[:100])),
    "the run is another": (
        "run.json",
        lambda path: path.write_bytes(path.read_bytes().replace(b"15:22:00", b"15:22:01")),
    ),
    "the run is not valid JSON": ("run.json", lambda path: path.write_bytes(b"{")),
}


@pytest.mark.parametrize(("name", "damage"), DAMAGE.values(), ids=DAMAGE.keys())
def test_nothing_is_rebuilt_from_altered_raw_files(store, scratch, lake, name, damage):
    collect(store, scratch, some_accounts())
    before = (lake / f"catalog/{ORGANIZATION}.json").read_bytes()
    damage(lake / RAW / name)

    with pytest.raises(LakeError, match=name.replace(".", r"\.")):
        rebuild_day(store, scratch)

    assert (lake / f"catalog/{ORGANIZATION}.json").read_bytes() == before
    assert list(scratch.iterdir()) == []


def test_a_run_in_the_folder_of_another_is_refused(store, scratch, lake):
    write(store, scratch, some_accounts(), run=run_of(DAY, 1))
    path = lake / f"raw/{ORGANIZATION}/{run_of(DAY, 1).run_id}/run.json"
    path.write_text(json.dumps(unsealed(json.loads(path.read_text())) | {"run_id": "20261123T010203Z-00000007"}))

    with pytest.raises(LakeError, match=r"belongs to run 20261123T010203Z-00000007"):
        rebuild_day(store, scratch)


def test_an_account_without_a_report_keeps_its_outcome(store, scratch):
    accounts = [
        (account_evidence("111111111111"), report("111111111111", "alice")),
        (denied_evidence("222222222222", outcome=Outcome.THROTTLED, error_code="Throttling"), None),
    ]
    collect(store, scratch, accounts)

    after = rebuild_day(store, scratch).written

    assert [row["outcome"] for row in rows_of(store, scratch, after.files, "account")] == ["collected", "throttled"]
