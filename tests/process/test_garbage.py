"""Garbage collections while a run is under way: fewer, and afterwards as before, for who uses credlake as a library."""

from __future__ import annotations

import gc
import threading

import pytest

from collector.process.garbage import fewer_collections


@pytest.fixture(autouse=True)
def _as_before():
    threshold, frozen = gc.get_threshold(), gc.get_freeze_count()
    yield
    assert gc.get_threshold() == threshold
    # Python 3.12 starts with some objects frozen, and they can only be unfrozen together.
    assert gc.get_freeze_count() <= frozen


def test_within_a_run_what_was_there_is_left_alone_and_the_threshold_is_higher():
    with fewer_collections():
        assert gc.get_freeze_count() > 10_000
        assert gc.get_threshold()[0] == 50_000


def test_an_error_restores_it_too():
    with pytest.raises(ZeroDivisionError), fewer_collections():
        raise ZeroDivisionError


def test_of_two_runs_at_once_the_one_that_ends_last_restores_it():
    first_ends, second_is_in, second_ends = threading.Event(), threading.Event(), threading.Event()

    def second():
        with fewer_collections():
            second_is_in.set()
            second_ends.wait(10)

    thread = threading.Thread(target=second)
    with fewer_collections():
        thread.start()
        assert second_is_in.wait(10)
        first_ends.set()
    assert gc.get_threshold()[0] == 50_000
    second_ends.set()
    thread.join()
