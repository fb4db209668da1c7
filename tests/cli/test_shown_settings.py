"""Every settings file that the README or a page shows can be run as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from collector.simulator import RoleSpec, Simulator
from tests.fixtures.runs import member, organization

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```toml\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SHOWN = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    for number, block in enumerate(BLOCK.findall(page.read_text("utf-8")))
]


def test_there_are_such_settings():
    assert SHOWN


@pytest.mark.parametrize("shown", SHOWN)
def test_settings_that_are_shown_can_be_run(credlake, tmp_path, shown):
    """In an organization of others, where the accounts and OUs of the example do not exist."""
    (tmp_path / "credlake.toml").write_text(shown, encoding="utf-8")
    role = RoleSpec(name="credlake-reader", external_id="example" if "external_id" in shown else None)
    with Simulator(organization(member(1, roles=(role,)), member(2, roles=(role,)))) as server:
        ended = credlake("collect", *(() if "lake =" in shown else ("--lake", "lake")), at=server)

    assert (ended.code, ended.said) == (0, [])
