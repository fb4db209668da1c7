"""Runs of days that no record names: rightly so, by the rules, or because the record was altered."""

from __future__ import annotations

import shutil

import pytest

from collector.errors import LakeError
from collector.lake.publish import publish
from collector.lake.rebuild import rebuild, write_tables
from collector.lake.verify import verify
from collector.lake.verify.tables import DifferenceKind
from tests.fixtures.days import ACCOUNTS, DAYS, covering, entry, made, publish_run
from tests.fixtures.examples import (
    DAY,
    FINISHED,
    ORGANIZATION,
    OTHER_ORGANIZATION,
    account_evidence,
    collect,
    run_evidence,
    run_of,
    write,
)
from tests.fixtures.tampering import RECORD, altered_record, found


@pytest.fixture(name="three_days")
def _three_days(store, scratch):
    for day in DAYS:
        publish_run(store, scratch, day, 0)


def said(store, scratch):
    return [(str(one.kind), one.snapshot_date, one.what.partition(". ")[0]) for one in verify(store, scratch)]


# A record that is gone.


@pytest.mark.usefixtures("three_days")
def test_runs_without_a_record_are_a_difference_with_the_next_step(store, scratch, lake):
    shutil.rmtree(lake / "catalog")

    [difference] = verify(store, scratch)

    assert (difference.kind, difference.snapshot_date) == (DifferenceKind.RUN, "2026-11-22")
    assert difference.what == (
        "There is no publication record, and by the rules run 20261122T010203Z-00000000, which is complete and covers "
        "5 of 5 ACTIVE accounts, is the snapshot of its day. Either the record was lost: restore it from a backup (on "
        "S3, from an earlier version of the object). Or no run was ever published: `credlake rebuild "
        "--date 2026-11-22 --organization-id o-abcdefghij` publishes this one."
    )
    for day in DAYS:
        rebuild(store, ORGANIZATION, day, scratch, now=lambda: FINISHED, randomness=day.encode())
    assert list(verify(store, scratch)) == []


@pytest.mark.usefixtures("three_days")
def test_a_missing_record_is_a_difference_although_another_organization_has_one(store, scratch, lake):
    collect(store, scratch, covering(5), run=run_evidence(organization_id=OTHER_ORGANIZATION))
    (lake / RECORD).unlink()

    assert [(one.kind, one.organization_id) for one in verify(store, scratch)] == [("run", ORGANIZATION)]
    assert list(verify(store, scratch, [OTHER_ORGANIZATION])) == []
    assert [one.kind for one in verify(store, scratch, [ORGANIZATION])] == ["run"]


@pytest.mark.usefixtures("three_days")
def test_tables_without_record_and_runs_are_a_difference(store, scratch, lake):
    shutil.rmtree(lake / "catalog")
    shutil.rmtree(lake / "raw")

    assert said(store, scratch) == [("record", None, "There are tables, but neither a publication record nor runs.")]


@pytest.mark.parametrize(
    ("covered", "settings"),
    [(0, {}), (4, {"min_coverage": 0.9})],
    ids=["not one account collected", "below its own floor"],
)
def test_a_lake_whose_only_run_was_refused_has_nothing_to_verify(store, scratch, covered, settings):
    made(store, scratch, DAY, 0, covered=covered, settings=settings)

    with pytest.raises(LakeError, match="holds no snapshot, nor a run that could be one"):
        list(verify(store, scratch))


def test_a_lake_whose_only_run_is_incomplete_has_nothing_to_verify(store, scratch, lake):
    written, _ = made(store, scratch, DAY, 0)
    (lake / f"raw/{ORGANIZATION}/{written.run_id}/run.json").unlink()

    with pytest.raises(LakeError, match="holds no snapshot, nor a run that could be one"):
        list(verify(store, scratch))
    with pytest.raises(LakeError, match="o-abcdefghij has nothing published"):
        list(verify(store, scratch, [ORGANIZATION]))


# A day that was taken out of the record.


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.usefixtures("three_days")
def test_a_day_removed_from_the_record_is_a_difference(store, scratch, lake, day):
    with altered_record(lake) as record:
        del record["snapshots"][day]
        record["latest"] = max(record["snapshots"])

    [difference] = verify(store, scratch)

    assert (difference.kind, difference.snapshot_date) == ("run", day)
    assert difference.what.startswith("The record holds no snapshot of that day, and by the rules run ")
    assert f"`credlake rebuild --date {day} --organization-id o-abcdefghij` publishes it." in difference.what


@pytest.mark.usefixtures("three_days")
def test_a_day_removed_with_its_tables_is_a_difference(store, scratch, lake):
    with altered_record(lake) as record:
        del record["snapshots"]["2026-11-21"]
    shutil.rmtree(lake / f"snapshots/{ORGANIZATION}/2026-11-21")

    assert [(kind, day) for kind, day, _ in said(store, scratch)] == [("run", "2026-11-21")]


@pytest.mark.usefixtures("three_days")
def test_a_day_whose_run_the_rules_refused_is_not_a_difference(store, scratch):
    """Less than half of what the newest snapshot covered then."""
    made(store, scratch, "2026-11-23", 0, covered=2)
    made(store, scratch, "2026-11-24", 0, covered=0)

    assert found(store, scratch) == set()


def test_the_rules_use_the_newest_snapshot_at_the_end_of_the_run(store, scratch, lake):
    publish_run(store, scratch, "2026-11-20", 0, covered=5)
    made(store, scratch, "2026-11-21", 0, covered=2)
    publish_run(store, scratch, "2026-11-22", 0, covered=2, replace=True)

    assert found(store, scratch) == set()


