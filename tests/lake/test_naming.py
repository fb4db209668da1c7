"""What a lake may be called, and what is said of what was meant otherwise."""

from __future__ import annotations

import pytest

from collector.errors import UsageError
from collector.lake.layout import is_on_s3, naming_fault
from collector.lake.open import open_store


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
def test_a_folder_may_be_called_almost_anything(name):
    assert (naming_fault(name), is_on_s3(name)) == (None, False)


@pytest.mark.parametrize("name", ["s3://bucket", "s3://bucket/prefix/of/it"])
def test_a_place_on_s3_has_two_slashes(name):
    assert (naming_fault(name), is_on_s3(name)) == (None, True)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("s3:/bucket/lake", "s3://bucket/lake"),
        ("s3:bucket/lake", "s3://bucket/lake"),
        ("S3://bucket/lake", "s3://bucket/lake"),
        ("s3:/", "s3://bucket/prefix"),
    ],
)
def test_what_is_nearly_on_s3_is_no_folder(name, meant):
    assert naming_fault(name) == f"{name} is no place on S3: write {meant} (or ./{name} for a folder of that name)."


@pytest.mark.parametrize("name", ["gs://x/y", "file:///x", "file:/x", "https://bucket.s3.amazonaws.com/x", "s3a://x/y"])
def test_another_scheme_is_refused_by_name(name):
    scheme = name.partition(":")[0]

    assert naming_fault(name) == (
        f"{name}: a lake on {scheme}:// is not something this version can open. Name a folder on this machine, or "
        "s3://bucket/prefix."
    )


@pytest.mark.parametrize("name", ["s3:/bucket/lake", "gs://x/y"])
def test_no_store_is_opened_by_such_a_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError) as caught:
        open_store(name)
    assert (caught.value.exit_code, caught.value.problems) == (2, [naming_fault(name)])
    assert list(tmp_path.iterdir()) == []
