"""The controls of athena_queries/reference: as the contract has them, and the frameworks as the facts have them."""

from __future__ import annotations

import pytest

from collector.limits import LIMITS
from tools.generate.controls import JudgedPer, Relation, controls, requirements

CONTROLS = controls()
REQUIREMENTS = requirements()

# Contract part 3, "Controls": what each is judged per.
JUDGED_PER = {
    "report-collected": "account",
    "root-no-access-key": "account",
    "root-mfa": "account",
    "root-unused": "account",
    "console-mfa": "user",
    "no-setup-access-key": "access_key",
    "password-unused": "password",
    "access-key-unused": "access_key",
    "single-access-key": "user",
    "access-key-rotation": "access_key",
    "password-length": "account",
    "password-reuse": "account",
}
LATER = ("1.4", "1.5", "2.0", "3.0", "4.0.1")
# Facts 9.1, row by row.
CIS = {
    "root-no-access-key": {"1.2": "1.12", **dict.fromkeys(LATER, "1.4"), "5.0": "1.3", "6.0": "2.3", "7.0": "2.4"},
    "root-mfa": {"1.2": "1.13", **dict.fromkeys(LATER, "1.5"), "5.0": "1.4", "6.0": "2.4", "7.0": "2.5"},
    "root-unused": {"1.2": "1.1", **dict.fromkeys(LATER, "1.7"), "5.0": "1.6", "6.0": "2.6", "7.0": "2.7"},
    "password-length": {"1.2": "1.9", **dict.fromkeys(LATER, "1.8"), "5.0": "1.7", "6.0": "2.7", "7.0": "2.8"},
    "password-reuse": {"1.2": "1.10", **dict.fromkeys(LATER, "1.9"), "5.0": "1.8", "6.0": "2.8", "7.0": "2.9"},
    "console-mfa": {"1.2": "1.2", **dict.fromkeys(LATER, "1.10"), "5.0": "1.9", "6.0": "2.9", "7.0": "2.10"},
    "no-setup-access-key": {**dict.fromkeys(LATER, "1.11"), "5.0": "1.10", "6.0": "2.10"},
    "password-unused": {"1.2": "1.3", **dict.fromkeys(LATER, "1.12"), "5.0": "1.11", "6.0": "2.11", "7.0": "2.11"},
    "access-key-unused": {"1.2": "1.3", **dict.fromkeys(LATER, "1.12"), "5.0": "1.11", "6.0": "2.11", "7.0": "2.11"},
    "single-access-key": {**dict.fromkeys(LATER, "1.13"), "5.0": "1.12", "6.0": "2.12"},
    "access-key-rotation": {"1.2": "1.4", **dict.fromkeys(LATER, "1.14"), "5.0": "1.13", "6.0": "2.13", "7.0": "2.12"},
}


def relations(control_id: str, framework: str) -> dict[tuple[str, str], str]:
    return {
        (each.version, each.requirement): each.relation.value
        for each in REQUIREMENTS
        if (each.control_id, each.framework) == (control_id, framework)
    }


def test_the_controls_are_those_of_the_contract():
    assert {control.control_id: control.judged_per.value for control in CONTROLS} == JUDGED_PER


def test_every_control_has_a_reason_and_a_remediation():
    for control in CONTROLS:
        assert control.why.endswith(".")
        assert control.mend.endswith(".")
        assert control.title


def test_the_limits_of_the_controls_are_those_declared_for_a_run():
    of_controls = {
        control.limit_setting: (control.default_limit, control.limit_unit)
        for control in CONTROLS
        if control.limit_setting is not None
    }
    assert of_controls == {limit.name: (limit.default, limit.unit) for limit in LIMITS}


def test_the_cis_numbers_are_those_of_each_edition():
    found: dict[str, dict[str, str]] = {}
    for each in REQUIREMENTS:
        if each.framework == "CIS AWS Foundations":
            found.setdefault(each.control_id, {})[each.version] = each.requirement
    assert found == CIS


@pytest.mark.parametrize("control_id", ["password-unused", "access-key-unused"])
def test_a_45_day_failure_is_no_90_day_failure(control_id):
    cis = relations(control_id, "CIS AWS Foundations")
    assert cis["1.2", "1.3"] == "stricter"
    assert cis["7.0", "2.11"] == "exact"
    assert relations(control_id, "AWS FSBP") == {("1.0.0", "IAM.8"): "stricter"}
    assert relations(control_id, "AWS Security Hub") == {("IAM", "IAM.22"): "exact"}
    assert relations(control_id, "PCI DSS") == {("4.0.1", "8.2.6"): "stricter"}


def test_root_mfa_is_judged_otherwise_before_cis_5():
    """Up to 4.0.1 root without any credential fails; ours is not applicable there."""
    cis = relations("root-mfa", "CIS AWS Foundations")
    assert cis["4.0.1", "1.5"] == "related"
    assert cis["5.0", "1.4"] == "stricter"


def test_every_framework_of_the_contract_is_mapped():
    frameworks = {(each.framework, each.version) for each in REQUIREMENTS}
    assert {("AWS FSBP", "1.0.0"), ("PCI DSS", "4.0.1"), ("NIST 800-53", "r5")} <= frameworks
    cis = {version for framework, version in frameworks if framework == "CIS AWS Foundations"}
    assert cis == {"1.2", "1.4", "1.5", "2.0", "3.0", "4.0.1", "5.0", "6.0", "7.0"}


def test_every_relation_is_used_and_every_weaker_one_of_a_limit_says_why():
    assert {each.relation for each in REQUIREMENTS} == set(Relation)
    assert all(each.note for each in REQUIREMENTS if each.relation is Relation.STRICTER)


def test_every_control_is_mapped_to_a_requirement():
    assert {each.control_id for each in REQUIREMENTS} == set(JUDGED_PER)


def test_the_view_of_the_controls_holds_the_declaration(lake_of, rows):
    lake = lake_of(rows.account())
    columns = "control_id, severity, severity_rank, judged_per, default_limit, limit_unit"
    found = {row["control_id"]: tuple(row.values())[1:] for row in lake.view("controls", columns)}
    assert set(found) == set(JUDGED_PER)
    assert found["access-key-rotation"] == ("medium", 3, "access_key", 90, "days")
    assert found["root-mfa"] == ("critical", 1, "account", None, None)
    assert {judged_per for _, _, judged_per, _, _ in found.values()} == {each.value for each in JudgedPer}


def test_a_finding_has_the_severity_of_its_control(lake_of, rows):
    lake = lake_of(rows.account(outcome="assume_denied"))
    severities = {row["control_id"]: row["severity"] for row in lake.view("control_results", "control_id, severity")}
    assert severities == {control.control_id: control.severity.label for control in CONTROLS}
