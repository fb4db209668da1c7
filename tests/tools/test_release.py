"""What a repository must have to be released."""

from __future__ import annotations

import subprocess

import pytest

from collector import __version__
from tools.release import unready


@pytest.fixture(name="repository")
def _repository(tmp_path):
    """A clean clone on main whose changelog has a section for the version."""

    def git(*arguments):
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "tag.gpgsign=false"]
        subprocess.run(["git", "-C", tmp_path, *identity, *arguments], check=True, capture_output=True)

    git("init", "--initial-branch", "main")
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## {__version__} (2026-11-26)\n", encoding="utf-8")
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
    assert unready(folder) == [
        "There are uncommitted changes. Commit them.",
        "The branch is work. Release from main.",
        f"CHANGELOG.md has no section '## {__version__}'. Write it.",
    ]
