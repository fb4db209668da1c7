"""The rows in `tests/tools/translations.json` and the claims in docs/trino.md are those of a real Trino."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

_REPOSITORY = Path(__file__).parents[3]
TRANSLATIONS = json.loads((_REPOSITORY / "tests" / "tools" / "translations.json").read_text("utf-8"))

# | what | `question` | claimed | `result` | conclusion |
_CLAIM = re.compile(
    r"^\| (?P<what>[^|]+) \| `(?P<sql>(?:\\\||[^`|])+)` \| (?P<claim>[^|]*) \| `(?P<result>[^`]+)` \|", re.MULTILINE
)
CLAIMS = [
    pytest.param(found["sql"].replace("\\|", "|"), found["result"].replace("\\|", "|"), id=found["sql"][:90])
    for found in _CLAIM.finditer((_REPOSITORY / "docs" / "trino.md").read_text("utf-8"))
]


def plain(value: Any) -> Any:  # noqa: PLR0911  # a type a line
    """A value as `credlake query --format json` writes it, except for decimals."""
    match value:
        case datetime():
            utc = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
            return utc.isoformat(timespec="milliseconds").removesuffix(".000") + "Z"
        case date():
            return value.isoformat()
        case Decimal():
            return f"decimal {value}"
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
    return value


def plain_rows(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    """Every value of every row."""
    return [[plain(value) for value in row] for row in rows]


@pytest.fixture(scope="module")
def trino(trino_of, warehouse):
    warehouse.create_database("claims")
    return trino_of("claims")


@pytest.mark.parametrize("entry", TRANSLATIONS, ids=[entry["sql"][:90] for entry in TRANSLATIONS])
def test_trino_returns_the_rows_that_duckdb_must_return(entry, trino, counts):
    found = plain_rows(trino.rows(entry["sql"]))

    assert found == entry["rows"], entry.get("why")
    assert [[type(value) for value in row] for row in found] == [[type(v) for v in row] for row in entry["rows"]]
    counts.statements += 1


@pytest.mark.parametrize(("sql", "result"), CLAIMS)
def test_trino_returns_what_docs_trino_claims(sql, result, trino, counts):
    try:
        found = json.dumps(plain_rows(trino.rows(sql)), ensure_ascii=False)
    except trino.error as error:
        found = error.error_name
    assert found == result
    counts.statements += 1


def test_docs_trino_has_claims():
    assert len(CLAIMS) > 15
