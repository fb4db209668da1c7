"""The texts of a report in one language, and how it writes numbers, days and times."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from collector.reports.catalog import catalog, japanese
from collector.reports.sentences import japanese_day, japanese_reason, japanese_sentence

if TYPE_CHECKING:
    from collector.outcome import Outcome
    from collector.reports.records import Control

LANGUAGES = ("en", "ja")

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Texts:
    """The texts in one language."""

    def __init__(self, language: str) -> None:
        """Take one of `LANGUAGES`."""
        self.language = language

    def __call__(self, key: str, /, **values: object) -> str:
        """A text by `section.name`, with its values; `n` chooses between one and many."""
        section, _, name = key.partition(".")
        entry = catalog()[section][name]
        is_one = values.get("n") == 1 and self.language == "en"
        return entry.get("en_one" if is_one else self.language, entry[self.language]).format(**values)

    def section(self, name: str) -> dict[str, str]:
        """All texts of a section, with their braces."""
        return {key: entry[self.language] for key, entry in catalog()[name].items()}

    def control(self, control: Control) -> Control:
        """The control in this language; one that this version has no translation of stays in English."""
        found = japanese()["controls"].get(control.control_id) if self.language == "ja" else None
        if found is None:
            return control
        return replace(control, title=found["title"], why=found["why"], mend=found["remediation"])

    def next_step(self, outcome: Outcome) -> str:
        """What to do about an outcome; empty where nothing is to be done."""
        found = japanese()["next_steps"].get(outcome.value) if self.language == "ja" else None
        return outcome.next_step.replace("`", "") if found is None else found["text"]

    def reason(self, reason_code: str | None, reason: str) -> str:
        """The reason of a result; one that this version has no translation of stays in English."""
        return (japanese_reason(reason_code, reason) if self.language == "ja" else None) or reason

    def sentence(self, section: str, text: str) -> str:
        """A sentence or words of a view, declared in a section of `reasons.toml`; others stay in English."""
        return (japanese_sentence(section, text) if self.language == "ja" else None) or text

    def day(self, day: date | str) -> str:
        """`25 Nov 2026`."""
        value = date.fromisoformat(day) if isinstance(day, str) else day
        if self.language == "ja":
            return japanese_day(value)
        return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"

    def time(self, instant: datetime) -> str:
        """`25 Nov 2026, 19:42`."""
        return f"{self.day(instant.date())}{' ' if self.language == 'ja' else ', '}{instant:%H:%M}"

    def rate(self, rate: float | None) -> str:
        """`81.8 %`; a dash where there is none. 99.96 % is not everything, and 0.04 % is not nothing."""
        if rate is None:
            return "–"  # noqa: RUF001 -- an en dash stands for no number
        shown = min(max(round(rate * 100, 1), 0.1 if rate > 0 else 0.0), 99.9 if rate < 1 else 100.0)
        return f"{shown:.1f}%" if self.language == "ja" else f"{shown:.1f}\N{NO-BREAK SPACE}%"
