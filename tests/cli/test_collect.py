"""`credlake collect`: every exit code and every row of bad input, as a user meets them."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from collector.collection import run as collect_module
from collector.collection.run import Collection
from collector.simulator import (
    AccountSpec,
    AccountState,
    CallerSpec,
    OrganizationSpec,
    Simulator,
    faults,
)
from collector.simulator.wire import ErrorResponse
from tests.fixtures.published import accounts_of, newest, record_of
from tests.fixtures.runs import MANAGEMENT, member, organization

GOOD = organization(*(member(number) for number in range(3)))
SOME_DENIED = organization(member(1), member(2, name="the-denied", faults=(faults.ROLE_MISSING,)))
NOBODY = OrganizationSpec(
    (AccountSpec(MANAGEMENT, "management", faults=(faults.GENERATE_DENIED,)), member(1, roles=())), MANAGEMENT
)


@pytest.fixture(name="good", scope="module")
def _good():
    with Simulator(GOOD) as server:
        yield server


def test_0_where_every_account_was_collected_in_full(credlake, good, lake):
    ended = credlake("collect", "--lake", lake, at=good)

    assert (ended.code, ended.said) == (0, [])
    assert "Published: 4 of 4 ACTIVE accounts, 4 users" in ended.out
    assert f"credlake query --lake {lake} findings" in ended.out
    assert "need attention" not in ended.out
    assert newest(lake)["accounts"]["covered"] == 4


def test_0_where_the_rest_was_left_out_on_purpose_or_is_not_active(credlake, lake):
    spec = organization(member(1), member(2, state=AccountState.SUSPENDED), member(3))
    with Simulator(spec) as server:
        ended = credlake("collect", "--lake", lake, "--exclude-account", "100000000003", at=server)

    assert ended.code == 0
    assert "Published: 2 of 3 ACTIVE accounts" in ended.out


def test_1_where_a_role_is_missing_in_some_accounts_and_the_rest_is_published(credlake, lake):
    with Simulator(SOME_DENIED) as server:
        ended = credlake("collect", "--lake", lake, at=server)

    assert ended.code == 1
    assert "Published: 2 of 3 ACTIVE accounts" in ended.out
    (line,) = [line for line in ended.out.splitlines() if "100000000002" in line]
    assert "the-denied" in line
    assert "assume_denied" in line
    assert "AccessDenied: sts:AssumeRole denied on role/credlake-reader" in line
    assert "assume_denied: Check the role, its trust policy" in ended.out
    assert accounts_of(lake)["100000000002"]["outcome"] == "assume_denied"


def test_the_accounts_that_one_scp_denies_are_one_row_and_name_it_in_the_lake(credlake, lake):
    spec = organization(member(1), *(member(number, faults=(faults.GENERATE_DENIED,)) for number in (2, 3, 4)))
    with Simulator(spec) as server:
        ended = credlake("collect", "--lake", lake, at=server)

    scp = f"arn:aws:organizations::{MANAGEMENT}:policy/o-aa111bb222/service_control_policy/p-simulated1"
    (row,) = [line for line in ended.out.splitlines() if line.startswith("│ 3 accounts")]
    assert "SCP p-simulated1 denies iam:GenerateCredentialReport in 3 accounts" in row
    assert "report_denied: Exempt the role from the SCP p-simulated1" in ended.out
    rows = accounts_of(lake)
    assert [(rows[f"10000000000{n}"]["denied_by_type"], rows[f"10000000000{n}"]["denied_by_arn"]) for n in (1, 2)] == [
        (None, None),
        ("service_control_policy", scp),
    ]
    assert [one for one, row in rows.items() if row["is_management_account"]] == [MANAGEMENT]


@pytest.mark.parametrize("action", ["sts:TagSession", "sts:SetSourceIdentity"])
def test_a_refused_tag_or_source_identity_is_shown_with_its_own_next_step(credlake, lake, action):
    message = f"User: {{caller}} is not authorized to perform: {action} on resource: arn:aws:iam::100000000001:role/x"
    fault = faults.CallFault(
        name="refused", operations=frozenset({"sts:AssumeRole"}), error=ErrorResponse("AccessDenied", 403, message)
    )
    with Simulator(organization(member(1, faults=(fault,)))) as server:
        ended = credlake("collect", "--lake", lake, at=server)

    assert f"AccessDenied: {action} denied on role/x (caller: user/" in ended.out
    assert "assume_denied: The caller's session has " in ended.out
    assert f"allow {action} next to sts:AssumeRole in the role's trust policy" in " ".join(ended.out.split())
    assert "{caller}" not in accounts_of(lake)["100000000001"]["error_message"]
    assert accounts_of(lake)["100000000001"]["error_message"].startswith("User: arn:aws:iam::")


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (faults.NO_ROOT_ROW, "PartialReport: There is no root row."),
        (faults.MISSING_COLUMN, "MalformedReport: The report lacks the column mfa_active."),
        (faults.WRONG_ACCOUNT, "WrongAccount: "),
        (faults.POLICY_DENIED, "password policy unknown: iam:GetAccountPasswordPolicy denied"),
    ],
)
def test_1_where_an_account_is_partial_of_no_use_or_its_policy_unreadable(credlake, lake, fault, why):
    with Simulator(organization(member(1, faults=(fault,)))) as server:
        ended = credlake("collect", "--lake", lake, at=server)

    assert ended.code == 1
    assert why in ended.out


def test_a_summary_that_cannot_be_read_leaves_the_account_collected_and_the_exit_code_0(credlake, lake):
    """The contract names the policy alone."""
    with Simulator(organization(member(1, faults=(faults.SUMMARY_DENIED,)))) as server:
        assert credlake("collect", "--lake", lake, at=server).code == 0


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


@pytest.mark.parametrize("arguments", [(), ("--dry-run",)])
def test_0_with_a_warning_where_an_excluded_account_is_no_longer_listed(credlake, good, lake, arguments):
    ended = credlake("collect", "--lake", lake, "--exclude-account", "999999999999", *arguments, at=good)

    assert ended.code == 0
    assert (
        "--exclude-account 999999999999: not an account of the organization. It has no effect: correct it, or remove it"
    ) in ended.out


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


def test_a_dry_run_writes_nothing_and_calls_no_account(credlake, lake):
    spec = organization(member(1, ou=("A",)), member(2, ou=("B",)), member(3, ou=("A",), state=AccountState.CLOSED))
    with Simulator(spec) as server:
        ended = credlake("collect", "--lake", lake, "--include-ou", "Root/A", "--dry-run", at=server)
        assert {name.partition(":")[0] for name in server.calls.by_operation} == {"sts", "organizations"}
        assert "sts:AssumeRole" not in server.calls.by_operation

    assert (ended.code, ended.said) == (0, [])
    assert not lake.exists()
    rows = {line.split()[1]: line for line in ended.out.splitlines() if line.startswith("│")}
    assert " yes " in rows["100000000001"]
    assert "not in an OU named by --include-ou" in rows["100000000002"]
    assert "The account is CLOSED, not ACTIVE" in rows["100000000003"]
    assert "1 of 4 accounts would be collected." in ended.out


def test_a_dry_run_needs_no_lake_and_has_the_same_faults(credlake, good):
    assert credlake("collect", "--dry-run", at=good).code == 0
    ended = credlake("collect", "--dry-run", "--account", "999999999999", at=good)

    assert ended.code == 2
    assert ended.said == ["credlake: --account 999999999999: not an account of the organization."]


def test_settings_reach_the_run_from_file_environment_and_flags(credlake, good, lake, tmp_path):
    (tmp_path / "credlake.toml").write_text(f'lake = "{lake}"\n[limits]\npassword_length = 9\n')

    ended = credlake("collect", "--concurrency", "3", at=good, environment={"CREDLAKE_ACCOUNT_DEADLINE": "77"})

    assert ended.code == 0
    (run,) = lake.glob("raw/*/*/run.json")
    settings = json.loads(run.read_bytes())["settings"]
    assert (settings["concurrency"], settings["account_deadline"]) == (3, 77.0)
    assert {row["limit_password_length"] for row in accounts_of(lake).values()} == {9}


def test_the_log_is_json_on_stderr_and_data_is_on_stdout(credlake, lake):
    with Simulator(SOME_DENIED) as server:
        ended = credlake("collect", "--lake", lake, at=server)

    events = [json.loads(line) for line in ended.err.splitlines()]
    assert {event["event"] for event in events} == {"endpoints.not_of_aws", "account.not_collected"}
    (endpoints,) = [event["endpoints"] for event in events if event["event"] == "endpoints.not_of_aws"]
    assert set(endpoints) == {"sts", "organizations", "iam"}
    (event,) = [event for event in events if event["event"] == "account.not_collected"]
    assert (event["account_id"], event["outcome"], event["error_code"]) == (
        "100000000002",
        "assume_denied",
        "AccessDenied",
    )
    assert all({"event", "level", "timestamp"} <= set(event) for event in events)
    assert not any(line.startswith("{") for line in ended.out.splitlines())


def test_names_are_printed_unmodified_except_for_what_steers_a_terminal(credlake, tmp_path):
    # Longer than a line: the command that is shown must be one that can be pasted.
    lake = tmp_path / f"lake [of prod] :smile: {'x' * 140}"
    name = "[bold]R&D[/bold] :tada:\x1b[2J"
    spec = organization(member(1, name=name, ou=("[red]",), faults=(faults.ROLE_MISSING,)))
    with Simulator(spec) as server:
        planned = credlake("collect", "--lake", lake, "--dry-run", at=server)
        ended = credlake("collect", "--lake", lake, at=server)

    assert (planned.code, ended.code) == (0, 1)
    assert "[bold]R&D[/bold] :tada:" in ended.out
    assert f"--lake '{lake}' findings" in ended.out
    assert "[bold]R&D[/bold] :tada:" in planned.out
    assert "Root/[red]" in planned.out
    assert "\x1b" not in planned.out + ended.out


def test_at_its_deadline_a_run_publishes_what_was_collected_by_then(credlake, lake):
    """Two reports are there already, the others take a minute."""
    ready = [member(n, existing_report_age=timedelta(hours=1)) for n in (1, 2)]
    spec = organization(*ready, member(3))
    began = time.monotonic()
    with Simulator(spec, generation_seconds=60) as server:
        ended = credlake("collect", "--lake", lake, "--deadline", "2.5", at=server)

    assert ended.code == 1
    assert time.monotonic() - began < 10
    assert {account: row["outcome"] for account, row in accounts_of(lake).items()} == {
        MANAGEMENT: "report_timeout",
        "100000000001": "collected",
        "100000000002": "collected",
        "100000000003": "report_timeout",
    }
    assert "report_timeout: Run again" in ended.out


def test_3_where_nothing_was_collected_by_the_deadline(credlake, lake):
    with Simulator(GOOD, generation_seconds=60) as server:
        ended = credlake("collect", "--lake", lake, "--deadline", "3", at=server)

    assert ended.code == 3
    assert "Not one account was collected" in ended.said[-1]


def test_a_run_leaves_nothing_behind_in_the_temporary_folder(credlake, good, lake, monkeypatch, tmp_path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))

    assert credlake("collect", "--lake", lake, at=good).code == 0
    with Simulator(NOBODY) as server:
        assert credlake("collect", "--lake", lake, at=server).code == 3

    assert list(temporary.iterdir()) == []


def test_70_for_a_broken_connection_that_nothing_handles(credlake, good, lake, monkeypatch):
    """It is not a reader that left: nothing was published, and 0 or 1 would mean that something was."""

    async def broken(_):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(Collection, "run", broken)

    ended = credlake("collect", "--lake", lake, at=good)

    assert ended.code == 70
    assert "internal error" in ended.said[-1]


def test_the_interpreter_that_runs_these_tests_has_the_command(credlake):
    assert os.access(Path(sys.executable).with_name("credlake"), os.X_OK)
    assert credlake("--version").out.startswith("credlake 0.")


def test_a_dry_run_shows_the_role_of_an_account_and_counts_what_it_could_not_read(credlake, good, lake, tmp_path):
    role = "arn:aws:iam::100000000001:role/audit/special"
    file = tmp_path / "accounts.csv"
    file.write_text(f"Account ID,Role ARN,Owner,Joined timestamp\n100000000000,,me,\n100000000001,{role},me,some day\n")
    ended = credlake("collect", "--lake", lake, "--accounts-file", file, "--dry-run", at=good)

    assert ended.code == 0
    (line,) = [line for line in ended.out.splitlines() if "100000000001" in line]
    assert role in line
    events = [json.loads(line) for line in ended.err.splitlines()]
    assert [event["what"] for event in events if event["event"] == "accounts_file.not_read"] == [
        "line 1: the column Owner is not known, and not read.",
        "line 3: account 100000000001: the time 'some day' cannot be read.",
    ]
    assert [(event["accounts"], event["not_read"]) for event in events if "not_read" in event] == [(2, 2)]
