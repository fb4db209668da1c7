"""`credlake report`: the file that it writes, and how it ends where it cannot."""

from __future__ import annotations

import openpyxl
import pytest

ACCOUNT = {"account_state": "ACTIVE", "outcome": "collected", "ou_id": "r-1", "ou_path": "Root", "account_name": "pay"}


@pytest.fixture(name="small")
def _small(make_lake):
    return make_lake({"2026-11-22": {"accounts": [ACCOUNT], "users": [{"user_name": "bob"}]}})


def test_0_and_a_whole_page(credlake, small, tmp_path):
    ended = credlake("report", "--lake", small, "--output", tmp_path / "page.html")

    assert ended.code == 0
    assert ended.out == ""
    assert ended.said[0].startswith(f"Wrote {tmp_path / 'page.html'}: o-abcdefghij, 2026-11-22, 1 of 1 active accounts")
    assert (tmp_path / "page.html").read_text().endswith("</html>")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--account", "pai"), "--account pai: not an account of the newest snapshot. Did you mean pay?"),
        (("--ou", "Roto"), "--ou Roto: the newest snapshot has no account there. Did you mean Root?"),
        (("--language", "de"), "--language: Must be en or ja."),
        (("--engine", "spark"), "Unknown engine 'spark': use duckdb or athena."),
        (("--organization-id", "o-abcdefghik"), "the lake holds o-abcdefghij. Did you mean o-abcdefghij?"),
        (("--output", "page.pdf"), "--output page.pdf: name the file PAGE.html or BOOK.xlsx."),
    ],
)
def test_2_for_wrong_usage_and_no_file(credlake, small, tmp_path, words, message):
    ended = credlake("report", "--lake", small, "--output", "page.html", *words)

    assert ended.code == 2
    assert message in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["lake"]


def test_2_for_a_file_within_a_lake(credlake, lake):
    for folder in ("catalog", "raw"):
        (lake / folder).mkdir(parents=True)
    ended = credlake("report", "--lake", lake, "--output", lake / "page.html")

    assert (ended.code, ended.said) == (
        2,
        [f"credlake: --output {lake / 'page.html'}: that is within a lake, which holds only what credlake collects."],
    )


def test_3_and_what_to_run_where_the_lake_has_no_snapshot(credlake, lake):
    (lake / "catalog").mkdir(parents=True)
    (lake / "raw").mkdir()
    ended = credlake("report", "--lake", lake, "--output", "page.html")

    assert ended.code == 3
    assert f"Create one with `credlake collect --lake {lake}`." in ended.err


def test_0_and_a_workbook_whose_name_ends_in_xlsx(credlake, small, tmp_path):
    ended = credlake("report", "--lake", small, "--output", "book.xlsx", "--account", "pay")

    assert (ended.code, ended.out) == (0, "")
    assert ended.said[0].startswith("Wrote book.xlsx: o-abcdefghij, 2026-11-22, 1 of 1 active accounts known")
    assert openpyxl.load_workbook(tmp_path / "book.xlsx")["users"]["D2"].value == "bob"


@pytest.mark.parametrize("output", ["missing/page.html", "full.html", "missing/book.xlsx", "full.xlsx"])
def test_3_and_no_half_file_where_it_cannot_be_written(credlake, small, tmp_path, output):
    for name in ("full.html", "full.xlsx"):
        (tmp_path / name).symlink_to("/dev/full")
    ended = credlake("report", "--lake", small, "--output", output)

    assert ended.code == 3
    assert f"The file {output} could not be written" in ended.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full.html", "full.xlsx", "lake"]
