"""Bit flips in `make chaos`: `verify` must name each, and a query must refuse the file or return what it always did."""

from __future__ import annotations

import io
import random
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from collector.collection.resume import begin_run
from collector.errors import CredlakeError, NewerLakeError
from collector.lake.local_store import LocalStore
from collector.lake.verify import verify
from collector.query.run import run_query
from tests.fixtures.examples import collect, run_of, some_accounts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.chaos import Outcome

_DAYS = ("2026-11-21", "2026-11-22")
_INTERRUPTED = "2026-11-23"
_VIEWS = ("account", "report_rows")
_REFUSED = 3


def flip_bits(outcome: Outcome, count: int, *, until: float) -> Outcome:
    """Flip bits of all files of a small lake in turn; `outcome` takes what came of it.

    Args:
        outcome: Its mixtures are wrong answers, its losses are flips that nothing named.
        count: How many bits are flipped, one at a time.
        until: When to stop, on the monotonic clock.
    """
    began = time.monotonic()
    chance = random.Random(11)  # noqa: S311 -- a fixed sequence
    with tempfile.TemporaryDirectory() as folder:
        lake, scratch = Path(folder, "lake"), Path(folder, "scratch")
        scratch.mkdir()
        store = LocalStore(lake)
        for day in _DAYS:
            begin_run(store, run_of(day))
            collect(store, scratch, some_accounts(), run=run_of(day))
        begin_run(store, run_of(_INTERRUPTED))
        files = sorted(path for path in lake.rglob("*") if path.is_file() and not path.name.startswith("."))
        expected = _answers(lake)
        while outcome.done < count and time.monotonic() < until:
            path = files[outcome.done % len(files)]
            content = path.read_bytes()
            place = chance.randrange(8 * len(content))
            path.write_bytes(_flipped(content, place))
            for what, is_right in _looks(store, scratch, path, expected):
                outcome.looks += 1
                outcome.counts[f"{_kind(path)}: {what}"] += 1
                if not is_right:
                    wrong = outcome.losses if what == "unseen by verify" else outcome.mixtures
                    wrong.append(f"bit {place} of {path.relative_to(lake)}: {what}")
            path.write_bytes(content)
            outcome.done += 1
    outcome.seconds = time.monotonic() - began
    return outcome


def _looks(store: LocalStore, scratch: Path, path: Path, expected: list[str]) -> Iterator[tuple[str, bool]]:
    """What `verify` and a query do with the flipped bit, each with whether it is right."""
    try:
        is_named = any(one.where == str(path) for one in verify(store, scratch))
    except NewerLakeError as error:  # the version itself was hit
        is_named = path.name in error.message
    yield ("named by verify", True) if is_named else ("unseen by verify", False)
    if "raw" in path.parts:
        return  # no query reads it
    try:
        is_same = _answers(Path(store.uri)) == expected
    except CredlakeError as error:
        yield f"query ended with {error.exit_code}", error.exit_code == _REFUSED
    except Exception as error:  # noqa: BLE001 -- an internal error is what is looked for
        yield f"query raised {type(error).__name__}", False
    else:
        yield ("query unchanged", True) if is_same else ("query answered wrongly", False)


def _answers(lake: Path) -> list[str]:
    answers = []
    for view in _VIEWS:
        out = io.StringIO()
        run_query(str(lake), view, format="csv", out_stream=out, err_stream=io.StringIO())
        answers.append(out.getvalue())
    return answers


def _flipped(content: bytes, place: int) -> bytes:
    flipped = bytearray(content)
    flipped[place // 8] ^= 1 << place % 8
    return bytes(flipped)


def _kind(path: Path) -> str:
    """The kind of a file, by its name."""
    if path.parent.name == "catalog":
        return "record"
    return "report" if path.name.endswith(".csv.gz") else path.name
