"""What `make shape` prints for a measure."""

from __future__ import annotations

import pytest

from tools.shape import Measure


@pytest.mark.parametrize(
    ("measure", "line"),
    [
        (Measure("files", 130, 0, 130), "OK         130  files (aim: at most 130)"),
        (Measure("lines", 18_001, 0, 18_000), "OVER    18,001  lines (aim: at most 18,000)"),
        (Measure("median", 119.5, 120, 200), "UNDER    119.5  median (aim: 120 to 200)"),
        (Measure("circles", 1, 0, 0, ("a ↔ b",)), "OVER         1  circles (aim: none)\n                a ↔ b"),
    ],
)
def test_a_measure_shows_its_value_its_aim_and_what_it_counts(measure, line):
    assert str(measure) == line
    assert measure.is_met == line.startswith("OK")
