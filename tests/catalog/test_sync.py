from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from collector.catalog.sync import sync_catalog
from collector.catalog.tables import GLUE_SNAPSHOT_RECORD, partition_input
from collector.errors import CatalogNotSyncedError
from collector.lake.layout import record_key
from collector.lake.record import serialize_record, with_snapshot
from tests.fixtures.examples import ORGANIZATION, OTHER_ORGANIZATION, snapshot

TABLES = ("snapshot_record", "snapshot_record_latest")


@pytest.fixture(name="sync")
def _sync(store, database, glue):
    def sync(organization_id=ORGANIZATION, client=glue):
        return sync_catalog(store, organization_id, database=database, client=client, sleep=lambda _seconds: None)

    return sync


@pytest.fixture(name="calls")
def _calls(glue):
    """The names of the calls that were sent to Glue, as they are sent."""
    sent = []
    glue.meta.events.register("before-call.glue.*", lambda model, **_: sent.append(model.name))
    return sent


@pytest.fixture(name="pointers")
def _pointers(glue, database, store):
    """Table → day (or organization) → run folder, as Glue says."""

    def pointers(table):
        answer = glue.get_partitions(DatabaseName=database, TableName=table)
        places = {p["Values"][-1]: p["StorageDescriptor"]["Location"] for p in answer["Partitions"]}
        return {name: place.removeprefix(f"{store.uri}/snapshots/{ORGANIZATION}/") for name, place in places.items()}

    return pointers


def refuse(client, operation, code, message="made up", times=1000):
    """Let Glue answer that call with an error."""
    left = [times]

    def answer(model, **_):
        if model.name == operation and left[0]:
            left[0] -= 1
            response = type("Response", (), {"status_code": 400, "headers": {}})()
            return response, {
                "Error": {"Code": code, "Message": message},
                "ResponseMetadata": {"HTTPStatusCode": 400, "HTTPHeaders": {}},
            }
        return None

    client.meta.events.register(f"before-call.glue.{operation}", answer)


def test_before_the_first_snapshot_there_are_tables_and_no_partitions(sync, glue, database, pointers):
    sync()

    assert [table["Name"] for table in glue.get_tables(DatabaseName=database)["TableList"]] == list(TABLES)
    assert (pointers(TABLES[0]), pointers(TABLES[1])) == ({}, {})


def test_partitions_follow_the_record(sync, publish_day, pointers):
    publish_day("2026-11-22")
    publish_day("2026-11-23")
    first = sync()
    publish_day("2026-11-23", 2)
    second = sync()

    assert (first.created, first.moved, first.removed, first.repairs) == (3, 0, 0, [])
    assert (second.created, second.moved, second.removed, second.repairs) == (0, 2, 0, [])
    assert pointers(TABLES[0]) == {
        "2026-11-22": "2026-11-22/20261122T010203Z-00000001/",
        "2026-11-23": "2026-11-23/20261123T010203Z-00000002/",
    }
    assert pointers(TABLES[1]) == {ORGANIZATION: "2026-11-23/20261123T010203Z-00000002/"}


def test_an_older_day_made_again_does_not_move_the_newest(sync, publish_day, pointers):
    publish_day("2026-11-22")
    publish_day("2026-11-23")
    sync()
    publish_day("2026-11-22", 7)
    sync()

    assert pointers(TABLES[0])["2026-11-22"] == "2026-11-22/20261122T010203Z-00000007/"
    assert pointers(TABLES[1]) == {ORGANIZATION: "2026-11-23/20261123T010203Z-00000001/"}


def test_where_all_is_in_sync_nothing_is_written(sync, publish_day, calls):
    publish_day("2026-11-22")
    sync()
    calls.clear()

    sync()

    assert calls == ["GetDatabase", "GetTable", "GetTable", "GetPartitions", "GetPartitions"]


@pytest.fixture(name="batches")
def _batches(glue):
    """The sizes of the batches that were sent to Glue, as they are sent."""
    sent = []

    def note(params, model, **_):
        items = {"PartitionInputList", "Entries", "PartitionsToDelete"} & set(params)
        sent.extend((model.name, len(params[name])) for name in items)

    glue.meta.events.register("provide-client-params.glue.*", note)
    return sent


def put_record(store, days):
    """Write a record of these days as it is."""
    record = None
    for day in days:
        record = with_snapshot(record, ORGANIZATION, day, snapshot(5, 5, day=day))
    key = record_key(ORGANIZATION)
    before = store.read_versioned(key)
    store.replace(key, serialize_record(record), expected=before and before.version)


