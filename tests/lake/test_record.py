from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from collector.errors import LakeError, NewerLakeError
from collector.lake.local_store import open_store
from collector.lake.record import parse_record, read_record, serialize_record, with_snapshot
from collector.lake.seal import sealed
from tests.fixtures.examples import DAY, ORGANIZATION, snapshot
from tests.fixtures.tampering import unsealed

# The format as it was agreed, written down.
RECORD = {
    "schema_version": 1,
    "organization_id": "o-abcdefghij",
    "latest": "2026-11-23",
    "snapshots": {
        "2026-11-23": {
            "run_id": "20261123T152200Z-1a2b3c4d",
            "run_started_at": "2026-11-23T15:22:00.123Z",
            "run_finished_at": "2026-11-23T15:24:00.000Z",
            "published_at": "2026-11-23T15:24:01.500Z",
            "coverage": 0.8,
            "accounts": {"total": 6, "active": 5, "covered": 4, "by_outcome": {"collected": 3, "partial": 1}},
            "users": 12,
            "columns": {"account": 54, "user": 32},
            "files": [
                {
                    "path": "snapshots/o-abcdefghij/2026-11-23/20261123T152200Z-1a2b3c4d/accounts.parquet",
                    "record_type": "account",
                    "rows": 6,
                    "bytes": 12345,
                    "sha256": "00" * 32,
                },
                {
                    "path": "snapshots/o-abcdefghij/2026-11-23/20261123T152200Z-1a2b3c4d/users-00000.parquet",
                    "record_type": "user",
                    "rows": 12,
                    "bytes": 99999,
                    "sha256": "11" * 32,
                },
            ],
        }
    },
}


def changed(**changes):
    return json.loads(json.dumps(RECORD)) | changes


def day_changed(**changes):
    document = changed()
    document["snapshots"][DAY] |= changes
    return document


def file_changed(**changes):
    document = changed()
    document["snapshots"][DAY]["files"][0] |= changes
    return document


def parse(document):
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return parse_record(content, ORGANIZATION, "/lake/catalog/o-abcdefghij.json")


def test_a_record_in_the_agreed_format_is_read():
    record = parse(RECORD)

    day = record.newest
    assert record.latest == "2026-11-23"
    assert day.run_id == "20261123T152200Z-1a2b3c4d"
    assert day.run_started_at == datetime(2026, 11, 23, 15, 22, 0, 123000, tzinfo=UTC)
    assert (day.accounts.covered, day.accounts.active, day.users) == (4, 5, 12)
    assert day.folder == "snapshots/o-abcdefghij/2026-11-23/20261123T152200Z-1a2b3c4d"
    assert [(file.record_type, file.rows) for file in day.files] == [("account", 6), ("user", 12)]


def test_a_record_is_written_in_the_agreed_format():
    written = json.loads(serialize_record(parse(RECORD)))

    assert written["snapshots"][DAY] == sealed(RECORD["snapshots"][DAY])
    assert written | {"snapshots": RECORD["snapshots"]} == RECORD


def test_an_older_version_copies_what_is_sealed_and_a_newer_one_may_have_sealed_more():
    document = changed()
    document["snapshots"][DAY] = sealed({**document["snapshots"][DAY], "also_later": True})

    written = json.loads(serialize_record(parse(document)))

    assert written["snapshots"] == document["snapshots"]


def test_publishing_keeps_the_keys_that_a_newer_version_added():
    document = changed(added_later={"x": 1})
    document["snapshots"][DAY] |= {"also_later": True}
    document["snapshots"][DAY]["accounts"] |= {"and": "here"}
    document["snapshots"][DAY]["files"][1] |= {"even": "here"}

    record = with_snapshot(parse(document), ORGANIZATION, "2026-11-24", snapshot(4, 5, day="2026-11-24"))

    written = json.loads(serialize_record(record))
    assert unsealed(written["snapshots"][DAY]) == document["snapshots"][DAY]
    assert written["added_later"] == {"x": 1}


