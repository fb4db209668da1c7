"""What the container's template and its image have to say alike, and the rule that tells of failures."""

from __future__ import annotations

import json
import re

import pytest

from collector.scheduled.reporting import TOPIC
from collector.settings.model import SettingsSchema
from collector.settings.sources import PREFIX
from tests.deploy.ecs_events import CLUSTER, EVENTS
from tests.deploy.event_patterns import matches
from tests.deploy.templates import FOLDER, template


def _definition():
    (definition,) = template("container.yaml")["Resources"]["Task"]["Properties"]["ContainerDefinitions"]
    return definition


def _instructions(name):
    return re.findall(rf"^{name} (.+)$", (FOLDER / "Dockerfile").read_text("utf-8"), re.MULTILINE)


def test_the_task_runs_as_the_images_user():
    assert [_definition()["User"]] == _instructions("USER")


def test_the_image_declares_the_volume_that_the_task_mounts_or_it_would_be_roots():
    mounted = [one["ContainerPath"] for one in _definition()["MountPoints"]]
    assert [mounted] == [json.loads(one) for one in _instructions("VOLUME")]


def test_the_base_is_named_by_digest_and_can_be_another():
    (base,) = _instructions("ARG")
    assert re.fullmatch(r"BASE=[a-z0-9./-]+:3\.12-slim@sha256:[0-9a-f]{64}", base)
    assert _instructions("FROM") == ["${BASE}"]


def test_what_is_installed_in_the_image_is_locked_and_built_by_others():
    installs = re.findall(r"pip install (.+?)(?: \\)?$", (FOLDER / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert len(installs) == 2
    for options in installs:
        assert {"--require-hashes", "--only-binary=:all:"} <= set(options.split())


def test_the_tasks_variables_are_settings_that_a_run_knows():
    variables = [one["Fn::If"][1] if "Fn::If" in one else one for one in _definition()["Environment"]]
    names = {one["Name"] for one in variables}
    settings = {name.removeprefix(PREFIX).lower() for name in names if name.startswith(PREFIX)}
    assert settings <= set(SettingsSchema().fields)
    assert {name for name in names if not name.startswith(PREFIX)} == {TOPIC, "AWS_DEFAULT_REGION"}


def test_a_task_that_is_run_by_hand_gets_the_schedules_network():
    found = template("container.yaml")
    text, names = found["Outputs"]["NetworkConfiguration"]["Value"]["Fn::Sub"]
    scheduled = found["Resources"]["CollectionSchedule"]["Properties"]["Target"]["EcsParameters"]
    network = scheduled["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert text == (
        "awsvpcConfiguration={subnets=[${List}],securityGroups=[${SecurityGroup.GroupId}],"
        "assignPublicIp=${AssignPublicIp}}"
    )
    assert network == {
        "Subnets": names["List"]["Fn::Join"][1],
        "SecurityGroups": [{"Fn::GetAtt": ["SecurityGroup", "GroupId"]}],
        "AssignPublicIp": {"Ref": "AssignPublicIp"},
    }


def _told(event):
    """Whether the template's rule takes the event."""
    pattern = template("container.yaml")["Resources"]["FailedRule"]["Properties"]["EventPattern"]
    pattern["detail"]["clusterArn"] = [CLUSTER]
    return matches(pattern, event)


@pytest.mark.parametrize(("event", "is_told"), EVENTS.values(), ids=EVENTS)
def test_a_task_is_told_of_unless_its_run_was_published(event, is_told):
    assert _told(event) is is_told
