"""What a repository must have to be released."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from collector import __version__
from tools.release import REPOSITORY, installed, unready


@pytest.fixture(name="repository")
def _repository(tmp_path):
    """A clean clone on main whose changelog has a section for the version."""

    def git(*arguments):
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "tag.gpgsign=false"]
        subprocess.run(["git", "-C", tmp_path, *identity, *arguments], check=True, capture_output=True)

    git("init", "--initial-branch", "main")
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## {__version__} (2026-11-26)\n", encoding="utf-8")
    lake = tmp_path / "tests/lake/released" / __version__
    lake.mkdir(parents=True)
    (lake / "record.json").touch()
    git("add", "--all")
    git("commit", "--message", "first")
    return tmp_path, git


def test_a_clean_main_with_a_section_in_the_changelog_is_ready(repository):
    folder, _ = repository
    assert unready(folder) == []


def test_a_release_that_exists_is_not_built_again(repository):
    folder, git = repository
    git("tag", f"v{__version__}")
    assert unready(folder) == [f"The tag v{__version__} exists. Raise __version__ in collector/__init__.py."]


def test_everything_that_is_missing_is_reported_at_once(repository):
    folder, git = repository
    git("switch", "--create", "work")
    # A section of another version that begins with the same digits is not the section.
    (folder / "CHANGELOG.md").write_text(f"# Changelog\n\n## {__version__}1\n", encoding="utf-8")
    shutil.rmtree(folder / "tests/lake/released" / __version__)
    assert unready(folder) == [
        "There are uncommitted changes. Commit them.",
        "The branch is work. Release from main.",
        f"CHANGELOG.md has no section '## {__version__}'. Write it.",
        f"There is no tests/lake/released/{__version__}. Run: python -m tests.lake.write_released",
    ]


def test_the_bill_of_the_image_has_the_packages_of_both_files_each_once(tmp_path):
    runtime, function = tmp_path / "runtime.txt", tmp_path / "function.txt"
    runtime.write_text(
        "# by make lock\nboto3==1.44.5 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n    # via credlake\n"
        'colorama==0.4.6 ; sys_platform == "win32" \\\n    --hash=sha256:cc\n'
    )
    function.write_text(
        "boto3==1.44.6 \\\n    --hash=sha256:dd\naws-lambda-powertools[tracer]==3.37.0 \\\n    --hash=sha256:ee\n"
    )
    assert installed(runtime, function).splitlines() == [
        "aws-lambda-powertools[tracer]==3.37.0 \\",
        "    --hash=sha256:ee",
        "boto3==1.44.6 \\",
        "    --hash=sha256:dd",
        'colorama==0.4.6 ; sys_platform == "win32" \\',
        "    --hash=sha256:cc",
    ]


def test_every_package_of_the_locked_files_is_in_the_bill():
    """`name==version` begins a line of what uv writes."""
    for name in ("runtime.txt", "function.txt"):
        file = REPOSITORY / "requirements" / name
        names = [line.split("==")[0] for line in file.read_text("utf-8").splitlines() if "==" in line.split(" ")[0]]
        assert [line.split("==")[0] for line in installed(file).splitlines() if line[0] != " "] == sorted(names)
