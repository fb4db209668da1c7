"""The simulator's reports, before a fault changes them, hold only what AWS can write (facts F1, F2.3)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collector.simulator.demo import demo_days
from collector.simulator.iam_api import REPORT_LIFETIME
from collector.simulator.report import render_report
from collector.simulator.uniform import uniform_organization

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAYS = demo_days(NOON)
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
# Uses before these are not recorded (facts F1.5).
PASSWORDS_TRACKED_SINCE, KEYS_TRACKED_SINCE = "2014-10-20T00:00:00Z", "2015-04-22T00:00:00Z"
# The only column in which each sentinel but `N/A` occurs (facts F1.4).
NOT_APPLICABLE = {"no_information": "password_last_used", "not_supported": "password_next_rotation"}


def rows_of(spec):
    text = render_report(spec, "aws")
    return [dict(zip(text.header, row, strict=True)) for row in text.rows]


def generated_at(spec, moment):
    """When the report was generated that a run at that moment is given."""
    age = spec.existing_report_age
    return moment - age if age is not None and age < REPORT_LIFETIME else moment


def impossible(row, spec, at):
    """What AWS cannot have written in this row of a report generated at that time; nothing where all is well."""
    is_root = row["user"] == "<root_account>"
    keys = [[row[f"access_key_{slot}_{name}"] for name in ("active", "last_rotated", "last_used_date",
             "last_used_region", "last_used_service")] for slot in (1, 2)]  # fmt: skip
    certificates = [[row[f"cert_{slot}_{name}"] for name in ("active", "last_rotated")] for slot in (1, 2)]
    created, changed, used = (
        row[name] for name in ("user_creation_time", "password_last_changed", "password_last_used")
    )
    has_password = row["password_enabled"] == "true"
    lifetime = spec.password_policy and spec.password_policy.max_password_age
    rotation = "N/A"
    if is_root:
        rotation = "not_supported"
    elif has_password and lifetime:
        rotation = f"{datetime.fromisoformat(changed) + timedelta(days=lifetime):%Y-%m-%dT%H:%M:%SZ}"
    dates = {name: value for name, value in row.items() if DATE.fullmatch(value) and name != "password_next_rotation"}
    facts = {
        "a date after the report": all(value <= f"{at:%Y-%m-%dT%H:%M:%SZ}" for value in dates.values()),
        "a date before the user": all(value >= created for value in dates.values()),
        "a user older than the account": f"{spec.root.created_at:%Y-%m-%dT%H:%M:%SZ}" <= created,
        "a sentinel elsewhere": all(NOT_APPLICABLE.get(value, name) == name for name, value in row.items()),
        "no boolean": all(
            value in {"true", "false"} for name, value in row.items() if name.endswith(("active", "enabled"))
        ),
        "no password, and dates": has_password or (used, changed) == ("N/A", "N/A"),
        "a password without dates": not has_password or ("N/A" not in {used, changed} and DATE.fullmatch(changed)),
        "a use that was not recorded": used in {"N/A", "no_information"} or used >= PASSWORDS_TRACKED_SINCE,
        "rotation": row["password_next_rotation"] == rotation,
        "an empty slot with a key": all(
            active == "false" and use == ["N/A"] * 3 for active, made, *use in keys if made == "N/A"
        ),
        "half a use": all(use[1] == use[2] == "N/A" for _, _, *use in keys if use[0] == "N/A"),
        "a use without a service": all(service != "N/A" for *_, use, _, service in keys if use != "N/A"),
        "a use before the key": all(use == "N/A" or max(made, KEYS_TRACKED_SINCE) <= use for _, made, use, *_ in keys),
        "an empty slot with a certificate": all(active == "false" for active, made in certificates if made == "N/A"),
        "a name or path": is_root or re.fullmatch(r"arn:aws:iam::\d{12}:user/([!-~]+/)?[\w+=,.@-]{1,64}", row["arn"]),
    }
    return [name for name, is_true in facts.items() if not is_true]


@pytest.mark.parametrize("day", DAYS, ids=lambda day: f"day-{day.day}")
def test_the_demos_reports_hold_only_what_aws_can_write(day):
    found = {
        (spec.name, row["user"], name)
        for spec in day.organization.accounts
        for row in rows_of(spec)
        for name in impossible(row, spec, generated_at(spec, day.moment))
    }

    assert found == set()


def test_the_uniform_organizations_reports_hold_only_what_aws_can_write():
    (spec,) = uniform_organization(1, 1500, now=NOON).accounts
    header, *lines = spec.report_template.replace("@ACCOUNT@", spec.account_id).split("\n")
    rows = [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]
    root = datetime.fromisoformat(rows[0]["user_creation_time"])
    spec_of_root = replace(spec, root=replace(spec.root, created_at=root))

    assert {(row["user"], name) for row in rows for name in impossible(row, spec_of_root, NOON)} == set()


def keys_of(spec):
    """Each key's creation and user, with whether it is active and its last use."""
    return {
        (user.name, key.created_at): (key.active, key.last_used_at or key.created_at)
        for user in spec.users
        for key in user.access_keys
        if key is not None
    }


def test_no_key_is_used_while_it_is_inactive_and_no_use_is_forgotten():
    before = {}
    for day in DAYS:
        for spec in day.organization.accounts:
            for key, (is_active, used) in keys_of(spec).items():
                was_active, was_used = before.get((spec.name, *key), (is_active, used))
                assert used >= was_used, (spec.name, key)
                assert is_active or was_active or used == was_used, (spec.name, key)
                # The changes between the days were made five hours before the run.
                assert is_active or not was_active or used <= day.moment - timedelta(hours=5), (spec.name, key)
            before |= {(spec.name, *key): state for key, state in keys_of(spec).items()}
