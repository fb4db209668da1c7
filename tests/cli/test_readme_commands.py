"""Every command of the README is run here, and what it shows is what the README shows."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from contextlib import nullcontext
from pathlib import Path

import pytest

from collector.simulator import AccountSpec, OrganizationSpec, Simulator, faults
from collector.simulator.organization import ACCOUNT_ID_MARK
from tests.fixtures.runs import MANAGEMENT

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
EXAMPLE = next((ROOT / "docs" / "examples").glob("*.csv"))
ALONE = "111122223333"
REPORT = EXAMPLE.read_text("utf-8").replace(ALONE, ACCOUNT_ID_MARK)
PROD = ("Workloads", "Prod")


def blocks(section: str) -> list[list[str]]:
    """The lines of each block without a language below a heading of the README, up to the next heading."""
    _, _, rest = README.partition(f"\n{section}\n")
    text = re.split(r"^#+ ", rest, maxsplit=1, flags=re.MULTILINE)[0]
    return [block.splitlines() for block in re.findall(r"^```\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)]


def servers() -> dict[str, Simulator]:
    one = AccountSpec(ALONE, "acme", report_template=REPORT)
    several = (
        AccountSpec(MANAGEMENT, "management", roles=()),
        AccountSpec("100000000001", "payments", ou=PROD, report_template=REPORT),
        AccountSpec("100000000002", "partners", ou=PROD, faults=(faults.ROLE_MISSING,)),
    )
    return {
        "### An account": Simulator(OrganizationSpec((one,), ALONE, in_use=False)),
        "### An organization": Simulator(OrganizationSpec(several, MANAGEMENT)),
    }


def comparable(lines: list[str]) -> list[str]:
    """Without what depends on the day: the report of the simulator is generated now."""
    return [re.sub(r"\d+ days before", "N days before", line.rstrip()) for line in lines if set(line) > set("─")]


@pytest.mark.parametrize("section", ["### A file", "### An account", "### An organization"])
def test_the_commands_of_a_way_in_end_well_and_show_what_the_readme_shows(credlake, tmp_path, section):
    shutil.copytree(ROOT / "docs" / "examples", tmp_path / "docs" / "examples")
    commands, *answers = blocks(section)
    assert commands
    printed = []
    with servers().get(section) or nullcontext() as server:
        for line in commands:
            name, *arguments = shlex.split(line)
            assert name == "credlake"
            ended = credlake(*arguments, at=server)
            # In the organization there is an account that cannot be collected: that is what 1 says.
            assert ended.code in ({0, 1} if section == "### An organization" else {0}), ended.err
            printed += comparable(ended.out.splitlines())
    for answer in answers:
        missing = [line for line in comparable(answer) if line not in printed]
        assert missing == []


def test_the_commands_for_a_bucket_end_well(credlake, moto):
    bucket = moto.new_bucket()
    [commands] = blocks("## On AWS")
    spec = OrganizationSpec((AccountSpec(MANAGEMENT, "management", report_template=REPORT),), MANAGEMENT)
    with Simulator(spec) as server:
        to_moto = {f"AWS_ENDPOINT_URL_{service}": moto.url for service in ("S3", "GLUE")}
        for line in commands:
            _, *arguments = shlex.split(line.replace("BUCKET", bucket))
            assert credlake(*arguments, at=server, environment=to_moto).code == 0


def test_every_command_block_is_one_of_these():
    fenced = re.findall(r"^```\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    everywhere = [line for block in fenced for line in block.splitlines() if line.startswith("credlake ")]
    run = [line for section in (*servers(), "### A file", "## On AWS") for block in blocks(section) for line in block]
    assert [line for line in everywhere if line not in run] == []
    assert os.fspath(EXAMPLE.relative_to(ROOT)) in README


def test_the_readme_fits_a_front_page():
    assert len(README.splitlines()) < 150
