"""The controls of athena_queries/reference: as docs/frameworks.md has them, and CIS as facts F9.1 has it."""

from __future__ import annotations

import pytest

from collector.limits import LIMITS
from tests.fixtures.commands import REPOSITORY
from tests.fixtures.control_list import JUDGED_PER
from tools.generate.controls import JudgedPer, Relation, controls, requirements

CONTROLS = controls()
REQUIREMENTS = requirements()

SECURITY_HUB = "AWS Security Hub CSPM"
LATER = ("1.3", "1.4", "1.5", "2.0", "3.0", "4.0.1")
# Facts F9.1, edition by edition; 1.3 has the numbers of 1.4.
CIS = {
    "root-no-access-key": {"1.2": "1.12", **dict.fromkeys(LATER, "1.4"), "5.0": "1.3", "6.0": "2.3", "7.0": "2.4"},
    "root-mfa": {"1.2": "1.13", **dict.fromkeys(LATER, "1.5"), "5.0": "1.4", "6.0": "2.4", "7.0": "2.5"},
    "root-unused": {"1.2": "1.1", **dict.fromkeys(LATER, "1.7"), "5.0": "1.6", "6.0": "2.6", "7.0": "2.7"},
    "root-no-credentials": {"7.0": "2.1.1"},
    "password-length": {"1.2": "1.9", **dict.fromkeys(LATER, "1.8"), "5.0": "1.7", "6.0": "2.7", "7.0": "2.8"},
    "password-reuse": {"1.2": "1.10", **dict.fromkeys(LATER, "1.9"), "5.0": "1.8", "6.0": "2.8", "7.0": "2.9"},
    "console-mfa": {"1.2": "1.2", **dict.fromkeys(LATER, "1.10"), "5.0": "1.9", "6.0": "2.9", "7.0": "2.10"},
    "no-setup-access-key": {"1.2": "1.21", **dict.fromkeys(LATER, "1.11"), "5.0": "1.10", "6.0": "2.10"},
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


def test_the_controls_keep_their_names_and_what_they_are_about():
    assert {control.control_id: control.judged_per.value for control in CONTROLS} == JUDGED_PER


def test_every_control_has_a_reason_and_a_remediation_that_hold_for_any_limit():
    for control in CONTROLS:
        assert control.why.endswith(".")
        assert control.mend.endswith(".")
        assert control.title
        # A run can set another limit.
        assert control.default_limit is None or f"of {control.default_limit}" not in control.mend


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
    # 45 days came with 1.4 (facts F9.1).
    assert cis["1.3", "1.12"] == "stricter"
    assert cis["1.4", "1.12"] == cis["7.0", "2.11"] == "exact"
    assert relations(control_id, "AWS FSBP") == {("1.0.0", "IAM.8"): "stricter"}
    assert relations(control_id, SECURITY_HUB) == {("unversioned", "IAM.22"): "exact"}
    # PCI covers every account, not only IAM users: no result carries over.
    assert set(relations(control_id, "PCI DSS").values()) == {"related"}


def test_root_mfa_is_evaluated_differently_before_cis_5():
    """Up to 4.0.1 root without any credential fails, where the control is not applicable."""
    cis = relations("root-mfa", "CIS AWS Foundations")
    assert cis["1.2", "1.13"] == cis["1.3", "1.5"] == cis["4.0.1", "1.5"] == "looser"
    assert cis["5.0", "1.4"] == cis["7.0", "2.5"] == "stricter"
    # Security Hub passes root without a password even if it has a key, as CIS 5.0 does.
    assert relations("root-mfa", SECURITY_HUB) == {("unversioned", "IAM.9"): "stricter"}


@pytest.mark.parametrize(
    ("control_id", "framework", "requirement", "relation"),
    [
        ("no-setup-access-key", "CIS AWS Foundations", "1.21", "stricter"),
        ("no-setup-access-key", "CIS AWS Foundations", "2.10", "stricter"),
        ("root-no-access-key", "AWS FSBP", "IAM.4", "looser"),
        ("console-mfa", SECURITY_HUB, "IAM.19", "looser"),
        ("root-unused", SECURITY_HUB, "CloudWatch.1", "related"),
        ("password-reuse", "PCI DSS", "8.3.7", "related"),
        ("password-reuse", "AWS FSBP", "IAM.7", None),
        ("password-length", "NIST 800-53", "IA-5", None),
        ("password-length", "NIST 800-53", "IA-5(1)", "related"),
        ("password-reuse", "NIST 800-53", "IA-5", None),
        ("root-mfa", "NIST 800-53", "IA-2(8)", "related"),
        ("root-no-credentials", "CIS AWS Foundations", "2.1.1", "related"),
    ],
)
def test_the_relations_that_were_corrected(control_id, framework, requirement, relation):
    found = {number: each for (_, number), each in relations(control_id, framework).items()}
    assert found.get(requirement) == relation


def test_the_limit_of_a_requirement_is_the_number_that_it_sets():
    found: dict[tuple[str, str], set[tuple[str, int | None]]] = {}
    for each in REQUIREMENTS:
        if each.requirement_limit is not None:
            key = (each.control_id, each.framework)
            found.setdefault(key, set()).add((each.requirement, each.requirement_limit))
    assert found["password-length", "PCI DSS"] == {("8.3.6", 12)}
    assert found["password-reuse", "PCI DSS"] == {("8.3.7", 4)}
    assert found["access-key-unused", SECURITY_HUB] == {("IAM.22", 45)}
    cis = {number: limit for number, limit in found["password-unused", "CIS AWS Foundations"] if number != "1.12"}
    assert cis == {"1.3": 90, "1.11": 45, "2.11": 45}
    # Both 1.3 and 1.4 number it 1.12.
    assert {("1.12", 90), ("1.12", 45)} <= found["password-unused", "CIS AWS Foundations"]
    # Relations hold at the default limits: an exact one has the same number.
    defaults = {control.control_id: control.default_limit for control in CONTROLS}
    exact = [each for each in REQUIREMENTS if each.relation is Relation.EXACT]
    assert all(each.requirement_limit == defaults[each.control_id] for each in exact)


def test_what_answers_half_of_a_requirement_names_the_other_half():
    halves = {"password-unused": "access-key-unused", "access-key-unused": "password-unused"}
    unused = [each for each in REQUIREMENTS if each.control_id in halves and each.relation is not Relation.RELATED]
    assert len(unused) == 24
    assert all(halves[each.control_id] in (each.note or "") for each in unused)


def test_every_framework_of_the_page_is_mapped():
    frameworks = {(each.framework, each.version) for each in REQUIREMENTS}
    assert {framework for framework in frameworks if framework[0] != "CIS AWS Foundations"} == {
        ("AWS FSBP", "1.0.0"),
        (SECURITY_HUB, "unversioned"),
        ("PCI DSS", "4.0.1"),
        ("NIST 800-53", "r5"),
        ("ISO/IEC 27001", "2022"),
        ("SOC 2", "2017"),
        ("NIST CSF", "2.0"),
        ("CIS Controls", "8.1"),
        ("AWS Well-Architected", "unversioned"),
        ("NIST 800-171", "r2"),
        ("HIPAA Security Rule", "45 CFR 164"),
        ("FISC", "11"),
        ("FISC", "13"),
        ("MAS TRMG", "2021-01"),
        ("ENS", "RD 311/2022"),
        ("BSI C5", "2025"),
        ("CSA CCM", "4.0"),
        ("EU NIS2", "2024/2690"),
        ("KISA ISMS-P", "2023"),
    }
    cis = {version for framework, version in frameworks if framework == "CIS AWS Foundations"}
    assert cis == {"1.2", "1.3", "1.4", "1.5", "2.0", "3.0", "4.0.1", "5.0", "6.0", "7.0"}


def test_a_result_on_iam_users_never_carries_over_to_a_framework_that_is_not_about_aws():
    about_aws = {"CIS AWS Foundations", "AWS FSBP", SECURITY_HUB}
    assert {each.relation for each in REQUIREMENTS if each.framework not in about_aws} == {Relation.RELATED}


@pytest.mark.parametrize(
    ("control_id", "framework", "requirements"),
    [
        # Prowler's file for CSF 2.0 has the numbers of 1.1 (PR.AC-7): Steampipe's and the CCM's are those of 2.0.
        ("console-mfa", "NIST CSF", {"PR.AA-01", "PR.AA-03"}),
        # Prowler relates unused credentials to CC1.3, a governance criterion, and nothing to CC6.
        ("access-key-unused", "SOC 2", {"CC6.1", "CC6.2", "CC6.3"}),
        ("access-key-unused", "CIS Controls", {"5.3"}),
        ("password-reuse", "NIST 800-171", {"3.5.8"}),
        ("root-mfa", "HIPAA Security Rule", {"164.312(d)"}),
        ("console-mfa", "FISC", {"P9", "P26"}),
        ("root-no-certificate", "ISO/IEC 27001", {"A.5.17", "A.8.2"}),
        ("access-key-rotation", "EU NIS2", {"11.6.2.c"}),
    ],
)
def test_the_requirements_of_other_frameworks(control_id, framework, requirements):
    assert {number for _, number in relations(control_id, framework)} == requirements


def test_every_source_of_a_relation_is_described():
    page = (REPOSITORY / "docs" / "frameworks.md").read_text("utf-8")
    sources = {source.split(" (")[0] for each in REQUIREMENTS for source in each.source.split("; ")}
    assert {source for source in sources if f"| {source} |" not in page} == set()
    # An auditor must see which rows are our own judgment.
    assert "credlake" in sources


def test_every_relation_is_used_and_every_weaker_one_of_a_limit_says_why():
    assert {each.relation for each in REQUIREMENTS} == set(Relation)
    assert all(each.note for each in REQUIREMENTS if each.relation in {Relation.STRICTER, Relation.LOOSER})


def test_every_control_is_mapped_to_a_requirement():
    assert {each.control_id for each in REQUIREMENTS} == set(JUDGED_PER)


def test_the_view_of_the_frameworks_holds_the_declaration_with_new_columns_at_the_end(lake_of, rows):
    lake = lake_of(rows.account())
    where = "control_id = 'password-reuse' and framework = 'PCI DSS'"
    [found] = lake.view("control_frameworks", where=where)
    assert list(found)[-3:] == ["note", "requirement_limit", "source"]
    assert (found["version"], found["requirement"], found["relation"], found["requirement_limit"]) == (
        *("4.0.1", "8.3.7", "related"),
        4,
    )
    assert len(lake.view("control_frameworks")) == len(REQUIREMENTS)


def test_the_view_of_the_controls_holds_the_declaration(lake_of, rows):
    lake = lake_of(rows.account())
    columns = "control_id, severity, severity_rank, judged_per, default_limit, limit_unit"
    found = {row["control_id"]: tuple(row.values())[1:] for row in lake.view("controls", columns)}
    assert set(found) == set(JUDGED_PER)
    assert found["access-key-rotation"] == ("medium", 3, "access_key", 90, "days")
    assert found["root-mfa"] == ("critical", 1, "account", None, None)
    assert found["root-no-credentials"] == ("medium", 3, "account", None, None)
    assert found["root-no-certificate"] == ("high", 2, "account", None, None)
    assert {judged_per for _, _, judged_per, _, _ in found.values()} == {each.value for each in JudgedPer}


def test_a_finding_has_the_severity_of_its_control(lake_of, rows):
    lake = lake_of(rows.account(outcome="assume_denied"))
    severities = {row["control_id"]: row["severity"] for row in lake.view("control_results", "control_id, severity")}
    assert severities == {control.control_id: control.severity.label for control in CONTROLS}
