"""The catalog of a report's texts, read from the files next to it: English and Japanese."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

# Section → name → language → text; of `japanese`, the part of a control or next step → text.
Catalog = dict[str, dict[str, dict[str, str]]]


@cache
def catalog() -> Catalog:
    """The texts of reports."""
    return _read("texts.toml")


@cache
def reasons() -> Catalog:
    """The sentences of the views."""
    return _read("reasons.toml")


@cache
def japanese() -> Catalog:
    """The Japanese texts of `controls` by control, and of `next_steps` by outcome."""
    return _read("japanese.toml")


def _read(name: str) -> Catalog:
    return tomllib.loads((Path(__file__).parent / name).read_text("utf-8"))
