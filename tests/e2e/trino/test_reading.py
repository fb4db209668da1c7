"""What a current view reads does not grow with the lake."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from tests.e2e.trino.session import create_views
from tests.fixtures.tampering import unsealed
from tools.trino.view_files import source_views

DAYS = 400
BOTH = {view.name: view for view in source_views().values() if view.twin == "both"}
# Those that read a table themselves, and one above them. Every other reads these alone: a view with both twins cannot
# read one that has only a history.
CURRENT = sorted(name for name, view in BOTH.items() if "snapshot_record" in view.reads or name == "findings")
HISTORIES = ("account_history", "report_rows_history")


@pytest.fixture(scope="module")
def lakes(demo_lake, warehouse, trino_of, tmp_path_factory):
    """The newest day of the demo, alone and as the last of 400: every other day holds the same rows."""
    found = {}
    for days in (1, DAYS):
        database = f"days_{days}"
        root = tmp_path_factory.mktemp(database)
        repeat_newest_day(demo_lake, root, days)
        warehouse.copy_lake(root, database)
        found[days] = trino_of(database)
        create_views(found[days], database, only={*BOTH, *HISTORIES})
    return found


def repeat_newest_day(source, target, days):
    """A lake of that many days, all with the files of the source's newest day."""
    (target / "catalog").mkdir()
    for path in (source / "catalog").glob("*.json"):
        record = json.loads(path.read_text())
        newest, last = record["snapshots"][record["latest"]], date.fromisoformat(record["latest"])
        record["snapshots"] = {}
        for ago in range(days):
            day = (last - timedelta(days=ago)).isoformat()
            files = [{**file, "path": file["path"].replace(record["latest"], day)} for file in newest["files"]]
            record["snapshots"][day] = {**unsealed(newest), "files": files}
            for file, original in zip(files, newest["files"], strict=True):
                (target / file["path"]).parent.mkdir(parents=True, exist_ok=True)
                (target / file["path"]).symlink_to(source / original["path"])
        (target / "catalog" / path.name).write_text(json.dumps(record))


@pytest.mark.parametrize("view", CURRENT)
def test_a_current_view_reads_the_same_whether_the_lake_holds_one_day_or_400(view, lakes):
    sql = f"select * from {view}"  # noqa: S608  # a name from our own files
    one, many = lakes[1].run(sql), lakes[DAYS].run(sql)

    assert len(one.rows) == len(many.rows) > 0
    assert (one.splits, one.bytes_read) == (many.splits, many.bytes_read)


@pytest.mark.parametrize("view", HISTORIES)
def test_a_history_reads_more_with_more_days(view, lakes):
    sql = f"select count(*), max(snapshot_date) from {view} where snapshot_date > '2000'"  # noqa: S608  # ours
    one, many = lakes[1].run(sql), lakes[DAYS].run(sql)

    assert many.rows[0][0] == one.rows[0][0] * DAYS
    assert many.splits > one.splits
    assert many.bytes_read > one.bytes_read
