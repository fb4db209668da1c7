"""What becomes of a run: when it is published, when not, and what is kept."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from datetime import UTC, datetime, timedelta

import pytest

from collector.errors import LakeError, NotPublishedError
from collector.simulator import AccountSpec, OrganizationSpec, Simulator, UserSpec, faults
from tests.fixtures.published import accounts_of, newest, record_of, users_of
from tests.fixtures.runs import MANAGEMENT, at, collect, collection, join_calls, member, organization

GOOD = organization(*(member(number) for number in range(4)))
# Management and one of four.
WORSE = organization(member(0), *(member(n, faults=(faults.ROLE_MISSING,)) for n in (1, 2, 3)))
NOBODY = OrganizationSpec(
    (AccountSpec(MANAGEMENT, "management", faults=(faults.GENERATE_DENIED,)), member(1, roles=())), MANAGEMENT
)


def served(spec, lake, **settings):
    with Simulator(spec) as server:
        return collect(server, lake, **settings)


def test_a_run_replaces_the_snapshot_of_its_day_as_a_whole(lake):
    first = served(organization(member(1), member(2)), lake).result.run
    second = served(
        organization(member(2, users=(UserSpec("new", AccountSpec.joined_at),)), member(3)), lake
    ).result.run

    assert list(record_of(lake)["snapshots"]) == [second.snapshot_date]
    assert newest(lake)["run_id"] == second.run_id != first.run_id
    assert set(accounts_of(lake)) == {MANAGEMENT, "100000000002", "100000000003"}
    assert [row["user_name"] for row in users_of(lake)["100000000002"]] == ["<root_account>", "new"]
    # The first run's files lie where they were.
    assert len(list((lake / "snapshots").glob("*/*/*"))) == 2


def test_a_worse_run_never_replaces_a_better_one_and_is_kept(lake):
    served(GOOD, lake)
    before = (lake / "catalog" / "o-aa111bb222.json").read_bytes()

    with pytest.raises(NotPublishedError, match="2 of 5 active accounts") as caught:
        served(WORSE, lake)

    assert caught.value.exit_code == 3
    assert "--replace" in caught.value.message
    assert (lake / "catalog" / "o-aa111bb222.json").read_bytes() == before
    assert len(list((lake / "raw" / "o-aa111bb222").iterdir())) == 2


def test_a_worse_run_is_published_where_that_is_asked_for(lake):
    served(GOOD, lake)

    served(WORSE, lake, replace=True, yes=True)

    assert newest(lake)["accounts"]["covered"] == 2


def test_a_run_that_leaves_accounts_out_covers_less(lake):
    served(GOOD, lake)

    with pytest.raises(NotPublishedError, match="4 of 5 active accounts"):
        served(GOOD, lake, exclude_account=frozenset({"100000000001"}))


def test_a_floor_can_be_set_and_replace_does_not_lift_it(lake):
    for settings in ({}, {"replace": True}):
        with pytest.raises(NotPublishedError, match=r"less than --min-coverage 0\.5"):
            served(WORSE, lake, min_coverage=0.5, **settings)
    assert not list((lake / "catalog").glob("*.json"))
    served(WORSE, lake, min_coverage=0.4)


def test_where_nobody_could_be_collected_nothing_is_published_and_the_last_snapshot_stays(lake):
    served(GOOD, lake)
    before = record_of(lake)

    for replace in (False, True):
        with pytest.raises(NotPublishedError, match="Not one account was collected"):
            served(NOBODY, lake, replace=replace)
    assert record_of(lake) == before


def test_a_run_of_another_day_publishes_beside_and_latest_moves_on(lake):
    now = datetime.now(UTC)
    for days, expected in ((0, 1), (1, 2), (2, 3)):
        moment = now - timedelta(days=2 - days)
        with Simulator(GOOD, clock=lambda at=moment: at) as server, at(server):
            run = collection(lake)
            run.now = lambda at=moment: at
            asyncio.run(run.run())
        assert len(record_of(lake)["snapshots"]) == expected
        assert record_of(lake)["latest"] == f"{moment:%Y-%m-%d}"


def test_the_snapshots_day_is_the_one_on_which_the_run_started(lake):
    """It ends after midnight; listing takes it there already."""
    moments = iter([datetime(2026, 11, 22, 23, 59, 59, 900_000, tzinfo=UTC)])
    after = datetime(2026, 11, 23, 0, 0, 5, tzinfo=UTC)
    with Simulator(GOOD, clock=lambda: after) as server, at(server):
        run = collection(lake)
        run.now = lambda: next(moments, after)
        asyncio.run(run.run())

    assert list(record_of(lake)["snapshots"]) == ["2026-11-22"]
    assert {row["snapshot_date"] for row in accounts_of(lake).values()} == {"2026-11-22"}


def test_two_organizations_in_one_lake_do_not_disturb_each_other(lake):
    served(GOOD, lake)
    served(organization(member(9), organization_id="o-zz99zz99zz"), lake)

    assert len(accounts_of(lake)) == 5
    assert set(accounts_of(lake, "o-zz99zz99zz")) == {MANAGEMENT, "100000000009"}


def test_two_runs_at_the_same_time_both_end_well_and_one_snapshot_is_whole(lake):
    with Simulator(GOOD, latency_seconds=0.01) as server, at(server):
        runs = [collection(lake) for _ in range(3)]

        async def all_at_once():
            await asyncio.gather(*(run.run() for run in runs))

        asyncio.run(all_at_once())

    assert newest(lake)["run_id"] in {run.result.run.run_id for run in runs}
    assert all(run.result.counts == {"collected": 5} for run in runs)
    assert len(accounts_of(lake)) == 5
    assert {row["run_id"] for rows in users_of(lake).values() for row in rows} == {newest(lake)["run_id"]}


def test_what_was_asked_and_answered_is_kept_as_it_came(lake):
    with Simulator(organization(member(1, tags={"a": "b"}))) as server:
        run = collect(server, lake, tags=True, external_id="one:secret")
        report = server.stored_report("100000000001").content
    folder = lake / "raw" / "o-aa111bb222" / run.result.run.run_id

    document = json.loads((folder / "run.json").read_bytes())
    lines = [json.loads(line) for line in gzip.decompress((folder / "accounts.jsonl.gz").read_bytes()).splitlines()]
    account = next(line for line in lines if line["account_id"] == "100000000001")

    assert document["settings"]["role_name"] == "credlake-reader"
    assert document["settings"]["limits"]["access_key_rotation_days"] == 90
    assert document["inventory_source"] == "organizations"
    assert set(document["endpoints"]) == {"sts", "organizations", "iam"}
    assert set(document["versions"]) >= {"credlake", "python"}
    assert b"one:secret" not in (folder / "run.json").read_bytes()
    assert account["account"]["State"] == "ACTIVE"
    assert account["account"]["Paths"] == ["o-aa111bb222/r-a1b2/100000000001/"]
    assert account["tags"] == {"a": "b"}
    assert account["summary"]["Users"] == 0
    assert account["summary"]["GroupsQuota"] == 300
    assert gzip.decompress((folder / "100000000001.csv.gz").read_bytes()) == report


def test_a_lake_that_cannot_be_written_is_told_before_anyone_is_asked(tmp_path):
    (tmp_path / "file").write_text("a file stands here")
    with Simulator(GOOD) as server:
        with pytest.raises(LakeError, match="There is a file where a folder should be"):
            collect(server, tmp_path / "file")
        assert server.calls.total == 0


def test_a_record_of_a_newer_version_stops_the_run_before_anyone_is_asked(lake):
    (lake / "catalog").mkdir(parents=True)
    (lake / "catalog" / "o-aa111bb222.json").write_text('{"schema_version": 99}')
    with Simulator(GOOD) as server:
        with pytest.raises(LakeError, match="99"):
            collect(server, lake)
        assert "sts:AssumeRole" not in server.calls.by_operation


def test_a_disk_that_fills_up_in_the_middle_ends_the_run_with_nothing_published(lake):
    served(organization(member(1)), lake)
    before = record_of(lake)
    with Simulator(GOOD) as server, at(server):
        run = collection(lake)
        really, written = run.store.put, threading.Semaphore(2)

        def put(key, content):
            if not written.acquire(blocking=False):
                raise LakeError("Writing failed: No space left on device. Free some space.")
            really(key, content)

        run.store.put = put
        with pytest.raises(LakeError, match="No space left"):
            asyncio.run(run.run())
        join_calls()

    assert record_of(lake) == before
    assert not list(run.scratch.iterdir())
