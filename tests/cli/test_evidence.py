"""`credlake evidence`: what is in the pack, that it proves itself without credlake, and how the command ends."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import shutil
import subprocess
import zipfile

import openpyxl
import pytest

from collector.cli.main import exit_code_of
from collector.lake.local_store import LocalStore
from tests.fixtures.examples import ORGANIZATION, account_evidence, collect, denied_evidence, run_of
from tests.fixtures.reports import report

PAY, SHOP, LOST = "111111111111", "222222222222", "333333333333"
EARLY, LATE = "2026-11-22", "2026-11-23"
HOSTILE = '=HYPERLINK("http://x")\x1b[2J\u202e</script>'
FOLDER = f"credlake-evidence-{ORGANIZATION}-{EARLY}"
EXCEPTION = {
    "exception_id": "E-1",
    "control_id": "console-mfa",
    "account": PAY,
    "user": "alice",
    "owner": "pay-team",
    "approved_by": "ciso@example.com",
    "reason": "=1+1",
    "ticket": "T-1",
    "expires_on": "2026-12-31",
}
FILES = (
    *("README.txt", "page.html", "workbook.xlsx", "requirements.csv", "results.csv", "coverage.csv", "exceptions.csv"),
    *("verify.txt", "record.json", "raw/run.json", "raw/accounts.jsonl.gz", f"raw/{PAY}.csv.gz", f"raw/{SHOP}.csv.gz"),
    *("raw/REPORTS.sha256", "SHA256SUMS"),
)


def accounts(*names):
    pay = account_evidence(PAY)
    pay.account["Name"] = HOSTILE
    return [
        (pay, report(PAY, *names)),
        (account_evidence(SHOP), report(SHOP, "+bob")),
        (denied_evidence(LOST, error_message=f"User {HOSTILE} is not authorized"), None),
    ]


@pytest.fixture(name="made", scope="module")
def _made(tmp_path_factory):
    """A folder with a lake of two days, the lake of the first of them alone, and the first day's pack for PCI DSS."""
    folder = tmp_path_factory.mktemp("evidence")
    store, scratch = LocalStore(folder / "lake"), folder / "scratch"
    scratch.mkdir()
    collect(store, scratch, accounts("alice", "=cmd"), run=run_of(EARLY, exceptions=[EXCEPTION]))
    shutil.copytree(folder / "lake", folder / "early")
    collect(store, scratch, accounts("alice", "later"), run=run_of(LATE))
    chosen = ("--lake", str(folder / "lake"), "--date", EARLY, "--framework", "pci-4.0.1")
    assert exit_code_of(["evidence", *chosen, "--output", str(folder / "pack.zip")]) == 0
    return folder


@pytest.fixture(name="pack", scope="module")
def _pack(made):
    """The unpacked pack of the day that is not the newest."""
    zipfile.ZipFile(made / "pack.zip").extractall(made)
    return made / FOLDER


def table(pack, name) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((pack / name).read_bytes().decode(), newline="")))


def check_sums(folder, name="SHA256SUMS"):
    command = ["sha256sum", "--check", "--strict", name]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_it_holds_these_files_and_sha256sum_finds_an_altered_one(made, pack, tmp_path):
    names = zipfile.ZipFile(made / "pack.zip").namelist()
    checked = check_sums(pack)
    copy = shutil.copytree(pack, tmp_path / "copy")
    (copy / "results.csv").write_bytes((copy / "results.csv").read_bytes().replace(b"pass", b"fail", 1))
    altered = check_sums(copy)

    assert names == [f"{FOLDER}/{name}" for name in FILES]
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.splitlines() == [f"{name}: OK" for name in FILES[:-1]]
    assert altered.returncode == 1
    assert "results.csv: FAILED" in altered.stdout


