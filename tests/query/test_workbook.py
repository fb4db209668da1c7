"""Rows as a workbook: what Excel would make of a value must not change it."""

from __future__ import annotations

import io
import tempfile
import zipfile
from datetime import date, datetime, timedelta, timezone
from xml.etree import ElementTree as ET

import openpyxl
import pyarrow as pa
import pytest

from collector.errors import CredlakeError
from collector.query import workbook
from collector.query.rows import Rows
from collector.query.run import run_query
from collector.query.workbook import open_book, write_workbook

NAMESPACE = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
COLUMNS = {
    "account_id": pa.array(["000000000001", None]),
    "user_name": pa.array(["=cmd|'/c calc'!A1", "http://example.com/+1\x07"]),
    "count": pa.array([2**60, 3]),
    "rate": pa.array([0.5, float("nan")]),
    "is_root": pa.array([True, None]),
    "long": pa.array(["x" * 40_000, ""]),
}


def rows(columns=None):
    table = pa.table(columns or COLUMNS)
    return Rows(table.schema, iter(table.to_batches()))


def parts(stream):
    with zipfile.ZipFile(io.BytesIO(stream.getvalue())) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def sheet_cells(sheet):
    cells = {}
    root = ET.fromstring(sheet)  # noqa: S314 -- our own
    for cell in root.iterfind(".//x:c", NAMESPACE):
        text = cell.find(".//x:t", NAMESPACE)
        value = cell.find("x:v", NAMESPACE)
        cells[cell.get("r")] = text.text if text is not None else float(value.text)
        assert cell.find("x:f", NAMESPACE) is None
    return cells


def test_text_stays_text_and_nothing_is_a_formula_or_a_link():
    stream = io.BytesIO()
    write_workbook([("Rows", rows())], stream)
    written = parts(stream)
    sheet = written["xl/worksheets/sheet1.xml"]

    cells = sheet_cells(sheet)
    assert [cells[f"{column}1"] for column in "ABCDEF"] == list(COLUMNS)
    assert (cells["A2"], cells["B2"]) == ("000000000001", "=cmd|'/c calc'!A1")
    assert cells["B3"] == "http://example.com/+1_x0007_"
    assert (cells["C2"], cells["C3"]) == (str(2**60), 3.0)
    assert (cells["D2"], cells["D3"], cells["E2"]) == (0.5, "NaN", 1.0)
    assert len(cells["F2"]) == 32_767
    assert "A3" not in cells
    assert 'state="frozen"' in sheet
    assert 'ySplit="1"' in sheet
    assert "<autoFilter" in sheet
    assert "hyperlink" not in "".join(written.values())


def read_back(stream) -> list[tuple]:
    return list(openpyxl.load_workbook(stream)["Rows"].iter_rows(values_only=True))


def test_dates_are_dates_in_utc():
    berlin = pa.array([datetime(2026, 11, 22, 1, 2, 3, tzinfo=timezone(timedelta(hours=1)))] * 2)
    columns = {
        "at": berlin,
        "day": pa.array([date(2026, 11, 22), None]),
        "old": pa.array([datetime(1850, 1, 1), None]),  # noqa: DTZ001 -- as the views return it
    }
    stream = io.BytesIO()
    write_workbook([("Rows", rows(columns))], stream)

    _, first, second = read_back(stream)
    assert first == (datetime(2026, 11, 22, 0, 2, 3), datetime(2026, 11, 22), "1850-01-01 00:00:00")  # noqa: DTZ001
    assert second == (first[0], None, None)


def test_a_name_that_looks_like_markup_of_excel_is_text():
    name = "<r><t>x</t></is></c><c><f>1+1</f></c></r>"
    stream = io.BytesIO()
    write_workbook([("Rows", rows({"name": pa.array([name])}))], stream)

    assert read_back(stream) == [("name",), (f"{name} ",)]


def test_an_interrupted_workbook_leaves_no_files(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(KeyboardInterrupt), open_book(io.BytesIO()) as book:  # noqa: PT012 -- what ends it is in it
        book.add("Rows")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_more_rows_than_a_sheet_has_are_an_error(monkeypatch):
    monkeypatch.setattr(workbook, "MAX_ROWS", 300)
    with pytest.raises(CredlakeError, match="--format csv"):
        write_workbook([("Rows", rows({"number": pa.array(range(300))}))], io.BytesIO())


def test_a_query_can_be_written_as_a_workbook(tmp_path, make_lake):
    target = tmp_path / "out.xlsx"
    run_query(
        make_lake({"2026-11-22": {"accounts": [{"account_name": "pay"}]}}),
        "select '007' as agent",
        format="xlsx",
        output=target,
        out_stream=io.StringIO(),
        err_stream=io.StringIO(),
    )
    written = parts(io.BytesIO(target.read_bytes()))
    assert sheet_cells(written["xl/worksheets/sheet1.xml"]) == {"A1": "agent", "A2": "007"}
