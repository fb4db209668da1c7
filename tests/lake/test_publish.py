from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from collector.errors import LakeError, NewerLakeError, NotPublishedError
from collector.lake.local_store import LocalStore
from collector.lake.publish import decide, publish
from collector.lake.record import PublicationRecord, read_record
from tests.fixtures.examples import DAY, ORGANIZATION, OTHER_ORGANIZATION, counts, snapshot, written

NOW = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)


def now():
    return NOW


def never_sleep(_seconds):
    raise AssertionError("a write without a conflict waited")


def test_a_run_is_published_once_the_record_names_it(store):
    record = publish(store, written(54, 55), now=now, sleep=never_sleep)

    assert read_record(store, ORGANIZATION).record == record
    assert record.latest == DAY
    assert record.newest.published_at == NOW
    assert record.newest.files == written(54, 55).files


def test_publishing_the_same_run_again_changes_nothing(store, tmp_path):
    publish(store, written(54, 55), now=now)
    before = (tmp_path / "lake/catalog/o-abcdefghij.json").read_bytes()

    publish(store, written(54, 55), now=lambda: datetime(2026, 11, 24, tzinfo=UTC))

    assert (tmp_path / "lake/catalog/o-abcdefghij.json").read_bytes() == before


def test_a_refused_run_changes_nothing_and_the_error_names_its_folders(store, tmp_path):
    publish(store, written(54, 55, number=1), now=now)
    before = (tmp_path / "lake/catalog/o-abcdefghij.json").read_bytes()

    with pytest.raises(NotPublishedError) as raised:
        publish(store, written(10, 55, number=2), now=now)

    assert (tmp_path / "lake/catalog/o-abcdefghij.json").read_bytes() == before
    assert raised.value.exit_code == 3
    assert "Nothing was published. The run covers 10 of 55 active accounts (18.2%), less than" in raised.value.message
    assert f"{tmp_path}/lake/raw/o-abcdefghij/20261123T010203Z-00000002" in raised.value.message
    assert f"{tmp_path}/lake/snapshots/o-abcdefghij/2026-11-23/20261123T010203Z-00000002" in raised.value.message
    assert raised.value.message.endswith("or publish anyway with --replace.")


def test_two_organizations_in_one_lake_do_not_disturb_each_other(store, tmp_path):
    publish(store, written(55, 55), now=now)
    before = (tmp_path / "lake/catalog/o-abcdefghij.json").read_bytes()

    publish(store, written(1, 55, organization_id=OTHER_ORGANIZATION), now=now)

    assert (tmp_path / "lake/catalog/o-abcdefghij.json").read_bytes() == before
    assert read_record(store, OTHER_ORGANIZATION).record.newest.accounts.covered == 1


@pytest.mark.parametrize(
    ("content", "error"), [(b'{"schema_version": 2}', NewerLakeError), (b"not a record", LakeError)]
)
def test_nothing_is_published_over_a_record_that_cannot_be_understood(store, tmp_path, content, error):
    path = tmp_path / "lake/catalog/o-abcdefghij.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)

    with pytest.raises(error):
        publish(store, written(55, 55), now=now, replace=True)

    assert path.read_bytes() == content


class Rival(LocalStore):
    """A store in which another run publishes between our reading and our writing, as often as it is told to."""

    def __init__(self, root, runs):
        super().__init__(root)
        self.runs = list(runs)

    def replace(self, key, content, *, expected):
        if self.runs:
            publish(LocalStore(self._root), self.runs.pop(), now=now, replace=True)
        super().replace(key, content, expected=expected)


def test_a_run_that_loses_the_race_is_published_if_the_rules_still_allow_it(tmp_path):
    waits = []
    store = Rival(tmp_path, [written(54, 55, number=1)])

    record = publish(store, written(55, 55, number=2), now=now, sleep=waits.append)

    assert record.newest.run_id == "20261123T010203Z-00000002"
    assert len(waits) == 1


def test_a_run_that_loses_the_race_to_a_better_run_is_not_published(tmp_path):
    store = Rival(tmp_path, [written(55, 55, number=1)])

    with pytest.raises(NotPublishedError, match="20261123T010203Z-00000001"):
        publish(store, written(54, 55, number=2), now=now, sleep=lambda _seconds: None)

    assert read_record(store, ORGANIZATION).record.newest.run_id == "20261123T010203Z-00000001"


def test_a_run_of_another_day_that_came_between_is_kept(tmp_path):
    store = Rival(tmp_path, [written(55, 55, day="2026-11-24", number=1)])

    record = publish(store, written(55, 55, number=2), now=now, sleep=lambda _seconds: None)

    assert sorted(record.snapshots) == ["2026-11-23", "2026-11-24"]
    assert record.latest == "2026-11-24"