def test_many_days_are_made_and_moved_in_batches_within_the_limits_of_glue(sync, store, batches, glue, database):
    put_record(store, [str(date(2026, 1, 1) + timedelta(days=n)) for n in range(130)])
    sync()
    elsewhere = [
        partition_input(GLUE_SNAPSHOT_RECORD, entry["Values"], "s3://elsewhere/")
        for entry in glue.get_partitions(DatabaseName=database, TableName=TABLES[0])["Partitions"]
    ]
    for one in elsewhere:
        glue.update_partition(
            DatabaseName=database, TableName=TABLES[0], PartitionValueList=one["Values"], PartitionInput=one
        )
    changes = sync()

    assert batches == [
        ("BatchCreatePartition", 100),
        ("BatchCreatePartition", 30),
        ("BatchCreatePartition", 1),
        ("BatchUpdatePartition", 100),
        ("BatchUpdatePartition", 30),
    ]
    assert (changes.moved, len(changes.repairs)) == (130, 130)


def test_days_that_are_no_longer_published_are_removed_in_batches(sync, store, batches, pointers):
    put_record(store, [str(date(2026, 1, 1) + timedelta(days=n)) for n in range(30)])
    sync()
    batches.clear()
    # A backup of the record was restored.
    put_record(store, ["2026-01-01"])
    changes = sync()

    assert sorted(batches) == [("BatchDeletePartition", 4), ("BatchDeletePartition", 25), ("BatchUpdatePartition", 1)]
    assert (changes.created, changes.moved, changes.removed) == (0, 1, 29)
    assert pointers(TABLES[0]) == {"2026-01-01": "2026-01-01/20260101T010203Z-00000001/"}


def test_a_record_that_was_lost_takes_nothing_away_from_readers(sync, publish_day, store, moto, pointers):
    publish_day("2026-11-22")
    sync()
    moto.client().delete_object(Bucket=store.place.bucket, Key=store.place.key(record_key(ORGANIZATION)))

    assert sync().removed == 0
    assert list(pointers(TABLES[0])) == ["2026-11-22"]


def test_two_organizations_in_one_database_do_not_disturb_each_other(sync, publish_day, pointers):
    publish_day("2026-11-22")
    sync()

    assert sync(OTHER_ORGANIZATION).removed == 0
    assert list(pointers(TABLES[0])) == ["2026-11-22"]


def test_what_was_altered_by_hand_is_repaired_and_reported(sync, publish_day, glue, database):
    publish_day("2026-11-22")
    sync()
    table = glue.get_table(DatabaseName=database, Name=TABLES[0])["Table"]
    before = {name: table[name] for name in ("Name", "TableType", "PartitionKeys", "StorageDescriptor", "Parameters")}
    damaged = {
        **before,
        "Parameters": {**before["Parameters"], "projection.enabled": "true"},
        "StorageDescriptor": {
            **before["StorageDescriptor"],
            "Location": "s3://elsewhere/",
            "Columns": [c for c in before["StorageDescriptor"]["Columns"] if c["Name"] != "outcome"],
        },
    }
    glue.update_table(DatabaseName=database, TableInput=damaged)

    changes = sync()

    after = glue.get_table(DatabaseName=database, Name=TABLES[0])["Table"]
    assert {name: after[name] for name in before} == before
    assert [repair.removeprefix("Glue table snapshot_record: ")[:40] for repair in changes.repairs] == [
        "dropped columns are there again: outcome",
        "partition projection is switched off aga",
        "its location was s3://elsewhere/ and is ",
    ]


def test_a_table_is_updated_without_archiving_a_version(sync, publish_day, glue, database):
    publish_day("2026-11-22")
    sync()
    seen = []
    glue.meta.events.register(
        "provide-client-params.glue.UpdateTable", lambda params, **_: seen.append(params["SkipArchive"])
    )
    table = glue.get_table(DatabaseName=database, Name=TABLES[0])["Table"]
    glue.update_table(
        DatabaseName=database,
        SkipArchive=True,
        TableInput={
            "Name": TABLES[0],
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": table["PartitionKeys"],
            "StorageDescriptor": table["StorageDescriptor"],
            "Parameters": {},
        },
    )
    sync()

    assert seen == [True, True]


def test_a_partition_that_another_run_changes_at_the_same_time_is_listed_again(sync, publish_day, glue, pointers):
    publish_day("2026-11-22")
    sync()
    publish_day("2026-11-23")
    first_look = [True]

    def hide(parsed, **_):
        # As if the partitions were listed before the other run made them, or after it removed them.
        if first_look and parsed["Partitions"]:
            first_look.pop()
            parsed["Partitions"] = []

    glue.meta.events.register("after-call.glue.GetPartitions", hide)
    sync()

    assert pointers(TABLES[0]) == {
        "2026-11-22": "2026-11-22/20261122T010203Z-00000001/",
        "2026-11-23": "2026-11-23/20261123T010203Z-00000001/",
    }


