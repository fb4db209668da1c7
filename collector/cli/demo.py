"""`credlake demo`: the same run as against AWS, of a simulated organization with known faults and changes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from collector.collection.result import RunResult
    from collector.simulator.demo import DemoDay

# Most time passes in waiting: for reports, for AWS to have capacity again. Here a tenth of it is enough.
_PACE = 0.1
_ACCOUNT_DEADLINE_SECONDS = 8.0
_LATENCY_SECONDS = 0.01
_GENERATION_SECONDS = 0.4

_QUESTIONS = {
    "What is known, and what is not?": """
        select outcome, count(*) as accounts, min(account_name) as for_example
        from collection_coverage
        group by outcome
        order by accounts desc, outcome""",
    "What should be fixed first?": """
        select finding_rank, severity, control_id, account_name, user_name, reason
        from findings
        where finding_rank <= 12
        order by finding_rank""",
    "How does each OU do on console MFA?": """
        select ou_path, accounts_in_scope, accounts_unknown, pass_count, fail_count, round(pass_rate, 3) as pass_rate
        from ou_scorecard
        where control_id = 'console-mfa'
        order by ou_path""",
    "What is accepted, and until when?": """
        select exception_id, state, results_covered, results_failing_again, ends_in_days, control_id, ou, user_glob
        from exceptions
        order by exception_id""",
    "What changed in three days?": """
        select previous_snapshot_date, snapshot_date, change_type, account_name, user_name
        from credential_changes
        order by snapshot_date, account_name, change_type, user_name""",
}


def demo(
    lake: Annotated[Path, typer.Option(metavar="DIR", help="The folder for the demo's lake.")] = Path("demo-lake"),
) -> int:
    """Collect an organization that is simulated on this machine, and query the lake. No AWS account, no network.

    Some 60 accounts, more than a dozen of them with different faults, and three days of changes.
    """
    import io
    import os
    import shlex
    import shutil
    import tempfile

    from rich.console import Console

    from collector.cli.display import print_accounts
    from collector.cli.report import write_folder_page
    from collector.process.logs import set_up_logs
    from collector.query.run import run_query
    from collector.simulator import utc_now
    from collector.simulator.demo import demo_days, demo_exceptions

    # Tables show what is wrong with the accounts.
    set_up_logs(for_person=True, quiet=True)
    console = Console(highlight=False, markup=False, emoji=False)
    _clear(lake)
    now = utc_now()
    days = demo_days(now)
    for day in days:
        with tempfile.TemporaryDirectory(prefix="credlake-demo-") as folder:
            file = Path(folder, "exceptions.csv")
            file.write_text(demo_exceptions(now), encoding="utf-8")
            result = _collect_day(day, lake, file)
        console.print(f"Day {day.day + 1} of {len(days)}, {day.moment:%Y-%m-%d}: {_summary(result)}", soft_wrap=True)
    for title, question in _QUESTIONS.items():
        console.print()
        console.rule(title, align="left")
        run_query(str(lake), question, out_stream=sys.stdout, err_stream=io.StringIO())
    console.print()
    console.rule("Which accounts need attention, and what is the next step?", align="left")
    print_accounts(result)
    console.print()
    _print_notices(console, lake, days[-2])
    page = lake.with_name(f"{lake.name}.html")
    write_folder_page(lake, page, shown_lake=str(lake))
    console.print(f"The same as a page, to open in a browser: {page}", soft_wrap=True)
    command = "credlake" if shutil.which("credlake") else os.path.relpath(sys.argv[0])
    how = f"{command} query --lake {shlex.quote(str(lake))} findings\nAll views: {command} views list"
    console.print(f"The lake is in {lake}. To query it: {how}", soft_wrap=True)
    return 0


def _print_notices(console: Console, lake: Path, before: DemoDay) -> None:
    """Print what the owners would be notified of, had they been notified a day before."""
    from collector.notices.channels import Channels
    from collector.notices.send import Notices
    from collector.query.duckdb import LocalLake
    from collector.settings.model import Settings

    console.rule("Who is notified of what, after yesterday's notice?", align="left")
    with LocalLake(str(lake)) as local:
        notices = Notices(
            run=local.rows,
            settings=Settings(lake=str(lake)),
            channels=Channels((), {}),
            since=f"{before.moment:%Y-%m-%d}",
        )
        for _, notice in notices.preview():
            console.print(f"{notice.subject}\n\n{notice.plain()}", soft_wrap=True)


def _summary(result: RunResult) -> str:
    if result.written is None:
        return "no account was collected."
    accounts = result.written.accounts
    return f"{accounts.covered} of {accounts.active} ACTIVE accounts collected, {result.written.users} users."


def _clear(lake: Path) -> None:
    """Remove an earlier demo; anything else in that folder is not ours to remove."""
    import shutil

    from collector.errors import LakeError, UsageError
    from collector.lake.layout import NOTICES, ZONES, lake_uri_error
    from collector.simulator.demo import DEMO_ORGANIZATION_ID

    if lake_uri_error(str(lake)):
        raise UsageError([f"--lake {lake}: the demo's lake must be a local folder."])
    if not lake.exists():
        return
    records = {path.name for path in (lake / "catalog").glob("*.json")}
    folders = {path.name for path in lake.iterdir()}
    if not (records <= {f"{DEMO_ORGANIZATION_ID}.json"} and folders <= {*ZONES, NOTICES}):
        raise LakeError(f"{lake} holds files that no demo wrote. Choose another folder with --lake.")
    shutil.rmtree(lake)


def _collect_day(day: DemoDay, lake: Path, exceptions: Path) -> RunResult:
    import asyncio
    import os

    from collector.cli.display import watch_for
    from collector.collection.run import open_collection, run_until_signal
    from collector.settings.model import Settings
    from collector.simulator import Simulator, shifted_clock

    clock = shifted_clock(day.clock_offset)
    settings = Settings(lake=str(lake), account_deadline=_ACCOUNT_DEADLINE_SECONDS, exceptions=str(exceptions))
    with (
        Simulator(
            day.organization, latency_seconds=_LATENCY_SECONDS, generation_seconds=_GENERATION_SECONDS, clock=clock
        ) as server,
        watch_for(is_terminal=sys.stderr.isatty()) as watch,
    ):
        # From here on every client of AWS in this process calls the server, and nothing else.
        os.environ.update(server.environment())
        with open_collection(
            settings, watch=watch, now=clock, sleep=lambda seconds: asyncio.sleep(seconds * _PACE)
        ) as collection:
            return run_until_signal(collection)
