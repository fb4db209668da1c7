from __future__ import annotations

import json

import pytest

from collector.errors import NewerLakeError
from collector.lake.verify import verify
from collector.schema import file_schema
from tests.fixtures.examples import (
    DAY,
    ORGANIZATION,
    OTHER_ORGANIZATION,
    RUN,
    collect,
    run_evidence,
    run_of,
    some_accounts,
)
from tests.fixtures.tampering import RECORD, TABLES, altered_record, found


def test_a_damaged_record_is_a_difference_and_the_other_organizations_are_verified(store, scratch, lake, published):
    collect(store, scratch, some_accounts(), run=run_evidence(organization_id=OTHER_ORGANIZATION))
    (lake / RECORD).write_bytes(b"")
    (lake / TABLES.replace(ORGANIZATION, OTHER_ORGANIZATION) / "accounts.parquet").unlink()

    differences = list(verify(store, scratch))

    assert [(one.kind, one.organization_id) for one in differences] == [
        ("record", ORGANIZATION),
        ("file", OTHER_ORGANIZATION),
    ]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda day: day["accounts"].update(covered=3), "covered"),
        (lambda day: day["accounts"].update(active=6), "active"),
        (lambda day: day["accounts"]["by_outcome"].update(collected=3), "by_outcome"),
        (lambda day: day.update(users=6), "users"),
        (lambda day: day["accounts"].update(total=7), "total"),
        (lambda day: day.update(coverage=1.0), "coverage"),
        (lambda day: day.update(coverage=float("nan")), "coverage"),
        (lambda day: day.update(run_started_at="2026-11-23T15:22:00.124Z"), "run_started_at"),
        (lambda day: day.update(run_finished_at="2026-11-23T15:25:00.000Z"), "run_finished_at"),
    ],
)
@pytest.mark.usefixtures("published")
def test_a_count_in_the_record_that_differs_from_the_run_is_a_difference(store, scratch, lake, change, named):
    with altered_record(lake) as record:
        change(record["snapshots"][DAY])

    [difference] = verify(store, scratch)

    assert (difference.kind, difference.what) == ("record", f"`{named}` differs from the run.")


def test_counts_that_match_each_other_but_not_the_accounts_are_differences(store, scratch, lake, published):
    with altered_record(lake) as record:
        day = record["snapshots"][DAY]
        assert (day["coverage"], day["accounts"]["covered"], day["accounts"]["active"]) == (0.4, 2, 5)
        day["coverage"] = 1.0
        day["accounts"] |= {"covered": 5, "by_outcome": {"collected": 5, "skipped_state": 1}}

    assert [one.what for one in verify(store, scratch)] == [
        "`coverage` differs from the run.",
        "`covered` differs from the run.",
        "`by_outcome` differs from the run.",
    ]


def test_an_older_day_as_latest_is_a_difference(store, scratch, lake):
    for day in ("2026-11-21", "2026-11-22"):
        collect(store, scratch, some_accounts(), run=run_of(day))
    with altered_record(lake) as record:
        record["latest"] = "2026-11-21"

    [difference] = verify(store, scratch)

    assert "`latest` is '2026-11-21', which is not its newest day" in str(difference)


def test_a_rebuilt_older_day_does_not_move_latest_and_is_not_a_difference(store, scratch):
    for day in ("2026-11-22", "2026-11-21"):
        collect(store, scratch, some_accounts(), run=run_of(day))

    assert found(store, scratch) == set()