def test_the_steps_of_its_guide_lead_from_the_reports_to_the_record(pack):
    guide = (pack / "README.txt").read_text()
    for archive in sorted((pack / "raw").glob("*.csv.gz")):
        (pack / "raw" / archive.name.removesuffix(".gz")).write_bytes(gzip.decompress(archive.read_bytes()))
    entry = json.loads((pack / "record.json").read_text())["entry"]
    run = json.loads((pack / "raw/run.json").read_text())

    assert "gzip -dk *.csv.gz\n     sha256sum -c REPORTS.sha256" in guide
    assert check_sums(pack / "raw", "REPORTS.sha256").stdout.splitlines() == [f"{PAY}.csv: OK", f"{SHOP}.csv: OK"]
    assert (pack / f"raw/{PAY}.csv").read_bytes() == report(PAY, "alice", "=cmd")
    assert entry["run_sha256"] == hashlib.sha256((pack / "raw/run.json").read_bytes()).hexdigest()
    assert run["accounts_sha256"] == hashlib.sha256((pack / "raw/accounts.jsonl.gz").read_bytes()).hexdigest()
    assert (pack / "verify.txt").read_text().splitlines()[1:] == ["No differences."]


def test_the_tables_are_of_that_day_with_the_requirements_of_the_framework(pack):
    results = table(pack, "results.csv")
    requirements = table(pack, "requirements.csv")

    assert {(row["framework"], row["version"]) for row in results} == {("PCI DSS", "4.0.1")}
    assert {(row["requirement"], row["control_id"]) for row in results} == {
        (row["requirement"], row["control_id"]) for row in requirements
    }
    mfa = {row["requirement"]: row for row in requirements if row["control_id"] == "console-mfa"}
    of_mfa = [row for row in results if (row["requirement"], row["control_id"]) == (next(iter(mfa)), "console-mfa")]
    assert [(row["account_id"], row["user_name"], row["status"], row["exception_id"]) for row in of_mfa] == [
        (PAY, "'=cmd", "fail", ""),
        (PAY, "alice", "excepted", "E-1"),
        (SHOP, "'+bob", "fail", ""),
        (LOST, "", "unknown", ""),
    ]
    assert {
        (row["pass_count"], row["fail_count"], row["excepted_count"], row["unknown_count"]) for row in mfa.values()
    } == {("0", "2", "1", "1")}


def test_who_is_not_covered_comes_first_with_the_reason_and_in_the_guide(pack):
    coverage = table(pack, "coverage.csv")

    assert [(row["account_id"], row["is_covered"], row["outcome"]) for row in coverage] == [
        (LOST, "false", "assume_denied"),
        (PAY, "true", "collected"),
        (SHOP, "true", "collected"),
    ]
    assert coverage[0]["error_code"] == "AccessDenied"
    assert "     1  assume_denied: STS denied the role." in (pack / "README.txt").read_text()
    assert "Covered        2 of 3 ACTIVE accounts" in (pack / "README.txt").read_text()


def test_the_exceptions_name_who_approved_them(pack):
    [row] = table(pack, "exceptions.csv")

    assert (row["exception_id"], row["state"], row["approved_by"], row["owner"], row["results_covered"]) == (
        *("E-1", "active", "ciso@example.com", "pay-team"),
        "1",
    )
    assert row["reason"] == "'=1+1"


def test_hostile_names_steer_neither_terminal_nor_spreadsheet_nor_browser(pack):
    shown = '=HYPERLINK("http://x")\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}</script>'

    assert {row["account_name"] for row in table(pack, "coverage.csv")} >= {f"'{shown}"}
    for name in ("README.txt", "verify.txt", "requirements.csv", "results.csv", "coverage.csv", "exceptions.csv"):
        text = (pack / name).read_text(encoding="utf-8")
        assert not {"\x1b", "\u202e"} & set(text), name
    page = (pack / "page.html").read_text(encoding="utf-8")
    assert HOSTILE not in page
    assert shown not in page


