"""The hooks of .pre-commit-config.yaml can be run after `make setup` alone."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
(LOCAL,) = yaml.safe_load((REPOSITORY / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]


def test_every_hook_runs_a_tool_of_the_environment_or_a_target_of_make():
    targets = re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text("utf-8"), re.MULTILINE)
    for hook in LOCAL["hooks"]:
        program, *arguments = hook["entry"].split()
        if program == "make":
            assert arguments[-1] in targets, hook["id"]
        else:
            assert Path(program).parent == Path(".venv/bin"), hook["id"]
            assert (Path(sys.executable).parent / Path(program).name).exists(), hook["id"]
