from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from collector.catalog.follow import Tagging, follower_of, tag_superseded
from collector.lake.local_store import LocalStore
from collector.lake.publish import publish
from collector.lake.record import with_snapshot
from tests.fixtures.examples import ORGANIZATION, snapshot, written
from tests.fixtures.faulty_wire import Fault

DAY, OTHER_DAY = "2026-11-23", "2026-11-22"
TAG = [{"Key": "credlake", "Value": "superseded"}]


@pytest.fixture(name="publish_run")
def _publish_run(wired):
    def publish_run(number, day=DAY):
        run = written(5, 5, day=day, number=number)
        for file in run.files:
            wired.put(file.path, file.path.encode())
        return publish(wired, run, now=lambda: datetime(2026, 11, 24, tzinfo=UTC))

    return publish_run


@pytest.fixture(name="tags")
def _tags(wired, weed):
    def tags(number, day=DAY):
        found = []
        for file in written(5, 5, day=day, number=number).files:
            answer = weed.client().get_object_tagging(Bucket=wired.place.bucket, Key=wired.place.key(file.path))
            found.append(sorted(answer["TagSet"], key=lambda tag: tag["Key"]))
        return found

    return tags


def test_the_tables_of_a_replaced_run_are_tagged_and_no_others(wired, publish_run, tags):
    publish_run(7, OTHER_DAY)
    before = publish_run(1)
    after = publish_run(2)

    tagging = tag_superseded(wired, before, after)

    assert tagging == Tagging(tuple(file.path for file in written(5, 5, number=1).files))
    assert (tags(1), tags(2), tags(7, OTHER_DAY)) == ([TAG, TAG], [[], []], [[], []])


def test_a_first_snapshot_and_a_new_day_replace_nothing(wired, wire, publish_run):
    first = publish_run(1)
    second = publish_run(2, OTHER_DAY)
    wire.clear()

    assert tag_superseded(wired, None, first) == Tagging()
    assert tag_superseded(wired, first, second) == Tagging()
    assert wire.seen == []


def test_a_file_that_the_record_names_again_is_not_tagged(wired, publish_run, tags):
    before = publish_run(1)
    # We believe that run 2 took the place of run 1; by now run 1 is published again.
    after = with_snapshot(before, ORGANIZATION, DAY, snapshot(5, 5, number=2))

    assert tag_superseded(wired, before, after) == Tagging()
    assert tags(1) == [[], []]


def test_a_file_that_is_published_while_it_is_tagged_loses_the_tag(wired, wire, publish_run, tags):
    before = publish_run(1)
    after = publish_run(2)

    class Late(type(wired)):
        """Run 1 is published once more right after the record was read the first time."""

        reads = 0

        def read_versioned(self, key):
            found = super().read_versioned(key)
            Late.reads += 1
            if Late.reads == 1:
                super().replace(key, content_before, expected=found.version)
            return found

    from collector.lake.layout import record_key  # noqa: PLC0415  # only here
    from collector.lake.record import serialize_record  # noqa: PLC0415  # only here

    content_before = serialize_record(before)
    late = Late(wired.uri, wired.client)
    assert wired.read(record_key(ORGANIZATION)) == serialize_record(after)

    tag_superseded(late, before, after)

    assert tags(1) == [[], []]


def test_a_run_that_is_published_again_after_it_was_replaced_loses_the_tag(wired, publish_run, tags):
    first = publish_run(1)
    second = publish_run(2)
    tag_superseded(wired, first, second)
    third = publish_run(1)
    tag_superseded(wired, second, third)

    assert (tags(1), tags(2)) == ([[], []], [TAG, TAG])


def test_other_tags_stay(wired, weed, publish_run, tags):
    before = publish_run(1)
    path = written(5, 5, number=1).files[0].path
    others = [{"Key": "backup", "Value": "yes"}]
    weed.client().put_object_tagging(Bucket=wired.place.bucket, Key=wired.place.key(path), Tagging={"TagSet": others})

    tag_superseded(wired, before, publish_run(2))

    assert tags(1) == [[*others, *TAG], TAG]


def test_a_denied_tagging_is_a_warning_with_the_permission_to_grant(wired_once, wire, publish_run, wired):
    before, after = publish_run(1), publish_run(2)
    wire.spoil(Fault.DENIED, part="?tagging", times=1000)
    tagging = tag_superseded(wired, before, after)

    assert tagging.tagged == ()
    assert "Tagging s3://" in tagging.warning
    assert "Grant the caller s3:PutObjectTagging on arn:aws:s3:::" in tagging.warning
    assert tagging.warning.endswith("Tables of replaced runs stay without the tag, and so do not expire.")


def test_a_lake_in_a_folder_has_no_tags_and_no_catalog(tmp_path):
    before = with_snapshot(None, ORGANIZATION, DAY, snapshot(5, 5, number=1))
    after = replace(before, snapshots={DAY: snapshot(5, 5, number=2)})
    follower = follower_of(LocalStore(tmp_path), database="a_database")

    with capture_logs() as events:
        follower.tag_replaced(before, after)
        follower.sync_catalog(ORGANIZATION)

    assert events == []
