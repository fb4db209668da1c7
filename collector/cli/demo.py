"""The demo: the same run as against AWS, over HTTP, of an organization whose faults and changes are known."""

from __future__ import annotations

import asyncio
import io
import os
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from collector.cli.progress import watch_for
from collector.cli.summary import print_result
from collector.collection.gateway import Gateway
from collector.collection.run import Collection
from collector.errors import LakeError, UsageFaultsError
from collector.lake.layout import naming_fault
from collector.lake.open import open_store
from collector.process.logs import set_up_logs
from collector.process.signals import run_stoppable
from collector.query.ask import run_query
from collector.settings.model import Settings
from collector.simulator import Simulator, shifted_clock, utc_now
from collector.simulator.demo import DEMO_ORGANIZATION_ID, DemoDay, demo_days

# Waiting is what takes long: for reports, for AWS to have capacity again. Here a tenth of it is enough.
_PACE = 0.1
_ACCOUNT_DEADLINE_SECONDS = 8.0
_LATENCY_SECONDS = 0.01
_GENERATION_SECONDS = 0.4

_QUESTIONS = {
    "What do we know, and what not?": """
        select outcome, count(*) as accounts, min(account_name) as for_example
        from collection_coverage
        group by outcome
        order by accounts desc, outcome""",
    "What is to be mended first?": """
        select finding_rank, severity, control_id, account_name, user_name, measured_days, reason
        from findings
        where finding_rank <= 12
        order by finding_rank""",
    "How does each OU stand on console MFA?": """
        select ou_path, accounts_in_scope, accounts_unknown, pass_count, fail_count, pass_rate
        from ou_scorecard
        where control_id = 'console-mfa'
        order by ou_path""",
    "What changed in three days?": """
        select previous_snapshot_date, snapshot_date, change_type, account_name, user_name
        from credential_changes
        order by snapshot_date, account_name, change_type, user_name""",
}


def demonstrate(lake: Path) -> None:
    """Collect three days of the demo's organization into the folder, then answer questions from it."""
    # What is wrong with the accounts is told in tables.
    set_up_logs(for_person=True, quiet=True)
    console = Console(highlight=False, markup=False, emoji=False)
    _make_room(lake)
    days = demo_days(utc_now())
    for day in days:
        console.rule(f"day {day.day + 1} of {len(days)}: {day.moment:%Y-%m-%d}")
        _collect_day(day, lake)
    for title, question in _QUESTIONS.items():
        console.print()
        console.rule(title, align="left")
        run_query(str(lake), question, out_stream=sys.stdout, err_stream=io.StringIO())
    console.print()
    console.print(
        f"The lake stays in {lake}. Ask it: credlake query --lake {shlex.quote(str(lake))} findings\n"
        "All questions: credlake views list",
        soft_wrap=True,
    )


def _make_room(lake: Path) -> None:
    """Begin anew over an earlier demo; anything else in that folder is not ours to remove."""
    if naming_fault(str(lake)):
        raise UsageFaultsError([f"--lake {lake}: the demo's lake is a folder on this machine. Name one."])
    if not lake.exists():
        return
    records = {path.name for path in (lake / "catalog").glob("*.json")}
    if not records <= {f"{DEMO_ORGANIZATION_ID}.json"} or {path.name for path in lake.iterdir()} - {
        "catalog",
        "raw",
        "snapshots",
    }:
        raise LakeError(f"{lake} holds something that no demo wrote. Name another folder with --lake.")
    shutil.rmtree(lake)


def _collect_day(day: DemoDay, lake: Path) -> None:
    clock = shifted_clock(day.clock_offset)
    with (
        Simulator(
            day.organization, latency_seconds=_LATENCY_SECONDS, generation_seconds=_GENERATION_SECONDS, clock=clock
        ) as server,
        tempfile.TemporaryDirectory(prefix="credlake-demo-", ignore_cleanup_errors=True) as scratch,
        watch_for(is_terminal=sys.stderr.isatty()) as watch,
    ):
        # From here on every client of AWS in this process speaks to the server, and to nothing else.
        os.environ.update(server.environment())
        settings = Settings(lake=str(lake), account_deadline=_ACCOUNT_DEADLINE_SECONDS)
        collection = Collection(
            settings=settings,
            gateway=Gateway(settings),
            store=open_store(str(lake)),
            watch=watch,
            scratch=Path(scratch),
            now=clock,
            sleep=lambda seconds: asyncio.sleep(seconds * _PACE),
        )
        run_stoppable(collection.run(), before_cut=lambda: shutil.rmtree(scratch, ignore_errors=True))
    if collection.result is not None:
        print_result(collection.result, lake=str(lake))
