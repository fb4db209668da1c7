"""The module makes what the templates make: every resource and every property, in each scenario.

Both sides are rendered with the same parameters: the templates here, the module by Terraform's `test`, which applies it
with mocks. References to what is created, such as ARNs, get one name on both sides.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.deploy.templates import FOLDER, template
from tests.terraform.applied_state import ADDRESSES, OF_MODULES, PARTS, State
from tests.terraform.as_cloudformation import properties, without_nothing
from tests.terraform.engine import copied
from tests.terraform.rendering import Rendering
from tests.terraform.scenarios import ACCOUNT, SCENARIOS, Scenario, mocked_apply, snake_case

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.terraform

# Terraform names the task's family like everything else of one lake. CloudFormation has no tags for two types.
_ONE_SIDE_ALONE = {
    "AWS::ECS::TaskDefinition": {"Family"},
    "AWS::Glue::Database": {"Tags"},
    "AWS::IAM::ManagedPolicy": {"Tags"},
}
_MADE_UP = re.compile(r"[a-z0-9]{8}")


@dataclass(frozen=True)
class Applied:
    """The module of one scenario, after `apply`."""

    state: State
    outputs: dict[str, Any]


@pytest.fixture(scope="module", name="applied")
def _applied(engine, tmp_path_factory):
    """Each scenario, applied once."""
    module = copied(tmp_path_factory.mktemp("module"))
    (module / "tests").mkdir(exist_ok=True)
    for path in (module / "tests").iterdir():
        path.unlink()
    for name, scenario in SCENARIOS.items():
        (module / "tests" / f"{name}.tftest.hcl").write_text(scenario.mocked_apply(), "utf-8")
    done = engine.test(module, "-verbose")
    assert done.failures() == []
    assert done.code == 0
    found = {}
    for path, state in done.states():
        outputs = {key: one.get("value") for key, one in state["outputs"].items()}
        name = path.removeprefix("tests/").removesuffix(".tftest.hcl")
        found[name] = Applied(State(state["root_module"]["resources"]), outputs)
    assert found.keys() == SCENARIOS.keys()
    return found


def _collector(scenario: Scenario) -> Rendering:
    parameters = scenario.parameters()
    known = {
        "AWS::AccountId": ACCOUNT,
        "AWS::Partition": scenario.partition,
        "AWS::Region": scenario.region,
        "AWS::URLSuffix": scenario.suffix,
        "Bucket.Arn": f"arn:{scenario.partition}:s3:::{parameters['BucketName']}",
        # The references of these resources are their names.
        "LogGroup": parameters.get("LogGroupName", "/credlake/credlake"),
        "CollectorRole": parameters.get("CollectorRoleName", "credlake-collector"),
    }
    return Rendering("collector.yaml", parameters, known)


def _container(scenario: Scenario) -> Rendering | None:
    """container.yaml, with the outputs of collector.yaml and the parameters that both have."""
    if scenario.container is None:
        return None
    names = template("container.yaml")["Parameters"].keys()
    given = {**scenario.parameters(), **_collector(scenario).outputs(), **scenario.container}
    known = {"AWS::AccountId": ACCOUNT, "AWS::Partition": scenario.partition, "AWS::Region": scenario.region}
    return Rendering("container.yaml", {name: value for name, value in given.items() if name in names}, known)


def _made_by_the_templates(scenario: Scenario) -> dict[str, dict[str, Any]]:
    container = _container(scenario)
    return _collector(scenario).resources() | (container.resources() if container else {})


def _scalar(value: Any) -> str:
    """Numbers and truth as text, since the two sides write them differently."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    try:
        return f"{Decimal(text).normalize():f}"
    except InvalidOperation:
        return text


