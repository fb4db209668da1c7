"""A report as an Excel workbook: what the page shows as rows to filter, and a sheet to review every user with."""
# ruff: noqa: S608 -- the names are ours, and every value is quoted

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from collector import __version__
from collector.outcome import Outcome
from collector.query.statement import literal
from collector.query.workbook import MAX_ROWS, open_book, row_values
from collector.reports.exceptions import by_state, read_acceptances
from collector.reports.reader import Reader
from collector.reports.records import Coverage
from collector.reports.review import REVIEW_COLUMNS, review_rows
from collector.reports.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

    from xlsxwriter.worksheet import Worksheet

    from collector.query.rows import Rows
    from collector.query.workbook import Book
    from collector.reports.records import Control, Snapshot, Standing
    from collector.reports.scope import Scope

    Run = Callable[[str], Rows]
    # For a column how its values are written.
    Words = dict[str, Callable[[str], str]]

SHEETS = ("summary", "findings", "users", "coverage", "changes", "exceptions", "review")

# The columns of the sheets that show a view; a heading is the text of its last word.
_FINDINGS = (
    *("finding_rank", "severity", "control_id", "control_id as title", "account_id", "account_name", "ou_path"),
    *("owner", "user_name", "credential_type", "credential_created_at", "reason", "failing_since", "measured_days"),
    *("limit_days", "last_used_at", "report_generated_at", "control_id as remediation", "finding_id"),
)
_USERS = (
    *("account_id", "account_name", "ou_path", "user_name", "user_arn", "user_creation_time", "password_enabled"),
    *("password_last_used", "password_last_changed", "mfa_active", "access_key_1_active", "access_key_1_last_rotated"),
    *("access_key_1_last_used_date", "access_key_1_last_used_region", "access_key_1_last_used_service"),
    *("access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date"),
    *("access_key_2_last_used_region", "access_key_2_last_used_service", "cert_1_active", "cert_1_last_rotated"),
    *("cert_2_active", "cert_2_last_rotated", "report_generated_at"),
)
_CHANGES = (
    *("change_type", "account_id", "account_name", "ou_path", "user_name", "credential_type", "credential_created_at"),
    *(
        "changed_at",
        "cast(previous_snapshot_date as date) as previous_snapshot_date",
        "previous_report_generated_at",
        "report_generated_at",
    ),
)
_COVERAGE = (
    *("account_id", "account_name", "ou_path", "owner", "account_state", "outcome", "reason", "denied_by_type"),
    *("denied_by_arn", "error_code", "error_message", "next_step", "user_count", "report_generated_at"),
)
_EXCEPTIONS = (
    *("exception_id", "state", "control_id", "account_id", "account_name", "ou", "finding_id", "user_glob", "owner"),
    *("approved_by", "acceptance_reason", "ticket", "expires_on", "ends_in_days", "results_covered"),
    "results_failing_again",
)
_STANDINGS = (
    *("severity", "control_id", "title", "pass_count", "fail_count", "pass_rate", "excepted_count", "accounts_unknown"),
)
# What a reviewer fills in, and the choices of the first: the names of texts in the catalog.
_DECISIONS = ("decision", "until", "reviewer", "decided_on", "comment")
CHOICES = ("keep", "remove", "exception")