def test_a_record_that_other_runs_keep_replacing_is_an_error(tmp_path):
    store = Rival(tmp_path, [written(1, 55, number=number) for number in range(1, 60)])

    with pytest.raises(LakeError, match="replaced by other runs 30 times in a row"):
        publish(store, written(55, 55, number=99), now=now, sleep=lambda _seconds: None)


class LostAnswer(LocalStore):
    """A store that replaces the record and then says that it did not, as a retried request to S3 can."""

    def replace(self, key, content, *, expected):
        super().replace(key, content, expected=expected)
        super().replace(key, content, expected=expected)


def test_a_write_whose_response_was_lost_counts(tmp_path):
    record = publish(LostAnswer(tmp_path), written(55, 55), now=now, sleep=lambda _seconds: None)

    assert record == read_record(LocalStore(tmp_path), ORGANIZATION).record


PUBLISH_MANY = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from collector.errors import NotPublishedError
from collector.lake.local_store import LocalStore
from collector.lake.publish import publish
from tests.fixtures.examples import written
store = LocalStore(Path(sys.argv[1]))
sys.stdin.read(1)
for covered, day, number in eval(sys.argv[2]):
    try:
        publish(store, written(covered, 100, day=day, number=number), now=lambda: datetime.now(UTC))
    except NotPublishedError:
        pass
