"""`credlake collect`: what is collected, published and shown, as a user meets it."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from collector.simulator import (
    AccountState,
    Simulator,
    faults,
)
from collector.simulator.wire import ErrorResponse
from tests.cli.conftest import NOBODY, SOME_DENIED
from tests.fixtures.published import accounts_of, newest
from tests.fixtures.runs import MANAGEMENT, member, organization


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
    """Of the two, only the password policy counts for the exit code (docs/settings.md)."""
    with Simulator(organization(member(1, faults=(faults.SUMMARY_DENIED,)))) as server:
        assert credlake("collect", "--lake", lake, at=server).code == 0


@pytest.mark.parametrize("arguments", [(), ("--dry-run",)])
def test_0_with_a_warning_where_an_excluded_account_is_no_longer_listed(credlake, good, lake, arguments):
    ended = credlake("collect", "--lake", lake, "--exclude-account", "999999999999", *arguments, at=good)

    assert ended.code == 0
    assert (
        "--exclude-account 999999999999: not an account of the organization. It has no effect: correct it, or remove it"
    ) in ended.out


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


def test_a_run_leaves_nothing_behind_in_the_temporary_folder(credlake, good, lake, monkeypatch, tmp_path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))

    assert credlake("collect", "--lake", lake, at=good).code == 0
    with Simulator(NOBODY) as server:
        assert credlake("collect", "--lake", lake, at=server).code == 3

    assert list(temporary.iterdir()) == []


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
