"""An accounts file: CSV or JSON, credlake's or Organizations' names; every problem with its place, all at once."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime

import pytest

from collector.discovery.accounts_file import _COLUMNS, organization_problems, read_accounts_file
from collector.errors import OrganizationUnreadableError, UsageError
from collector.schema import ACCOUNT
from collector.simulator import AccountState, CallerSpec, RoleSpec, Simulator
from tests.fixtures.published import accounts_of
from tests.fixtures.runs import MANAGEMENT, collect, member, organization

STATES = "PENDING_ACTIVATION, PENDING, ACTIVE, SUSPENDED, PENDING_CLOSURE, CLOSED"
ONE, TWO = "100000000001", "100000000002"
ARN = f"arn:aws:organizations::{MANAGEMENT}:account/%s/%s"


@pytest.fixture(name="read")
def _read(tmp_path):
    def read(text, *, name="accounts.csv", partition="aws", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
        return read_accounts_file(path, partition=partition).accounts

    return read


@pytest.fixture(name="unread")
def _unread(tmp_path):
    def unread(text):
        path = tmp_path / "accounts.csv"
        path.write_text(text)
        return read_accounts_file(path, partition="aws").unread

    return unread


@pytest.fixture(name="problems")
def _problems(read):
    def problems(text, **options):
        with pytest.raises(UsageError) as caught:
            read(text, **options)
        assert caught.value.exit_code == 2
        return [problem.partition("accounts.csv")[2] for problem in caught.value.problems]

    return problems


def test_a_csv_with_nothing_but_ids_is_enough(read):
    accounts = read(f"account_id\n{ONE}\n012345678901\n")

    assert [account.account_id for account in accounts] == [ONE, "012345678901"]
    assert {(account.state, account.partition, account.name) for account in accounts} == {("ACTIVE", "aws", None)}
    assert {(account.location.ou_id, account.location.ou_path) for account in accounts} == {("unknown", "unknown")}


def test_every_column_of_the_lake_that_describes_an_account_is_read(read):
    (account,) = read(
        "account_id,account_name,account_email,account_arn,aws_partition,account_state,joined_at,ou_id,ou_path\n"
        f'{ONE},"One, Inc.",one@example.com,arn:one,aws-cn,suspended,2020-01-02T03:04:05Z,ou-a1b2-11111111,Root/Prod\n'
    )

    assert (account.account_id, account.name, account.partition, account.state) == (
        ONE,
        "One, Inc.",
        "aws-cn",
        "SUSPENDED",
    )
    assert (account.location.ou_id, account.location.ou_path) == ("ou-a1b2-11111111", "Root/Prod")
    assert account.source == {
        "Id": ONE,
        "Name": "One, Inc.",
        "Email": "one@example.com",
        "Arn": "arn:one",
        "State": "SUSPENDED",
        "JoinedTimestamp": "2020-01-02T03:04:05Z",
    }


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeffaccount_id\r\n{ONE}\r\n",
        f"Id,Name\n{ONE},\n",
        f"  Account_ID , Joined_AT\n  {ONE} , 2020-01-02\n",
        f"ID,JoinedMethod,,\n{ONE},CREATED,,\n",
        f"account\n{ONE}\n\n\n",
        f"account_id,account_name\n{ONE},me,one field too many\n",
        f'["{ONE}"]',
        f'  [{{"Id": "{ONE}", "Anything": [1, 2]}}]',
        json.dumps({"Accounts": [{"Id": ONE, "Status": "ACTIVE", "Name": None}]}),
    ],
)
def test_the_same_account_in_many_forms(read, text):
    (account,) = read(text)

    assert (account.account_id, account.state) == (ONE, "ACTIVE")


def test_the_output_of_the_aws_command_is_read_with_its_paths(read):
    """`aws organizations list-accounts`: State counts, not the retired Status, and Paths say where accounts hang."""
    printed = {
        "Accounts": [
            {
                "Id": ONE,
                "Arn": f"arn:aws:organizations::{MANAGEMENT}:account/o-aa111bb222/{ONE}",
                "Email": "one@example.com",
                "Name": "One",
                "State": "CLOSED",
                "Status": "SUSPENDED",
                "Paths": [f"o-aa111bb222/r-a1b2/ou-a1b2-11111111/{ONE}/"],
                "JoinedMethod": "CREATED",
                "JoinedTimestamp": "2020-01-02T03:04:05.678000+00:00",
            }
        ]
    }

    (account,) = read(json.dumps(printed))

    assert account.state == "CLOSED"
    assert account.ou_ids == ("r-a1b2", "ou-a1b2-11111111")
    assert account.source["JoinedTimestamp"] == "2020-01-02T03:04:05.678000+00:00"


@pytest.mark.parametrize(
    ("value", "joined"),
    [
        (1551675967.123, "2019-03-04T05:06:07.123000Z"),
        (1551675967, "2019-03-04T05:06:07.000000Z"),
        ("1551675967.5", "2019-03-04T05:06:07.500000Z"),
        ("20190304", "20190304"),
        ("2019-03-04T05:06:07Z", "2019-03-04T05:06:07Z"),
        ("Mon Mar 04 2019 05:06:07 GMT+0000 (Coordinated Universal Time)", "2019-03-04T05:06:07.000000Z"),
        ("Mon, 04 Mar 2019 05:06:07 GMT", "2019-03-04T05:06:07.000000Z"),
        ("some day", "some day"),
        (True, "True"),
        (float("nan"), "nan"),
        (1551675967123, "1551675967123"),
        (int(f"1{'0' * 40}"), f"1{'0' * 40}"),
    ],
)
def test_when_an_account_joined_may_be_seconds_as_version_1_of_the_aws_command_prints(read, value, joined):
    (account,) = read(json.dumps({"Accounts": [{"Id": ONE, "JoinedTimestamp": value}]}))

    assert account.source["JoinedTimestamp"] == joined


def test_the_same_seconds_in_a_csv_are_read_too(read):
    (account,) = read(f"account_id,joined_at\n{ONE},1551675967.123\n")

    assert account.source["JoinedTimestamp"] == "2019-03-04T05:06:07.123000Z"


def test_a_misspelled_column_is_a_problem_that_names_the_known_ones(problems):
    (found,) = problems(f"account_id,Owner,OU-path,ou_id,role-arns\n{ONE},me,Root/A,,x\n")

    assert found == (
        ", line 1: unknown column: OU-path (did you mean ou_path?), role-arns (did you mean role_arn?). Use "
        "account_id, account_name, account_email, account_arn, account_state, joined_at, ou_id, ou_path, "
        "aws_partition, role_arn, or the names in Organizations (Id, Name, Email, Arn, State, …). Rename it, or remove "
        "it."
    )


def test_every_column_that_the_message_names_is_read(read):
    (account,) = read(f"{','.join(_COLUMNS)}\n{ONE}{',' * (len(_COLUMNS) - 1)}\n")

    assert account.account_id == ONE
    assert set(_COLUMNS) - {"role_arn"} <= {column.name for column in ACCOUNT.columns}


def test_all_problems_come_at_once_each_with_its_line(problems):
    assert problems(f"account_id,state\n12345,\n{ONE},RESTING\n{TWO},\n{TWO},\nabc,\n") == [
        ", line 2: the account ID '12345' is not 12 digits. Spreadsheets drop leading zeros; in JSON, quote it.",
        f", line 3: account {ONE}: unknown state 'RESTING'; use {STATES}.",
        f", line 5: account {TWO} is listed twice.",
        ", line 6: the account ID 'abc' is not 12 digits.",
        ": 4 of 5 accounts could not be read.",
    ]


CONSOLE_EXPORT = (
    "\ufeffAccount ID,ARN,Email,Name,{state},Joined method,Joined timestamp\r\n"
    f'{ONE},{ARN % ("o-aa111bb222", ONE)},a@example.com,"One, sandbox",Active,CREATED,'
    "Wed Mar 08 2023 14:50:40 GMT+0100 (Central European Standard Time)\r\n"
    f"{TWO},{ARN % ('o-aa111bb222', TWO)},b@example.com,Two,PENDING,INVITED,3/8/2023\r\n"
)


@pytest.mark.parametrize("state", ["State", "Status"])
def test_what_the_organizations_console_exports_is_read(read, state):
    one, two = read(CONSOLE_EXPORT.format(state=state))

    assert (one.account_id, one.name, one.state) == (ONE, "One, sandbox", "ACTIVE")
    assert (one.source["Email"], one.source["JoinedTimestamp"]) == ("a@example.com", "2023-03-08T13:50:40.000000Z")
    assert (two.state, two.is_active) == ("PENDING", False)


def test_what_could_not_be_read_is_reported_with_its_line(unread):
    assert unread(CONSOLE_EXPORT.format(state="State").strip("\ufeff")) == [
        f"line 3: account {TWO}: the time '3/8/2023' cannot be read."
    ]
    assert unread(f"account_id,Owner,,comment\n{ONE},me,,x,more\n") == [
        "line 1: the column Owner is not known, and not read.",
        "line 1: the column comment is not known, and not read.",
        "line 2: has more fields than the header; the last are not read.",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the first line must be a header"),
        (f"{ONE}\n{TWO}\n", "the first line must be a header"),
        (f"name;account_id\nx;{ONE}\n", "the first line must be a header"),
        ("account_id\n", "lists no account"),
        ("[]", "lists no account"),
        ("[", "is not valid JSON"),
        ('{"accounts": []}', "must be a list of accounts"),
        ("[100000000001]", "Spreadsheets drop leading zeros"),
        ("[null]", "None is not 12 digits"),
        ('[["100000000001"]]', "is not 12 digits"),
        ("account_id\n\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff10\uff11\uff12\n", "is not 12 digits"),
        (b"account_id\n\xff\xfe\n", "is not UTF-8"),
        (f'[{{"Id": "{ONE}", "Name": 5}}]', "Name must be text"),
        (f'[{{"Id": "{ONE}", "Email": ["a"]}}]', "Email must be text"),
        (f'[{{"Id": "{ONE}", "Arn": "{ARN % ("o-aa111bb222", TWO)}"}}]', f"{ONE}: its Arn names account {TWO}."),
        (f'[{{"Id": "{ONE}", "Partition": "amazon"}}]', "'amazon' is not a partition"),
        (f'[{{"Id": "{ONE}", "Paths": "o-aa111bb222/"}}]', "Paths must be a list"),
        (f"account_id,role_arn\n{ONE},auditor\n", "'auditor' is not the ARN of a role in this account"),
        (f"account_id,role_arn\n{ONE},arn:aws:iam::{TWO}:role/a\n", f"such as arn:aws:iam::{ONE}:role/NAME."),
        (f"account_id,role_arn\n{ONE},arn:aws-cn:iam::{ONE}:role/a\n", "is not the ARN of a role in this account"),
        (f"account_id,role_arn\n{ONE},arn:aws:iam::{ONE}:user/a\n", "is not the ARN of a role in this account"),
        (f"account_id,ou_path\n{ONE},{'x' * 140_000}\n", "field larger"),
    ],
)
def test_a_file_that_cannot_be_used_is_an_error_with_its_reason(problems, text, problem):
    (found,) = problems(text)

    assert problem in found


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(UsageError, match=r"accounts\.csv: cannot be read: No such file or directory"):
        read_accounts_file(tmp_path / "accounts.csv", partition="aws")


def test_a_run_with_a_file_collects_these_accounts_without_listing_any(lake, tmp_path):
    file = tmp_path / "accounts.csv"
    file.write_text(f"account_id,account_name,ou_path,state\n{ONE},First,Root/A,\n{TWO},Second,Root/B,SUSPENDED\n")
    with Simulator(organization(member(1), member(2), member(3))) as server:
        collect(server, lake, accounts_file=str(file), organization_id="o-aa111bb222", include_ou=("Root",))
        assert not {name for name in server.calls.by_operation if name.startswith("organizations:")}

    rows = accounts_of(lake)
    assert {account: row["outcome"] for account, row in rows.items()} == {ONE: "collected", TWO: "skipped_state"}
    assert {row["inventory_source"] for row in rows.values()} == {"accounts_file"}
    assert (rows[ONE]["account_name"], rows[ONE]["ou_path"], rows[ONE]["ou_id"]) == ("First", "Root/A", "unknown")


def test_a_file_needs_no_organization_id_where_organizations_returns_it(lake, tmp_path):
    file = tmp_path / "accounts.json"
    file.write_text(json.dumps([ONE]))
    with Simulator(organization(member(1))) as server:
        collect(server, lake, accounts_file=str(file))

    # The file does not say where the account hangs, Organizations does.
    assert accounts_of(lake)[ONE]["ou_path"] == "Root"


def test_a_file_without_organization_id_where_it_cannot_be_read_is_a_usage_error(lake, tmp_path):
    file = tmp_path / "accounts.json"
    file.write_text(json.dumps([ONE]))
    spec = organization(member(1), in_use=False)
    with (
        Simulator(spec) as server,
        pytest.raises(UsageError, match="set --organization-id"),
    ):
        collect(server, lake, accounts_file=str(file))


def test_the_organization_is_the_one_that_the_files_arns_name_where_organizations_cannot_be_called(lake, tmp_path):
    file = tmp_path / "accounts.csv"
    file.write_text(CONSOLE_EXPORT.format(state="Status"), encoding="utf-8")
    with Simulator(organization(member(1), in_use=False)) as server:
        collect(server, lake, accounts_file=str(file))

    rows = accounts_of(lake)
    assert {account: row["outcome"] for account, row in rows.items()} == {ONE: "collected", TWO: "skipped_state"}
    assert rows[ONE]["joined_at"] == datetime(2023, 3, 8, 13, 50, 40, tzinfo=UTC)


def test_a_file_names_the_role_of_an_account_and_a_resumed_run_keeps_it(lake, tmp_path):
    """A role is refused here if its name is not that of the account's only role."""
    special = f"arn:aws:iam::{TWO}:role/audit/special"
    file = tmp_path / "accounts.csv"
    file.write_text(f"account_id,role_arn\n{ONE},\n{TWO},{special}\n")
    spec = organization(member(1), member(2, roles=(RoleSpec("special", "/audit/"),)))
    with Simulator(spec) as server:
        collect(server, lake, accounts_file=str(file))
        assert {account: row["outcome"] for account, row in accounts_of(lake).items()} == dict.fromkeys(
            (ONE, TWO), "collected"
        )
        # The run was interrupted before it had the report of either account.
        shutil.rmtree(lake / "catalog")
        for kept in (lake / "raw").rglob("*"):
            if kept.is_file() and kept.name != "started.json":
                kept.unlink()
        file.write_text(f"account_id\n{ONE}\n{TWO}\n")
        collect(server, lake, accounts_file=str(file), resume=True)

    assert {row["outcome"] for row in accounts_of(lake).values()} == {"collected"}