def test_a_newer_schema_version_is_refused_with_the_next_step():
    with pytest.raises(NewerLakeError, match=r"schema_version 2.*Update credlake"):
        parse(changed(schema_version=2, snapshots="of a form that only version 2 knows"))


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        (b"", "Expecting value"),
        (b"\x00\xff", "can't decode|Expecting value"),
        (json.dumps(RECORD).encode()[:-40], "Unterminated string"),
        ([], "the record is not an object"),
        (changed(schema_version="1"), "`schema_version` of the record"),
        (changed(schema_version=0), "schema_version is 0, which no version of credlake writes"),
        (json.dumps(RECORD).replace('"users": 12', '"users": 12, "users": 13').encode(), "'users' occurs more than"),
        (
            json.dumps(RECORD).replace('"2026-11-23": {', '"2026-11-23": {}, "2026-11-23": {').encode(),
            "'2026-11-23' occurs more than once",
        ),
        (changed(organization_id="o-zzzzzzzzzz"), "to organization 'o-zzzzzzzzzz'"),
        (changed(latest="2026-11-24"), "not its newest day"),
        (changed(snapshots={}), "not its newest day"),
        (changed(latest="x", snapshots={"x": {}}), "'x' is not a date"),
        (day_changed(run_id="../../etc"), "is not a run id: '../../etc'"),
        (day_changed(users=-1), "`users` of the snapshot of 2026-11-23 is -1"),
        (day_changed(users=True), "`users` of the snapshot of 2026-11-23 has the wrong type: True"),
        (day_changed(run_started_at="yesterday"), "is not a timestamp: 'yesterday'"),
        (day_changed(columns={"account": 54}), "does not state how many columns its files have"),
        (day_changed(files=[]), "must name exactly one file of accounts"),
        (file_changed(path="/etc/passwd"), "not in the folder of that day"),
        (file_changed(path="snapshots/o-abcdefghij/2026-11-23/../accounts.parquet"), "not in the folder of that day"),
        (
            file_changed(path="snapshots/o-abcdefghij/2026-11-22/20261122T152200Z-1a2b3c4d/accounts.parquet"),
            "not in the folder of that day",
        ),
        (
            file_changed(path="snapshots/o-abcdefghij/2026-11-23/20261123T152200Z-99999999/accounts.parquet"),
            "more than one folder",
        ),
        (file_changed(record_type="group"), "not a record type"),
        (
            day_changed(files=[*RECORD["snapshots"][DAY]["files"], RECORD["snapshots"][DAY]["files"][1]]),
            "more than once",
        ),
    ],
)
def test_a_damaged_record_is_an_error_that_names_the_file_and_what_is_wrong(document, fault):
    with pytest.raises(LakeError, match=fault) as raised:
        parse(document)

    assert "/lake/catalog/o-abcdefghij.json is damaged" in raised.value.message


def test_a_missing_record_is_allowed_and_an_empty_one_is_damaged(tmp_path):
    store = open_store(str(tmp_path))
    assert read_record(store, ORGANIZATION) == (None, None)

    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "o-abcdefghij.json").write_bytes(b"")

    with pytest.raises(LakeError, match="damaged"):
        read_record(store, ORGANIZATION)


def test_latest_only_moves_forward():
    first = with_snapshot(None, ORGANIZATION, "2026-11-23", snapshot(4, 5))
    older = with_snapshot(first, ORGANIZATION, "2026-11-21", snapshot(5, 5, day="2026-11-21"))
    newer = with_snapshot(older, ORGANIZATION, "2026-11-24", snapshot(3, 5, day="2026-11-24"))

    assert [first.latest, older.latest, newer.latest] == ["2026-11-23", "2026-11-23", "2026-11-24"]
    assert list(json.loads(serialize_record(newer))["snapshots"]) == ["2026-11-21", "2026-11-23", "2026-11-24"]


def test_replacing_a_day_touches_no_other_day():
    both = with_snapshot(
        with_snapshot(None, ORGANIZATION, "2026-11-22", snapshot(5, 5, day="2026-11-22")),
        ORGANIZATION,
        "2026-11-23",
        snapshot(4, 5),
    )

    replaced = with_snapshot(both, ORGANIZATION, "2026-11-23", snapshot(5, 5, number=9))

    assert replaced.snapshots["2026-11-22"] == both.snapshots["2026-11-22"]
    assert replaced.snapshots["2026-11-23"].run_id == "20261123T010203Z-00000009"
