"""The runs of one day: which of them the record may name."""

from __future__ import annotations

import pytest

from collector.lake.publish import publish
from collector.lake.rebuild import rebuild
from collector.lake.verify import verify
from tests.fixtures.days import entry, made, publish_run
from tests.fixtures.examples import DAY, FINISHED, ORGANIZATION
from tests.fixtures.tampering import altered_record, found


@pytest.mark.parametrize("covered", [4, 5], ids=["covers less", "covers the same"])
def test_an_earlier_run_put_in_the_place_of_the_one_that_replaced_it_is_named(store, scratch, lake, covered):
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
def test_it_is_named_also_where_the_time_of_its_publication_was_moved(store, scratch, lake, covered):
    publish_run(store, scratch, DAY, 1, covered=covered)
    superseded = entry(lake)
    publish_run(store, scratch, DAY, 2, after=30)
    with altered_record(lake) as record:
        record["snapshots"][DAY] = superseded | {"published_at": "2026-11-23T23:59:00.000Z"}

    assert [one.kind for one in verify(store, scratch)] == ["run"]


def test_a_later_run_that_covers_less_is_no_difference(store, scratch):
    publish_run(store, scratch, DAY, 1, covered=5)
    made(store, scratch, DAY, 2, covered=4, after=30)

    assert found(store, scratch) == set()


def test_a_better_run_that_was_replaced_by_word_is_no_difference(store, scratch):
    publish_run(store, scratch, DAY, 1, covered=5)
    publish_run(store, scratch, DAY, 2, covered=4, after=30, replace=True)

    assert found(store, scratch) == set()


def test_of_two_runs_at_once_either_may_be_published_last(store, scratch):
    first, _ = made(store, scratch, DAY, 1)
    second, at = made(store, scratch, DAY, 2)
    publish(store, second, now=lambda: at)
    publish(store, first, now=lambda: at)

    assert found(store, scratch) == set()


def test_a_rebuild_of_the_published_run_is_no_difference_whatever_was_made_since(store, scratch):
    publish_run(store, scratch, DAY, 1, covered=5)
    made(store, scratch, DAY, 2, covered=4, after=30)
    rebuild(store, ORGANIZATION, DAY, scratch, now=lambda: FINISHED, randomness=b"abcd")

    assert found(store, scratch) == set()


def test_a_later_run_that_was_cut_off_before_its_tables_were_whole_is_no_difference(store, scratch, lake):
    publish_run(store, scratch, DAY, 1)
    cut, _ = made(store, scratch, DAY, 2, after=30)
    (lake / cut.files[0].path).unlink()

    assert found(store, scratch) == set()


@pytest.mark.parametrize("name", ["run.json", "accounts.jsonl.gz", "000000000001.csv.gz"])
def test_a_run_that_may_have_been_published_and_cannot_be_read_is_named(store, scratch, lake, name):
    publish_run(store, scratch, DAY, 1)
    later, _ = made(store, scratch, DAY, 2, after=30)
    (lake / f"raw/{ORGANIZATION}/{later.run_id}/{name}").write_bytes(b"{")

    assert ("raw", name) in {(kind, file) for kind, _, _, file in found(store, scratch)}