"""


def test_of_concurrent_processes_none_is_lost_and_each_day_keeps_the_best(tmp_path):
    """Each process publishes days of its own, and all of them fight for one day with ever other coverages."""
    shared = "2026-12-31"
    plans = [
        [(60 + (7 * step + 13 * process) % 41, shared, 100 * process + step) for step in range(10)]
        + [(100, f"2026-0{process + 1}-{step + 10}", 0) for step in range(10)]
        for process in range(3)
    ]
    best = max(covered for plan in plans for covered, day, _ in plan if day == shared)

    processes = [
        subprocess.Popen([sys.executable, "-c", PUBLISH_MANY, str(tmp_path), repr(plan)], stdin=subprocess.PIPE)
        for plan in plans
    ]
    for process in processes:
        process.stdin.write(b"x")
        process.stdin.close()
    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0]

    record = json.loads((tmp_path / "catalog/o-abcdefghij.json").read_bytes())
    assert len(record["snapshots"]) == 31
    assert record["snapshots"][shared]["accounts"]["covered"] == best
    assert record["latest"] == shared


def record(**by_day: tuple[int, int]) -> PublicationRecord:
    days = {name.removeprefix("d").replace("_", "-"): coverage for name, coverage in by_day.items()}
    return PublicationRecord(
        organization_id=ORGANIZATION,
        latest=max(days),
        snapshots={day: snapshot(*coverage, day=day) for day, coverage in days.items()},
    )


TODAY = "2026-11-23"

# (what is published, the run's covered and active accounts, is it published)
CASES = {
    "the first run of all": (None, (1, 100), True),
    "nothing collected, nothing published before": (None, (0, 100), False),
    "no active account at all": (None, (0, 0), False),
    "same day, equal coverage": (record(d2026_11_23=(54, 55)), (54, 55), True),
    "same day, equal coverage of another size": (record(d2026_11_23=(54, 55)), (108, 110), True),
    "same day, better": (record(d2026_11_23=(53, 55)), (54, 55), True),
    "same day, one account worse": (record(d2026_11_23=(54, 55)), (53, 55), False),
    "same day, worse by less than a float can tell": (
        record(d2026_11_23=(10**17 + 1, 10**17 + 2)),
        (10**17, 10**17 + 1),
        False,
    ),
    "another day, worse than the newest": (record(d2026_11_22=(55, 55)), (54, 55), True),
    "another day, exactly half of the newest": (record(d2026_11_22=(50, 100)), (25, 100), True),
    "another day, a hair under half of the newest": (record(d2026_11_22=(50, 100)), (249, 1000), False),
    "half of an odd number": (record(d2026_11_22=(51, 100)), (25, 100), False),
    "half is of the newest day, not of the best": (
        record(d2026_11_21=(100, 100), d2026_11_22=(40, 100)),
        (20, 100),
        True,
    ),
    "a run of an older day, against the newest": (record(d2026_11_24=(100, 100)), (49, 100), False),
    "a run of an older day, half of the newest": (record(d2026_11_24=(100, 100)), (50, 100), True),
    "an older day replaced: both rules hold": (
        record(d2026_11_23=(10, 100), d2026_11_24=(100, 100)),
        (49, 100),
        False,
    ),
}


@pytest.mark.parametrize(("published", "run", "expected"), CASES.values(), ids=CASES.keys())
def test_a_worse_run_never_replaces_a_better_one(published, run, expected):
    assert decide(published, written(*run, day=TODAY)).publish is expected


def test_replace_publishes_a_worse_run():
    published = record(d2026_11_23=(100, 100))

    assert decide(published, written(1, 100), replace=True).publish is True


def test_replace_does_not_publish_a_run_without_one_collected_account():
    decision = decide(record(d2026_11_23=(0, 100)), written(0, 100), replace=True)

    assert decision.publish is False
    assert decision.reason == "Not one account was collected, so there is nothing to publish."


@pytest.mark.parametrize(
    ("run", "floor", "expected"),
    [
        ((49, 50), 0.98, True),  # 0.98 as a float is not 49/50
        ((98, 100), 0.98, True),
        ((979, 1000), 0.98, False),
        ((1, 10), 0.1, True),
        ((3, 10), 0.3, True),
        ((1, 3), Fraction(1, 3), True),
        ((99, 100), 1, False),
        ((1, 100), 0, True),
    ],
)
def test_min_coverage_is_a_floor_compared_exactly(run, floor, expected):
    assert decide(None, written(*run), min_coverage=floor).publish is expected


def test_replace_does_not_lift_min_coverage():
    decision = decide(record(d2026_11_23=(1, 100)), written(50, 100), min_coverage=0.8, replace=True)

    assert decision.publish is False
    assert decision.reason == (
        "The run covers 50 of 100 active accounts (50.0%), less than --min-coverage 0.8 requires. --replace does not "
        "lift this floor."
    )


def test_the_refusal_names_the_better_snapshot_and_the_next_step():
    decision = decide(record(d2026_11_23=(54, 55)), written(50, 55))

    assert decision.reason == (
        "The run covers 50 of 55 active accounts (90.9%), less than the snapshot of 2026-11-23 that it would replace: "
        "54 of 55 active accounts (98.2%), run 20261123T010203Z-00000001."
    )
    assert decision.next_step.endswith("or publish anyway with --replace.")


def test_coverage_is_covered_over_active():
    assert counts(54, 55).coverage == Fraction(54, 55)
    assert counts(0, 0).coverage == 0


# (accounts that the run's file names as covered and ACTIVE, is it published) beside a snapshot of 4 of 4
LISTED_BY_FILE = {
    "as many": ((4, 4), True),
    "more": ((5, 5), True),
    "fewer, so less of the organization": ((3, 3), False),
    "one of them alone": ((1, 1), False),
    "more, of which as many are covered": ((4, 8), False),
    "more, of which more are covered, and not all": ((7, 8), False),
}


@pytest.mark.parametrize(("run", "expected"), LISTED_BY_FILE.values(), ids=LISTED_BY_FILE.keys())
def test_a_file_that_names_a_few_accounts_does_not_make_them_the_organization(run, expected):
    listed = replace(written(*run, day=TODAY), is_listed_by_file=True)
    assert decide(record(d2026_11_23=(4, 4)), listed).publish is expected
    assert decide(record(d2026_11_23=(4, 4)), listed, replace=True).publish is True


def test_a_file_that_names_more_accounts_is_measured_against_all_that_it_names():
    listed = replace(written(4, 8, day=TODAY), is_listed_by_file=True)
    assert decide(record(d2026_11_23=(4, 4)), listed).reason == (
        "The run covers 4 of 8 active accounts (50.0%), less than the snapshot of 2026-11-23 that it would replace: "
        "4 of 4 active accounts (100.0%), run 20261123T010203Z-00000001."
    )
    newest = record(d2026_11_22=(4, 4))
    assert decide(newest, listed).publish is True
    assert decide(newest, replace(written(4, 9, day=TODAY), is_listed_by_file=True)).publish is False


def test_on_another_day_a_file_must_name_half_of_the_accounts_that_are_known():
    known = record(d2026_11_22=(4, 4))
    assert decide(known, replace(written(2, 2, day=TODAY), is_listed_by_file=True)).publish is True
    refused = decide(known, replace(written(1, 1, day=TODAY), is_listed_by_file=True))
    assert refused.publish is False
    assert "its files name 3 fewer ACTIVE ones than that snapshot" in refused.reason


def test_organizations_own_list_may_grow_shorter():
    assert decide(record(d2026_11_23=(4, 4)), written(3, 3, day=TODAY)).publish is True
