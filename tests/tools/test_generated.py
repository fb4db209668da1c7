from __future__ import annotations

import pytest

from tools.generate.__main__ import GENERATED, GeneratedFile, GeneratedFolder, columns_page, main, stale

FILES = (GeneratedFile("docs/page.md", lambda: "a page\n"), GeneratedFile("glue/table.json", lambda: "{}\n"))


def test_the_committed_files_are_up_to_date(capsys):
    assert main(["--check"]) == 0
    assert capsys.readouterr().out == ""


def test_a_path_is_generated_once():
    assert len({file.path for file in GENERATED}) == len(GENERATED)


def test_a_file_of_a_folder_that_is_no_longer_generated_is_stale_and_removed(tmp_path):
    generated = [GeneratedFolder("views", lambda: {"kept.sql": "select 1\n"})]
    (tmp_path / "views").mkdir()
    gone = tmp_path / "views" / "gone.sql"
    gone.write_text("select 2\n", encoding="utf-8")

    assert stale(tmp_path, generated) == ["views/kept.sql", "views/gone.sql"]
    assert main([], tmp_path, generated) == 0
    assert [path.name for path in (tmp_path / "views").iterdir()] == ["kept.sql"]
    assert stale(tmp_path, generated) == []


@pytest.mark.parametrize(
    "spoil", [lambda path: path.write_text("a page", encoding="utf-8"), lambda path: path.unlink()]
)
def test_a_stale_or_missing_file_fails_the_check_until_it_is_written(tmp_path, capsys, spoil):
    main([], tmp_path, FILES)
    assert capsys.readouterr().out == "written: docs/page.md\nwritten: glue/table.json\n"
    spoil(tmp_path / "docs/page.md")

    assert main(["--check"], tmp_path, FILES) == 1
    assert capsys.readouterr().out == "stale: docs/page.md (run `make generate`)\n"
    assert main([], tmp_path, FILES) == 0
    assert capsys.readouterr().out == "written: docs/page.md\n"
    assert main(["--check"], tmp_path, FILES) == 0


def test_the_page_of_columns_shows_each_column_with_awss_own_header():
    page = columns_page()

    assert "| `user_name` | `string` | `user` | IAM user name without path; `<root_account>` for root. |" in page
    assert (
        "| `limit_password_reuse` | `int` |  | A password policy that prevents reuse of fewer passwords fails. |"
        in page
    )
    assert "Partitions: `organization_id`, `snapshot_date`." in page
