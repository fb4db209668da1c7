"""The pages of docs/ as mkdocs reads them: what its strict build lets pass."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_every_code_block_opens_in_a_form_that_the_site_knows(page):
    """Superfences takes a language and options (`title="a.toml"`); with anything else the block is shown as text."""
    fences = re.findall(r"^ *```(.*)$", (DOCS / page).read_text("utf-8"), re.MULTILINE)
    assert [fence for fence in fences if not re.fullmatch(r'([a-z]+( title="[^"]+")?)?', fence)] == []
