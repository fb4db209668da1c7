"""Build a release into dist/release: `make release`. Publishes nothing: the last step is a person's.

The wheel and the source distribution are built twice and compared byte by byte.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from collector import __version__

REPOSITORY: Final = Path(__file__).parents[1]
OUTPUT: Final = REPOSITORY / "dist" / "release"
# What each artifact installs, one after the other, by the name of its bill of materials.
_LOCKED: Final = {
    "wheel": ("runtime.txt",),
    "function": ("function.txt",),
    "image": ("runtime.txt", "function.txt"),  # as deploy/Dockerfile does
}
# A package of a locked file, with its hashes.
_PACKAGE: Final = re.compile(r"^([a-z0-9][a-z0-9._-]*)\S*==.*(?:\n[ \t].*)*", re.MULTILINE)
_SECTION: Final = re.compile(rf"^## {re.escape(__version__)}( |$)", re.MULTILINE)


def main(tools: Path) -> int:
    """Build and compare; 1 where the release is not ready.

    Args:
        tools: the `bin` folder of the environment that holds the release's tools.
    """
    if problems := list(unready(REPOSITORY)):
        sys.stderr.write("".join(f"{problem}\n" for problem in problems))
        return 1
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        _build(tools, OUTPUT)
        _build(tools, Path(scratch))
        different = [
            path.name for path in OUTPUT.iterdir() if path.read_bytes() != (Path(scratch) / path.name).read_bytes()
        ]
    if different:
        sys.stderr.write(f"Two builds differ: {', '.join(sorted(different))}. Nothing can be released.\n")
        return 1
    _bills(tools)
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(OUTPUT.iterdir())}
    (OUTPUT / "SHA256SUMS").write_text("".join(f"{each}  {name}\n" for name, each in sums.items()), encoding="utf-8")
    sys.stdout.write(
        f"Built dist/release: {', '.join(sums)}.\n"
        f"Next: git tag --sign v{__version__} --message 'credlake {__version__}', push the tag, upload dist/release.\n"
    )
    return 0


def unready(repository: Path) -> list[str]:
    """Why the repository cannot be released as it is: sentences with the next step; empty where it can."""
    problems = []
    if _git(repository, "status", "--porcelain"):
        problems.append("There are uncommitted changes. Commit them.")
    if (branch := _git(repository, "branch", "--show-current")) != "main":
        problems.append(f"The branch is {branch or 'none'}. Release from main.")
    if _git(repository, "tag", "--list", f"v{__version__}"):
        problems.append(f"The tag v{__version__} exists. Raise __version__ in collector/__init__.py.")
    if not _SECTION.search((repository / "CHANGELOG.md").read_text("utf-8")):
        problems.append(f"CHANGELOG.md has no section '## {__version__}'. Write it.")
    lake = f"tests/lake/released/{__version__}"
    if not (repository / lake).is_dir():
        problems.append(f"There is no {lake}. Run: python -m tests.lake.write_released")
    return problems


def installed(*locked: Path) -> str:
    """The packages that locked files install one after the other, each once: of two versions the later one stays."""
    packages: dict[str, str] = {}
    for file in locked:
        packages |= {found[1]: found[0] for found in _PACKAGE.finditer(file.read_text("utf-8"))}
    return "".join(f"{packages[name]}\n" for name in sorted(packages))


def _bills(tools: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        for name, locked in _LOCKED.items():
            listed = Path(scratch) / f"{name}.txt"
            listed.write_text(installed(*(REPOSITORY / "requirements" / each for each in locked)), encoding="utf-8")
            bill = OUTPUT / f"credlake-{__version__}.{name}.cdx.json"
            _run(tools / "cyclonedx-py", "requirements", listed, "--output-reproducible", "--output-file", bill)


def _build(tools: Path, folder: Path) -> None:
    # The time of the commit, so that archives do not hold the time of the build.
    epoch = _git(REPOSITORY, "log", "-1", "--format=%ct")
    _run(tools / "python", "-m", "build", "--no-isolation", "--outdir", folder, REPOSITORY, SOURCE_DATE_EPOCH=epoch)


def _git(repository: Path, *arguments: str) -> str:
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603 -- git


def _run(*command: str | Path, **environment: str) -> None:
    subprocess.run(command, check=True, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)  # noqa: S603 -- ours


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
