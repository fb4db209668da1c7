"""How large a page of many findings is, how long it takes to render, and how soon a browser shows its rows.

`python -m benchmarks.page` needs Chromium and playwright (`make test-page` installs both). A time means little on a
machine of unknown load: it stands next to that of a reference page, which never changes, in the same run.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from collector.limits import Limits
from collector.query.duckdb import LocalLake
from collector.reports.data import ReportData, read_report
from collector.reports.page import render
from collector.reports.records import Account, AccountStanding, Coverage, FailCount, Finding, Snapshot, Standing
from collector.reports.scope import Scope
from tests.fixtures.browser import browser, ready_after
from tests.fixtures.small_lakes import publish, write_snapshot

SIZES = (20_000, 100_000)
RUNS = 3
MOST_MB = {20_000: 1.3, 100_000: 5.0}
MOST_SECONDS = 2
# The reference page: a table of 2,000 rows of fixed text, which a script counts.
REFERENCE = (
    "<!doctype html><meta charset=utf-8><table>"
    + "".join(f"<tr><td>{n}<td>account-{n % 50}<td>Created {n} days before the report." for n in range(2000))
    + "</table><script>document.documentElement.dataset.ready = document.querySelectorAll('tr').length</script>"
)
NOW = datetime(2026, 11, 25, 19, 42)  # noqa: DTZ001 -- as the views return it


def synthetic(findings: int) -> ReportData:
    """As many findings as asked for, in 50 to an account, with texts and times as diverse as real ones."""
    draw = random.Random(1)  # noqa: S311 -- the same rows in each run
    limits = Limits()
    accounts = [
        Account(
            account_id=f"{draw.randrange(10**12):012}",
            account_name=f"team-{place % 97}-{draw.choice(('dev', 'test', 'prod'))}",
            ou_id=f"ou-{place % 40}",
            ou_path=f"Root/Unit {place % 8}/Team {place % 40}",
            aws_partition="aws",
            account_state="ACTIVE",
            outcome="collected",
            error_code=None,
            error_message=None,
            denied_by_type=None,
            denied_by_arn=None,
            owner=f"team-{place % 40}@example.com",
            report_generated_at=NOW - timedelta(seconds=draw.randrange(14_400)),
            user_count=60,
            **{f"limit_{name}": getattr(limits, name) for name in limits.__slots__},
        )
        for place in range(findings // 50)
    ]
    controls, requirements = _controls()
    names = [f"{draw.choice(('svc', 'ci', 'user', 'app'))}-{draw.randrange(10**6)}" for _ in range(findings // 2)]
    rows = []
    for _ in range(findings):
        age = draw.randrange(45 * 86400, 2000 * 86400)
        created = NOW - timedelta(seconds=age)
        rows.append(
            Finding(
                finding_id=f"{draw.getrandbits(128):032x}",
                control_id=draw.choice(controls).control_id,
                account_id=draw.choice(accounts).account_id,
                user_name=draw.choice(names),
                credential_type=draw.choice(("access_key", "password")),
                credential_created_at=created,
                reason=f"Created {age // 86400} days before the report: beyond the limit of 90 days.",
                reason_code="key_too_old",
                failing_since=created + timedelta(days=90),
                report_generated_at=NOW,
                last_used_at=created + timedelta(seconds=draw.randrange(age)) if draw.random() < 0.7 else None,
                exception_id=None,
            )
        )
    days = [f"2026-11-{day:02}" for day in range(1, 27)]
    return ReportData(
        scope=Scope(),
        lake="lake",
        snapshot=Snapshot("o-abcdefghij", days[-1], NOW, NOW, NOW, "run", "organizations"),
        published=None,
        days=days,
        accounts=accounts,
        coverage=[Coverage(account.account_id, is_in_scope=True, is_covered=True, reason="") for account in accounts],
        controls=controls,
        requirements=requirements,
        trend=[
            Standing(day, control.control_id, len(accounts), 3, 9, 7000, findings // len(controls), 3, 40)
            for day in days
            for control in controls
        ],
        standings=[
            AccountStanding(account.account_id, control.control_id, draw.randrange(60), draw.randrange(9), 0, 0, 0)
            for account in accounts
            for control in controls
        ],
        history=[FailCount(account.account_id, day, draw.randrange(40, 60), 0) for account in accounts for day in days],
        findings=rows,
        new_findings=frozenset(row.finding_id for row in draw.sample(rows, findings // 50)),
        credentials=None,
        key_ages=[],
        idle_times=[],
        inactive=[],
        roots=[],
        changes=[],
        acceptances=[],
        excepted=[],
    )


def _controls():
    """The controls and requirements of this version."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        publish(root, "o-abcdefghij", {"2026-11-22": write_snapshot(root, "o-abcdefghij", "2026-11-22", accounts=[{}])})
        (root / "raw").mkdir(exist_ok=True)
        with LocalLake(folder) as lake:
            data = read_report(lake.rows, lake=folder, scope=Scope())
    return data.controls, data.requirements


def write_rows(target: Path, findings: int) -> None:
    """Write what `prowler_page` makes of the same findings."""
    names = ("control_id", "account_id", "user_name", "reason")
    rows = [{name: getattr(each, name) for name in names} for each in synthetic(findings).findings]
    target.write_text(json.dumps(rows), encoding="utf-8")


def main() -> int:
    """Print the measures; 1 if a page is too large or too slow."""
    is_met = True
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        reference = Path(folder) / "reference.html"
        reference.write_text(REFERENCE)
        for size in SIZES:
            data = synthetic(size)
            made = time.perf_counter()
            page = Path(folder) / f"{size}.html"
            page.write_text(render(data), encoding="utf-8")
            rendered = time.perf_counter()
            pairs = [(ready_after(chromium, reference), ready_after(chromium, page)) for _ in range(RUNS)]
            base, ready = (statistics.median(times) for times in zip(*pairs, strict=True))
            size_mb = page.stat().st_size / 1e6
            is_met &= size_mb <= MOST_MB[size] and ready <= MOST_SECONDS
            print(f"{size:,} findings: {size_mb:.2f} MB, rendered in {rendered - made:.1f} s")
            print(f"  ready after {ready:.2f} s, {ready / base:.1f} times the reference page ({base:.2f} s)")
    return 0 if is_met else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--rows"]:
        sys.exit(write_rows(Path(sys.argv[2]), SIZES[0]))
    sys.exit(main())
