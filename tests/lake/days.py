"""Runs of several days, or several of one, published a second after their end: what `verify` judges them by."""

from __future__ import annotations

import json
from datetime import timedelta

from collector.lake.publication import publish
from tests.lake.examples import DAY, account_evidence, denied_evidence, run_evidence, run_of, write
from tests.lake.reports import report
from tests.lake.tampering import RECORD

ACCOUNTS = tuple(f"{number:012d}" for number in range(1, 6))
DAYS = ("2026-11-20", "2026-11-21", "2026-11-22")


def covering(count):
    """Five accounts, of which that many are collected."""
    return [
        (account_evidence(name), report(name, "alice")) if number < count else (denied_evidence(name), None)
        for number, name in enumerate(ACCOUNTS)
    ]


def made(store, scratch, day, number, *, covered=5, after=0, **changes):
    """A run that began so many minutes after the day's first and took one, published within the second."""
    run = run_of(day, number, **changes)
    run = run_evidence(**{**changes, "run_id": run.run_id, "started_at": run.started_at + timedelta(minutes=after)})
    written = write(store, scratch, covering(covered), run=run, finished_at=run.started_at + timedelta(minutes=1))
    return written, written.run_finished_at + timedelta(seconds=1)


def publish_run(store, scratch, day, number, *, replace=False, **options):
    written, at = made(store, scratch, day, number, **options)
    publish(store, written, now=lambda: at, replace=replace)
    return written


def entry(lake, day=DAY):
    return json.loads((lake / RECORD).read_bytes())["snapshots"][day]