# The columns whose values are words of a section of the catalog.
_WORDS = {
    "severity": "severity",
    "outcome": "outcome",
    "denied_by_type": "denied_by",
    "change_type": "change",
    "credential_type": "kind",
    "kind": "kind",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a workbook shows."""

    snapshot: Snapshot  # The snapshot.
    known: int  # ACTIVE accounts whose users are known.
    active: int  # ACTIVE accounts.
    failing: int  # Findings.
    notes: list[str]  # Which sheets do not hold every row, in sentences.


def write_report(
    run: Run, stream: BinaryIO, *, lake: str, scope: Scope, organization_id: str | None = None, language: str = "en"
) -> Written:
    """Write the newest snapshot as a workbook; the rows of a sheet are written while they are read.

    The arguments and errors are those of `data.read_report`.

    Raises:
        CredlakeError: it is too large for a workbook; or see `read_report`.
        OSError: it cannot be written.
    """
    reader = Reader(run, lake=lake, scope=scope, organization_id=organization_id)
    texts = Texts(language)
    coverage = reader.read(Coverage, "collection_coverage", "account_id")
    active = sum(each.is_in_scope for each in coverage)
    known = sum(each.is_in_scope and each.is_covered for each in coverage)
    standings = reader.trend(reader.days[-1:])
    controls = [texts.control(control) for control in reader.controls()]
    with open_book(stream) as book:
        book.created(reader.snapshot.snapshot_at)
        sheets = _Sheets(book, texts, controls)
        # Written last: only then it is known whether every row fits.
        summary = book.add(texts("sheet.summary"))
        sheets.add("findings", _FINDINGS, _findings(reader, texts))
        sheets.add(
            "users", _USERS, row_values(run(_view("credential_report", _USERS, reader, "account_id, user_name")))
        )
        sheets.add("coverage", _COVERAGE, _coverage(reader, coverage, texts))
        sheets.add("changes", _CHANGES, row_values(run(_changes(reader))))
        sheets.add("exceptions", _EXCEPTIONS, _exceptions(reader, texts))
        sheets.add("review", REVIEW_COLUMNS, review_rows(reader, texts), more=_DECISIONS)
        facts = [
            texts("page.title", organization=reader.snapshot.organization_id),
            texts("page.as_of", time=texts.time(reader.snapshot.snapshot_at)),
            texts("known.headline", known=known, active=active, rate=texts.rate(known / active))
            if active
            else texts("known.none"),
            *([texts("book.banner", n=active - known)] if active > known else []),
            *(
                [texts("book.scope", names=", ".join((*scope.ous, *scope.accounts, *scope.owners)))]
                if not scope.is_everything
                else []
            ),
            *sheets.notes,
        ]
        _write_summary(
            book,
            summary,
            texts,
            facts=facts,
            standings=_standings(controls, standings, texts),
            about=_about(reader, texts),
        )
    return Written(
        snapshot=reader.snapshot,
        known=known,
        active=active,
        failing=sum(each.fail_count for each in standings),
        notes=sheets.notes,
    )


class _Sheets:
    """The sheets with a row for each thing, and what does not fit into them."""

    def __init__(self, book: Book, texts: Texts, controls: Sequence[Control]) -> None:
        self._book, self._texts = book, texts
        by_id = {control.control_id: control for control in controls}
        self._words: Words = {
            "title": lambda control_id: by_id[control_id].title,
            "remediation": lambda control_id: by_id[control_id].mend,
            **{column: partial(_word, texts, section) for column, section in _WORDS.items()},
        }
        self.notes: list[str] = []

    def add(
        self, name: str, columns: Sequence[str], rows: Iterator[Sequence[object]], *, more: Sequence[str] = ()
    ) -> None:
        """Add a sheet of these rows, and with more columns that are empty."""
        names = [column.split()[-1] for column in columns]
        headings = [self._texts(f"column.{each}") for each in (*names, *more)]
        sheet = self._book.add(self._texts(f"sheet.{name}"))
        written = self._book.write(sheet, headings, _in_words(names, rows, self._words), spare=1)
        if more:
            self._for_decisions(sheet, len(names), written)
        left_out = sum(1 for _ in rows)
        if left_out:
            sheet_name = self._texts(f"sheet.{name}")
            note = self._texts("book.full", sheet=sheet_name, rows=MAX_ROWS, shown=written, n=written + left_out)
            # On the sheet as well, in its last row: a person who filters it may never see the summary.
            self._book.cell(sheet, written + 1, 0, note, self._book.bold)
            self.notes.append(note)

    def _for_decisions(self, sheet: Worksheet, first: int, rows: int) -> None:
        choices = [self._texts(f"decision.{each}") for each in CHOICES]
        sheet.data_validation(1, first, max(rows, 1), first, {"validate": "list", "source": choices})
        for place, name in enumerate(_DECISIONS, first):
            is_day = name in {"until", "decided_on"}
            sheet.set_column(place, place, 40 if name == "comment" else 16, self._book.day if is_day else None)
            if is_day:
                rule = {"validate": "date", "criteria": ">", "value": date(2000, 1, 1)}
                sheet.data_validation(1, place, max(rows, 1), place, rule)


def _word(texts: Texts, section: str, value: str) -> str:
    return texts(f"{section}.{value}")


def _in_words(names: Sequence[str], rows: Iterator[Sequence[object]], words: Words) -> Iterator[Sequence[object]]:
    found = [words.get(name) for name in names]
    for row in rows:
        yield [
            value if word is None or value is None else word(str(value)) for word, value in zip(found, row, strict=True)
        ]


def _view(view: str, columns: Sequence[str], reader: Reader, order: str, where: str | None = None) -> str:
    return f"select {', '.join(columns)} from {view} where {reader.where(where)} order by {order}"


def _findings(reader: Reader, texts: Texts) -> Iterator[Sequence[object]]:
    """The findings, with their reasons in the language of the workbook."""
    place = _FINDINGS.index("reason")
    for *values, code in row_values(reader.run(_view("findings", (*_FINDINGS, "reason_code"), reader, "finding_rank"))):
        values[place] = texts.reason(str(code), str(values[place]))
        yield values


def _exceptions(reader: Reader, texts: Texts) -> Iterator[Sequence[object]]:
    """The exceptions, the most urgent first."""
    for group in by_state(read_acceptances(reader)):
        for each in group.acceptances:
            values = {name: getattr(each, name, None) for name in _EXCEPTIONS}
            values |= {
                "state": texts(f"exception_state.{group.state}"),
                "acceptance_reason": each.reason,
                "expires_on": date.fromisoformat(each.expires_on),
            }
            yield list(values.values())


def _changes(reader: Reader) -> str:
    newest = f"snapshot_date = {literal(reader.snapshot.snapshot_date)}"
    order = "change_type, account_id, user_name, credential_created_at, occurrence"
    return _view("credential_changes_history", _CHANGES, reader, order, newest)


def _coverage(reader: Reader, coverage: list[Coverage], texts: Texts) -> Iterator[Sequence[object]]:
    """The accounts, those that are not known first."""
    rows = sorted(zip(coverage, reader.accounts, strict=True), key=lambda row: (row[0].is_covered, row[1].outcome))
    for each, account in rows:
        values = {name: getattr(account, name, None) for name in _COVERAGE}
        values |= {
            "reason": texts.sentence("coverage", each.reason),
            "next_step": texts.next_step(Outcome(account.outcome)) or None,
        }
        yield list(values.values())


def _standings(controls: Sequence[Control], standings: list[Standing], texts: Texts) -> list[list[object]]:
    by_control = {each.control_id: each for each in standings}
    return [
        [
            texts(f"severity.{control.severity}"),
            control.control_id,
            control.title,
            standing.pass_count,
            standing.fail_count,
            standing.pass_rate,
            standing.excepted_count,
            standing.accounts_unknown,
        ]
        for control in controls
        if (standing := by_control.get(control.control_id)) is not None
    ]


def _about(reader: Reader, texts: Texts) -> list[tuple[str, object]]:
    snapshot = reader.snapshot
    return [
        (texts("about.organization"), snapshot.organization_id),
        (texts("about.run"), snapshot.run_id),
        (texts("about.started"), snapshot.snapshot_at),
        (texts("about.finished"), snapshot.finished_at),
        (texts("about.oldest"), snapshot.oldest_report_at),
        (texts("about.lake"), reader.lake or None),
        (texts("book.version"), f"credlake {__version__}"),
    ]


def _write_summary(
    book: Book,
    sheet: Worksheet,
    texts: Texts,
    *,
    facts: Sequence[str],
    standings: Sequence[Sequence[object]],
    about: Sequence[tuple[str, object]],
) -> None:
    """Write the title and facts as lines, the controls as a table, and what the workbook was made of."""
    for place, width in enumerate((26, 26, 50, 12, 12, 12, 12, 18)):
        sheet.set_column(place, place, width)
    for row, fact in enumerate(facts):
        book.cell(sheet, row, 0, fact, book.bold if row == 0 else None)
    header = len(facts) + 1
    for place, name in enumerate(_STANDINGS):
        book.cell(sheet, header, place, texts(f"column.{name}"), book.bold)
    row = header
    for row, values in enumerate(standings, header + 1):
        for place, value in enumerate(values):
            book.cell(sheet, row, place, value, book.percent if _STANDINGS[place] == "pass_rate" else None)
    sheet.autofilter(header, 0, row, len(_STANDINGS) - 1)
    for line, (name, value) in enumerate(about, row + 2):
        book.cell(sheet, line, 0, name, book.bold)
        book.cell(sheet, line, 1, value)
