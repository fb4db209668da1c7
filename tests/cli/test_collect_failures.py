"""`credlake collect`: the exit codes 2, 3 and 70, and their messages: bad input, no credentials, nothing published."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from collector.collection import run as collect_module
from collector.collection.run import Collection
from collector.simulator import CallerSpec, Simulator
from tests.cli.conftest import GOOD, NOBODY, SOME_DENIED
from tests.fixtures.published import newest, record_of
from tests.fixtures.runs import MANAGEMENT, member, organization


def test_2_without_a_lake(credlake, good):
    ended = credlake("collect", at=good)

    assert ended.code == 2
    assert ended.said == [
        "credlake: No lake given: set --lake, CREDLAKE_LAKE, or `lake` in a credlake.toml here or above."
    ]


def test_2_with_every_fault_of_file_environment_and_flags_in_one_message(credlake, good, lake, tmp_path):
    (tmp_path / "credlake.toml").write_text('rolename = "x"\n')
    good.reset_calls()

    ended = credlake(
        *("collect", "--lake", lake, "--account", "12345", "--deadline", "soon", "--concurrency", "0"),
        at=good,
        environment={"CREDLAKE_EXCLUDE_OUS": "Root/A"},
    )

    assert ended.code == 2
    assert ended.said == [
        "credlake: credlake.toml: rolename: unknown setting; did you mean role_name?",
        "credlake: environment: CREDLAKE_EXCLUDE_OUS: unknown setting; did you mean exclude_ou?",
        "credlake: command line: --account: 12345 is not 12 digits.",
        "credlake: command line: --concurrency: Must be from 1 to 1000.",
        "credlake: command line: --deadline: Not a valid number.",
    ]
    assert good.calls.total == 0
    assert not lake.exists()


def test_2_where_an_included_ou_and_account_match_nothing(credlake, good, lake):
    arguments = ("--include-ou", "Root/Nowhere", "--account", "999999999999")

    ended = credlake("collect", "--lake", lake, *arguments, at=good)

    assert ended.code == 2
    assert [": ".join(line.split(": ")[:2]) for line in ended.said] == [
        "credlake: --account 999999999999",
        "credlake: --include-ou Root/Nowhere",
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ("collect", "--no-such-flag"),
        ("collect", "--lake"),
        ("collect", "surplus"),
        ("no-such-command",),
        ("collect", "--config", "missing.toml"),
        ("collect", "--accounts-file", "missing.csv", "--organization-id", "o-aa111bb222"),
    ],
)
def test_2_for_wrong_usage(credlake, good, arguments):
    more = () if "--config" not in arguments and "--accounts-file" not in arguments else ("--lake", "lake")
    ended = credlake(*arguments, *more, at=good)

    assert (ended.code, ended.out) == (2, "")
    assert ended.said[0].startswith("credlake: ")


def test_3_without_credentials(credlake, lake):
    ended = credlake("collect", "--lake", lake)

    assert (ended.code, ended.out) == (3, "")
    message = "\n".join(ended.said)
    assert "There are no valid AWS credentials" in message
    assert "sts:AssumeRole" in message
    assert "organizations:ListAccounts" in message
    for way_in in ("read status_reports_….csv", "collect --single-account --lake ./lake", "collect --lake ./lake"):
        assert f"\ncredlake:     credlake {way_in}" in message


@pytest.mark.parametrize(
    ("caller", "said"),
    [
        (CallerSpec(MANAGEMENT, is_expired=True), "The AWS credentials have expired (ExpiredToken"),
        (CallerSpec(MANAGEMENT, is_unknown=True), "There are no valid AWS credentials (InvalidClientTokenId"),
        (
            CallerSpec(MANAGEMENT, denied_actions=frozenset({"organizations:ListAccounts"})),
            "organizations:ListAccounts returned AccessDeniedException",
        ),
        (CallerSpec("100000000001"), "organizations:ListAccounts returned AccessDeniedException"),
    ],
)
def test_3_where_the_caller_is_refused_in_one_message(credlake, lake, caller, said):
    spec = organization(member(1), caller=caller)
    with Simulator(spec) as server:
        ended = credlake("collect", "--lake", lake, at=server)
        assert "sts:AssumeRole" not in server.calls.by_operation

    assert (ended.code, ended.out) == (3, "")
    assert said in ended.said[0]


def test_3_where_a_profile_asks_for_an_mfa_code_and_there_is_no_terminal(lake, tmp_path):
    config = tmp_path / "config"
    config.write_text(
        "[profile base]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = x\n[profile mfa]\n"
        "role_arn = arn:aws:iam::111122223333:role/hub\nsource_profile = base\n"
        "mfa_serial = arn:aws:iam::111122223333:mfa/me\n"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_CONFIG_FILE": str(config),
        "AWS_PROFILE": "mfa",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }
    # A session of its own has no controlling terminal.
    ended = subprocess.run(
        [sys.executable, "-m", "collector", "collect", "--lake", str(lake)],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )

    assert (ended.returncode, ended.stdout) == (3, "")
    assert "Run in a terminal, where the profile's MFA code can be entered" in ended.stderr


def test_3_where_this_process_may_not_open_another_file(credlake, lake, monkeypatch):
    def open_collection(*_, **__):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(collect_module, "open_collection", open_collection)

    ended = credlake("collect", "--lake", lake)

    assert (ended.code, ended.said) == (
        3,
        ["credlake: Too many open files. Raise the limit of open files (`ulimit -n 4096`), or lower --concurrency."],
    )


def test_3_where_aws_cannot_be_reached(credlake, lake, monkeypatch):
    monkeypatch.setattr(collect_module, "_IDENTITY_SECONDS", 0.5)
    with Simulator(GOOD) as server:
        environment = server.environment()

    ended = credlake("collect", "--lake", lake, environment=environment)

    assert ended.code == 3
    (message,) = ended.said
    assert "sts:GetCallerIdentity failed: EndpointConnectionError" in message
    assert "AWS_ENDPOINT_URL" in message


@pytest.mark.parametrize("service", ["", "_STS", "_ORGANIZATIONS", "_IAM"])
@pytest.mark.parametrize("url", ["nonsense", "http://under_score:80"])
def test_3_where_an_endpoint_variable_holds_no_url(credlake, good, lake, service, url):
    environment = good.environment() | {f"AWS_ENDPOINT_URL{service}": url}
    if not service:
        environment = {name: value for name, value in environment.items() if not name.startswith("AWS_ENDPOINT_URL_")}

    ended = credlake("collect", "--lake", lake, environment=environment)

    assert ended.code == 3
    (message,) = ended.said
    assert f"failed: InvalidEndpoint: Invalid endpoint: {url}" in message
    assert "AWS_ENDPOINT_URL" in message


def test_3_where_every_account_is_denied_and_the_last_snapshot_stays(credlake, good, lake):
    assert credlake("collect", "--lake", lake, at=good).code == 0
    before = record_of(lake)

    with Simulator(NOBODY) as server:
        ended = credlake("collect", "--lake", lake, at=server)

    assert ended.code == 3
    assert record_of(lake) == before
    assert ended.said[-1].startswith("credlake: Nothing was published. Not one account was collected")
    assert "assume_denied" in ended.out
    assert "Published" not in ended.out


def test_3_where_the_run_is_worse_unless_that_is_wanted(credlake, good, lake):
    assert credlake("collect", "--lake", lake, at=good).code == 0
    with Simulator(SOME_DENIED) as server:
        refused = credlake("collect", "--lake", lake, at=server)
        still_refused = credlake("collect", "--lake", lake, "--replace", "--min-coverage", "0.9", at=server)
        replaced = credlake("collect", "--lake", lake, "--replace", "--yes", at=server)

    assert (refused.code, still_refused.code, replaced.code) == (3, 3, 1)
    assert "2 of 3 active accounts" in refused.said[-1]
    assert "--replace" in refused.said[-1]
    assert "--min-coverage 0.9" in still_refused.said[-1]
    assert newest(lake)["accounts"]["covered"] == 2


def test_3_where_a_file_stands_in_the_lakes_place_before_anyone_is_asked(credlake, good, lake):
    lake.write_text("no folder")
    good.reset_calls()

    ended = credlake("collect", "--lake", lake, at=good)

    assert ended.code == 3
    (message,) = ended.said
    assert message.startswith(f"credlake: Writing into the lake at {lake}/raw failed: ")
    assert "There is a file where a folder should be: name another folder." in message
    assert good.calls.total == 0


def test_3_where_the_disk_is_full_before_anyone_is_asked(credlake, good, lake, monkeypatch):
    usage = shutil.disk_usage(lake.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    good.reset_calls()

    ended = credlake("collect", "--lake", lake, at=good)

    assert ended.code == 3
    assert "only 1,000 bytes are free" in ended.said[0]
    assert good.calls.total == 0


def test_3_where_there_is_no_room_for_scratch_files(credlake, good, lake, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))

    ended = credlake("collect", "--lake", lake, at=good)

    assert ended.code == 3
    assert ended.said[0].startswith("credlake: A folder for temporary files cannot be created: ")


def test_70_for_an_internal_error_without_its_text_and_with_a_traceback_on_verbose(credlake, good, lake, monkeypatch):
    async def broken(_):
        raise RuntimeError("of a user called nobody-may-see-this")

    monkeypatch.setattr(Collection, "run", broken)

    ended = credlake("collect", "--lake", lake, at=good)
    verbose = credlake("collect", "--lake", lake, "--verbose", at=good)

    assert (ended.code, verbose.code) == (70, 70)
    (message,) = ended.said
    assert message.startswith("credlake: internal error (a bug in credlake): RuntimeError at ")
    assert "nobody-may-see-this" not in message
    assert "Snapshots published before are intact." in message
    assert "Traceback" in verbose.err


def test_70_for_an_internal_error_during_the_collection_of_an_account(credlake, good, lake, monkeypatch):
    """Never an outcome of the account, never 1."""
    monkeypatch.setattr("collector.collection.account.AccountCollection._read_once", lambda _: 1 / 0)

    ended = credlake("collect", "--lake", lake, at=good)

    assert ended.code == 70
    assert "ZeroDivisionError" in ended.said[-1]
    assert not list((lake / "catalog").glob("*.json"))


def test_3_where_nothing_was_collected_by_the_deadline(credlake, lake):
    with Simulator(GOOD, generation_seconds=60) as server:
        ended = credlake("collect", "--lake", lake, "--deadline", "3", at=server)

    assert ended.code == 3
    assert "Not one account was collected" in ended.said[-1]


def test_70_for_a_broken_connection_that_nothing_handles(credlake, good, lake, monkeypatch):
    """It is not a reader that left: nothing was published, and 0 or 1 would mean that something was."""

    async def broken(_):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(Collection, "run", broken)

    ended = credlake("collect", "--lake", lake, at=good)

    assert ended.code == 70
    assert "internal error" in ended.said[-1]
