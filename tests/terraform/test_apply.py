"""`terraform test` of the submodule and of the examples, and what the variables refuse."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.deploy.templates import template
from tests.terraform.engine import ROOT
from tests.terraform.scenarios import ACCOUNT, SCENARIOS, Scenario, snake_case

if TYPE_CHECKING:
    from tests.terraform.engine import Output

pytestmark = pytest.mark.terraform


@pytest.mark.parametrize(
    ("folder", "runs"),
    [("modules/organization", 4), ("examples/management-account", 1), ("examples/delegated-administrator", 1)],
)
def test_its_own_tests_pass(engine, module, folder, runs):
    assert engine.run(module / folder, "get").code == 0
    done = engine.test(module / folder)
    assert done.failures() == []
    (summary,) = (line["test_summary"] for line in done.lines() if line["type"] == "test_summary")
    assert (summary["status"], summary["passed"]) == ("pass", runs)


def test_the_member_role_has_every_parameter_of_its_template(engine, module):
    folder = module / "modules" / "organization"
    done = engine.test(folder, "-verbose")
    stacks = [values for values in _resources(done).values() if "template_body" in values]
    body = (module.parent / "member-role.yaml").read_text("utf-8")
    assert {stack["template_body"] for stack in stacks} == {body}
    for stack in stacks:
        assert stack["parameters"].keys() == template("member-role.yaml")["Parameters"].keys()


def _resources(output: Output) -> dict[str, dict[str, Any]]:
    """The attributes of what was applied in any run, by address."""
    return {
        resource["address"]: resource["values"]
        for _, state in output.states()
        for resource in state.get("root_module", {}).get("resources", ())
        if resource["mode"] == "managed"
    }


@pytest.mark.parametrize("name", ["everything set", "container"])
def test_the_tags_reach_every_resource_that_can_have_tags(engine, module, name):
    scenario = replace(SCENARIOS[name], variables_alone={"tags": {"cost-center": "4711"}})
    (module / "tests").mkdir(exist_ok=True)
    (module / "tests" / "tags.tftest.hcl").write_text(scenario.mocked_apply(), "utf-8")
    done = engine.test(module, "-verbose", "-filter=tests/tags.tftest.hcl")
    assert done.failures() == []
    taggable = {address: values for address, values in _resources(done).items() if "tags" in values}
    assert taggable
    tags = {"cost-center": "4711", "application": "credlake"}
    assert [address for address, values in taggable.items() if values["tags"] != tags] == []


# What each service takes as a name, of what Terraform names and CloudFormation does not.
NAMES = {
    "aws_cloudformation_stack": ("name", r"[a-zA-Z][-a-zA-Z0-9]{,127}"),
    "aws_cloudwatch_event_rule": ("name", r"[.\-_A-Za-z0-9]{1,64}"),
    "aws_cloudwatch_metric_alarm": ("alarm_name", r".{1,255}"),
    "aws_ecs_cluster": ("name", r"[a-zA-Z0-9_-]{1,255}"),
    "aws_ecs_task_definition": ("family", r"[a-zA-Z0-9_-]{1,255}"),
    "aws_lambda_function": ("function_name", r"[a-zA-Z0-9_-]{1,64}"),
    "aws_scheduler_schedule": ("name", r"[0-9a-zA-Z_.-]{1,64}"),
}


def test_the_longest_name_of_a_database_gives_names_that_the_services_take(engine, module):
    (module / "tests").mkdir(exist_ok=True)
    for name in ("everything set", "container", "GovCloud"):
        scenario = SCENARIOS[name]
        longest = replace(scenario, collector={**scenario.collector, "DatabaseName": "a_" * 55 + "a"})
        (module / "tests" / f"{name}.tftest.hcl").write_text(longest.mocked_apply(), "utf-8")
    done = engine.test(module, "-verbose")
    assert done.failures() == []
    found = [
        (kind, values[NAMES[kind][0]], NAMES[kind][1])
        for address, values in _resources(done).items()
        if (kind := address.partition(".")[0]) in NAMES
    ]
    assert {kind for kind, _, _ in found} == NAMES.keys()
    assert [(kind, name) for kind, name, pattern in found if not re.fullmatch(pattern, name)] == []


_TOGETHER = """
provider "aws" {}

resource "aws_kms_key" "ours" {}

resource "aws_sns_topic" "ours" {}

resource "aws_iam_policy" "boundary" {
  policy = "{}"
}

module "replica" {
  source = "./terraform/modules/replica"

  bucket_name          = "a-replica-of-ours"
  replication_role_arn = "arn:aws:iam::111122223333:role/credlake-replication"
}

module "credlake" {
  source = "./terraform"

