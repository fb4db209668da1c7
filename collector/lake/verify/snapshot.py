"""One published snapshot held against the raw zone: its files, its rows, its values, and what the record counts."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from collector.errors import LakeError
from collector.evidence import to_milliseconds
from collector.lake.layout import is_folder_of, record_key, report_key, run_key
from collector.lake.raw import lines_in, read_account_line
from collector.lake.raw_reading import proved_reports, read_run_with
from collector.lake.rows import ACCOUNT_RECORD, USER_RECORD, USER_SCHEMA, TypedAccount, account_row, type_account
from collector.lake.verify.difference import Difference, DifferenceKind, Notes, user_differences
from collector.lake.verify.tables import PublishedAccounts, PublishedTable, PublishedUsers, open_tables
from collector.lake.writer import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from collector.lake.raw import RawAccount
    from collector.lake.raw_reading import KeptRun, VerifiedReport
    from collector.lake.record import PublishedSnapshot
    from collector.lake.store import Store


class SnapshotCheck:
    """One published snapshot, against the run that it says it is."""

    def __init__(self, store: Store, organization_id: str, snapshot_date: str, snapshot: PublishedSnapshot) -> None:
        """Name the snapshot."""
        self._store = store
        self._organization_id = organization_id
        self._snapshot_date = snapshot_date
        self._snapshot = snapshot
        self._notes = Notes(organization_id, snapshot_date)
        # None once an account could not be read back: then the counts cannot be told.
        self._tally: Tally | None = Tally()

    def differences(self, scratch: Path) -> list[Difference]:
        """Every difference. `scratch` is an empty folder of this machine, for copies of files."""
        tables = open_tables(self._store, self._snapshot, scratch, self._notes)
        try:
            kept = read_run_with(
                self._store,
                self._organization_id,
                self._snapshot_date,
                self._snapshot.run_id,
                run_sha256=self._snapshot.run_sha256,
            )
            for key, what in kept.blemishes:
                self._notes.note(DifferenceKind.RAW, what, self._store.location(key))
            # Lines, not objects: of 50,000 accounts these are 100 MB, those would be 400.
            lines = {
                read_account_line(line, kept.lines_location).evidence.account_id: line
                for line in lines_in(kept.lines, kept.lines_location)
            }
        except LakeError as error:
            key = run_key(self._organization_id, self._snapshot.run_id)
            self._notes.note(
                DifferenceKind.RAW, error.message, str(error.facts.get("location", self._store.location(key)))
            )
            return self._notes.all()
        self._compare_values(kept, lines, tables)
        self._compare_record(kept)
        return self._notes.all()

    def _compare_values(self, kept: KeptRun, lines: dict[str, bytes], tables: list[PublishedTable]) -> None:
        users = PublishedUsers([table for table in tables if table.file.record_type == USER_RECORD], self._notes)
        accounts = PublishedAccounts(
            [table for table in tables if table.file.record_type == ACCOUNT_RECORD], self._notes
        )
        accounts.note_unknown(lines)
        are_users_missing = len(users.tables) < sum(file.record_type == USER_RECORD for file in self._snapshot.files)
        # The users of the accounts whose reports are being read ahead, in the same order.
        waiting: deque[pa.Table] = deque()
        for proved in proved_reports(self._store, kept.run, self._in_order(kept, lines, users, waiting)):
            found = waiting.popleft()
            typed = self._type(kept, proved)
            if typed is None:
                continue
            evidence = proved.account.evidence
            accounts.compare(account_row(kept.run, evidence, typed.verdict))
            # Of files that cannot be read it was said already; that their users are missing goes without saying.
            if found.num_rows or not (are_users_missing or users.are_damaged):
                self._compare_users(evidence.account_id, typed.users, found, users.names)

    def _in_order(
        self, kept: KeptRun, lines: dict[str, bytes], users: PublishedUsers, waiting: deque[pa.Table]
    ) -> Iterator[RawAccount]:
        """The accounts in the order in which their users lie in the files, then those without users."""
        left = dict(lines)
        for account_id, rows in users.by_account():
            line = None if account_id is None else left.pop(account_id, None)
            if line is None:
                self._notes.note(
                    DifferenceKind.ROWS,
                    f"{rows.num_rows} users are of an account that the run knows nothing of.",
                    self._store.location(self._snapshot.folder),
                    account_id=account_id,
                )
                continue
            waiting.append(rows)
            yield read_account_line(line, kept.lines_location)
        for line in left.values():
            waiting.append(USER_SCHEMA.empty_table())
            yield read_account_line(line, kept.lines_location)

    def _type(self, kept: KeptRun, proved: VerifiedReport) -> TypedAccount | None:
        """The account as it should be published; None where its report is not what it was."""
        run, evidence = kept.run, proved.account.evidence
        if problem := proved.fault or proved.blemish:
            location = self._store.location(report_key(run.organization_id, run.run_id, evidence.account_id))
            self._notes.note(DifferenceKind.RAW, problem, location, account_id=evidence.account_id)
        if proved.fault is not None:
            self._tally = None
            return None
        typed = type_account(run, evidence, proved.report)
        if self._tally is not None:
            self._tally.count(evidence, typed.verdict)
        return typed

    def _compare_users(self, account_id: str, expected: pa.Table, found: pa.Table, names: Sequence[str]) -> None:
        folder = self._store.location(self._snapshot.folder)
        for column, what in user_differences(expected, found, names):
            kind = DifferenceKind.ROWS if column is None else DifferenceKind.VALUE
            self._notes.note(kind, what, folder, account_id=account_id, column=column)

    def _compare_record(self, kept: KeptRun) -> None:
        """What the record says of the run, against the run."""
        run, said = kept.run, self._snapshot
        where = self._store.location(record_key(self._organization_id))
        if said.run_sha256 is None:
            self._notes.note(
                DifferenceKind.RECORD, "There is no `run_sha256`, so nothing proves what is kept of the run.", where
            )
        if not is_folder_of(said.folder, self._organization_id, self._snapshot_date, said.run_id):
            self._notes.note(DifferenceKind.RECORD, f"The files are not in a folder of run {said.run_id}.", where)
        counts = said.accounts if self._tally is None else self._tally.accounts
        found: dict[str, tuple[object, object]] = {
            "run_started_at": (said.run_started_at, to_milliseconds(run.started_at)),
            "run_finished_at": (said.run_finished_at, to_milliseconds(run.finished_at or run.started_at)),
            "coverage": (said.coverage, float(counts.coverage)),
        }
        if self._tally is not None:
            found |= {
                "total": (said.accounts.total, counts.total),
                "active": (said.accounts.active, counts.active),
                "covered": (said.accounts.covered, counts.covered),
                "by_outcome": (_some(said.accounts.by_outcome), _some(counts.by_outcome)),
                "users": (said.users, self._tally.users),
            }
        for name, (of_record, of_run) in found.items():
            if of_record != of_run:
                self._notes.note(DifferenceKind.RECORD, f"`{name}` is not what the run says.", where)


def _some(counts: Mapping[str, int]) -> dict[str, int]:
    return {outcome: count for outcome, count in counts.items() if count}
