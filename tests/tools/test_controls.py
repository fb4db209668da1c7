"""What athena_queries/reference must hold for its views to be generated."""

from __future__ import annotations

import shutil

import pytest

from tools.generate.controls import REFERENCE, ReferenceFileError, controls, requirements

CONTROLS, FRAMEWORKS = "controls.csv", "control_frameworks.csv"


@pytest.fixture(name="errors")
def _errors(tmp_path):
    """Replace a text in a copy of one file; the errors found then."""

    def errors(name, old, new):
        for each in (CONTROLS, FRAMEWORKS):
            shutil.copy(REFERENCE / each, tmp_path / each)
        text = (tmp_path / name).read_text("utf-8")
        assert old in text
        (tmp_path / name).write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(ReferenceFileError) as raised:
            requirements(tmp_path)
        return str(raised.value).splitlines()

    return errors


def test_an_empty_field_is_null_and_a_quoted_comma_is_text():
    found = {control.control_id: control for control in controls()}
    assert found["root-mfa"].default_limit is None
    assert found["console-mfa"].fails_when == "password enabled, no MFA"


@pytest.mark.parametrize(
    ("name", "old", "new", "error"),
    [
        (CONTROLS, ",severity,", ",how_bad,", "controls.csv:1: the header must be control_id,title,fails_when,why,"),
        (CONTROLS, ",critical,", ",fatal,", "controls.csv:3: unknown severity 'fatal'; use one of: critical, high,"),
        (CONTROLS, ",password,45", ",login,45", "controls.csv:10: unknown judged_per 'login'; use one of: account,"),
        (CONTROLS, ",The root user is protected by MFA,", ",,", "controls.csv:4: title is empty"),
        (CONTROLS, ",1,days,", ",one,days,", "controls.csv:5: default_limit is not a whole number: 'one'"),
        (CONTROLS, ",1,days,", ",1,,", "controls.csv:5: a limit has a number, a unit and a setting"),
        (CONTROLS, ",account,,,", ",account,,", "controls.csv:2: 9 fields instead of 10"),
        (CONTROLS, "\nroot-unused,", "\nroot-mfa,", "controls.csv:5: the same control_id as line 4"),
        (
            FRAMEWORKS,
            "root-mfa,",
            "root-mfas,",
            "control_frameworks.csv:41: unknown control_id 'root-mfas'; use one of",
        ),
        (FRAMEWORKS, ",exact,", ",same,", "control_frameworks.csv:2: unknown relation 'same'; use one of: exact,"),
        (FRAMEWORKS, ",1.2,1.12,", ",1.2,,", "control_frameworks.csv:2: requirement is empty"),
        (
            FRAMEWORKS,
            ",1.3,1.4,",
            ",1.2,1.12,",
            "control_frameworks.csv:3: the same control_id, framework, version, requirement as line 2",
        ),
    ],
)
def test_an_error_is_reported_with_its_line(errors, name, old, new, error):
    (found,) = errors(name, old, new)
    assert found.startswith(error)


def test_all_errors_of_a_file_are_reported_together(errors):
    found = errors(
        CONTROLS, ",high,account,,,\nroot-no-access-key,The root user has", ",bad,account,,,\n,The root user has"
    )
    assert found[0].startswith("controls.csv:2: unknown severity 'bad'")
    assert found[1:] == ["controls.csv:3: control_id is empty"]