  organization_id          = "o-aa111bb222"
  external_id              = "example"
  bucket_name              = "a-bucket-of-ours"
  code_bucket              = "code"
  code_key                 = "credlake-1.zip"
  existing_key             = { arn = aws_kms_key.ours.arn }
  existing_topic           = { arn = aws_sns_topic.ours.arn }
  permissions_boundary_arn = aws_iam_policy.boundary.arn
  catalog_key_arn          = aws_kms_key.ours.arn
  replica_bucket_name      = module.replica.bucket_name
  replica_key_arn          = module.replica.key_arn
}
"""


def test_what_cannot_be_collected_again_is_not_destroyed():
    resource = re.compile(r'^resource "(\w+)" "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
    kept = {
        f"{kind}.{name}"
        for path in (ROOT / "deploy" / "terraform").rglob("*.tf")
        for kind, name, body in resource.findall(path.read_text("utf-8"))
        if "    prevent_destroy = true\n" in body
    }
    assert kept == {"aws_kms_key.lake", "aws_s3_bucket.lake", "aws_kms_key.replica", "aws_s3_bucket.replica"}


def test_what_the_same_configuration_creates_can_be_given(engine, module):
    """Its ARNs are not known when Terraform plans, and a count must not depend on them."""
    folder = module.parent
    (folder / "main.tf").write_text(_TOGETHER, "utf-8")
    (folder / "tests").mkdir()
    # Terraform makes the ARNs up when it applies, OpenTofu when it plans.
    arns = {
        "aws_kms_key": "arn:aws:kms:eu-central-1:111122223333:key/1",
        "aws_sns_topic": "arn:aws:sns:eu-central-1:111122223333:ours",
        "aws_iam_policy": "arn:aws:iam::111122223333:policy/boundary",
    }
    mocks = "".join(
        f'  mock_resource "{kind}" {{\n    defaults = {{ arn = "{arn}" }}\n  }}\n' for kind, arn in arns.items()
    )
    plan = f'mock_provider "aws" {{\n{mocks}}}\nrun "plan" {{\n  command = plan\n}}\n'
    (folder / "tests" / "plan.tftest.hcl").write_text(plan, "utf-8")
    assert engine.run(folder, "get").code == 0
    assert engine.test(folder).failures() == []


# One value that the parameter's constraint refuses, for each parameter with a constraint.
REFUSED = {
    "OrganizationId": "111122223333",
    "ExternalId": "a b",
    "MemberRoleName": "path/role",
    "MemberRolePath": "security",
    "CollectorRoleName": "",
    "PermissionsBoundaryArn": "boundary",
    "RolePath": "/security",
    "Architecture": "arm",
    "ScheduleTimezone": "Europe Berlin",
    "ScheduleState": "ON",
    "MinCoverage": 80,
    "BucketName": "Bucket_Name",
    "LakePrefix": "credlake/",
    "DatabaseName": "a-b",
    "WorkGroupName": "a b",
    "ExistingKeyArn": "alias/lake",
    "CatalogKeyArn": "alias/lake",
    "RawRetentionDays": 7,
    "RawLock": "COMPLIANCE",
    "ReplicaBucketName": "Replica",
    "ReplicaKeyArn": "alias/replica",
    "ReplicationRoleName": "path/role",
    "ScanLimitBytes": "1000",
    "AlertEmail": "nobody",
    "ExistingTopicArn": "topic",
    "LogGroupName": "a b",
    "AlarmBelowCoverage": 95,
    "MissedAfterHours": 168,
    "MissedAfterDays": -1,
    "EventBus": "arn:bus",
    "ExceptionsFile": "/exceptions.csv",
}
# Terraform's own types refuse what is neither true nor false, and the variable `container` replaces RunsIn.
_OTHERWISE = {
    "RunsIn",
    "ExistingBucket",
    "ExistingDatabase",
    "ExistingWorkGroup",
    "ExistingLogGroup",
    "CustomerManagedKey",
    "PublishPage",
    "NotifyOwners",
    "RefreshDataSets",
}
_VARIABLES = {"ExistingKeyArn": "existing_key", "ExistingTopicArn": "existing_topic"}
_CONSTRAINTS = ("AllowedPattern", "AllowedValues", "MinValue", "MaxValue")


def _failing_run(number: int, scenario: Scenario, expected: str) -> str:
    variables = "".join(f"    {name} = {json.dumps(value)}\n" for name, value in scenario.variables().items())
    return (
        f'run "r{number}" {{\n  command = plan\n  variables {{\n{variables}  }}\n  expect_failures = [{expected}]\n}}\n'
    )


def test_the_variables_refuse_what_the_parameters_refuse(engine, module):
    constrained = {
        name
        for name, one in template("collector.yaml")["Parameters"].items()
        if any(constraint in one for constraint in _CONSTRAINTS)
    }
    assert constrained == REFUSED.keys() | _OTHERWISE
    runs = [
        (Scenario({name: value}), f"var.{_VARIABLES.get(name, snake_case(name))}") for name, value in REFUSED.items()
    ]
    runs.append((Scenario({"CodeKey": None}), "aws_lambda_function.collector"))
    runs.append((Scenario({"LakePrefix": "/credlake"}), "aws_s3_bucket.lake"))
    replica = {"ReplicaBucketName": "replica", "ReplicaKeyArn": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"}
    runs.append((Scenario({**replica, "ExistingBucket": "true"}), "aws_iam_role.replication"))
    (module / "tests").mkdir(exist_ok=True)
    (module / "tests" / "refused.tftest.hcl").write_text(
        'mock_provider "aws" {}\n' + "".join(_failing_run(number, *run) for number, run in enumerate(runs)), "utf-8"
    )
    assert engine.test(module, "-filter=tests/refused.tftest.hcl").failures() == []


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("variables.tf", "collector.yaml"),
        ("modules/organization/variables.tf", "member-role.yaml"),
        ("modules/joins/variables.tf", "joins.yaml"),
        ("modules/joins-management/variables.tf", "joins-management.yaml"),
        ("modules/replica/variables.tf", "replica.yaml"),
    ],
)
def test_the_variables_have_the_patterns_of_the_parameters(module, file, name):
    text = (module / file).read_text("utf-8")
    variables = dict(re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL))
    wanted = {
        _VARIABLES.get(key, snake_case(key)): one["AllowedPattern"]
        for key, one in template(name)["Parameters"].items()
        if "AllowedPattern" in one and key not in _OTHERWISE
    }
    # Terraform's regular expressions repeat at most 1,000 times; its length is checked apart.
    wanted.pop("external_id", None)
    # Where a parameter may be empty, a variable may be null, too.
    differing = {
        key: one
        for key, one in wanted.items()
        if json.dumps(one) not in variables[key] and json.dumps(one.removeprefix("^$|")) not in variables[key]
    }
    assert differing == {}
