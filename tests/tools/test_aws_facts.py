"""docs/aws-facts.md has every fact about AWS that is cited anywhere, and no other."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDERS = ("athena_queries", "benchmarks", "collector", "deploy", "docs", "tests", "tools")
SUFFIXES = {".csv", ".html", ".js", ".md", ".py", ".sql", ".toml", ".yaml", ".yml"}
PAGE = REPOSITORY / "docs" / "aws-facts.md"
TEXT = PAGE.read_text("utf-8")
HEADINGS = re.findall(r"^##+ (F[0-9]+(?:\.[0-9]+)?) ", TEXT, re.MULTILINE)
NUMBER = r"F?[0-9]+(?:\.[0-9]+)?"
# "facts F1.4, F2.8" and "facts F2, F3", also where a line of a comment ends in between.
CITATION = re.compile(
    rf"\bfacts?(?: sections?)?\s(?:\s*(?:#|--)\s)?\s*({NUMBER}(?:(?:,| and| to)\s+{NUMBER})*)", re.IGNORECASE
)


def cited() -> dict[str, list[str]]:
    """Number → the files that cite it, but for the page itself."""
    found: dict[str, list[str]] = {}
    files = [path for folder in FOLDERS for path in sorted((REPOSITORY / folder).rglob("*"))]
    for path in [*files, *REPOSITORY.glob("*.md")]:
        if path.suffix in SUFFIXES and path != PAGE:
            for citation in CITATION.finditer(path.read_text("utf-8", errors="ignore")):
                for number in re.findall(NUMBER, citation[1]):
                    found.setdefault(number, []).append(str(path.relative_to(REPOSITORY)))
    return found


def test_every_cited_fact_is_a_heading_of_the_page():
    assert {number: files for number, files in cited().items() if number not in HEADINGS} == {}


def test_every_heading_of_the_page_is_cited_itself_or_in_part():
    numbers = set(cited())
    assert numbers > {"F2.3", "F5"}
    assert [one for one in HEADINGS if one not in numbers and not any(n.startswith(f"{one}.") for n in numbers)] == []


def test_the_numbers_of_the_page_ascend_and_its_own_references_exist():
    in_order = sorted(set(HEADINGS), key=lambda one: [int(part) for part in one[1:].split(".")])
    assert in_order == HEADINGS
    assert set(re.findall(r"\bF[0-9]+(?:\.[0-9]+)?\b", TEXT)) == set(HEADINGS)
