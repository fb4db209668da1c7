"""The marks of the page's charts as numbers: rectangles and polylines that the template writes as SVG. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.reports.records import Bucket, Standing

# The upper ends of the bars of the histograms, in days.
AGE_ENDS = (30, 60, 90, 180, 365, 730, 1825)
IDLE_ENDS = (7, 30, 45, 90, 365)
# More limits than these are listed, not drawn.
_MOST_LIMITS = 3
# The values of `records.Bucket` that are not upper ends.
LONGER, NEVER, UNKNOWN = 0, -1, -2

# The size of a trend in the page's units; its line leaves a margin for the dots.
SPARK_WIDTH, SPARK_HEIGHT, _MARGIN = 120, 32, 3


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar, in percent of its width."""

    kind: str  # What it stands for: `pass`, `fail`, `unknown`, …
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a histogram."""

    bucket: int  # Its upper end in days, or one of the values of `records.Bucket`.
    count: int  # How many credentials.
    width: float  # In percent of the longest bar.
    share_of: int  # How many credentials all bars have.


@dataclass(frozen=True, slots=True)
class Spark:
    """A trend: the pass rate as lines with gaps where there is none, and the share of unknown accounts as bars."""

    lines: list[list[tuple[float, float]]]  # The points of each unbroken line.
    unknown: list[tuple[float, float, float, float]]  # x, y, width and height of each bar.


def stacked(parts: Sequence[tuple[str, float]]) -> list[Part]:
    """A bar of parts, each as wide as its share; none where all are 0."""
    whole = sum(value for _, value in parts)
    found, start = [], 0.0
    for kind, value in parts:
        if value:
            width = 100 * value / whole
            found.append(Part(kind, round(start, 3), round(width, 3)))
            start += width
    return found


def ends_with(ends: Sequence[int], limits: Sequence[int]) -> list[int]:
    """The ends of bars with the limits among them, so that each limit is drawn where a bar ends."""
    return sorted({*ends, *limits}) if len(limits) <= _MOST_LIMITS else list(ends)


def histogram(buckets: Sequence[Bucket], ends: Sequence[int], limits: Sequence[int]) -> list[Bar]:
    """A bar for every bucket up to the longest time that occurs or is a limit, then never used and unknown, if any."""
    counts = {each.bucket: each.credentials for each in buckets}
    whole, most = sum(counts.values()), max(counts.values(), default=0)
    always = [*ends, LONGER]
    last = max((place for place, end in enumerate(always) if counts.get(end) or (whole and end in limits)), default=-1)
    shown = always[: last + 1] + [special for special in (NEVER, UNKNOWN) if counts.get(special)]
    return [Bar(end, counts.get(end, 0), round(100 * counts.get(end, 0) / most, 3), whole) for end in shown]


def sparkline(trend: Sequence[Standing]) -> Spark:
    """The trend of a control, from 0 at the bottom to 100 percent at the top."""
    step = (SPARK_WIDTH - 2 * _MARGIN) / max(len(trend) - 1, 1)
    height = SPARK_HEIGHT - 2 * _MARGIN
    lines: list[list[tuple[float, float]]] = [[]]
    unknown = []
    for place, each in enumerate(trend):
        x = _MARGIN + (place if len(trend) > 1 else 0.5) * step
        if each.pass_rate is None:
            lines.append([])
        else:
            lines[-1].append((round(x, 2), round(_MARGIN + height * (1 - each.pass_rate), 2)))
        if each.accounts_unknown:
            share = SPARK_HEIGHT * each.accounts_unknown / each.accounts_in_scope
            width = max(step - 1, 1) if len(trend) > 1 else SPARK_WIDTH / 4
            left = min(max(x - width / 2, 0), SPARK_WIDTH - width)
            unknown.append((round(left, 2), round(SPARK_HEIGHT - share, 2), round(width, 2), round(share, 2)))
    return Spark([line for line in lines if line], unknown)
