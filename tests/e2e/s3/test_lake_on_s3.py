"""What a lake promises, kept on S3: a run written, published, rebuilt, verified, and resumed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from collector.collection.resume import begin_run, find_interrupted_run
from collector.errors import LakeError
from collector.lake.layout import record_key, report_key
from collector.lake.publish import publish
from collector.lake.rebuild import rebuild
from collector.lake.record import read_record
from collector.lake.verify import verify
from collector.lake.verify.tables import DifferenceKind
from collector.lake.writer import SnapshotWriter
from tests.fixtures.examples import (
    DAY,
    FINISHED,
    ORGANIZATION,
    RUN,
    STARTED,
    collect,
    rows_of,
    run_evidence,
    run_of,
    some_accounts,
)
from tests.fixtures.tampering import unsealed


def now():
    return FINISHED


def test_rebuilt_tables_equal_the_published_ones(store, tmp_path):
    collect(store, tmp_path, some_accounts())
    before = read_record(store, ORGANIZATION).record.newest

    rebuilt = rebuild(store, ORGANIZATION, DAY, tmp_path, now=now, randomness=b"abcd").record.newest

    for kind in ("account", "user"):
        assert rows_of(store, tmp_path, rebuilt.files, kind) == rows_of(store, tmp_path, before.files, kind)
    assert rebuilt.folder != before.folder
    assert list(verify(store, tmp_path)) == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (f"raw/{ORGANIZATION}/{RUN}/111111111111.csv.gz", DifferenceKind.RAW),
        (f"snapshots/{ORGANIZATION}/{DAY}/{RUN}/users-00000.parquet", DifferenceKind.FILE),
    ],
)
def test_a_flipped_bit_in_the_bucket_is_a_difference(store, tmp_path, *, name, kind):
    collect(store, tmp_path, some_accounts())
    content = bytearray(store.read(name))
    content[-60] ^= 1
    store.client.put_object(Bucket=store.place.bucket, Key=store.place.key(name), Body=bytes(content))

    differences = list(verify(store, tmp_path))

    assert {difference.kind for difference in differences} >= {kind}
    assert any(name in str(difference) for difference in differences)


def test_a_removed_record_is_a_difference_and_can_be_rebuilt(store, tmp_path):
    collect(store, tmp_path, some_accounts())
    store.client.delete_object(Bucket=store.place.bucket, Key=store.place.key(record_key(ORGANIZATION)))

    [difference] = verify(store, tmp_path)

    assert (difference.kind, difference.snapshot_date) == (DifferenceKind.RUN, DAY)
    assert difference.where == store.location(f"raw/{ORGANIZATION}/{RUN}")
    rebuild(store, ORGANIZATION, DAY, tmp_path, now=now, randomness=b"abcd")
    assert list(verify(store, tmp_path)) == []


def test_an_altered_record_is_a_difference_for_each_day(store, tmp_path):
    days = ("2026-11-20", "2026-11-21", "2026-11-22")
    for day in days:
        collect(store, tmp_path, some_accounts(), run=run_of(day))
    key = record_key(ORGANIZATION)
    record = unsealed(json.loads(store.read(key)))
    record["latest"] = days[1]
    record["snapshots"] = {day: unsealed(record["snapshots"][day]) for day in days[:2]}
    record["snapshots"][days[0]]["coverage"] = 1.0
    store.client.put_object(Bucket=store.place.bucket, Key=store.place.key(key), Body=json.dumps(record).encode())

    assert [(str(one.kind), one.snapshot_date) for one in verify(store, tmp_path)] == [
        ("record", days[0]),
        ("run", days[2]),
    ]


def test_an_earlier_run_in_place_of_a_later_one_is_a_difference(store, tmp_path):
    collect(store, tmp_path, some_accounts(), run=run_of(DAY, 1))
    superseded = store.read(record_key(ORGANIZATION))
    collect(store, tmp_path, some_accounts(), run=replace(run_of(DAY, 2), started_at=FINISHED - timedelta(seconds=1)))
    key = store.place.key(record_key(ORGANIZATION))
    store.client.put_object(Bucket=store.place.bucket, Key=key, Body=superseded)

    assert [(str(one.kind), one.snapshot_date) for one in verify(store, tmp_path)] == [("run", DAY)]


def test_nothing_is_rebuilt_without_a_missing_report(store, tmp_path):
    collect(store, tmp_path, some_accounts())
    key = report_key(ORGANIZATION, RUN, "111111111111")
    store.client.delete_object(Bucket=store.place.bucket, Key=store.place.key(key))

    with pytest.raises(LakeError, match=r"111111111111\.csv\.gz"):
        rebuild(store, ORGANIZATION, DAY, tmp_path, now=now, randomness=b"abcd")
    assert read_record(store, ORGANIZATION).record.newest.run_id == RUN


def test_an_interrupted_run_is_resumed_from_the_bucket(store, tmp_path):
    begin_run(store, run_evidence())
    first = SnapshotWriter(store, run_evidence(), tmp_path)
    for evidence, content in some_accounts()[:4]:
        first.add(evidence, content)
    first.abort()

    cut = find_interrupted_run(store, ORGANIZATION, not_before=STARTED)
    asked = []
    with SnapshotWriter(store, cut.run, tmp_path, folder=cut.fresh_folder()) as writer:
        for evidence, content in some_accounts():
            if evidence.account_id in cut.reported:
                kept, kept_content, stored_sha256 = cut.kept_report(evidence.account_id)
                writer.add(kept, kept_content, stored_sha256=stored_sha256)
            else:
                asked.append(evidence.account_id)
                writer.add(evidence, content)
        publish(store, writer.finish(FINISHED), now=now)

    assert asked == ["222222222222", "555555555555", "666666666666"]
    assert list(verify(store, tmp_path)) == []
