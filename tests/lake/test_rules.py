from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from collector.lake.publish import decide
from collector.lake.record import PublicationRecord
from tests.fixtures.examples import ORGANIZATION, counts, snapshot, written


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


def test_min_coverage_holds_even_with_replace_and_the_reason_says_so():
    decision = decide(record(d2026_11_23=(1, 100)), written(50, 100), min_coverage=0.8, replace=True)

    assert decision.publish is False
    assert decision.reason == (
        "The run covers 50 of 100 active accounts (50.0%), less than --min-coverage 0.8 asks for. --replace does not "
        "lift this floor."
    )


def test_the_refusal_names_the_better_snapshot_and_the_next_step():
    decision = decide(record(d2026_11_23=(54, 55)), written(50, 55))

    assert decision.reason == (
        "The run covers 50 of 55 active accounts (90.9%), less than the snapshot of 2026-11-23 that it would replace: "
        "54 of 55 active accounts (98.2%), run 20261123T010203Z-00000001."
    )
    assert decision.next_step.endswith("or publish all the same with --replace.")


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
    assert "its accounts file names 3 fewer ACTIVE ones than that snapshot" in refused.reason


def test_organizations_own_list_may_grow_shorter():
    assert decide(record(d2026_11_23=(4, 4)), written(3, 3, day=TODAY)).publish is True
