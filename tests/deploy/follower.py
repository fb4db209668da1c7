"""Follows docs/deploy.md: its blocks of shell, one after another, as they stand there but for what is to be filled in.

The AWS CLI is the real one. An `aws` in front of it says which stand-in a command goes to, since no single one knows
all: StackSets go to moto, calls that none knows to a server that takes note of them (moto deletes stack instances by
account alone), all else to ministack. Of the stack for QuickSight, which none takes, the command's words are kept. Of
version 1 of the CLI, the one on PyPI, the flag that only version 2 knows is kept away; version 1 behaves as it asks.
AWS_CLI_FOR_TESTS names another CLI, such as Debian's version 2.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.deploy.page_commands import ROOT, blocks
from tests.deploy.standin import adapted

if TYPE_CHECKING:
    from pathlib import Path

CLI = ROOT / ".venv-awscli" / "bin" / "aws"
_SECONDS = 300
# What is packaged, or adapted for the stand-in.
_COPIED = ("collector", "deploy")
# Flag and value that version 1 does not know.
_OF_VERSION_2 = "--cli-binary-format|raw-in-base64-out"
_AWS = """\
#!/bin/sh
case "$*" in
  *-resource-policy*|*activate-organizations-access*|*delete-stack-set*|*delete-stack-instances*) url={noted} ;;
  *" deploy --stack-name credlake-quicksight "*) printf '%s\\n' "$@" > {unsent}; exit ;;
  *stack-set*|*stack-instances*|*list-roots*) url={moto} ;;
  *) url={ministack} ;;
esac
for word in "$@"; do
  shift
  case "$word" in {dropped}) ;; *) set -- "$@" "$word" ;; esac
done
exec {cli} --endpoint-url "$url" "$@"
"""


@dataclass
class Follower:
    """A working copy of the repository, a shell in it, and what each block printed."""

    folder: Path
    environment: dict[str, str]
    fill_in: dict[str, str]
    printed: dict[str, list[str]] = field(default_factory=dict)

    def follow(
        self, heading: str, *, blocks_of: slice = slice(None), account: str | None = None, **fill_in: str
    ) -> list[str]:
        """Run the blocks under a heading, in another account or this one; a failure shows what the block printed."""
        printed = [self._run(block, self.fill_in | fill_in, account) for block in blocks()[heading][blocks_of]]
        self.printed[heading] = self.printed.get(heading, []) + printed
        return printed

    def _run(self, block: str, fill_in: dict[str, str], account: str | None) -> str:
        for blank, filled in fill_in.items():
            block = block.replace(blank, filled)
        state = self.folder / "shell-state"
        if account is not None:
            block = f"AWS_ACCESS_KEY_ID={account}\n{block}\nAWS_ACCESS_KEY_ID={self.environment['AWS_ACCESS_KEY_ID']}"
        # A shell keeps its variables and functions from block to block.
        script = f"set -eua\n[ ! -f {state} ] || . {state}\n{block}\n{{ export -p; declare -f; }} > {state}\n"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        assert done.returncode == 0, f"{block}\n→ exit code {done.returncode}\n{done.stdout}"
        return done.stdout


def working_copy(folder: Path) -> Path:
    """The repository as someone has it who has run `make setup`; its templates are those for the stand-in."""
    copy = folder / "credlake"
    copy.mkdir()
    for entry in ROOT.iterdir():
        if entry.name not in {*_COPIED, "dist", ".git", "findings.json", "summary.json"}:
            (copy / entry.name).symlink_to(entry)
    for name in _COPIED:
        shutil.copytree(ROOT / name, copy / name)
    for path in (copy / "deploy").glob("*.yaml"):
        path.write_text(adapted(path.read_text("utf-8")), encoding="utf-8")
    return copy


def aws_command(folder: Path, **places: str) -> str:
    """A folder with an `aws` that sends each command to where it is known; `unsent` takes the words of the others."""
    folder.mkdir()
    command = folder / "aws"
    cli = os.environ.get("AWS_CLI_FOR_TESTS", str(CLI))
    version = subprocess.run([cli, "--version"], check=True, capture_output=True, text=True).stdout
    dropped = _OF_VERSION_2 if version.startswith("aws-cli/1.") else "nothing-is-dropped"
    command.write_text(_AWS.format(cli=cli, dropped=dropped, **places), encoding="utf-8")
    # No Docker runs here; `make test-image` builds the image.
    docker = folder / "docker"
    docker.write_text("#!/bin/sh\n", encoding="utf-8")
    for one in (command, docker):
        one.chmod(one.stat().st_mode | stat.S_IXUSR)
    return str(folder)
