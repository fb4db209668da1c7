"""The commands of docs/deploy.md name templates, parameters and roles that exist."""

from __future__ import annotations

import re

import pytest

from tests.deploy.page_commands import commands
from tests.deploy.templates import FOLDER, template

_TEMPLATE = re.compile(r"deploy/([a-z-]+\.yaml)")
_NAMED = re.compile(r"(?:ParameterKey=|(?<=\s))([A-Z][A-Za-z]+)(?==|,ParameterValue)")
# CloudFormation's limits for a template in a request, and in a bucket.
_INLINE_BYTES = 51_200
_IN_A_BUCKET_BYTES = 1_000_000
_DEPLOYING = [command for command in commands() if _TEMPLATE.search(command)]


def test_the_page_deploys_every_template():
    assert {_TEMPLATE.search(command)[1] for command in _DEPLOYING} == {path.name for path in FOLDER.glob("*.yaml")}


@pytest.mark.parametrize("command", _DEPLOYING, ids=lambda command: command.split("--")[1].strip().replace(" ", "-"))
def test_a_command_names_parameters_that_its_template_has(command):
    known = template(_TEMPLATE.search(command)[1])["Parameters"]
    named = set(_NAMED.findall(command.partition("--parameter")[2]))
    assert named - known.keys() == set()
    assert named


def test_the_cli_waits_for_a_run_and_starts_no_second_one():
    """It would give up after a minute, and call the function again."""
    invoking = [one for one in commands() if "aws lambda invoke" in one]
    assert len(invoking) == 2
    for command in invoking:
        assert command.startswith("AWS_MAX_ATTEMPTS=1 ")
        assert "--cli-read-timeout 0" in command


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.name)
def test_a_template_is_sent_in_the_request_only_if_it_fits(path):
    """The CLI refuses a larger one without `--s3-bucket`. A StackSet of the page is always created without a bucket."""
    commands = [one for one in _DEPLOYING if f"deploy/{path.name}" in one]
    inline = [one for one in commands if "--s3-bucket $CODE_BUCKET" not in one]
    assert path.stat().st_size <= (_INLINE_BYTES if inline else _IN_A_BUCKET_BYTES)


@pytest.mark.parametrize(
    "name", ["member-role.yaml", "container.yaml", "quicksight.yaml", "joins.yaml", "joins-management.yaml"]
)
def test_every_required_parameter_is_set_where_the_stack_is_created(name):
    needed = {key for key, one in template(name)["Parameters"].items() if "Default" not in one}
    making = [one for one in _DEPLOYING if f"deploy/{name}" in one and "ScheduleState=ENABLED" not in one]
    named = [set(_NAMED.findall(command)) for command in making]
    assert [needed - one for one in named] == [set()] * len(named)
