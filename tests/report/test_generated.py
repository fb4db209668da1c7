"""Properties of every report, of a few hundred generated ones; `make fuzz` reads as many as are wanted."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.fuzz import fuzz, run_task
from collector.report import rows
from tests.report.generated import broken_promises, generate


# Every report is drawn number by number, which Hypothesis takes for a lot.
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_a_generated_report_keeps_every_promise(chance):
    assert broken_promises(generate(chance)) == []


def test_the_count_of_reports_is_the_one_asked_for_and_arrow_reads_a_good_part_of_them():
    result = fuzz(600, processes=1, seed=1)

    assert (result.reports, result.faults) == (600, {})
    assert 150 < result.by_arrow < 450


def test_a_seed_gives_the_same_reports():
    first, again = (generate(random.Random("7")).content for _ in range(2))  # noqa: S311 - no secret

    assert first == again


def _with_the_values_of_the_next(kept, header):
    """Each row with the last field of the next one."""
    numbers, texts = zip(*kept, strict=True) if kept else ((), ())
    at = header.width - 5
    return [(n, [*row[:at], *other[at:]]) for n, row, other in zip(numbers, texts, texts[1:] + texts[:1], strict=True)]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (_with_the_values_of_the_next, "another user's value"),
        (lambda kept, _: kept[1:], "lost row"),
        (lambda kept, _: kept * 2, "doubled user"),
    ],
)
def test_a_reader_that_breaks_a_promise_is_found(monkeypatch, change, kind):
    keep = rows._without_contradictions
    monkeypatch.setattr(rows, "read_rows_quickly", lambda *_, **__: None)
    monkeypatch.setattr(
        rows, "_without_contradictions", lambda read, header, problems: change(keep(read, header, problems), header)
    )

    result = run_task("1", 40)

    assert result.faults[kind] > 0
    assert result.examples[kind].count(b"\n") <= 3


def test_an_exception_is_found(monkeypatch):
    def fail(*_):
        raise IndexError

    monkeypatch.setattr(rows, "_quoted_fields", fail)

    assert run_task("1", 40).faults["exception IndexError"] > 0
