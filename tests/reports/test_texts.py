"""The texts of a report, in both languages."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from pathlib import Path
from string import Formatter

import pytest

from collector.denial import PolicyType
from collector.outcome import Outcome
from collector.reports.catalog import catalog, japanese
from collector.reports.texts import LANGUAGES, Texts

ENTRIES = {f"{section}.{name}": entry for section, names in catalog().items() for name, entry in names.items()}


@pytest.mark.parametrize("key", ENTRIES)
def test_every_text_is_there_in_each_language_with_the_same_values(key):
    entry = ENTRIES[key]
    values = [{name for _, name, _, _ in Formatter().parse(entry[language]) if name} for language in LANGUAGES]

    assert set(entry) - {"en_one"} == set(LANGUAGES)
    assert values[0] == values[1]


def test_every_outcome_kind_of_policy_and_kind_of_change_has_a_text():
    assert set(catalog()["outcome"]) == set(Outcome)
    assert set(catalog()["denied_by"]) == set(PolicyType)
    history = (Path(__file__).parents[2] / "athena_queries" / "history").glob("*_changes.sql")
    sql = "".join(path.read_text() for path in history)
    assert set(catalog()["change"]) == set(re.findall(r"'((?:account|key|mfa|password|root|user)_[a-z]+)'", sql))


def test_every_control_and_next_step_is_translated_as_it_is_in_english_now(data):
    english = {f"controls.{each.control_id}": f"{each.title}\n{each.why}\n{each.mend}" for each in data.controls}
    english |= {f"next_steps.{outcome}": outcome.next_step for outcome in Outcome if outcome.next_step}
    digests = {key: hashlib.sha256(text.encode()).hexdigest()[:8] for key, text in english.items()}

    translated = {
        f"{kind}.{name}": text["english"] for kind, texts in japanese().items() for name, text in texts.items()
    }
    assert translated == digests


def test_one_is_written_otherwise_than_many_in_english():
    assert Texts("en")("coverage.list", n=1) == "1 account"
    assert Texts("en")("coverage.list", n=1200) == "1,200 accounts"
    assert Texts("ja")("coverage.list", n=1) == "1 件のアカウント"


@pytest.mark.parametrize(
    ("rate", "expected"), [(0.818, "81.8"), (1.0, "100.0"), (0.9999, "99.9"), (0.0001, "0.1"), (0.0, "0.0")]
)
def test_a_rate_that_is_not_quite_all_or_nothing_is_not_shown_as_such(rate, expected):
    assert Texts("en").rate(rate) == f"{expected}\N{NO-BREAK SPACE}%"
    assert Texts("ja").rate(rate) == f"{expected}%"


def test_days_and_times_are_written_in_the_language():
    instant = datetime(2026, 11, 5, 19, 42)  # noqa: DTZ001 -- as the views return it
    assert (Texts("en").time(instant), Texts("ja").time(instant)) == ("5 Nov 2026, 19:42", "2026年11月5日 19:42")