def test_page_and_workbook_are_those_of_that_day(pack):
    book = openpyxl.load_workbook(pack / "workbook.xlsx")

    assert {row[3].value for row in book["users"].iter_rows(min_row=2)} == {"<root_account>", "alice", "=cmd", "+bob"}
    assert "2026-11-22" in (pack / "page.html").read_text()
    assert "2026-11-23" not in (pack / "page.html").read_text()


def test_the_same_bytes_from_another_folder_and_before_later_snapshots(credlake, made, tmp_path):
    command = ("evidence", "--date", EARLY, "--framework", "pci-4.0.1", "--output", "pack.zip")
    ended = credlake(*command, "--lake", made / "early")
    digest = hashlib.sha256((made / "pack.zip").read_bytes()).hexdigest()

    assert (ended.code, ended.out) == (0, "")
    assert ended.said == [f"Wrote pack.zip: {ORGANIZATION}, {EARLY}, 2 reports. SHA-256 {digest}"]
    assert hashlib.sha256((tmp_path / "pack.zip").read_bytes()).hexdigest() == digest


def test_1_and_a_pack_that_shows_it_where_a_report_is_missing(credlake, made, tmp_path):
    """Without --framework each result is there once, and every framework among the requirements."""
    both = shutil.copytree(made / "lake", tmp_path / "lake")
    [path] = both.glob(f"raw/*/{EARLY.replace('-', '')}*/{PAY}.csv.gz")
    path.unlink()
    ended = credlake("evidence", "--lake", both, "--date", EARLY, "--output", "pack.zip")
    zipfile.ZipFile(tmp_path / "pack.zip").extractall(tmp_path)
    pack = tmp_path / FOLDER
    results = table(pack, "results.csv")

    assert ended.code == 1
    assert "`verify` found differences (1), which verify.txt lists." in ended.err
    assert f"{PAY}: {path} does not exist." in (pack / "verify.txt").read_text()
    assert not (pack / f"raw/{PAY}.csv.gz").exists()
    assert check_sums(pack).returncode == 0
    assert "framework" not in results[0]
    assert len({row["finding_id"] for row in results}) == len(results)
    assert len({row["framework"] for row in table(pack, "requirements.csv")}) > 5


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--framework", "pci-4"), "Unknown framework 'pci-4': use fsbp-1.0.0, "),
        (("--framework", "pci-4"), " Did you mean pci-4.0.1"),
        (("--date", "yesterday"), "--date yesterday: not a date; write YYYY-MM-DD."),
        (("--output", "pack.tar"), "--output pack.tar: name the file PACK.zip."),
        (("--language", "de"), "--language: Must be en or ja."),
        (("--organization-id", "o-abcdefghik"), "Did you mean o-abcdefghij?"),
    ],
)
def test_2_for_wrong_usage_and_no_file(credlake, made, tmp_path, words, message):
    ended = credlake("evidence", "--lake", made / "early", "--date", EARLY, "--output", "pack.zip", *words)

    assert ended.code == 2
    assert message in ended.err
    assert list(tmp_path.iterdir()) == []


def test_3_with_the_dates_that_exist(credlake, made):
    ended = credlake("evidence", "--lake", made / "lake", "--date", "2026-11-24", "--output", "pack.zip")

    assert (ended.code, ended.said) == (
        3,
        [f"credlake: {ORGANIZATION} has no snapshot of 2026-11-24. There are snapshots on {EARLY}, {LATE}."],
    )


def test_3_and_no_half_file_where_it_cannot_be_written(credlake, made, tmp_path, monkeypatch):
    monkeypatch.setattr("collector.query.run.secrets.token_hex", lambda _: "full")
    (tmp_path / ".pack.zip.full.part").symlink_to("/dev/full")
    command = ("evidence", "--lake", made / "early", "--date", EARLY, "--output")
    full, missing = credlake(*command, "pack.zip"), credlake(*command, "missing/pack.zip")

    assert (full.code, missing.code) == (3, 3)
    assert "The file pack.zip could not be written: No space left on device." in full.err
    assert "The file missing/pack.zip could not be written" in missing.err
    assert list(tmp_path.iterdir()) == []
