"""Every flipped bit of a lake is named by `verify`, whatever file it is in."""

from __future__ import annotations

import json
import random

import pytest

from collector.collection.resume import begin_run
from collector.errors import NewerLakeError
from collector.lake.raw import run_json
from collector.lake.seal import damage, sealed
from collector.lake.verify import verify
from tests.fixtures.examples import DAY, ORGANIZATION, collect, run_of, some_accounts
from tests.fixtures.tampering import altered_record, flip, found, unsealed

EARLIER = "2026-11-22"
FLIPS = {"record": 250, "started.json": 60, "interrupted": 60, "run.json": 60, "table": 40, "report": 40, "log": 40}


@pytest.fixture(name="files")
def _files(store, scratch, lake):
    """Two published days and a run that was interrupted: one file of each kind."""
    for day in (EARLIER, DAY):
        begin_run(store, run_of(day))
        collect(store, scratch, some_accounts(), run=run_of(day))
    begin_run(store, run_of("2026-11-24"))
    raw, run_id = lake / "raw" / ORGANIZATION, run_of(DAY).run_id
    return {
        "record": lake / f"catalog/{ORGANIZATION}.json",
        "started.json": raw / run_id / "started.json",
        "interrupted": raw / run_of("2026-11-24").run_id / "started.json",
        "run.json": raw / run_id / "run.json",
        "table": lake / f"snapshots/{ORGANIZATION}/{DAY}/{run_id}/users-00000.parquet",
        "report": raw / run_id / "111111111111.csv.gz",
        "log": raw / run_id / "accounts.jsonl.gz",
    }


def is_named(store, scratch, path):
    try:
        return path.name in {name for _, _, _, name in found(store, scratch)}
    except NewerLakeError as error:  # the version itself was hit
        return path.name in error.message


@pytest.mark.parametrize("kind", FLIPS)
def test_verify_names_every_flipped_bit(store, scratch, files, kind):
    path = files[kind]
    content = path.read_bytes()
    chance = random.Random(11)  # noqa: S311 -- a fixed sequence
    unseen = []

    for place in chance.sample(range(8 * len(content)), FLIPS[kind]):
        flip(path, place // 8, bit=place % 8)
        if not is_named(store, scratch, path):
            unseen.append((place // 8, place % 8, path.read_bytes()[max(0, place // 8 - 20) : place // 8 + 20]))
        path.write_bytes(content)

    assert unseen == []
    assert list(verify(store, scratch)) == []


def test_a_lake_of_an_older_version_without_checksums_has_no_differences(store, scratch, lake, files):
    for name in ("started.json", "interrupted"):
        files[name].write_text(json.dumps(unsealed(json.loads(files[name].read_bytes()))))
    with altered_record(lake):
        pass

    assert list(verify(store, scratch)) == []


def test_the_key_of_a_checksum_may_be_what_was_hit():
    document = sealed({"a": 1.5, "hash": "0" * 64, "unknown": ["ü", None]})

    assert damage(document) is None
    assert damage(unsealed(document)) is None
    assert damage({name.replace("sha", "sia"): value for name, value in document.items()}) is not None
    assert damage(document | {"a": 1.25}) is not None


def test_a_start_file_of_another_run_is_a_difference(store, scratch, files):
    files["started.json"].write_bytes(run_json(run_of(EARLIER), ""))

    assert found(store, scratch) == {("raw", None, None, "started.json")}