def test_a_snapshot_published_while_glue_was_synced_is_there_in_the_end(sync, publish_day, glue, pointers):
    publish_day("2026-11-22")
    rivals = [lambda: publish_day("2026-11-23", 3), lambda: publish_day("2026-11-23", 2)]

    def rival(**_):
        if rivals:
            rivals.pop()()

    glue.meta.events.register("after-call.glue.BatchCreatePartition", rival)
    sync()

    assert pointers(TABLES[0])["2026-11-23"] == "2026-11-23/20261123T010203Z-00000003/"
    assert pointers(TABLES[1]) == {ORGANIZATION: "2026-11-23/20261123T010203Z-00000003/"}


def test_many_runs_that_sync_glue_at_once_leave_it_in_sync(sync, publish_day, moto, pointers):
    publish_day("2026-11-22")

    def run(number):
        publish_day("2026-11-23", number)
        sync(client=moto.client("glue"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(2, 8)))

    record = publish_day("2026-11-22", 99)
    sync()
    run_id = record.snapshots["2026-11-23"].run_id
    assert pointers(TABLES[0]) == {
        "2026-11-22": "2026-11-22/20261122T010203Z-00000063/",
        "2026-11-23": f"2026-11-23/{run_id}/",
    }


@pytest.mark.parametrize(
    ("operation", "next_step"),
    [
        (
            "CreateDatabase",
            r"Create the database credlake_\w+ \(the deployment does\), name another with --database",
        ),
        ("GetDatabase", "Grant the caller glue:GetDatabase on the catalog"),
        ("CreateTable", "Grant the caller glue:CreateTable on the catalog, on database/"),
        ("BatchCreatePartition", "Grant the caller glue:BatchCreatePartition on the catalog"),
    ],
)
def test_a_refusal_of_glue_is_exit_4_and_says_what_to_grant(sync, publish_day, glue, operation, next_step):
    publish_day("2026-11-22")
    refuse(glue, operation, "AccessDeniedException", "User is not authorized")

    with pytest.raises(CatalogNotSyncedError, match=next_step) as raised:
        sync()
    assert raised.value.exit_code == 4
    assert f"glue:{operation}: AccessDeniedException: User is not authorized" in raised.value.message
    assert "The lake itself is complete" in raised.value.message


def test_a_refusal_of_the_catalogs_key_names_the_key(sync, publish_day, glue):
    publish_day("2026-11-22")
    refuse(glue, "GetDatabase", "AccessDeniedException", "User is not authorized to perform: kms:Decrypt")

    with pytest.raises(CatalogNotSyncedError, match=r"Data Catalog is encrypted.*CatalogKeyArn"):
        sync()


def test_an_error_of_one_partition_in_an_answer_that_says_200_is_an_error(sync, publish_day, glue):
    publish_day("2026-11-22")

    def spoil(parsed, **_):
        parsed["Errors"] = [
            {
                "PartitionValues": [ORGANIZATION, "2026-11-22"],
                "ErrorDetail": {"ErrorCode": "ResourceNumberLimitExceededException", "ErrorMessage": "too many"},
            }
        ]

    glue.meta.events.register("after-call.glue.BatchCreatePartition", spoil)
    with pytest.raises(
        CatalogNotSyncedError,
        match=r"glue:BatchCreatePartition: ResourceNumberLimitExceededException: too many \(partition o-abcdefghij/",
    ):
        sync()


def test_glue_that_others_keep_changing_is_given_up_with_an_error(sync, publish_day, glue):
    publish_day("2026-11-22")
    refuse(glue, "BatchCreatePartition", "ConcurrentModificationException")

    with pytest.raises(CatalogNotSyncedError, match="in each of 10 attempts"):
        sync()


def test_syncing_needs_no_import_of_awswrangler():
    # It takes seconds, and its functions for partitions keep an old location.
    program = "import sys, collector.catalog.sync; print('awswrangler' in sys.modules, 'boto3' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert answer.stdout == "False False\n"


def _alter(client, change):
    """Let Glue return every table with that change, whatever was sent."""

    def alter(parsed, **_):
        if "Table" in parsed:
            change(parsed["Table"])

    client.meta.events.register("after-call.glue.GetTable", alter)


def test_texts_that_glue_returns_otherwise_are_sent_once_and_hold_up_nothing(sync, publish_day, pointers, glue, calls):
    publish_day("2026-11-23")
    sync()
    _alter(glue, lambda table: table.update(Description="?"))
    publish_day("2026-11-23", 2)
    calls.clear()

    assert sync().moved == 2
    # The second round finds the partitions as they should be, and the texts as they were.
    assert calls.count("UpdateTable") == 2 * len(TABLES)


def test_partitions_follow_a_table_that_others_change_all_the_time(sync, publish_day, pointers, glue):
    publish_day("2026-11-23")
    sync()
    _alter(glue, lambda table: table["StorageDescriptor"].update(Location="s3://elsewhere/"))
    publish_day("2026-11-23", 2)

    with pytest.raises(CatalogNotSyncedError):
        sync()
    assert pointers(TABLES[1]) == {ORGANIZATION: "2026-11-23/20261123T010203Z-00000002/"}
