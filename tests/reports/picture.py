"""The picture of the demo's page for the README: `make picture`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fixtures.browser import READY, browser


def main(target: Path) -> None:
    """Run the demo, and write what a browser shows of its page first."""
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        lake = Path(folder) / "demo-lake"
        subprocess.run([sys.executable, "-m", "collector", "demo", "--lake", lake], check=True, capture_output=True)
        page = chromium.new_page(viewport={"width": 1440, "height": 1500}, offline=True)
        page.goto(lake.with_suffix(".html").as_uri())
        page.wait_for_selector(READY, state="attached")
        page.screenshot(path=target)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
