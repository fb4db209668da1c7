"""How long typing a credential report takes, compared with a bare typed read of the same bytes by pyarrow.

The bare read knows the right types and takes all three sentinels for null, in every column: it loses why a value is
missing and a user who is called `N/A`, and checks nothing. It is the floor, not a rival.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import csv

from benchmarks.figures import Figure, print_figures
from collector.outcome import Outcome
from collector.report import parse_report
from collector.schema import OPTIONAL_REPORT_COLUMNS, REPORT_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT = "333333333333"
SOURCES = {
    column.source: column.type.arrow for column in REPORT_COLUMNS if column.source not in OPTIONAL_REPORT_COLUMNS
}
ROOT = (
    f"<root_account>,arn:aws:iam::{ACCOUNT}:root,2025-08-25T13:49:23Z,true,no_information,2026-09-12T01:41:52Z,"
    "not_supported,false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
)
ROUNDS = 25


def report(users: int) -> bytes:
    """A report of that many users and root: half with a password, two thirds with a key, as AWS writes it."""
    chance = random.Random(users)  # noqa: S311 - the same report every time
    rows = [",".join(SOURCES), ROOT, *(_user(chance, number) for number in range(users))]
    return "\n".join(rows).encode()


def _user(chance: random.Random, number: int) -> str:
    name = f"{chance.choice(('deploy', 'jane.doe', 'ci-runner'))}-{number}"
    path = chance.choice(("", "team/", "service/batch/"))
    fields = [name, f"arn:aws:iam::{ACCOUNT}:user/{path}{name}", _instant(chance)]
    if chance.random() < 1 / 2:
        used = chance.choice((_instant(chance), _instant(chance), "no_information"))
        fields += ["true", used, _instant(chance), "N/A", chance.choice(("true", "false"))]
    else:
        fields += ["false", "N/A", "N/A", "N/A", "false"]
    for share in (2 / 3, 1 / 5):
        if chance.random() < share:
            fields += [chance.choice(("true", "false")), _instant(chance), _instant(chance), "eu-central-1", "s3"]
        else:
            fields += ["false", "N/A", "N/A", "N/A", "N/A"]
    return ",".join([*fields, "false", "N/A", "false", "N/A"])


def _instant(chance: random.Random) -> str:
    year, month, day = chance.randint(2015, 2026), chance.randint(1, 12), chance.randint(1, 28)
    hour, minute, second = chance.randrange(24), chance.randrange(60), chance.randrange(60)
    return f"{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"


def bare_read(content: bytes) -> pa.Table:
    """What one would write without knowing the report's traps."""
    options = csv.ConvertOptions(
        column_types=SOURCES, null_values=["N/A", "no_information", "not_supported"], strings_can_be_null=True
    )
    return csv.read_csv(pa.BufferReader(content), convert_options=options)


def best_seconds(*tasks: Callable[[], object]) -> list[float]:
    """The best time of each, taken in turns so that a busy moment of the machine meets all of them."""
    best = [float("inf")] * len(tasks)
    for _ in range(ROUNDS):
        for number, task in enumerate(tasks):
            start = time.perf_counter()
            task()
            best[number] = min(best[number], time.perf_counter() - start)
    return best


def measure() -> list[Figure]:
    """The figures, by name."""
    large, small = report(5000), report(50)
    # A comma that nobody quoted: the whole report is read row by row.
    odd = large.replace(b"-4321", b"-43,21")
    for content in (large, small, odd):
        assert parse_report(content, account_id=ACCOUNT).outcome is Outcome.COLLECTED
    bare, typed, typed_small, row_by_row = best_seconds(
        lambda: bare_read(large),
        lambda: parse_report(large, account_id=ACCOUNT),
        lambda: parse_report(small, account_id=ACCOUNT),
        lambda: parse_report(odd, account_id=ACCOUNT),
    )
    return [
        Figure("parser: 5,000 users, against a bare typed pyarrow read", typed / bare, "x", 3),
        Figure("parser: rows a second at 5,000 users", 5001 / typed),
        Figure("parser: a report of 50 users", typed_small * 1000, " ms"),
        Figure("parser: 5,000 users with one unquoted comma, against a bare typed read", row_by_row / bare, "x"),
    ]


if __name__ == "__main__":
    print_figures("parser", measure())
