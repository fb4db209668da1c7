"""What a benchmark hands over: named figures, each with its aim where there is one."""

from __future__ import annotations

from dataclasses import dataclass

# From here on, decimals say nothing.
_COUNTED = 1000


@dataclass(frozen=True)
class Figure:
    """One figure; `aim` is the most it should be (None: no aim)."""

    name: str
    value: float
    unit: str = ""
    aim: float | None = None

    def line(self) -> str:
        """The figure as a line for people."""
        aim = (
            ""
            if self.aim is None
            else f"   aim ≤ {self.aim:g}{self.unit}: {'met' if self.value <= self.aim else 'MISSED'}"
        )
        value = f"{self.value:,.0f}" if self.value >= _COUNTED else f"{self.value:.3g}"
        return f"{self.name:<72}{value:>10}{self.unit}{aim}"


def print_figures(title: str, figures: list[Figure]) -> None:
    """Print them under a title."""
    print(f"\n{title}")
    for figure in figures:
        print("  " + figure.line())
