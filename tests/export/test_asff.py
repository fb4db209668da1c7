"""Findings for Security Hub: valid by botocore's model, its enumerations, and the documented limits."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import botocore.session
import pytest
from botocore.validate import ParamValidator

from collector.export.asff import Importer, batches, finding, write_batches
from tests.export.conftest import HOSTILE

IMPORTER = Importer("aws", "eu-central-1", "999999999999")
# Field → the most characters, of the documentation.
LENGTHS = {"Id": 512, "ProductArn": 2048, "GeneratorId": 512, "AwsAccountId": 12, "Title": 256, "Description": 1024}


@pytest.fixture(scope="session", name="request_shape")
def _request_shape():
    service = botocore.session.get_session().get_service_model("securityhub")
    return service.operation_model("BatchImportFindings").input_shape


@pytest.fixture(scope="session", name="lines")
def _lines(read):
    stream = io.StringIO()
    results = read[0] * 10
    assert write_batches(batches(results, read[1], IMPORTER), stream) == len(results)
    return stream.getvalue().split("\n")[:-1]


@pytest.fixture(scope="session", name="findings")
def _findings(lines):
    return [each for line in lines for each in json.loads(line)["Findings"]]


def check_enums(shape, value):
    """botocore validates no enumeration before a call, and no pattern."""
    if shape.type_name == "structure":
        for name, part in value.items():
            check_enums(shape.members[name], part)
    elif shape.type_name == "list":
        for part in value:
            check_enums(shape.member, part)
    elif shape.type_name == "string":
        assert not shape.enum or value in shape.enum, value
        assert re.search(shape.metadata.get("pattern", ""), value)


def test_every_line_is_a_valid_request(lines, request_shape):
    assert len(lines) > 2
    for line in lines:
        request = json.loads(line)
        assert not ParamValidator().validate(request, request_shape).has_errors()
        check_enums(request_shape, request)
        assert len(request["Findings"]) <= 100
        assert len(line.encode()) < 6_000_000
    assert [len(json.loads(line)["Findings"]) for line in lines[:-1]] == [100] * (len(lines) - 1)


def test_no_finding_exceeds_a_limit(findings):
    for each in findings:
        assert len(json.dumps(each).encode()) < 240_000
        assert all(1 <= len(each[name].encode()) <= most for name, most in LENGTHS.items())
        assert len(each["ProductFields"]) <= 50
        assert all(1 <= len(value.encode()) <= 2048 for value in each["ProductFields"].values())
        assert len(each["Compliance"].get("RelatedRequirements", [])) <= 32
        assert len(each.get("Remediation", {}).get("Recommendation", {}).get("Text", "")) <= 512
        times = [each[name] for name in ("CreatedAt", "UpdatedAt", "LastObservedAt") if name in each]
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time) for time in times)
        assert each["CreatedAt"] <= each["UpdatedAt"]


def test_findings_belong_to_the_account_that_imports_them_and_name_their_own(findings):
    """Without a partnership Security Hub takes only findings of the caller's account."""
    assert {each["AwsAccountId"] for each in findings} == {"999999999999"}
    arn = "arn:aws:securityhub:eu-central-1:999999999999:product/999999999999/default"
    assert {each["ProductArn"] for each in findings} == {arn}
    assert {each["ProductFields"]["credlake/account_id"] for each in findings} == {"111111111111", "222222222222"}


@pytest.mark.parametrize(
    ("status", "compliance", "workflow", "record", "label"),
    [
        ("fail", "FAILED", "NEW", "ACTIVE", "MEDIUM"),
        ("excepted", "FAILED", "SUPPRESSED", "ACTIVE", "MEDIUM"),
        ("unknown", "NOT_AVAILABLE", "NEW", "ACTIVE", "MEDIUM"),
        ("pass", "PASSED", "RESOLVED", "ACTIVE", "INFORMATIONAL"),
        ("not_applicable", "NOT_AVAILABLE", "RESOLVED", "ARCHIVED", "INFORMATIONAL"),
    ],
)
def test_a_status_stays_what_it_is(result, control, *, status, compliance, workflow, record, label):
    found = finding(replace(result, status=status, severity="medium"), control, IMPORTER)

    assert found["Compliance"]["Status"] == compliance
    assert (found["Workflow"]["Status"], found["RecordState"]) == (workflow, record)
    assert found["FindingProviderFields"]["Severity"] == {"Label": label, "Original": "medium"}


def test_a_cut_text_shows_it_and_is_still_utf_8(result, control):
    found = finding(replace(result, reason=HOSTILE, account_name=" "), control, IMPORTER)

    assert found["Description"].endswith("…")
    assert 1020 < len(found["Description"].encode()) <= 1024
    assert "credlake/account_name" not in found["ProductFields"]
