from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from collector.errors import LakeError, NewerLakeError, NotPublishedError
from collector.lake.local_store import LocalStore
from collector.lake.publish import publish
from collector.lake.record import read_record
from tests.fixtures.examples import DAY, ORGANIZATION, OTHER_ORGANIZATION, written

NOW = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)


def now():
    return NOW


def never_sleep(_seconds):
    raise AssertionError("a write without a conflict waited")


def test_a_run_is_published_by_the_record_naming_it(store):
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


def test_a_refused_run_changes_nothing_and_the_error_says_where_it_lies(store, tmp_path):
    publish(store, written(54, 55, number=1), now=now)
    before = (tmp_path / "lake/catalog/o-abcdefghij.json").read_bytes()

    with pytest.raises(NotPublishedError) as raised:
        publish(store, written(10, 55, number=2), now=now)

    assert (tmp_path / "lake/catalog/o-abcdefghij.json").read_bytes() == before
    assert raised.value.exit_code == 3
    assert "Nothing was published. The run covers 10 of 55 active accounts (18.2%), less than" in raised.value.message
    assert f"{tmp_path}/lake/raw/o-abcdefghij/20261123T010203Z-00000002" in raised.value.message
    assert f"{tmp_path}/lake/snapshots/o-abcdefghij/2026-11-23/20261123T010203Z-00000002" in raised.value.message
    assert raised.value.message.endswith("or publish all the same with --replace.")


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


def test_who_loses_the_race_reads_again_and_publishes_if_the_rules_still_let_it(tmp_path):
    waits = []
    store = Rival(tmp_path, [written(54, 55, number=1)])

    record = publish(store, written(55, 55, number=2), now=now, sleep=waits.append)

    assert record.newest.run_id == "20261123T010203Z-00000002"
    assert len(waits) == 1


def test_who_loses_the_race_to_a_better_run_is_not_published(tmp_path):
    store = Rival(tmp_path, [written(55, 55, number=1)])

    with pytest.raises(NotPublishedError, match="20261123T010203Z-00000001"):
        publish(store, written(54, 55, number=2), now=now, sleep=lambda _seconds: None)

    assert read_record(store, ORGANIZATION).record.newest.run_id == "20261123T010203Z-00000001"


def test_a_run_of_another_day_that_came_between_is_kept(tmp_path):
    store = Rival(tmp_path, [written(55, 55, day="2026-11-24", number=1)])

    record = publish(store, written(55, 55, number=2), now=now, sleep=lambda _seconds: None)

    assert sorted(record.snapshots) == ["2026-11-23", "2026-11-24"]
    assert record.latest == "2026-11-24"


def test_a_record_that_others_keep_replacing_is_given_up_with_an_error(tmp_path):
    store = Rival(tmp_path, [written(1, 55, number=number) for number in range(1, 60)])

    with pytest.raises(LakeError, match="replaced by others 30 times in a row"):
        publish(store, written(55, 55, number=99), now=now, sleep=lambda _seconds: None)


class LostAnswer(LocalStore):
    """A store that replaces the record and then says that it did not, as a retried request to S3 can."""

    def replace(self, key, content, *, expected):
        super().replace(key, content, expected=expected)
        super().replace(key, content, expected=expected)


def test_a_write_that_arrived_though_its_answer_was_lost_counts(tmp_path):
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


def test_of_processes_that_publish_at_once_none_is_lost_and_the_best_of_each_day_stands(tmp_path):
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