def twice(document):
    files = document["snapshots"][DAY]["files"]
    return files.append(files[1])


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (twice, "names a file more than once"),
        (lambda document: document.update(organization_id=OTHER_ORGANIZATION), "to organization 'o-zzzzzzzzzz'"),
        (lambda document: document.update(schema_version=0), "schema_version is 0"),
        (lambda document: document.update(latest="2026-11-24"), "not its newest day"),
        (lambda document: document["snapshots"].clear(), "not its newest day"),
        (lambda document: document["snapshots"][DAY].update(run_id="../.."), "is not a run id"),
    ],
    ids=["file twice", "other organization", "version lowered", "latest not there", "no days", "run that is a path"],
)
@pytest.mark.usefixtures("published")
def test_a_record_that_no_credlake_writes_is_damaged(store, scratch, lake, change, what):
    with altered_record(lake) as record:
        change(record)

    [difference] = verify(store, scratch)

    assert (difference.kind, difference.where) == ("record", str(lake / RECORD))
    assert "is damaged" in difference.what
    assert what in difference.what


def test_a_duplicate_day_is_a_difference(store, scratch, lake, published):
    text = (lake / RECORD).read_text()
    day = text[text.index(f' "{DAY}": {{') : text.rindex(" }\n}")]
    (lake / RECORD).write_text(text.replace(day, f"{day.rstrip()},\n{day}"))

    [difference] = verify(store, scratch)

    assert "'2026-11-23' occurs more than once in one object" in difference.what


def test_the_record_of_another_organization_is_damaged(store, scratch, lake, published):
    (lake / f"catalog/{OTHER_ORGANIZATION}.json").write_bytes((lake / RECORD).read_bytes())

    [difference] = verify(store, scratch)

    assert (difference.organization_id, difference.kind) == (OTHER_ORGANIZATION, "record")


def test_a_snapshot_under_another_day_is_a_difference(store, scratch, lake, published):
    with altered_record(lake) as record:
        day = json.loads(json.dumps(record["snapshots"][DAY]).replace(f"/{DAY}/", "/2026-11-24/"))
        record["snapshots"]["2026-11-24"] = day
        record["latest"] = "2026-11-24"
    (lake / TABLES.replace(DAY, "2026-11-24")).parent.mkdir()
    (lake / TABLES).rename(lake / TABLES.replace(DAY, "2026-11-24"))

    differences = list(verify(store, scratch))

    assert {("2026-11-23", "file"), ("2026-11-24", "raw")} <= {(one.snapshot_date, one.kind) for one in differences}


def test_a_missing_hash_of_the_run_is_a_difference(store, scratch, lake, published):
    with altered_record(lake) as record:
        del record["snapshots"][DAY]["run_sha256"]

    assert [one.what for one in verify(store, scratch)] == [
        "There is no `run_sha256`, so nothing proves the raw files of the run."
    ]


def test_files_in_a_folder_of_another_run_are_a_difference(store, scratch, lake, published):
    with altered_record(lake) as record:
        for file in record["snapshots"][DAY]["files"]:
            file["path"] = file["path"].replace(RUN, f"{RUN}-mine")
    (lake / TABLES).rename(lake / f"{TABLES}-mine")

    assert [one.what for one in verify(store, scratch)] == [f"The files are not in a folder of run {RUN}."]


def test_other_column_counts_than_a_newer_version_recorded_are_differences(store, scratch, lake, published):
    with altered_record(lake) as record:
        record["snapshots"][DAY]["columns"] = {"account": 99, "user": 98}

    assert [one.what for one in verify(store, scratch)] == [
        f"It has {len(file_schema('account'))} columns, the record has 99.",
        f"It has {len(file_schema('user'))} columns, the record has 98.",
    ]


def test_a_record_that_names_missing_files_is_a_difference(store, scratch, lake, published):
    with altered_record(lake):
        pass
    (lake / RECORD).write_text((lake / RECORD).read_text().replace("1a2b3c4d", "99999999"))

    assert found(store, scratch) == {
        ("file", None, None, "accounts.parquet"),
        ("file", None, None, "users-00000.parquet"),
        ("raw", None, None, "run.json"),
    }


def test_a_newer_lake_is_refused_and_not_a_difference(store, scratch, lake, published):
    (lake / RECORD).write_text((lake / RECORD).read_text().replace('"schema_version": 1', '"schema_version": 2'))

    with pytest.raises(NewerLakeError):
        list(verify(store, scratch))
