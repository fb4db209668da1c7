"""Events: valid by py-ocsf-models, and by checks of what it lets pass."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding

from collector.export.ocsf import event, write_events

EARLIEST, LATEST = (datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000 for year in (2000, 2100))


@pytest.fixture(scope="session", name="events")
def _events(read):
    stream = io.StringIO()
    assert write_events(*read, stream) == len(read[0])
    return [json.loads(line) for line in stream.getvalue().split("\n")[:-1]]


def test_every_status_is_there(events):
    assert {each["unmapped"]["status"] for each in events} == {"fail", "excepted", "unknown", "pass", "not_applicable"}


def test_every_event_is_valid_and_has_no_key_that_the_class_lacks(events):
    for each in events:
        dumped = ComplianceFinding.model_validate(each).model_dump(mode="json", exclude_unset=True)
        assert dumped == each


def test_class_and_times_are_those_of_a_compliance_finding(events):
    """py-ocsf-models accepts another class, and times a thousand times too large."""
    for each in events:
        assert (each["category_uid"], each["class_uid"], each["type_uid"]) == (
            2,
            2003,
            2003 * 100 + each["activity_id"],
        )
        times = [each["time"], *(each["finding_info"].get(f"{name}_seen_time") for name in ("first", "last"))]
        assert all(type(time) is int and EARLIEST < time < LATEST for time in times if time is not None)
        assert each["compliance"]["control"]
        assert each["resources"][0]["data"]["account_id"] in {"111111111111", "222222222222"}


@pytest.mark.parametrize(
    ("status", "compliance_id", "status_id", "name", "severity"),
    [
        ("fail", 3, 1, "New", "Medium"),
        ("excepted", 3, 3, "Suppressed", "Medium"),
        ("unknown", 0, 0, "Unknown", "Medium"),
        ("pass", 1, 4, "Resolved", "Informational"),
        ("not_applicable", 99, 99, "Not applicable", "Informational"),
    ],
)
def test_a_status_stays_what_it_is(result, control, *, status, compliance_id, status_id, name, severity):
    found = event(replace(result, status=status, severity="medium"), control)

    assert found["compliance"]["status_id"] == compliance_id
    assert (found["status_id"], found["status"], found["severity"]) == (status_id, name, severity)


def test_an_event_names_the_key_the_user_and_the_account(events):
    (each,) = (e for e in events if e["status"] == "Suppressed")

    assert each["time"] == datetime(2026, 11, 23, 15, tzinfo=UTC).timestamp() * 1000
    assert each["status_code"] == "key_too_old"
    assert each["compliance"]["control"] == "access-key-rotation"
    assert "CIS AWS Foundations 3.0 1.14" in each["compliance"]["requirements"]
    (resource,) = each["resources"]
    assert resource["uid"] == "arn:aws:iam::111111111111:user/team/old-key"
    assert resource["data"]["owner"] == "team-pay"
    assert resource["data"]["credential_created_at"] == "2025-09-01T01:02:03.456Z"
    assert each["unmapped"]["excepted_until"] == "2026-12-31T00:00:00.000Z"


def test_an_account_that_was_not_collected_is_unknown_in_every_control_but_one(events):
    lost = [each for each in events if each["resources"][0]["data"]["account_id"] == "222222222222"]

    assert {each["status"] for each in lost if each["compliance"]["control"] != "report-collected"} == {"Unknown"}
    assert len(lost) > 10
