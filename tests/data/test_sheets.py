"""Workbooks and Parquet files give the rows that a CSV file would; damage is an error."""

import datetime
import hashlib
import sys
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest

from textclf.data.tables import read_rows, reading_warnings
from textclf.errors import DataError


@pytest.fixture(autouse=True)
def a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def workbook(*sheets: list[list[object]], name: str = "a.xlsx") -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    book.save(name)
    return Path(name)


def parquet(rows: list[dict[str, object]], name: str = "a.parquet") -> Path:
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows), name)
    return Path(name)


def test_cells_are_the_texts_that_a_csv_file_would_have():
    day = datetime.datetime(2026, 11, 28)
    path = workbook(
        [[], ["text", "n", None], ["좋은 “영화”\nja", 3, "x"], [], [day, 0.1, None], [True, None]]
    )
    assert [*read_rows(path)] == [
        (3, {"text": "좋은 “영화”\nja", "n": "3"}),
        (5, {"text": "2026-11-28", "n": "0.1"}),
        (6, {"text": "true", "n": ""}),
    ]


def test_a_formula_without_a_result_and_an_error_are_empty():
    assert [*read_rows(workbook([["a", "b", "c"], ["=1+1", "#N/A", 1]]))] == [
        (2, {"a": "", "b": "", "c": "1"})
    ]


def test_other_sheets_are_counted():
    path = workbook([["a"], [1]], [["b"], [2]], [["c"]])
    assert [row for _, row in read_rows(path)] == [{"a": "1"}]
    assert [*reading_warnings(path)] == [
        "sheet 'Sheet' is read, 2 sheets left out: 'Sheet1', 'Sheet2'"
    ]
    assert not [*reading_warnings(workbook([["a"], [1]]))]


def test_a_workbook_has_a_header_too():
    with pytest.raises(DataError, match=r"^a.xlsx:1: two columns are called 'a'"):
        [*read_rows(workbook([["a", "a"], [1, 2]]))]
    with pytest.raises(DataError, match=r"^a.xlsx: empty; "):
        [*read_rows(workbook([[]]))]


def test_cells_of_parquet_are_values():
    rows = [{"text": "a", "n": 1, "x": 0.5, "list": ["p", "q"]}, {"text": None, "n": 2, "x": None}]
    path = parquet(rows * 1_500)
    found = [*read_rows(path)]
    assert found[0] == (1, rows[0]) and found[2_999] == (3_000, {**rows[1], "list": None})
    day = {"text": "a", "day": datetime.date(2026, 11, 28)}
    assert [*read_rows(parquet([day]))] == [(1, {"text": "a", "day": "2026-11-28"})]


@pytest.mark.parametrize("name", ["a.xlsx", "a.parquet"])
def test_a_file_that_changed_is_noticed(name):
    path = workbook([["a"], [1]]) if name == "a.xlsx" else parquet([{"a": 1}])
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert len([*read_rows(path, sha256=digest)]) == 1
    with pytest.raises(DataError, match="changed while it was read"):
        [*read_rows(path, sha256="0" * 64)]


@pytest.mark.parametrize("name", ["a.xlsx", "a.parquet"])
@pytest.mark.parametrize("content", [b"", b"text,label\n", b"PK\x03\x04\x14", b"PAR1" * 5, "cut"])
def test_a_damaged_file_is_an_error(name, content):
    if content == "cut":
        path = workbook([["a"], [1]]) if name == "a.xlsx" else parquet([{"a": 1}])
        content = path.read_bytes()[:-60]
    Path(name).write_bytes(content)
    with pytest.raises(
        DataError, match=rf"^{name}: (not an Excel workbook|damaged, or not Parquet)"
    ):
        [*read_rows(Path(name))]


def test_a_workbook_that_would_fill_the_memory_is_refused(monkeypatch):
    with zipfile.ZipFile("a.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 3_000_000)
    assert Path("a.xlsx").stat().st_size < 10_000
    monkeypatch.setattr("textclf.data.sheets.MOST_UNPACKED", 2_000_000)
    with pytest.raises(DataError, match=r"^a.xlsx: larger than 2,000,000 bytes when unpacked"):
        [*read_rows(Path("a.xlsx"))]


@pytest.mark.parametrize(
    ("name", "package", "extra"),
    [("a.xlsx", "python_calamine", "excel"), ("a.parquet", "pyarrow", "parquet")],
)
def test_a_missing_package_names_its_extra(monkeypatch, name, package, extra):
    Path(name).write_bytes(b"")
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(DataError, match=rf"pip install 'textclf\[{extra}\]'$"):
        [*read_rows(Path(name))]
