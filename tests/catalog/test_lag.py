"""What Athena reads is what Glue points to, and `query` reports where that is not what the record names."""

from __future__ import annotations

import pytest

from collector.catalog.sync import lagging_partitions, sync_catalog
from collector.query.snapshots import LakeSnapshots
from tests.catalog.test_sync import refuse
from tests.fixtures.examples import ORGANIZATION


@pytest.fixture(name="lag")
def _lag(store, database, glue):
    def lag(record):
        return list(lagging_partitions(LakeSnapshots(store, {ORGANIZATION: record}), database, glue))

    return lag


@pytest.fixture(name="followed")
def _followed(store, database, glue, publish_day):
    record = publish_day("2026-11-23")
    sync_catalog(store, ORGANIZATION, database=database, client=glue, sleep=lambda _seconds: None)
    return record


def test_nothing_is_reported_where_glue_follows(lag, followed):
    assert lag(followed) == []


def test_a_newer_snapshot_that_glue_does_not_know_is_reported(lag, followed, publish_day):
    (sentence,) = lag(publish_day("2026-11-24"))
    assert sentence.startswith(f"{ORGANIZATION}: Athena reads another snapshot, since Glue is behind the record: ")
    assert f"{followed.newest.run_id}/, not " in sentence


def test_a_lake_that_glue_knows_nothing_of_is_reported(lag, followed, glue, database):
    glue.delete_partition(DatabaseName=database, TableName="snapshot_record_latest", PartitionValues=[ORGANIZATION])
    (sentence,) = lag(followed)
    assert sentence.startswith(f"{ORGANIZATION}: Athena has no snapshot of it")


def test_a_denied_call_to_glue_is_reported_too(lag, followed, glue):
    refuse(glue, "GetPartitions", "AccessDeniedException")
    (sentence,) = lag(followed)
    assert sentence.startswith("It is unknown whether Athena reads that snapshot: glue:GetPartitions failed")
