"""`credlake demo`: an organization on loopback, collected over HTTP for three days, then asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    lake: Annotated[Path, typer.Option("--lake", metavar="DIR", help="Where the demo's lake goes.")] = Path(
        "demo-lake"
    ),
) -> int:
    """Collect an organization that runs on this machine, and ask the lake. No AWS account, no network.

    Some 60 accounts, a dozen and more of them faulty in different ways, three days of changes.
    """
    from collector.cli.demo import demonstrate

    demonstrate(lake)
    return 0
