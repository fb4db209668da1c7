"""The commands of docs/deploy.md, by the heading that they stand under."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "deploy.md"
_PARTS = re.compile(r"^## (?P<title>[^\n]+)\n(?P<text>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks():
    """Heading → the blocks of shell commands under it, in order."""
    text = PAGE.read_text("utf-8")
    return {part["title"]: _BLOCK.findall(part["text"]) for part in _PARTS.finditer(text)}


def commands():
    """Every command of the page, its continued lines in one."""
    return [
        line
        for found in blocks().values()
        for block in found
        for line in block.replace("\\\n", " ").splitlines()
        if line.strip()
    ]