def canonical(value: Any, names: dict[str, str]) -> Any:
    """A value whose lists have one order, and a single one for itself; what Terraform made up is named."""
    match value:
        case dict():
            return {key: canonical(one, names) for key, one in value.items()}
        case list():
            found = sorted((canonical(one, names) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
            return found[0] if len(found) == 1 and isinstance(found[0], str) else found
    text = _scalar(value)
    if text in names:
        return names[text]
    for made_up, name in names.items():
        if _MADE_UP.fullmatch(made_up):
            text = text.replace(made_up, name)
    return text


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_resource_has_its_counterpart(applied, name):
    wanted = {ADDRESSES[logical][0] for logical in _made_by_the_templates(SCENARIOS[name])}
    found = {address for address in applied[name].state.values if address.partition(".")[0] not in PARTS}
    if SCENARIOS[name].quicksight:
        wanted.add("aws_cloudformation_stack.quicksight[0]")
    assert found == wanted


def differences(found: Any, wanted: Any, at: str) -> list[str]:
    """Where two canonical values differ."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        keys = sorted(found.keys() | wanted.keys())
        return [one for key in keys for one in differences(found.get(key), wanted.get(key), f"{at}.{key}")]
    if isinstance(found, list) and isinstance(wanted, list):
        module = [f"{at}: only in the module: {one}" for one in found if one not in wanted]
        return module + [f"{at}: only in the template: {one}" for one in wanted if one not in found]
    return [] if found == wanted else [f"{at}: the module has {found}, the template {wanted}"]


def _all_differences(state: State, made: dict[str, dict[str, Any]]) -> list[str]:
    names = state.names()
    found = []
    for logical, resource in made.items():
        if definition := resource["Properties"].get("DefinitionString"):
            resource["Properties"]["DefinitionString"] = json.dumps(json.loads(definition), sort_keys=True)
        left_out = _ONE_SIDE_ALONE.get(resource["Type"], set())
        template_side = canonical(without_nothing(resource["Properties"]), {})
        module_side = canonical(properties(state, logical, resource["Type"]), names)
        found += [
            one
            for key in sorted((template_side.keys() | module_side.keys()) - left_out)
            for one in differences(module_side.get(key), template_side.get(key), f"{logical}.{key}")
        ]
    return found


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_property_is_the_same(applied, name):
    found = _all_differences(applied[name].state, _made_by_the_templates(SCENARIOS[name]))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_output_is_the_same(applied, name):
    names = applied[name].state.names()
    wanted = _collector(SCENARIOS[name]).outputs()
    if container := _container(SCENARIOS[name]):
        wanted |= container.outputs()
    found = {key: canonical(value, names) for key, value in applied[name].outputs.items() if value is not None}
    assert {key: found.get(key) for key in map(snake_case, wanted)} == {
        snake_case(key): canonical(value, {}) for key, value in wanted.items()
    }
    of_quicksight = template("quicksight.yaml")["Outputs"] if SCENARIOS[name].quicksight else {}
    assert found.keys() - {snake_case(key) for key in wanted} == {snake_case(key) for key in of_quicksight}


@pytest.mark.parametrize("name", [name for name, one in SCENARIOS.items() if one.quicksight])
def test_quicksight_is_the_template_with_every_parameter(applied, name):
    stack = applied[name].state.values["aws_cloudformation_stack.quicksight[0]"]
    body = (FOLDER / "quicksight.yaml").read_text("utf-8")
    assert json.loads(stack["template_body"]) == yaml.safe_load(body)
    # CloudFormation's limit for a template in a request.
    assert len(stack["template_body"].encode()) <= 51_200
    assert stack["parameters"].keys() == template("quicksight.yaml")["Parameters"].keys()
    assert stack["parameters"]["BucketName"] == SCENARIOS[name].parameters()["BucketName"]


def test_every_template_has_its_counterpart():
    compared = {"collector.yaml", "container.yaml", *(f"{name}.yaml" for name in OF_MODULES)}
    used_as_they_are = {"member-role.yaml", "quicksight.yaml"}
    assert {path.name for path in FOLDER.glob("*.yaml")} == compared | used_as_they_are


def test_every_resource_of_the_templates_is_made_in_some_scenario():
    made = {logical for scenario in SCENARIOS.values() for logical in _made_by_the_templates(scenario)}
    wanted = {*template("collector.yaml")["Resources"], *template("container.yaml")["Resources"]}
    assert made == wanted == ADDRESSES.keys()


_ROLES = {"PermissionsBoundaryArn": f"arn:aws:iam::{ACCOUNT}:policy/boundary", "RolePath": "/security/"}
_REPLICA = {
    "BucketName": "replica",
    "ReplicationRoleArn": "arn:aws:iam::444455556666:role/security/credlake-replication",
}
_JOINS = {"ManagementAccountId": "000000000001", "FunctionName": "credlake-credlake"}
_FORWARDING = {"BusArn": f"arn:aws:events:eu-west-1:{ACCOUNT}:event-bus/credlake-joins"}


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("replica", _REPLICA),
        ("replica", {**_REPLICA, "RetentionDays": 90, "Lock": "COMPLIANCE:365"}),
        ("joins", _JOINS),
        ("joins", {**_JOINS, **_ROLES, "WaitSeconds": 600}),
        ("joins-management", _FORWARDING),
        ("joins-management", {**_FORWARDING, **_ROLES}),
    ],
)
def test_a_module_of_its_own_is_the_same(engine, module, name, parameters):
    known = {
        "AWS::AccountId": ACCOUNT,
        "AWS::Partition": "aws",
        "AWS::Region": "eu-west-1",
        "Bucket.Arn": "arn:aws:s3:::replica",
        "Bus": "credlake-joins",
    }
    rendering = Rendering(f"{name}.yaml", parameters, known)
    made = rendering.resources()
    folder = module / "modules" / name
    (folder / "tests").mkdir()
    variables = {snake_case(key): value for key, value in parameters.items()}
    (folder / "tests" / "apply.tftest.hcl").write_text(mocked_apply(variables, "aws", "eu-west-1", "amazonaws.com"))
    done = engine.test(folder, "-verbose")
    assert done.failures() == []
    ((_, applied),) = done.states()
    state = State(applied["root_module"]["resources"], OF_MODULES[name])
    assert {address for address, _ in OF_MODULES[name].values()} == {
        address for address in state.values if address.partition(".")[0] not in PARTS
    }
    assert made.keys() == OF_MODULES[name].keys()
    found = _all_differences(state, made)
    assert not found, "\n".join(found)
    outputs = {key: canonical(one["value"], state.names()) for key, one in applied.get("outputs", {}).items()}
    # The reference of a bucket is its name.
    wanted = {key: parameters["BucketName"] if one == "<Bucket>" else one for key, one in rendering.outputs().items()}
    assert outputs == {snake_case(key): one for key, one in wanted.items()}


def _changed(value: Any) -> Iterator[Any]:
    """Copies of a value with one scalar changed, or one entry of a list left out."""
    match value:
        case dict():
            for key, one in value.items():
                yield from ({**value, key: changed} for changed in _changed(one))
        case list():
            for index, one in enumerate(value):
                yield value[:index] + value[index + 1 :]
                yield from ([*value[:index], changed, *value[index + 1 :]] for changed in _changed(one))
        case bool():
            yield not value
        case _:
            yield f"{value}1"


@pytest.mark.parametrize("name", ["everything set", "container"])
def test_whatever_changes_in_a_template_is_a_difference(name):
    overlooked = [
        (logical, changed)
        for logical, resource in _made_by_the_templates(SCENARIOS[name]).items()
        for changed in _changed(resource["Properties"])
        if not differences(canonical(resource["Properties"], {}), canonical(changed, {}), logical)
    ]
    assert overlooked == []
