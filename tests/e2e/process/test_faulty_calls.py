"""A short `make chaos` of faulty calls: the command ends by itself, with the exit code that it should."""

from __future__ import annotations

import time

import pytest

from benchmarks import chaos_calls
from benchmarks.chaos import Outcome


# The command exits in the middle of calls; the server may be accepting their connections.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", ["tokens A, B, A", "slow new tokens, deadline", "10 % throttled"])
def test_a_run_over_faulty_calls_ends_by_itself(monkeypatch, name):
    one = [case for case in chaos_calls.cases() if case.name == name]
    monkeypatch.setattr(chaos_calls, "cases", lambda: one)

    outcome = chaos_calls.run_over_faulty_calls(Outcome("faulty calls", 1), until=time.monotonic() + 60)

    assert outcome.is_good, str(outcome)
    assert sum(number for what, number in outcome.counts.items() if what.endswith("calls")) > 3
