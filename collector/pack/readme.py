"""The guide in an evidence pack: what each file is, what is not covered, and how to check it without credlake."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from collector.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from collector.lake.record import PublishedSnapshot
    from collector.pack.frameworks import Framework


class Uncovered(NamedTuple):
    """ACTIVE accounts whose users are not in the snapshot, for one reason."""

    outcome: str  # How their collection ended.
    accounts: int  # How many there are.


_TEXT = """\
EVIDENCE PACK: IAM CREDENTIALS OF AN AWS ORGANIZATION

Organization   {organization_id}
Snapshot       {snapshot_date}
Run            {run_id}
Started        {started} UTC
Finished       {finished} UTC
Covered        {covered} of {active} ACTIVE accounts; {users} users, root users included
Frameworks     {frameworks}
Made by        credlake {version}

The same snapshot, options and versions of credlake and its libraries give the same bytes: nothing in here depends on
when the pack was made.

KEEP IT CONFIDENTIAL. It holds user names and the times of their last sign-in; raw/accounts.jsonl.gz also holds the
e-mail addresses of accounts.


WHAT IS IN IT

page.html             The snapshot as a page. It loads nothing from a network.
workbook.xlsx         The same as a workbook, with a sheet to review every user.
requirements.csv      Requirement x control: how the two relate, and how many results pass, fail, are excepted, not
                      applicable or unknown. "exact": the control is what the requirement asks. "stricter": it fails
                      more. "looser": it fails less. "related": it helps to show it.
results.csv           {results}
coverage.csv          Every account of the organization, those that are not covered first, with the reason.
exceptions.csv        Findings that were accepted until a day: by whom (approved_by), why, and how many results that is.
verify.txt            What `credlake verify` found: whether the tables equal what AWS returned, to the last value.
record.json           The entry of this snapshot in the publication record of the lake.
raw/run.json          The run: settings, limits and exceptions in force, start and end, versions.
raw/accounts.jsonl.gz One line per account: what AWS returned about it, and the SHA-256 of its report.
raw/ACCOUNT.csv.gz    The credential report of an account, byte by byte as AWS returned it.
raw/REPORTS.sha256    The SHA-256 of each report, taken when AWS returned it.
SHA256SUMS            The SHA-256 of every other file.

In the CSV files, control characters of names are replaced, and an apostrophe is put before a name that a spreadsheet
would run as a formula. A result is "unknown" where a value that it needs could not be read: it is never a pass.


WHAT IS NOT IN IT

{uncovered}


HOW TO CHECK IT

It takes sha256sum (on macOS `shasum -a 256`) and gzip, and nothing of credlake. In this folder:

1. Every file is the one that was packed:

     sha256sum -c SHA256SUMS

   Compare the SHA-256 of the zip file itself with the one that was given to you separately.

2. Every report is the one that AWS returned:

     cd raw
     gzip -dk *.csv.gz
     sha256sum -c REPORTS.sha256
     cd ..

3. The reports belong to this run, and the run to the published snapshot. These two lines must show the same value:

     sha256sum raw/run.json
     grep run_sha256 record.json

   And these two:

     sha256sum raw/accounts.jsonl.gz
     grep accounts_sha256 raw/run.json

   In raw/accounts.jsonl.gz, `raw_sha256` is the SHA-256 of a report, `stored_sha256` that of its .csv.gz file.
"""
_RESTRICTED = """Requirement x control x result: each result of each control that a requirement of the
                      frameworks names, for each account, user or credential, with the reason."""
_EVERY = """Each result of each control, for each account, user or credential, with the reason.
                      control_id leads to the requirements in requirements.csv."""


def readme(
    snapshot: PublishedSnapshot,
    organization_id: str,
    snapshot_date: str,
    frameworks: Sequence[Framework],
    uncovered: Iterable[Uncovered],
    *,
    is_restricted: bool,
    version: str,
) -> str:
    """The text of README.txt. It names no account and no user."""
    lines = [f"{accounts:>6}  {outcome}: {Outcome(outcome).meaning}" for outcome, accounts in uncovered]
    return _TEXT.format(
        organization_id=organization_id,
        snapshot_date=snapshot_date,
        run_id=snapshot.run_id,
        started=f"{snapshot.run_started_at:%Y-%m-%d %H:%M:%S}",
        finished=f"{snapshot.run_finished_at:%Y-%m-%d %H:%M:%S}",
        covered=snapshot.accounts.covered,
        active=snapshot.accounts.active,
        users=snapshot.users,
        frameworks=", ".join(each.name for each in frameworks) if is_restricted else "all",
        version=version,
        results=_RESTRICTED if is_restricted else _EVERY,
        uncovered="\n".join(
            ["The users of these ACTIVE accounts, which coverage.csv lists first:", "", *lines]
            if lines
            else ["Every ACTIVE account is covered. Accounts that are not ACTIVE are in coverage.csv only."]
        ),
    )
