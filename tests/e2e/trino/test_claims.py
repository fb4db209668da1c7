"""What the translation of the views takes for Trino's rows are Trino's, and what docs/trino.md says of Trino is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.e2e.trino.plain import plain_rows

_REPOSITORY = Path(__file__).parents[3]
TRANSLATIONS = json.loads((_REPOSITORY / "tests" / "tools" / "translations.json").read_text("utf-8"))

# | what | `question` | claimed | `answer` | verdict |
_CLAIM = re.compile(
    r"^\| (?P<what>[^|]+) \| `(?P<sql>(?:\\\||[^`|])+)` \| (?P<claim>[^|]*) \| `(?P<answer>[^`]+)` \|", re.MULTILINE
)
CLAIMS = [
    pytest.param(found["sql"].replace("\\|", "|"), found["answer"].replace("\\|", "|"), id=found["sql"][:90])
    for found in _CLAIM.finditer((_REPOSITORY / "docs" / "trino.md").read_text("utf-8"))
]


@pytest.fixture(scope="module")
def trino(trino_of, warehouse):
    warehouse.create_database("claims")
    return trino_of("claims")


@pytest.mark.parametrize("entry", TRANSLATIONS, ids=[entry["sql"][:90] for entry in TRANSLATIONS])
def test_trino_returns_the_rows_that_the_translation_is_held_to(entry, trino, tally):
    found = plain_rows(trino.rows(entry["sql"]))

    assert found == entry["rows"], entry.get("why")
    assert [[type(value) for value in row] for row in found] == [[type(v) for v in row] for row in entry["rows"]]
    tally.statements += 1


@pytest.mark.parametrize(("sql", "answer"), CLAIMS)
def test_what_docs_trino_says_is_what_trino_says(sql, answer, trino, tally):
    try:
        found = json.dumps(plain_rows(trino.rows(sql)), ensure_ascii=False)
    except trino.error as error:
        found = error.error_name
    assert found == answer
    tally.statements += 1


def test_docs_trino_holds_claims():
    assert len(CLAIMS) > 15