def test_an_accounts_file_with_few_accounts_is_not_full_coverage(store, scratch):
    publish_run(store, scratch, "2026-11-20", 0)
    run = run_of("2026-11-21", inventory_source="accounts_file")
    write(store, scratch, covering(5)[:2], run=run, finished_at=run.started_at)

    assert found(store, scratch) == set()


def test_reports_are_parsed_before_a_missed_publication_is_a_difference(store, scratch):
    """Four of five reports are none, so that the run covers a fifth."""
    publish_run(store, scratch, "2026-11-20", 0)
    run = run_of("2026-11-21")
    accounts = covering(1)[:1] + [(account_evidence(name), b"<html>") for name in ACCOUNTS[1:]]
    write(store, scratch, accounts, run=run, finished_at=run.started_at)

    assert found(store, scratch) == set()


def test_the_rules_of_a_missed_publication_are_those_of_the_runs_own_settings(store, scratch):
    """With `--replace`, less than half of what the newest snapshot covered is enough."""
    publish_run(store, scratch, "2026-11-20", 0, covered=5)
    made(store, scratch, "2026-11-21", 0, covered=2, settings={"replace": True})

    assert [(kind, day) for kind, day, _ in said(store, scratch)] == [("run", "2026-11-21")]


@pytest.mark.usefixtures("three_days")
def test_a_run_published_during_verify_is_not_a_difference(store, scratch, lake):
    written, at = made(store, scratch, DAY, 1)
    with altered_record(lake) as record:
        record["snapshots"]["2026-11-21"]["users"] += 1
    differences = verify(store, scratch)

    assert next(differences).kind == "record"
    publish(store, written, now=lambda: at)
    assert list(differences) == []


@pytest.mark.parametrize("covered", [4, 5], ids=["covers less", "covers the same"])
def test_an_earlier_run_in_place_of_a_later_one_is_a_difference(store, scratch, lake, covered):
    publish_run(store, scratch, DAY, 1, covered=covered)
    superseded = entry(lake)
    publish_run(store, scratch, DAY, 2, after=30)
    with altered_record(lake) as record:
        record["snapshots"][DAY] = superseded

    [difference] = verify(store, scratch)

    assert difference.kind == "run"
    assert difference.what.startswith(
        "By the rules run 20261123T010203Z-00000002, which is complete and covers 5 of 5 ACTIVE accounts, replaces run "
        f"20261123T010203Z-00000001, which began earlier, covers {covered} of 5 ACTIVE accounts, and is the one that "
        "the record names. Either the record was altered"
    )


@pytest.mark.parametrize("covered", [4, 5])
def test_an_earlier_run_with_a_later_publication_time_is_a_difference(store, scratch, lake, covered):
    publish_run(store, scratch, DAY, 1, covered=covered)
    superseded = entry(lake)
    publish_run(store, scratch, DAY, 2, after=30)
    with altered_record(lake) as record:
        record["snapshots"][DAY] = superseded | {"published_at": "2026-11-23T23:59:00.000Z"}

    assert [one.kind for one in verify(store, scratch)] == ["run"]


def test_a_later_run_that_covers_less_is_not_a_difference(store, scratch):
    publish_run(store, scratch, DAY, 1, covered=5)
    made(store, scratch, DAY, 2, covered=4, after=30)

    assert found(store, scratch) == set()


def test_a_better_run_that_replace_replaced_is_not_a_difference(store, scratch):
    publish_run(store, scratch, DAY, 1, covered=5)
    publish_run(store, scratch, DAY, 2, covered=4, after=30, replace=True)

    assert found(store, scratch) == set()


def test_of_two_concurrent_runs_either_may_be_published_last(store, scratch):
    first, _ = made(store, scratch, DAY, 1)
    second, at = made(store, scratch, DAY, 2)
    publish(store, second, now=lambda: at)
    publish(store, first, now=lambda: at)

    assert found(store, scratch) == set()


def test_a_rebuild_of_the_published_run_is_not_a_difference(store, scratch):
    publish_run(store, scratch, DAY, 1, covered=5)
    made(store, scratch, DAY, 2, covered=4, after=30)
    rebuild(store, ORGANIZATION, DAY, scratch, now=lambda: FINISHED, randomness=b"abcd")

    assert found(store, scratch) == set()


def test_an_earlier_run_that_was_resumed_after_a_later_one_is_not_a_difference(store, scratch):
    """The rebuilt tables of a resumed run are published long after the run ended."""
    earlier, _ = made(store, scratch, DAY, 1)
    _, at = made(store, scratch, DAY, 2, after=30)
    resumed = write_tables(store, ORGANIZATION, DAY, earlier.run_id, scratch, randomness=b"abcd")
    publish(store, resumed, now=lambda: at)

    assert found(store, scratch) == set()


def test_a_later_run_that_was_interrupted_before_its_tables_is_not_a_difference(store, scratch, lake):
    publish_run(store, scratch, DAY, 1)
    cut, _ = made(store, scratch, DAY, 2, after=30)
    (lake / cut.files[0].path).unlink()

    assert found(store, scratch) == set()


@pytest.mark.parametrize("name", ["run.json", "accounts.jsonl.gz", "000000000001.csv.gz"])
def test_an_unreadable_run_that_may_have_been_published_is_a_difference(store, scratch, lake, name):
    publish_run(store, scratch, DAY, 1)
    later, _ = made(store, scratch, DAY, 2, after=30)
    (lake / f"raw/{ORGANIZATION}/{later.run_id}/{name}").write_bytes(b"{")

    assert ("raw", name) in {(kind, file) for kind, _, _, file in found(store, scratch)}
