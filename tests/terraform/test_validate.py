"""`fmt` and `validate` of every module and example, and the faults that `validate` finds with this provider, or not."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.terraform.engine import ROOT

pytestmark = pytest.mark.terraform

FOLDERS = [
    ".",
    "modules/organization",
    "modules/joins",
    "modules/joins-management",
    "modules/replica",
    "examples/management-account",
    "examples/delegated-administrator",
]


@dataclass(frozen=True)
class Fault:
    """A fault in one file of the module: what is replaced by what, and the error, or None where none is found."""

    file: str
    good: str
    bad: str
    error: str | None


FAULTS = {
    "misspelt argument": Fault("function.tf", "retention_in_days =", "retention_days =", "Unsupported argument"),
    "misspelt nested argument": Fault("lake.tf", "encryption_option =", "encryption_options =", "Unsupported argument"),
    "unknown resource": Fault(
        "lake.tf", 'resource "aws_kms_alias"', 'resource "aws_kms_aliases"', "Invalid resource type"
    ),
    "missing argument": Fault(
        "function.tf", "  role          = aws_iam_role.collector.arn\n", "", "Missing required argument"
    ),
    "missing block": Fault(
        "function.tf",
        '  flexible_time_window {\n    mode = "OFF"\n  }\n',
        "",
        "Insufficient flexible_time_window blocks",
    ),
    "block given twice": Fault(
        "function.tf",
        "  ephemeral_storage {\n",
        "  ephemeral_storage {\n    size = 512\n  }\n\n  ephemeral_storage {\n",
        "Too many ephemeral_storage blocks",
    ),
    "wrong type": Fault("function.tf", "timeout = 900", 'timeout = "long"', "Incorrect attribute value type"),
    "unknown attribute": Fault(
        "collector_role.tf", "aws_sqs_queue.dead_letters.arn", "aws_sqs_queue.dead_letters.arm", "Unsupported attribute"
    ),
    "undeclared variable": Fault(
        "lake.tf", "var.raw_retention_days", "var.raw_retention", "Reference to undeclared input variable"
    ),
    "undeclared resource": Fault(
        "readers.tf", "aws_iam_policy.auditor.arn", "aws_iam_policy.auditors.arn", "Reference to undeclared resource"
    ),
    "unknown function": Fault("locals.tf", "merge(", "merged(", "Call to unknown function"),
    "computed-only argument": Fault(
        "notifications.tf", "  protocol  =", '  owner_id  = "111122223333"\n  protocol  =', None
    ),
    "value that the service does not have": Fault("notifications.tf", '"notBreaching"', '"ignored"', None),
    "schedule expression": Fault("function.tf", "rate(12 hours)", "every 12 hours", None),
    "two arguments that exclude each other": Fault(
        "function.tf", 'name_prefix               = "credlake-"', 'name = "a"\n  name_prefix = "credlake-"', None
    ),
}
# The real provider's own code checks these.
NOT_FOUND = {
    "computed-only argument",
    "value that the service does not have",
    "schedule expression",
    "two arguments that exclude each other",
}


def test_the_files_are_formatted(engine):
    assert engine.run(ROOT / "deploy" / "terraform", "fmt", "-check", "-recursive", "-diff").text == ""


@pytest.mark.parametrize("folder", FOLDERS)
def test_it_is_valid(engine, module, folder):
    assert engine.run(module / folder, "get").code == 0
    assert engine.validate(module / folder) == []


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(engine, module, name):
    fault = FAULTS[name]
    text = (module / fault.file).read_text("utf-8")
    assert fault.good in text
    (module / fault.file).write_text(text.replace(fault.good, fault.bad, 1), "utf-8")
    assert engine.validate(module)[:1] == ([fault.error] if fault.error else [])


def test_what_is_not_found_is_known():
    assert {name for name, fault in FAULTS.items() if fault.error is None} == NOT_FOUND
