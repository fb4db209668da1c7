"""`credlake read`: downloaded reports, as the person who has them meets it. No call to AWS is possible here."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import stat
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.simulator import Simulator
from collector.simulator.demo import DEMO_ORGANIZATION_ID, demo_organization
from tests.fixtures.published import accounts_of, newest, record_of, users_of
from tests.fixtures.reports import report

ONE, TWO = "111122223333", "222233334444"


@pytest.fixture(autouse=True)
def _offline(monkeypatch):
    """Any connection is an error."""

    def refused(*_args, **_kwargs):
        raise AssertionError("a connection to somewhere")

    monkeypatch.setattr("socket.socket.connect", refused)


@pytest.fixture(name="download")
def _download(tmp_path):
    """Puts a report of users into a file, named after its time."""

    def download(account_id, time, *names, folder="."):
        path = tmp_path / folder / f"status_reports_{time}.{account_id}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(report(account_id, *names))
        return path

    return download


def findings(ended):
    return [(row["account_id"], row["user_name"], row["control_id"]) for row in json.loads(ended.out)]


def test_a_download_shows_users_findings_and_what_is_unknown(credlake, download):
    ended = credlake("read", download(ONE, "2026-11-25 10-00-00", "alice", "bob"))

    assert (ended.code, ended.err) == (0, "")
    assert "2 users in 1 account" in ended.out
    assert re.search(rf"{ONE} .* 2 .* 2026-11-25 10:00:00Z .* file name, taken as UTC", ended.out)
    assert re.search(r"1 .* critical .* root-mfa", ended.out)
    assert re.search(r"console-mfa .* alice .* no MFA", ended.out)
    assert re.search(r"password-length .*\(not in a report file\)", ended.out)
    assert "\x1b" not in ended.out


def test_a_report_is_the_page_of_the_files_and_names_no_temporary_folder(credlake, download, tmp_path):
    ended = credlake("read", download(ONE, "2026-11-25 10-00-00", "alice"), "--report", "page.html")
    page = (tmp_path / "page.html").read_text()

    assert (ended.code, ended.said) == (0, ["Wrote page.html."])
    assert "1 of 1 active accounts are known" in page
    assert tempfile.gettempdir() not in page


def test_exceptions_apply_to_the_findings_shown_and_to_the_lake(credlake, download, tmp_path):
    path = download(ONE, "2026-11-25 10-00-00", "alice", "bob")
    header, until = "exception_id,control_id,account,user,expires_on\n", datetime.now(UTC).date()
    lines = f"E-1,console-mfa,{ONE},alice,{until}\nE-2,*,{TWO},,{until}\n"
    (tmp_path / "exceptions.csv").write_text(header + lines)
    options = ("--exceptions", "exceptions.csv", "--lake", tmp_path / "lake", "--format", "json")
    ended = credlake("read", path, *options)
    asked = credlake("query", "--lake", tmp_path / "lake", "--format", "json", "exceptions")

    assert ended.code == 0
    of_mfa = [user for _, user, control in findings(ended) if control == "console-mfa"]
    assert of_mfa == ["bob"]
    assert ended.said[-1] == "E-2 covers nothing in the newest snapshot."
    assert [(row["exception_id"], row["state"]) for row in json.loads(asked.out)] == [
        ("E-1", "active"),
        ("E-2", "unused"),
    ]
    # The same reports with other exceptions are another snapshot.
    (tmp_path / "exceptions.csv").write_text(header + lines.splitlines()[1] + "\n")
    assert "already, from the same reports" not in credlake("read", path, *options).err
    assert "already, from the same reports" in credlake("read", path, *options).err


def test_a_faulty_exceptions_file_is_refused_before_anything_is_read(credlake, download, tmp_path):
    (tmp_path / "exceptions.csv").write_text("exception_id,control_id,account,expires_on\nE-1,mfa,1,soon\n")
    ended = credlake("read", download(ONE, "2026-11-25 10-00-00"), "--exceptions", "exceptions.csv", "--lake", "lake")

    assert ended.code == 2
    assert "credlake: --exceptions exceptions.csv, line 2: control_id: unknown control 'mfa'" in ended.err
    assert not (tmp_path / "lake").exists()


def test_the_findings_are_those_of_the_view_in_every_format(credlake, download, tmp_path):
    path = download(ONE, "2026-11-25 10-00-00", "alice")
    credlake("read", path, "--lake", tmp_path / "lake")
    asked = credlake("query", "--lake", tmp_path / "lake", "--format", "json", "findings")

    as_json = credlake("read", path, "--format", "json")
    as_csv = credlake("read", path, "--format", "csv")
    written = credlake("read", path, "--format", "csv", "--output", tmp_path / "out.csv")

    assert (ONE, None, "root-mfa") in findings(as_json)
    assert findings(as_json) == findings(asked)
    rows = list(csv.DictReader(io.StringIO(as_csv.out)))
    assert [(row["account_id"], row["user_name"] or None, row["control_id"]) for row in rows] == findings(asked)
    assert written.out == ""
    assert len((tmp_path / "out.csv").read_text()) == len(as_csv.out)


def test_nothing_is_left_on_the_machine(credlake, download, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    modes = []
    made = tempfile.mkdtemp
    monkeypatch.setattr(
        tempfile, "mkdtemp", lambda *args, **named: modes.append(Path(path := made(*args, **named))) or path
    )
    seen = []
    monkeypatch.setattr(
        "collector.cli.read._show", lambda scratch, *_: seen.append(stat.S_IMODE(scratch.stat().st_mode))
    )

    assert credlake("read", download(ONE, "2026-11-25 10-00-00", "alice")).code == 0
    assert (seen, list((tmp_path / "temporary").iterdir())) == ([0o700], [])


def test_of_two_files_of_one_account_the_newer_counts_and_the_older_is_named(credlake, download):
    old, new = download(ONE, "2026-11-01 10-00-00", "alice", "gone"), download(ONE, "2026-11-25 10-00-00", "alice")

    ended = credlake("read", new, old, "--format", "json")

    assert ended.code == 0
    assert ended.said == [f"{old} is left out: account {ONE} has a newer report, {new}."]
    assert "gone" not in ended.out


@pytest.mark.parametrize(
    ("time", "said"), [("2099-01-01 00-00-00", "is dated in the future"), ("2019-01-01 00-00-00", "days old")]
)
def test_a_report_of_an_odd_time_is_read_and_the_time_noted(credlake, download, time, said):
    ended = credlake("read", path := download(ONE, time, "alice"))

    assert ended.code == 0
    (line,) = ended.said
    assert line.startswith(f"{path} ")
    assert said in line


def test_a_folder_gzip_and_standard_input_are_read(credlake, download, tmp_path, monkeypatch):
    download(ONE, "2026-11-25 10-00-00", "alice", folder="downloads/")
    (tmp_path / "downloads" / "two.csv.gz").write_bytes(gzip.compress(report(TWO, "bob")))
    (tmp_path / "downloads" / "notes.txt").write_text("not a report")
    folder = credlake("read", tmp_path / "downloads", "--format", "json")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(report(TWO, "bob"))))
    piped = credlake("read", "-", "--generated-at", "2026-11-01T00:00:00Z")

    assert (folder.code, {account for account, _, _ in findings(folder)}) == (0, {ONE, TWO})
    assert (piped.code, re.findall(r"2026-11-01 00:00:00Z .* --generated-at .* standard input", piped.out)) != (0, [])


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("login.csv", b"<html>sign in</html>", "is an HTML or XML page"),
        ("photo.csv", b"\x89PNG\0", "is a binary file"),
        ("half.csv", report(ONE, "alice", "bob")[:-30], "is a credential report that is cut off"),
        ("both.csv", report(ONE, "alice") + b"\n" + report(TWO, "bob"), "holds users of several accounts"),
        ("folder", None, "is a folder without a file that ends in .csv, .json or .gz"),
    ],
)
def test_what_is_no_report_is_named_and_the_others_are_read(credlake, download, name, content, what):
    path = Path(name)
    path.mkdir() if content is None else path.write_bytes(content)
    good = download(ONE, "2026-11-25 10-00-00", "alice")

    alone = credlake("read", path)
    both = credlake("read", path, good, "--format", "json")

    assert (alone.code, alone.out) == (3, "")
    assert alone.said[0].startswith(f"credlake: {path} {what}")
    assert (both.code, both.said[0].startswith(f"{path} {what}")) == (1, True)
    assert (ONE, "alice", "console-mfa") in findings(both)


def test_2_for_a_file_that_does_not_exist_and_the_others_are_read(credlake, download, tmp_path):
    good = download(ONE, "2026-11-25 10-00-00", "alice")
    ended = credlake("read", "nowhere.csv", good, "--format", "json")

    assert credlake("read", "nowhere.csv").said == ["credlake: nowhere.csv: no such file."]
    assert (ended.code, ended.said) == (2, ["nowhere.csv: no such file."])
    assert (ONE, "alice", "console-mfa") in findings(ended)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_named(credlake, download):
    path = download(ONE, "2026-11-25 10-00-00", "alice")
    path.chmod(0)
    assert "cannot be read: Permission denied" in credlake("read", path).err


def test_1_for_a_report_that_can_be_read_only_in_part(credlake, download):
    path = download(ONE, "2026-11-25 10-00-00", "alice")
    path.write_bytes(path.read_bytes().replace(b",true,no_information", b",perhaps,no_information"))

    ended = credlake("read", path)

    assert ended.code == 1
    assert f"{path} was read only in part. 2 values could not be read" in ended.err
    newer = download(ONE, "2026-11-26 10-00-00", "alice")
    assert credlake("read", path, newer).code == 0
    days = credlake("read", path, newer, "--lake", "lake", "--each-day")
    assert (days.code, "was read only in part" in days.err) == (1, True)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--each-day",), "--each-day: needs a lake"),
        (("--organization-id", "My Accounts"), "--organization-id My Accounts: not "),
        (("--generated-at", "yesterday"), "--generated-at yesterday: not a time"),
        (("--generated-at", "0001-01-01"), "--generated-at 0001-01-01: not a time"),
        (("--format", "pdf"), "Unknown format 'pdf'"),
        (("--report", "page.txt"), "--report page.txt: name the file PAGE.html."),
        (("--password-unused-days", "0"), "--password-unused-days"),
    ],
)
def test_2_for_wrong_usage(credlake, download, flags, said):
    ended = credlake("read", download(ONE, "2026-11-25 10-00-00", "alice"), *flags)

    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


def test_limits_come_from_the_settings_file_and_flags_override_them(credlake, download, tmp_path):
    path = download(ONE, "2026-11-25 10-00-00", "alice")

    def failing():
        return {control for _, user, control in findings(credlake("read", path, "--format", "json")) if user}

    assert "access-key-unused" in failing()
    (tmp_path / "credlake.toml").write_text("[limits]\naccess_key_unused_days = 400\npassword_unused_days = 400\n")
    assert not failing() & {"access-key-unused", "password-unused"}
    ended = credlake("read", path, "--format", "json", "--access-key-unused-days", "10")
    assert (ONE, "alice", "access-key-unused") in findings(ended)
    assert (ONE, "alice", "password-unused") not in findings(ended)


def test_a_lake_in_the_settings_is_not_written(credlake, download, tmp_path):
    (tmp_path / "credlake.toml").write_text('lake = "organization-lake"\norganization_id = "o-aa111bb222"\n')
    assert credlake("read", download(ONE, "2026-11-25 10-00-00", "alice")).code == 0
    assert not (tmp_path / "organization-lake").exists()


def test_with_a_lake_the_files_become_one_snapshot(credlake, download, lake):
    files = [download(ONE, "2026-11-20 10-00-00", "alice"), download(TWO, "2026-11-25 10-00-00", "bob", "carol")]

    ended = credlake("read", *files, "--lake", lake, "--organization-id", "twelve-teams")

    assert ended.code == 0
    assert f"Published in {lake} as twelve-teams: 2026-11-25." in ended.err
    rows = accounts_of(lake, "twelve-teams")
    assert {row["inventory_source"] for row in rows.values()} == {"report_files"}
    assert {row["outcome"] for row in rows.values()} == {"collected"}
    assert {row["summary_error"] for row in rows.values()} == {"not in a report file"}
    assert rows[ONE]["report_generated_at"] == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert newest(lake, "twelve-teams")["accounts"]["covered"] == 2
    (run,) = (lake / "raw" / "twelve-teams").iterdir()
    for path, account in zip(files, (ONE, TWO), strict=True):
        assert gzip.decompress((run / f"{account}.csv.gz").read_bytes()) == path.read_bytes()
    named = ("--lake", lake, "--organization-id", "twelve-teams")
    assert credlake("verify", *named).code == 0
    assert credlake("rebuild", *named, "--date", "2026-11-25").code == 0
    assert credlake("verify", *named).code == 0


def test_without_a_name_one_account_is_its_id_and_several_are_report_files(credlake, download, lake):
    one, two = download(ONE, "2026-11-25 10-00-00", "alice"), download(TWO, "2026-11-25 10-00-00", "bob")
    assert f"as {ONE}: 2026-11-25" in credlake("read", one, "--lake", lake).err
    assert "as report-files: 2026-11-25" in credlake("read", one, two, "--lake", lake).err


def test_each_day_makes_a_history_in_which_an_account_keeps_its_last_report(credlake, download, lake):
    download(ONE, "2024-05-01 10-00-00", "alice", folder="years")
    download(TWO, "2024-05-01 12-00-00", "bob", folder="years")
    download(ONE, "2025-06-01 10-00-00", "alice", "carol", folder="years")
    arguments = ("read", "years", "--lake", lake, "--organization-id", "mine", "--each-day")

    first = credlake(*arguments)
    download(ONE, "2026-07-01 10-00-00", "alice", folder="years")
    second = credlake(*arguments)

    assert (first.code, second.code) == (0, 0)
    assert "2 dates from 2024-05-01 to 2025-06-01" in first.err
    assert "as mine: 2026-07-01." in second.err
    assert "2 dates are in" in second.err
    days = record_of(lake, "mine")["snapshots"]
    assert [(day, snapshot["accounts"]["covered"]) for day, snapshot in days.items()] == [
        ("2024-05-01", 2),
        ("2025-06-01", 2),
        ("2026-07-01", 2),
    ]
    changes = credlake("query", "--lake", lake, "--format", "json", "credential_changes")
    assert {
        (row["snapshot_date"], row["change_type"], row["user_name"])
        for row in json.loads(changes.out)
        if row["change_type"].startswith(("user", "account"))
    } == {("2025-06-01", "user_created", "carol"), ("2026-07-01", "user_gone", "carol")}
    assert credlake("verify", "--lake", lake).code == 0


def test_fewer_accounts_do_not_replace_more_unless_told_to(credlake, download, lake):
    one, two = download(ONE, "2026-11-25 10-00-00", "alice"), download(TWO, "2026-11-25 11-00-00", "bob")
    named = ("--lake", lake, "--organization-id", "mine")
    credlake("read", one, two, *named)

    refused = credlake("read", one, *named)
    replaced = credlake("read", one, *named, "--replace")

    assert refused.code == 3
    assert credlake("verify", "--lake", lake).code == 0
    assert "Nothing was published." in refused.err
    assert "1 user in 1 account" in refused.out
    assert (replaced.code, list(accounts_of(lake, "mine"))) == (0, [ONE])
    assert credlake("verify", "--lake", lake).code == 0


def test_old_reports_of_few_accounts_are_refused_beside_a_newer_snapshot_of_many(credlake, download, lake):
    """By the rules: less than half of what the newest snapshot covers. `verify` agrees."""
    many = [download(f"{number:012d}", "2026-11-25 10-00-00", "alice") for number in range(1, 4)]
    named = ("--lake", lake, "--organization-id", "mine")
    credlake("read", *many, *named)

    assert credlake("read", download("000000000001", "2024-01-01 10-00-00", "alice"), *named).code == 3
    assert credlake("verify", "--lake", lake).said == ["No differences."]


def test_the_reports_of_a_run_read_from_files_give_the_same_users(credlake, lake, tmp_path, monkeypatch):
    """The demo's odd reports among them: what cannot be read is the same in both."""
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    with Simulator(demo_organization(datetime.now(UTC)), generation_seconds=0.2) as server:
        credlake("collect", "--lake", lake, "--account-deadline", "15", at=server)
    (folder,) = (lake / "raw" / DEMO_ORGANIZATION_ID).iterdir()
    collected = users_of(lake, DEMO_ORGANIZATION_ID)
    files = [folder / f"{account_id}.csv.gz" for account_id in collected]

    ended = credlake("read", *files, "--lake", tmp_path / "files")

    assert ended.code == 1
    own = {"organization_id", "snapshot_date", "run_id", "report_generated_at"}

    def facts(users):
        return {
            account: [{name: value for name, value in row.items() if name not in own} for row in rows]
            for account, rows in users.items()
        }

    assert len(collected) > 30
    assert facts(users_of(tmp_path / "files", "report-files")) == facts(collected)


def test_no_library_is_loaded_that_is_not_needed(download):
    command = (sys.executable, "-X", "importtime", "-m", "collector", "read")
    path = download(ONE, "2026-11-25 10-00-00", "alice")
    ended = subprocess.run([*command, path], capture_output=True, text=True, check=True, timeout=60)

    loaded = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}
    assert "pyarrow" in loaded
    assert not loaded & {"botocore", "boto3", "xlsxwriter", "pandas.core", "aiohttp"}
