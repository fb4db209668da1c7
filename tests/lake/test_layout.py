"""What a lake may be called, and what is said of what was meant otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from collector.errors import LakeError, UsageError
from collector.lake import layout
from collector.lake.layout import is_on_s3, lake_uri_error
from collector.lake.local_store import open_store


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
def test_every_key_is_the_path_of_the_format_and_holds_no_equals_sign(key, expected):
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
        ("111122223333.json", "111122223333"),
        ("my-accounts.json", "my-accounts"),
        ("Notes.json", None),
    ],
)
def test_only_record_files_name_an_organization(name, organization_id):
    assert layout.organization_of(name) == organization_id


@pytest.mark.parametrize(
    "name",
    [
        "lake",
        "./lake",
        "/srv/lake",
        "../lake",
        "lake:2026",
        "c:/lake",
        "./s3:/bucket/lake",
        "lakes/s3:/x",
        "s3",
        "s3/x",
    ],
)
def test_a_folder_may_have_almost_any_name(name):
    assert (lake_uri_error(name), is_on_s3(name)) == (None, False)


@pytest.mark.parametrize("name", ["s3://bucket", "s3://bucket/prefix/of/it"])
def test_an_s3_uri_has_two_slashes(name):
    assert (lake_uri_error(name), is_on_s3(name)) == (None, True)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("s3:/bucket/lake", "s3://bucket/lake"),
        ("s3:bucket/lake", "s3://bucket/lake"),
        ("S3://bucket/lake", "s3://bucket/lake"),
        ("s3:/", "s3://bucket/prefix"),
    ],
)
def test_a_misspelt_s3_uri_is_not_a_folder(name, meant):
    assert lake_uri_error(name) == f"{name} is not an S3 URI: write {meant} (or ./{name} for a folder of that name)."


@pytest.mark.parametrize("name", ["gs://x/y", "file:///x", "file:/x", "https://bucket.s3.amazonaws.com/x", "s3a://x/y"])
def test_another_scheme_is_refused_by_name(name):
    scheme = name.partition(":")[0]

    assert lake_uri_error(name) == (
        f"{name}: unsupported scheme {scheme}://. Name a folder on this machine, or s3://bucket/prefix."
    )


@pytest.mark.parametrize("name", ["s3:/bucket/lake", "gs://x/y"])
def test_no_store_is_opened_for_an_invalid_uri(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError) as caught:
        open_store(name)
    assert (caught.value.exit_code, caught.value.problems) == (2, [lake_uri_error(name)])
    assert list(tmp_path.iterdir()) == []
