"""The files for Control Tower and the Landing Zone Accelerator deploy the member role as its template requires it.

The rules are those of CfCT's manifest schema (version 2021-03-15) and of LZA's `ICloudFormationStack`.
"""

from __future__ import annotations

import datetime as dt
import re

import pytest
import yaml

from tests.deploy.templates import FOLDER, template

_MEMBER = template("member-role.yaml")["Parameters"]
# What a reader fills in, and with which value.
_FILLED_IN = {
    "HOME_REGION": "eu-central-1",
    "o-ORGANIZATION": "o-aa111bb222",
    "CHOOSE_ONE": "example",
    "OU_NAME": "Prod",
}


def _read(name):
    text = (FOLDER / "control-tower" / name).read_text("utf-8")
    for blank, filled in _FILLED_IN.items():
        text = text.replace(blank, filled)
    return yaml.safe_load(text)


@pytest.fixture(name="resource")
def _resource():
    """The one resource of the manifest for CfCT."""
    manifest = _read("manifest.yaml")
    assert manifest.keys() == {"region", "version", "resources"}
    assert manifest["version"] == dt.date(2021, 3, 15)
    (resource,) = manifest["resources"]
    return resource


@pytest.fixture(name="stack")
def _stack():
    """The one stack of the configuration for LZA."""
    configuration = _read("customizations-config.yaml")
    assert configuration.keys() == {"customizations"}
    assert configuration["customizations"].keys() == {"cloudFormationStacks"}
    (stack,) = configuration["customizations"]["cloudFormationStacks"]
    return stack


def _assert_the_template_takes(parameters):
    assert {name for name, one in _MEMBER.items() if "Default" not in one} <= parameters.keys() <= _MEMBER.keys()
    for name, value in parameters.items():
        assert re.fullmatch(_MEMBER[name]["AllowedPattern"], value), name


def test_control_tower_deploys_the_template_with_its_parameters(resource):
    _assert_the_template_takes({one["parameter_key"]: one["parameter_value"] for one in resource["parameters"]})


def test_the_accelerator_deploys_the_template_with_its_parameters(stack):
    _assert_the_template_takes({one["name"]: one["value"] for one in stack["parameters"]})


def test_control_towers_manifest_has_the_keys_of_its_schema(resource):
    required = {"name", "resource_file", "deployment_targets", "deploy_method"}
    assert required <= resource.keys() <= required | {"description", "parameters", "regions", "parameter_file"}
    assert resource["deploy_method"] == "stack_set"
    # Each has the whole path, without the root.
    assert resource["deployment_targets"] == {"organizational_units": ["Prod"]}
    assert all({"parameter_key", "parameter_value"} == one.keys() for one in resource["parameters"])
    assert (FOLDER / resource["resource_file"].removeprefix("templates/")).exists()


def test_the_accelerators_stack_has_the_keys_of_its_schema(stack):
    required = {"deploymentTargets", "name", "regions", "runOrder", "template", "terminationProtection"}
    assert required <= stack.keys() <= required | {"description", "parameters"}
    assert (stack["deploymentTargets"], stack["regions"]) == ({"organizationalUnits": ["Root"]}, ["eu-central-1"])
    # LZA takes no numbers as values, so an account id is a string.
    assert all({"name": str, "value": str} == {key: type(one[key]) for key in one} for one in stack["parameters"])
    assert (FOLDER / stack["template"].removeprefix("cloudformation/")).exists()
