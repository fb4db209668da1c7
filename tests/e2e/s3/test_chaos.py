"""A short `make chaos`: publishers raced and killed on a real S3 server, with readers looking on."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from benchmarks import chaos


@pytest.fixture(scope="module", name="moto_apart")
def _moto_apart():
    with chaos.moto_process() as server:
        yield server


@pytest.fixture(name="place_for")
def _place_for(weed, moto_apart, monkeypatch):
    def place_for(name):
        for key, value in weed.environment().items():
            monkeypatch.setenv(key, value)
        monkeypatch.delenv("AWS_ENDPOINT_URL")
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", weed.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_GLUE", moto_apart.url)
        return chaos.place_for(name, weed, moto_apart)

    return place_for


def soon():
    return time.monotonic() + 120


def test_of_two_concurrent_publishers_none_is_lost_or_mixed(place_for):
    outcome = chaos.races(replace(place_for("raced"), database=None), 20, until=soon())

    assert (outcome.done, outcome.mixtures, outcome.losses) == (20, [], [])
    assert outcome.looks > 20
    assert outcome.counts["records that were another's first"] > 0


def test_kills_lose_no_reported_publication_and_readers_see_whole_snapshots(place_for):
    outcome = chaos.kills(place_for("killed"), 10, until=soon())

    assert (outcome.done, outcome.mixtures, outcome.losses) == (10, [], [])
    assert outcome.looks > 10
    assert len([name for name in outcome.counts if name.startswith("died")]) > 1


def test_a_flipped_bit_is_named_and_changes_no_answer():
    outcome = chaos.flip_bits(chaos.Outcome("flips", 45), 45, until=soon())

    assert (outcome.done, outcome.mixtures, outcome.losses) == (45, [], [])
    assert outcome.counts["users-00000.parquet: query ended with 3"] > 0


def test_over_a_faulty_network_runs_are_published_whole(place_for, weed):
    with chaos.faulty_wire(weed) as (wire, _):
        outcome = chaos.spoiled_runs(place_for("spoiled"), wire, 5, until=soon())

    assert (outcome.done, outcome.mixtures, outcome.losses) == (5, [], [])
    assert len([name for name in outcome.counts if name.startswith("fault")]) > 2
