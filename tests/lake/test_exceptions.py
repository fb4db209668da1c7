"""A run's exceptions in the lake: written, rebuilt, and compared with the run by `verify`."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collector.evidence import RunEvidence
from collector.lake.rebuild import rebuild
from collector.lake.rows import exception_rows
from collector.lake.verify import verify
from collector.query.duckdb import LocalLake
from tests.fixtures.examples import DAY, ORGANIZATION, collect, rows_of, run_of, some_accounts

EXCEPTIONS = [
    {"exception_id": "EX-1", "control_id": "*", "ou": "Root/100%_sure!", "expires_on": "2026-12-31", "owner": "team"},
    {"exception_id": "EX-2", "control_id": "console-mfa", "account": "111122223333", "user": "a_*", "reason": "Why."}
    | {"expires_on": "2026-01-01", "approved_by": "ciso", "ticket": "T-1"},
    {"exception_id": "EX-3", "control_id": "*", "ou": "ou-ab12-11111111", "expires_on": "2026-12-31"},
]


@pytest.fixture(name="with_exceptions")
def _with_exceptions(store, scratch):
    return collect(store, scratch, some_accounts(), run=run_of(DAY, exceptions=EXCEPTIONS))


def test_an_exception_is_one_row_with_its_terms_and_patterns():
    run = RunEvidence(
        organization_id="o-abcdefghij",
        run_id="r",
        started_at=datetime(2026, 11, 23, 15, tzinfo=UTC),
        inventory_source="organizations",
        exceptions=EXCEPTIONS,
    )
    first, second, third = exception_rows(run).to_pylist()

    assert (first["ou"], first["ou_pattern"], first["user_pattern"]) == (
        "Root/100%_sure!",
        "Root/100!%!_sure!!/%",
        None,
    )
    assert (second["account_id"], second["user_glob"], second["user_pattern"]) == ("111122223333", "a_*", "a!_%")
    assert (second["expires_on"], second["ends_at"]) == ("2026-01-01", datetime(2026, 1, 2, tzinfo=UTC))
    assert third["ou_pattern"] == "%/ou-ab12-11111111/%"


def test_a_rebuilt_snapshot_has_the_exceptions_of_its_run(store, scratch, with_exceptions):
    expected = rows_of(store, scratch, with_exceptions.files, "exception")
    assert [row["exception_id"] for row in expected] == ["EX-1", "EX-3", "EX-2"]

    now = datetime(2026, 12, 1, tzinfo=UTC)
    written = rebuild(store, ORGANIZATION, DAY, scratch, now=lambda: now, randomness=bytes(4)).written

    assert rows_of(store, scratch, written.files, "exception") == expected
    assert list(verify(store, scratch)) == []


def test_the_results_of_a_rebuilt_snapshot_are_excepted_as_they_were_whatever_has_ended_since(store, scratch, lake):
    """Both engines read the rebuilt tables alike; that a rebuilt snapshot has the same rows is all that is new."""
    terms = {"control_id": "console-mfa", "account": "111111111111", "expires_on": "2026-12-31"}
    exceptions = [
        {**terms, "exception_id": "EX-1", "user": "al*"},
        {**terms, "exception_id": "EX-2", "user": "bob", "expires_on": "2026-11-01"},
    ]
    collect(store, scratch, some_accounts(), run=run_of(DAY, exceptions=exceptions))
    collect(store, scratch, some_accounts(), run=run_of("2026-11-24"))

    def results():
        with LocalLake(str(lake)) as local:
            rows = local.rows("select * from control_results_history order by all")
            found = [row for batch in rows.batches for row in batch.to_pylist()]
        return [row for row in found if row["snapshot_date"] == DAY]

    before = results()
    rebuild(store, ORGANIZATION, DAY, scratch, now=lambda: datetime(2027, 2, 1, tzinfo=UTC), randomness=bytes(4))

    assert results() == before
    of_mfa = {row["user_name"]: row["status"] for row in before if row["control_id"] == "console-mfa"}
    assert (of_mfa["alice"], of_mfa["bob"], of_mfa["carol"]) == ("excepted", "fail", "fail")


def test_a_run_without_exceptions_has_no_file_of_them(store, scratch):
    written = collect(store, scratch, some_accounts())

    assert {file.record_type for file in written.files} == {"account", "user"}


def test_an_altered_exception_is_a_difference(store, scratch, lake, with_exceptions):
    (file,) = (file for file in with_exceptions.files if file.record_type == "exception")
    path = lake / file.path
    table = pq.read_table(path)
    longer = table.column("expires_on").to_pylist()
    longer[0] = "2099-12-31"
    place = table.column_names.index("expires_on")
    pq.write_table(table.set_column(place, table.field(place), pa.array(longer)), path)

    found = [str(difference) for difference in verify(store, scratch)]

    assert any("The exceptions differ from those of the run." in difference for difference in found)
