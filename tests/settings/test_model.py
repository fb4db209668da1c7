"""Settings: credlake.toml, then CREDLAKE_*, then flags; all problems in one message, unknown names refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import collector
from collector.discovery.accounts import LAKE_ORGANIZATION_ID_FORM
from collector.discovery.limits import LimitOverride
from collector.discovery.owners import OwnerOverride, OwnerRules
from collector.errors import UsageError
from collector.limits import Limits
from collector.reports.texts import LANGUAGES
from collector.settings.model import SETTINGS, Settings, SettingsSchema
from collector.settings.sources import read_settings

PACKAGE = Path(collector.__file__).parent


@pytest.fixture(name="settings")
def _settings(tmp_path):
    def settings(toml=None, environment=None, **flags):
        if toml is not None:
            (tmp_path / "credlake.toml").write_text(toml, encoding="utf-8")
        return read_settings(flags, environment or {}, directory=tmp_path)

    return settings


@pytest.fixture(name="problems")
def _problems(settings):
    def problems(toml=None, environment=None, **flags):
        with pytest.raises(UsageError) as caught:
            settings(toml, environment, **flags)
        assert caught.value.exit_code == 2
        return caught.value.problems

    return problems


def test_without_any_setting_the_defaults_hold(settings):
    assert settings() == Settings()
    assert (Settings().role_name, Settings().concurrency, Settings().deadline, Settings().tags) == (
        "credlake-reader",
        None,
        None,
        False,
    )


def test_the_environment_beats_the_file_and_a_flag_beats_both(settings):
    toml = 'role_name = "of-file"\nrole_path = "/of/file/"\nexternal_id = "of-file"\nlake = "of-file"\n'
    environment = {"CREDLAKE_ROLE_PATH": "/of/environment/", "CREDLAKE_EXTERNAL_ID": "of-environment"}

    found = settings(toml, environment, external_id="of-flag", lake=None)

    assert (found.lake, found.role_name, found.role_path, found.external_id) == (
        "of-file",
        "of-file",
        "/of/environment/",
        "of-flag",
    )


def test_every_setting_can_be_set_in_every_source(settings):
    # Of each, a value that is not the default.
    values = {
        "lake": "lake",
        "role_name": "r",
        "role_path": "/p/",
        "external_id": "e:1",
        "account": ["111122223333", "000000000001"],
        "exclude_account": ["222222222222"],
        "include_ou": ["Root/A", "ou-a1b2-11111111"],
        "exclude_ou": ["Root/A/B"],
        "accounts_file": "accounts.csv",
        "organization_id": "o-aa111bb222",
        "concurrency": 7,
        "deadline": 12.5,
        "account_deadline": 60.0,
        "tags": True,
        "min_coverage": 0.9,
        "replace": True,
        "resume": True,
        "kms_key": "alias/lake",
        "raw_lock": "COMPLIANCE:365",
        "glue": False,
        "database": "audit",
        "workgroup": "security",
        "output_location": "s3://results/credlake/",
        "scan_limit": 1_000_000_000,
        "time_limit": 30.0,
        "memory_limit": "4GB",
        "disk_limit": "1.5TiB",
        "exceptions": "exceptions.csv",
        "max_exception_days": 30,
        "single_account": True,
        "lean_calls": False,
        "yes": True,
        "language": "ja",
        "access_portal": "https://d-1234567890.awsapps.com/start",
        "notify_urls_file": "channels.toml",
        "notify_topic": ["arn:aws:sns:eu-west-1:111122223333:credlake"],
        "notify_days": [30, 3],
        "publish_page": True,
        "event_bus": "default",
        "quicksight_data_set": ["credlake-findings"],
    }
    assert set(Settings.__dataclass_fields__) == set(SettingsSchema().fields)
    # Tables exist only in the file, URLs that hold secrets only in a variable; `resume` excludes `retry_failed`.
    assert set(values) == set(SETTINGS) - {"limits", "owners", "notify", "notify_urls", "retry_failed"}

    def text_of(value):
        return ",".join(map(str, value)) if isinstance(value, list) else str(value)

    from_file = settings("".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()))
    from_environment = settings("", {f"CREDLAKE_{name.upper()}": text_of(value) for name, value in values.items()})
    from_flags = settings(
        "", **{name: value if isinstance(value, (list, bool)) else str(value) for name, value in values.items()}
    )

    assert from_file == from_environment == from_flags
    assert [name for name in values if getattr(from_file, name) == getattr(Settings(), name)] == []
    assert from_file.account == {"111122223333", "000000000001"}
    assert (from_file.concurrency, from_file.deadline, from_file.min_coverage, from_file.tags) == (7, 12.5, 0.9, True)


def test_every_setting_is_read():
    declaration = PACKAGE / "settings" / "model.py"
    others = (file for file in PACKAGE.rglob("*.py") if declaration.parent not in file.parents)
    read = set(re.findall(r"\.(\w+)", "".join(file.read_text("utf-8") for file in others)))
    read |= set(re.findall(r"self\.(\w+)", declaration.read_text("utf-8")))

    assert set(SETTINGS) - read == set()


def test_a_flag_can_take_back_what_the_file_says(settings):
    assert settings("tags = true\nreplace = true\n", tags=False, replace=False) == Settings()


def test_an_empty_variable_is_one_that_was_not_set(settings):
    assert settings("", {"CREDLAKE_EXTERNAL_ID": "", "CREDLAKE_ACCOUNT": ""}) == Settings()


def test_all_problems_of_all_sources_come_in_one_message(problems):
    found = problems(
        'role_nmae = "x"\nconcurrency = 0\ndeadline = "soon"\n[limits]\npassword_length = 0\nage = 3\n',
        {"CREDLAKE_ACCOUNT": "12,111122223333", "CREDLAKE_EXTERNALID": "x", "CREDLAKE_TAGS": "perhaps"},
        organization_id="My Organization",
        min_coverage="1.5",
        include_ou=[""],
    )

    assert sorted(found) == sorted(
        [
            "credlake.toml: role_nmae: unknown setting; did you mean role_name?",
            "credlake.toml: concurrency: Must be from 1 to 1000.",
            "credlake.toml: deadline: Not a valid number.",
            "credlake.toml: limits.password_length: Must be from 1 to 128.",
            "credlake.toml: limits.age: unknown setting.",
            "environment: CREDLAKE_ACCOUNT: 12 is not 12 digits.",
            "environment: CREDLAKE_EXTERNALID: unknown setting; did you mean external_id?",
            "environment: CREDLAKE_TAGS: Not a valid boolean.",
            f"command line: --organization-id: Must be {LAKE_ORGANIZATION_ID_FORM}.",
            "command line: --min-coverage: Must be from 0 to 1.",
            "command line: --include-ou: An OU is an ID (ou-…, r-…) or a path (Root/…).",
        ]
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("account", "12345678901"),
        ("account", "1234567890123"),
        ("account", "12345678901a"),
        ("exclude_account", "１２３４５６７８９０１２"),  # noqa: RUF001 -- digits, but not AWS's
        ("organization_id", "a" * 33),
        ("organization_id", "o-aa111bb222\n"),
        ("organization_id", "o-AA111BB222"),
        ("role_name", "a/b"),
        ("role_name", "ä"),
        ("role_name", "x" * 65),
        ("role_path", "audit/"),
        ("role_path", "/audit"),
        ("role_path", "/a b/"),
        ("external_id", "x"),
        ("external_id", "a b"),
        ("concurrency", "0"),
        ("concurrency", "many"),
        ("concurrency", "3.5"),
        ("deadline", "0"),
        ("deadline", "-1"),
        ("deadline", "nan"),
        ("deadline", "inf"),
        ("account_deadline", "0"),
        ("min_coverage", "-0.1"),
        ("min_coverage", "nan"),
    ],
)
def test_what_no_run_could_use_is_refused(problems, name, value):
    (problem,) = problems("", {f"CREDLAKE_{name.upper()}": value})

    assert problem.startswith(f"environment: CREDLAKE_{name.upper()}: ")


@pytest.mark.parametrize("line", ["concurrency = 3.7", "concurrency = true", "deadline = true", "min_coverage = true"])
def test_a_number_is_a_number_and_is_not_cut(problems, line):
    assert len(problems(line)) == 1


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ("role_name = [1]", "role_name"),
        ("account = 111122223333", "account"),
        ("account = [111122223333]", "account"),
        ("limits = 5", "limits"),
        ('[limits]\noverride = "x"', "limits.override"),
        ('[[limits.override]]\nou = "Root/A"', "limits.override.1: Name at least one limit"),
        ("[[limits.override]]\nroot_use_days = 3", "limits.override.1: Name either an `ou` or an `account`"),
        ('[[limits.override]]\nou = "Root/A"\naccount = "111122223333"\nroot_use_days = 3', "Name either an `ou`"),
        (
            '[[limits.override]]\nou = "Root/A"\nroot_use_day = 3',
            "root_use_day: unknown setting; did you mean root_use_days?",
        ),
        ("[limits]\naccess_key_rotation_days = 90.5", "limits.access_key_rotation_days"),
        ("[limits]\npassword_reuse = 25", "Must be from 1 to 24."),
        ("lake = ", "is not valid TOML"),
        ("[collect]\nlake = 'x'", "collect: unknown setting"),
    ],
)
def test_a_file_that_makes_no_sense_says_where(problems, toml, problem):
    found = problems(toml)

    assert all(line.startswith("credlake.toml: ") or "credlake.toml: is not valid TOML" in line for line in found)
    assert any(problem in line for line in found), found


def test_limits_are_read_for_all_for_an_ou_and_for_an_account(settings):
    found = settings(
        "[limits]\naccess_key_rotation_days = 60\n"
        '[[limits.override]]\nou = "Root/Sandbox"\naccess_key_rotation_days = 180\n'
        '[[limits.override]]\naccount = "111122223333"\npassword_length = 20\n'
    ).limits

    assert found.default == Limits(access_key_rotation_days=60)
    assert found.overrides == (
        LimitOverride(ou="Root/Sandbox", limits={"access_key_rotation_days": 180}),
        LimitOverride(account="111122223333", limits={"password_length": 20}),
    )


def test_a_named_file_must_be_there_and_the_default_one_need_not(tmp_path):
    with pytest.raises(UsageError, match=r"other\.toml: cannot be read: No such file"):
        read_settings({}, {}, config_file=str(tmp_path / "other.toml"), directory=tmp_path)
    with pytest.raises(UsageError, match=r"of-variable\.toml: cannot be read"):
        read_settings({}, {"CREDLAKE_CONFIG": str(tmp_path / "of-variable.toml")}, directory=tmp_path)
    assert read_settings({}, {}, directory=tmp_path) == Settings()


def test_the_nearest_file_above_counts_and_its_paths_are_relative_to_it(tmp_path):
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (tmp_path / "credlake.toml").write_text('lake = "./lake"\naccounts_file = "accounts.csv"\nrole_name = "reader"')
    found = read_settings({}, {}, directory=folder)
    assert (found.lake, found.accounts_file) == (str(tmp_path / "lake"), str(tmp_path / "accounts.csv"))
    assert found.role_name == "reader"
    assert read_settings({}, {}, config_file=str(tmp_path / "credlake.toml"), directory=folder) == found
    (folder / "credlake.toml").write_text('lake = "s3://bucket/lake"')
    assert read_settings({}, {}, directory=folder).lake == "s3://bucket/lake"
    assert (
        read_settings({}, {}, config_file=str(folder / "credlake.toml"), directory=tmp_path).lake == "s3://bucket/lake"
    )
    (tmp_path / "credlake.toml").write_text("lake = 7")
    with pytest.raises(UsageError, match=re.escape(f"{tmp_path / 'credlake.toml'}: lake: Not a valid string.")):
        read_settings({}, {}, directory=tmp_path / "a")


def test_a_tilde_is_the_home_folder_in_every_source(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/someone")
    (tmp_path / "credlake.toml").write_text('lake = "~/lake"')
    assert read_settings({}, {}, directory=tmp_path).lake == "/home/someone/lake"
    assert read_settings({}, {"CREDLAKE_LAKE": "~/x"}, directory=tmp_path).lake == "/home/someone/x"
    assert read_settings({"lake": "~/y", "accounts_file": "~/z.csv"}, {}, directory=tmp_path).accounts_file == (
        "/home/someone/z.csv"
    )
    assert read_settings({"lake": "./~x"}, {}, directory=tmp_path).lake == "./~x"


def test_a_file_that_is_not_utf_8_is_told_so(tmp_path):
    (tmp_path / "credlake.toml").write_bytes(b'lake = "\xff"')

    with pytest.raises(UsageError, match=r"credlake\.toml: is not valid TOML"):
        read_settings({}, {}, directory=tmp_path)


def test_the_record_of_a_run_has_its_settings_and_limits_and_no_secret(settings):
    recorded = settings(
        'external_id = "one-secret"\n[limits]\nroot_use_days = 2\n'
        '[[limits.override]]\nou = "Root/A"\nroot_use_days = 3\n'
    ).for_the_record()

    assert (recorded["has_external_id"], "one-secret" in str(recorded)) == (True, False)
    assert recorded["limits"] == {
        "access_key_rotation_days": 90,
        "access_key_unused_days": 45,
        "password_unused_days": 45,
        "root_use_days": 2,
        "password_length": 14,
        "password_reuse": 24,
        "override": [{"ou": "Root/A", "root_use_days": 3}],
    }


def test_the_record_of_a_run_has_these_keys():
    """The keys of `settings` in run.json: lakes are read that were written before."""
    assert set(Settings().for_the_record()) == {
        *("role_name", "role_path", "has_external_id", "account", "exclude_account", "include_ou", "exclude_ou"),
        *("accounts_file", "concurrency", "deadline", "account_deadline", "tags", "min_coverage", "replace", "resume"),
        *("kms_key", "glue_database", "limits", "owners", "yes", "single_account", "retry_failed"),
        *("exceptions", "max_exception_days"),
    }


def test_every_setting_but_the_tables_has_an_option_with_a_help_text_and_a_metavar():
    assert {name for name, declared in SETTINGS.items() if not declared.help} == {
        *("limits", "owners", "notify"),
        # Of the environment alone.
        "notify_urls",
    }
    for name, declared in SETTINGS.items():
        assert declared.is_switch == (isinstance(getattr(Settings(), name), bool))
        assert bool(declared.metavar) == (
            not declared.is_switch and name not in {"limits", "owners", "notify", "notify_urls"}
        )


def test_the_urls_of_channels_come_from_the_environment_with_blanks_or_commas_between_them(settings):
    text = "slack://a/b?x=1,2 mailto://u@h?to=a,b,\njson://c"
    found = settings(environment={"CREDLAKE_NOTIFY_URLS": text})
    assert found.notify_urls == ("slack://a/b?x=1,2", "mailto://u@h?to=a,b", "json://c")
    assert "slack" not in repr(found)
    assert not any("notify" in name for name in found.for_the_record())


def test_the_languages_are_those_of_the_texts(settings, problems):
    assert [settings(language=each).language for each in LANGUAGES] == list(LANGUAGES)
    assert problems(language="de") == ["command line: --language: Must be en or ja."]


def test_a_table_names_the_channels_of_owners(settings):
    topic = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:red"
    found = settings(f'[notify]\ndefault = "CHAT"\n[notify.owners]\nred = ["RED-CHAT", "{topic}"]\n').notify
    assert (found.default, dict(found.owners)) == (("CHAT",), {"red": ("RED-CHAT", topic)})


def test_owners_are_read_from_the_settings_file_and_a_tag_for_them_is_read(settings):
    found = settings(
        '[owners]\ntag = "owner"\ndefault = "cloud"\n[[owners.override]]\nou = "Root/Prod"\nowner = "platform"\n'
    )

    assert found.owners == OwnerRules(
        tag="owner", default="cloud", overrides=(OwnerOverride(ou="Root/Prod", owner="platform"),)
    )
    assert found.reads_tags
    assert found.for_the_record()["owners"] == {
        "tag": "owner",
        "default": "cloud",
        "override": [{"ou": "Root/Prod", "owner": "platform"}],
    }


def test_wrong_owners_are_refused(problems):
    toml = '[owners]\ntags = "owner"\ndefault = ""\n[[owners.override]]\nou = "Root"\naccount = "111122223333"\n'

    assert problems(toml) == [
        "credlake.toml: owners.default: Must be 1 to 256 characters.",
        "credlake.toml: owners.override.1.owner: Missing data for required field.",
        "credlake.toml: owners.tags: unknown setting; did you mean tag?",
    ]
