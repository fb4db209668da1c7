"""The sentences of the views in another language: the reason of a result, how a collection ended, what root has.

The views write a sentence in English and, for a reason, its kind: `reason_code`. The values in it are taken out of the
sentence by the form that `reasons.toml` declares for its kind, and put into the form of the other language. No column
of the views holds all of them.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache, lru_cache
from string import Formatter

from collector.reports.catalog import catalog, reasons

# What a value looks like, where it is not any text.
_VALUES = {"detail": ".*", "outcome": "[a-z_]+", "n": "[0-9]+", "day": "[0-9]{4}-[0-9]{2}-[0-9]{2}"}


def japanese_sentence(section: str, text: str, name: str | None = None) -> str | None:
    """A sentence of a section of `reasons.toml` in Japanese; None for one that this version does not know.

    Args:
        section: the section.
        text: the sentence in English.
        name: its kind; None to find it among all of the section.
    """
    names = reasons()[section] if name is None else [name] if name in reasons()[section] else []
    for each in names:
        found = _pattern(section, each).fullmatch(text)
        if found is not None:
            values = {key: _japanese_value(key, value) for key, value in found.groupdict().items()}
            return reasons()[section][each]["ja"].format(**values)
    return None


@lru_cache(maxsize=10_000)
def japanese_reason(reason_code: str | None, reason: str) -> str | None:
    """The `reason` of a result in Japanese, with what may follow it; None for one that this version does not know."""
    following = ""
    for name in ("excepted", "ended", "summary"):
        # The last that can be: a message of AWS, in the reason, may hold the same words.
        start = reason.rfind(reasons()["further"][name]["en"].partition("{")[0])
        further = japanese_sentence("further", reason[start:], name) if start > 0 else None
        if further is not None:
            reason, following = reason[:start], further + following
    sentence = japanese_sentence("reason", reason, reason_code or "")
    return None if sentence is None else sentence + following


def japanese_day(day: date) -> str:
    """`2026年11月25日`."""
    return f"{day.year}年{day.month}月{day.day}日"


@cache
def _pattern(section: str, name: str) -> re.Pattern[str]:
    """What a sentence of this kind looks like."""
    parts = Formatter().parse(reasons()[section][name]["en"])
    return re.compile(
        "".join(
            re.escape(text) + ("" if value is None else f"(?P<{value}>{_VALUES.get(value, '.+?')})")
            for text, value, _, _ in parts
        ),
        re.DOTALL,
    )


def _japanese_value(name: str, value: str) -> str:
    if name == "day":
        return japanese_day(date.fromisoformat(value))
    if name == "outcome":
        return catalog()["outcome"].get(value, {}).get("ja", value)
    found = japanese_sentence(name, value) if name in reasons() else None
    return value if found is None else found
