from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from collector.errors import LakeError
from collector.lake import layout


def test_a_run_is_named_by_its_start_in_utc_and_four_random_bytes():
    start = datetime(2026, 11, 24, 1, 22, 0, tzinfo=timezone(timedelta(hours=10)))

    assert layout.new_run_id(start, bytes.fromhex("1a2b3c4d")) == "20261123T152200Z-1a2b3c4d"


def test_run_ids_sort_by_their_start():
    earlier = layout.new_run_id(datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC), b"\xff\xff\xff\xff")
    later = layout.new_run_id(datetime(2026, 11, 24, tzinfo=UTC), b"\x00\x00\x00\x00")

    assert sorted([later, earlier]) == [earlier, later]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (
            layout.run_key("o-abcdefghij", "20261123T152200Z-1a2b3c4d"),
            "raw/o-abcdefghij/20261123T152200Z-1a2b3c4d/run.json",
        ),
        (
            layout.evidence_key("o-abcdefghij", "20261123T152200Z-1a2b3c4d"),
            "raw/o-abcdefghij/20261123T152200Z-1a2b3c4d/accounts.jsonl.gz",
        ),
        (
            layout.report_key("o-abcdefghij", "20261123T152200Z-1a2b3c4d", "012345678901"),
            "raw/o-abcdefghij/20261123T152200Z-1a2b3c4d/012345678901.csv.gz",
        ),
        (
            layout.snapshot_folder("o-abcdefghij", "2026-11-23", "20261123T152200Z-1a2b3c4d"),
            "snapshots/o-abcdefghij/2026-11-23/20261123T152200Z-1a2b3c4d",
        ),
        (
            layout.rebuilt_folder("o-abcdefghij", "2026-11-23", "20261123T152200Z-1a2b3c4d", b"\x00\x00\x00\x07"),
            "snapshots/o-abcdefghij/2026-11-23/20261123T152200Z-1a2b3c4d-rebuild-00000007",
        ),
        (layout.record_key("o-abcdefghij"), "catalog/o-abcdefghij.json"),
        (layout.users_file(7), "users-00007.parquet"),
        (layout.run_id_prefix("2026-11-23"), "20261123T"),
    ],
)
def test_every_key_is_the_contracts_path_and_holds_no_equals_sign(key, expected):
    assert key == expected
    assert "=" not in key


@pytest.mark.parametrize(
    "make",
    [
        lambda: layout.record_key("../o-abcdefghij"),
        lambda: layout.record_key(""),
        lambda: layout.report_key("o-abcdefghij", "20261123T152200Z-1a2b3c4d", "../../../etc/x"),
        lambda: layout.run_key("o-abcdefghij", "20261123T152200Z-1a2b3c4d/.."),
        lambda: layout.snapshot_folder("o-abcdefghij", "2026-11-23/..", "20261123T152200Z-1a2b3c4d"),
    ],
)
def test_nothing_leads_out_of_its_folder(make):
    with pytest.raises(LakeError, match="cannot be part of a path"):
        make()


@pytest.mark.parametrize(
    ("name", "organization_id"),
    [
        ("o-abcdefghij.json", "o-abcdefghij"),
        (".o-abcdefghij.json.lock", None),
        ("o-abcdefghij", None),
        ("o-abcdefghij.json.bak", None),
        ("notes.json", None),
    ],
)
def test_only_a_record_is_taken_for_one(name, organization_id):
    assert layout.organization_of(name) == organization_id
