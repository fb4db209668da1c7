"""`make fuzz`: generated reports against both readers of the parser, one by one and in batches, with what was found.

Half of the reports are as AWS writes them, the others have anything wrong (`tests.report.generated`). Of each, both
readers must return the same, alone and in a batch, and no row, user, account or value may be lost, doubled or mixed up.
A report for which this is not true is written to a file, with as few of its lines as show the fault.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from collector.report import Report, parse_report, parse_reports, rows
from tests.report.generated import Generated, broken_promises, generate
from tests.report.shapes import ACCOUNT

_REPORTS_OF_A_TASK = 500
_CHANCE_OF_A_BATCHS_END = 0.05
_SECONDS_BETWEEN_LINES = 60


@dataclass
class Found:
    """The result of some reports."""

    reports: int = 0
    by_arrow: int = 0  # Reports whose rows Arrow read.
    faults: Counter[str] = field(default_factory=Counter)  # By kind.
    examples: dict[str, bytes] = field(default_factory=dict)  # The smallest report of each kind of fault.

    def add(self, other: Found) -> None:
        """Take in the result of more reports."""
        self.reports += other.reports
        self.by_arrow += other.by_arrow
        self.faults += other.faults
        for kind, content in other.examples.items():
            self.examples[kind] = min(content, self.examples.get(kind, content), key=len)

    def __str__(self) -> str:
        """The counts, in one line."""
        found = ", ".join(f"{kind} {count:,}" for kind, count in self.faults.items()) or "no fault"
        return f"{self.reports:,} reports, {self.by_arrow:,} of them read by Arrow: {found}"


def faults_of(generated: Generated) -> list[str]:
    """The kinds of fault that reading the report shows; an exception is one."""
    try:
        return broken_promises(generated)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        return [f"exception {type(error).__name__}"]


def changed_by_batch(batch: list[Report]) -> list[bytes]:
    """The reports of a batch whose result is another than that of each alone; all of them where that is an error."""
    try:
        alone = [parse_report(content, account_id=account_id) for content, account_id, _ in batch]
        together = parse_reports(batch)
    except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
        return [report.content for report in batch]
    return [report.content for report, one, other in zip(batch, together, alone, strict=True) if one != other]


def run_task(seed: str, count: int) -> Found:
    """Read that many reports; the same seed gives the same reports."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    result = Found(reports=count)
    read_quickly = rows.read_rows_quickly

    def counted(*args, **options):
        read = read_quickly(*args, **options)
        result.by_arrow += read is not None
        return read

    rows.read_rows_quickly = counted
    batches: list[list[Report]] = [[]]
    try:
        for _ in range(count):
            generated = generate(chance)
            batches[-1].append(Report(generated.content, ACCOUNT))
            if chance.random() < _CHANCE_OF_A_BATCHS_END:
                batches.append([])
            for kind in faults_of(generated):
                result.faults[kind] += 1
                if kind not in result.examples:
                    result.examples[kind] = shrunk(generated, kind)
    finally:
        rows.read_rows_quickly = read_quickly
    for content in (content for batch in batches for content in changed_by_batch(batch)):
        result.faults["batch differs"] += 1
        result.examples.setdefault("batch differs", content)
    return result


def shrunk(generated: Generated, kind: str) -> bytes:
    """The report with as few lines as still show the fault."""
    lines = generated.content.split(b"\n")
    at = 0
    while at < len(lines):
        fewer = lines[:at] + lines[at + 1 :]
        if kind in faults_of(replace(generated, content=b"\n".join(fewer))):
            lines = fewer
        else:
            at += 1
    return b"\n".join(lines)


def fuzz(reports: int, *, processes: int, seed: int) -> Found:
    """Read that many reports, and print the counts once a minute."""
    tasks = [
        (f"{seed}-{first}", min(_REPORTS_OF_A_TASK, reports - first)) for first in range(0, reports, _REPORTS_OF_A_TASK)
    ]
    total, printed = Found(), time.monotonic()
    with ProcessPoolExecutor(processes) as pool:
        for result in pool.map(run_task, *zip(*tasks, strict=True)):
            total.add(result)
            if time.monotonic() - printed > _SECONDS_BETWEEN_LINES:
                printed = time.monotonic()
                print(total, flush=True)
    return total


def main() -> None:
    """Run from the command line; the exit code is 1 if anything was found."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--reports", type=int, default=20_000, metavar="N")
    options.add_argument("--processes", type=int, default=1, metavar="N")
    options.add_argument(
        "--seed", type=int, default=int(time.time()), metavar="N", help="of an earlier run, to repeat it"
    )
    chosen = options.parse_args()
    start = time.monotonic()
    found = fuzz(chosen.reports, processes=chosen.processes, seed=chosen.seed)
    print(f"{found} ({time.monotonic() - start:.0f} s, seed {chosen.seed})")
    if found.faults:
        folder = Path(tempfile.mkdtemp(prefix="credlake-fuzz-"))
        for kind, content in found.examples.items():
            path = folder / f"{kind.replace(' ', '-')}.csv"
            path.write_bytes(content)
            print(f"{kind}: {path}")
        sys.exit(1)


if __name__ == "__main__":
    main()
