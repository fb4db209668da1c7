"""`docs/images/read.svg`: what `credlake read` shows at a terminal, of the report that the README names."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

REPORT = "docs/examples/status_reports_2026-11-25 10-00-00.csv"
_ROOT = Path(__file__).parents[2]
# The picture loads nothing: the font of the reader's system, not one from a server.
_FONT_FACES = re.compile(r"@font-face \{\{.*?\}\}\n\s*", re.DOTALL)


def read_picture() -> str:
    """The SVG."""
    shown = subprocess.run(  # noqa: S603 -- our own command
        [sys.executable, "-m", "collector", "read", REPORT],
        cwd=_ROOT,
        env={**os.environ, "FORCE_COLOR": "1", "TERM": "xterm-256color"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    text = Text.from_ansi(f'$ credlake read "{Path(REPORT).name}"\n\n{shown.rstrip()}')
    console = Console(record=True, file=io.StringIO(), width=max(map(len, text.plain.splitlines())))
    console.print(text)
    return console.export_svg(
        title="credlake", theme=SVG_EXPORT_THEME, code_format=_FONT_FACES.sub("", CONSOLE_SVG_FORMAT)
    )