def test_accounts_of_another_organization_are_a_usage_error_that_names_them(lake, tmp_path):
    file = tmp_path / "accounts.json"
    three = "100000000003"
    listed = [
        {"Id": ONE, "Arn": ARN % ("o-other11111", ONE)},
        {"Id": TWO, "Arn": ARN % ("o-aa111bb222", TWO), "Paths": [f"o-aa111bb222/r-a1b2/{TWO}/"]},
        {"Id": three, "Paths": [f"o-third22222/r-c3d4/{three}/"]},
    ]
    file.write_text(json.dumps(listed))
    with Simulator(organization(member(1), member(2), member(3))) as server:
        for named in ({"organization_id": "o-aa111bb222"}, {}):
            with pytest.raises(UsageError) as caught:
                collect(server, lake, accounts_file=str(file), **named)
            assert caught.value.problems == [
                f"--accounts-file: account {account} is in organization {other}, and the run is for o-aa111bb222. "
                "Remove it from the file, or set --organization-id to its organization."
                for account, other in ((ONE, "o-other11111"), (three, "o-third22222"))
            ]
        assert "sts:AssumeRole" not in server.calls.by_operation

    assert not (lake / "catalog" / "o-aa111bb222.json").exists()


def test_of_a_whole_file_of_another_organization_a_few_accounts_are_named(read):
    ids = [f"{number:012d}" for number in range(1, 15)]
    accounts = read(json.dumps([{"Id": account, "Arn": ARN % ("o-other11111", account)} for account in ids]))

    assert organization_problems(accounts, "o-other11111") == []
    problems = organization_problems(accounts, "o-aa111bb222")
    assert len(problems) == 11
    assert "account 000000000010 is in organization o-other11111" in problems[9]
    assert problems[10] == "--accounts-file: 4 more accounts are in other organizations."


