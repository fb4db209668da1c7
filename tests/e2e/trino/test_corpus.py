"""What the local engine takes for Trino's answer is Trino's answer; and what docs/trino.md says of Trino is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.e2e.trino.plain import plain_rows

_REPOSITORY = Path(__file__).parents[3]
CORPUS = json.loads((_REPOSITORY / "tests" / "query" / "corpus.json").read_text("utf-8"))
ENTRIES = [
    pytest.param(entry, id=f"{group}: {entry['sql']}"[:90])
    for group, entries in CORPUS["groups"].items()
    for entry in entries
    if "rows" in entry
]
# Trino 476 reads this as array[1,2]. Older ones, and so perhaps Athena, do not: the lint goes on refusing it.
READ_BY_NEWER_TRINOS = {"select [1,2]"}

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
    warehouse.create_database("corpus")
    session = trino_of("corpus")
    session.ask("create view t as select 1 as a, 2 as b, 'x' as x")
    return session


@pytest.mark.parametrize("entry", ENTRIES)
def test_trino_gives_the_rows_that_the_corpus_expects(entry, trino, tally):
    found = plain_rows(trino.rows(entry["sql"]))

    assert found == entry["rows"], entry.get("why")
    assert [[type(value) for value in row] for row in found] == [[type(v) for v in row] for row in entry["rows"]]
    tally.statements += 1


@pytest.mark.parametrize("sql", CORPUS["not_athenas"])
def test_trino_refuses_what_the_corpus_calls_not_athenas(sql, trino, tally):
    if sql in READ_BY_NEWER_TRINOS:
        assert trino.rows(sql)
    else:
        with pytest.raises(trino.error) as caught:
            trino.ask(sql)
        assert caught.value.error_type == "USER_ERROR"
        assert caught.value.error_name not in {"SCHEMA_NOT_FOUND", "TABLE_NOT_FOUND"}
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
    assert len(CLAIMS) > 40
