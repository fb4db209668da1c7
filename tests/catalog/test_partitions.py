from __future__ import annotations

import pytest

from collector.catalog.tables import (
    GLUE_SNAPSHOT_RECORD,
    GLUE_SNAPSHOT_RECORD_LATEST,
    expected_partitions,
    partition_input,
    plan_partitions,
)
from collector.lake.record import with_snapshot
from tests.fixtures.examples import ORGANIZATION, snapshot

FOLDER = "s3://bucket/lake/snapshots/"
DAY_1 = f"{FOLDER}o-abcdefghij/2026-11-22/20261122T010203Z-00000001/"
DAY_2 = f"{FOLDER}o-abcdefghij/2026-11-23/20261123T010203Z-00000002/"
DAY_2_EARLIER = f"{FOLDER}o-abcdefghij/2026-11-23/20261123T010203Z-00000001/"


@pytest.fixture(name="record")
def _record():
    first = with_snapshot(None, ORGANIZATION, "2026-11-22", snapshot(5, 5, day="2026-11-22", number=1))
    return with_snapshot(first, ORGANIZATION, "2026-11-23", snapshot(5, 5, day="2026-11-23", number=2))


def locate(key):
    return f"s3://bucket/lake/{key}"


def found(*places):
    return [partition_input(GLUE_SNAPSHOT_RECORD, (ORGANIZATION, day), place) for day, place in places]


def planned(record, *places):
    wanted = expected_partitions(GLUE_SNAPSHOT_RECORD, record, locate)
    return plan_partitions(GLUE_SNAPSHOT_RECORD, wanted, found(*places), FOLDER)


def test_each_day_points_to_its_run_and_the_newest_to_the_newest_days(record):
    assert expected_partitions(GLUE_SNAPSHOT_RECORD, record, locate) == {
        (ORGANIZATION, "2026-11-22"): DAY_1,
        (ORGANIZATION, "2026-11-23"): DAY_2,
    }
    assert expected_partitions(GLUE_SNAPSHOT_RECORD_LATEST, record, locate) == {(ORGANIZATION,): DAY_2}


def test_partitions_that_are_missing_are_created_and_the_others_not_changed(record):
    steps = planned(record, ("2026-11-22", DAY_1.rstrip("/")))

    assert [(one["Values"], one["StorageDescriptor"]["Location"]) for one in steps.create] == [
        ([ORGANIZATION, "2026-11-23"], DAY_2)
    ]
    assert (steps.update, steps.delete, steps.repairs) == ((), (), ())
    assert planned(record, ("2026-11-22", DAY_1), ("2026-11-23", DAY_2)).is_empty


def test_a_partition_that_points_to_an_earlier_run_is_moved_silently(record):
    steps = planned(record, ("2026-11-22", DAY_1), ("2026-11-23", DAY_2_EARLIER))

    assert [one["StorageDescriptor"]["Location"] for one in steps.update] == [DAY_2]
    assert (steps.create, steps.delete, steps.repairs) == ((), (), ())


def test_a_partition_moved_out_of_the_lake_is_moved_back_and_reported(record):
    steps = planned(record, ("2026-11-22", DAY_1), ("2026-11-23", "s3://elsewhere/x/"))

    assert [one["StorageDescriptor"]["Location"] for one in steps.update] == [DAY_2]
    assert " ".join(steps.repairs) == (
        "Glue table snapshot_record, partition o-abcdefghij/2026-11-23: moved back; it pointed to "
        "s3://elsewhere/x/, outside this lake."
    )


def test_a_partition_that_would_read_the_files_as_something_else_is_fixed(record):
    partitions = found(("2026-11-22", DAY_1), ("2026-11-23", DAY_2))
    partitions[0]["StorageDescriptor"]["SerdeInfo"] = {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"}

    wanted = expected_partitions(GLUE_SNAPSHOT_RECORD, record, locate)
    steps = plan_partitions(GLUE_SNAPSHOT_RECORD, wanted, partitions, FOLDER)

    assert [one["Values"] for one in steps.update] == [[ORGANIZATION, "2026-11-22"]]
    assert len(steps.repairs) == 1


def test_a_partition_of_a_day_that_the_record_does_not_name_is_removed(record):
    other = f"{FOLDER}o-abcdefghij/2026-11-24/20261124T010203Z-00000001/"
    steps = planned(record, ("2026-11-22", DAY_1), ("2026-11-23", DAY_2), ("2026-11-24", other))

    assert steps.delete == ((ORGANIZATION, "2026-11-24"),)
    assert " ".join(steps.repairs) == (
        "Glue table snapshot_record, partition o-abcdefghij/2026-11-24: removed, since no such snapshot is "
        f"published (it pointed to {other})."
    )


def test_a_partition_of_another_lake_is_reported_and_not_changed(record):
    steps = planned(record, ("2026-11-22", DAY_1), ("2026-11-23", DAY_2), ("2020-01-01", "s3://other/lake/"))

    assert steps.is_empty
    assert steps.repairs[0].endswith("or give this lake a database of its own with --database.")