def test_a_plain_member_can_collect_from_a_file(lake, tmp_path):
    """It may call Organizations only for its own organization."""
    file = tmp_path / "accounts.json"
    file.write_text(json.dumps([ONE, TWO]))
    members = (member(1, state=AccountState.ACTIVE), member(2))
    with Simulator(organization(*members, caller=CallerSpec(ONE))) as server:
        with pytest.raises(OrganizationUnreadableError):
            collect(server, lake)
        collect(server, lake, accounts_file=str(file), organization_id="o-aa111bb222")

    rows = accounts_of(lake)
    # Roles trust management and delegated administrators here; its own account needs none.
    assert {account: row["outcome"] for account, row in rows.items()} == {ONE: "collected", TWO: "assume_denied"}
    assert {row["ou_path"] for row in rows.values()} == {"unknown"}


def test_a_rule_for_an_ou_that_the_file_does_not_have_stops_the_run(lake, tmp_path):
    file = tmp_path / "accounts.csv"
    file.write_text(f"account_id,ou_path\n{ONE},Root/A\n{TWO},\n")
    spec = organization(member(1), member(2), caller=CallerSpec(ONE))
    with (
        Simulator(spec) as server,
        pytest.raises(OrganizationUnreadableError, match=f"whether account {TWO} is in it"),
    ):
        collect(server, lake, accounts_file=str(file), organization_id="o-aa111bb222", exclude_ou=("Root/A",))
