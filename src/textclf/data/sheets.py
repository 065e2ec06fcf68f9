"""Excel workbooks and Parquet files, row by row; each needs a package of an extra."""

import contextlib
import datetime
import hashlib
import zipfile
from collections.abc import Iterator
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from textclf.data.files import MOST_BYTES
from textclf.data.headers import check_header, empty_file
from textclf.disk.regular import open_regular
from textclf.errors import DataError
from textclf.wording import several, some_of

SHEETS = (".xlsx",)
PARQUET = (".parquet",)
EXTRAS = {".xlsx": "excel", ".parquet": "parquet"}
MOST_UNPACKED = 2 * 10**9  # bytes of a workbook, which is read as a whole
LOOKED_AT = 1_000  # rows, for columns that hold something without a name
BATCH = 1_000  # rows of a Parquet file that are held at once

Row = dict[str, Any]


def read_sheet(path: Path, sha256: str | None = None) -> Iterator[tuple[int, Row]]:
    """The rows of a workbook's first sheet with their numbers in it; the header is row 1.

    A cell is the text that it has in a CSV file: a number its digits, a date 2026-11-28, a formula
    its last result. Empty rows are skipped.

    Raises:
        DataError: the file is not a workbook, too large unpacked, or not of this SHA-256; the
            package is missing.
    """
    with _opened(path, sha256) as file, _workbook(path, file) as book:
        filled = _filled_rows(book)
        line, header = next(filled, (1, None))
        if header is None:
            raise empty_file(path)
        names = check_header(header, f"{path}:{line}", may_be_split=False)
        for number, cells in filled:
            yield number, {n: c for n, c in zip(names, cells, strict=True) if n}


def sheet_warnings(path: Path) -> Iterator[str]:
    """What a user should know about the sheets and columns that are not read."""
    with _opened(path) as file, _workbook(path, file) as book:
        rows = [row for _, row in islice(_filled_rows(book), LOOKED_AT)]
        columns = [*zip(*rows, strict=True)]
        unnamed = [column for column in columns if not column[0].strip() and any(column)]
        if unnamed:
            yield (
                f"{several(len(unnamed), 'column')} without a name left out; the first row that "
                "is not empty must be the header"
            )
        names = [*book.sheet_names]
        read = names.pop(_first_sheet(book))
        if names:
            others = some_of([*map(repr, names)], 5)
            yield f"sheet {read!r} is read, {several(len(names), 'sheet')} left out: {others}"


def _filled_rows(book: Any) -> Iterator[tuple[int, list[str]]]:
    rows = enumerate(book.get_sheet_by_index(_first_sheet(book)).iter_rows(), 1)
    return ((number, [*map(_cell, row)]) for number, row in rows if any(c != "" for c in row))


def _first_sheet(book: Any) -> int:
    """The number of the first sheet that a user sees."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    seen = (SheetTypeEnum.WorkSheet, SheetVisibleEnum.Visible)
    sheets = enumerate(book.sheets_metadata)
    return next((number for number, sheet in sheets if (sheet.typ, sheet.visible) == seen), 0)


@contextlib.contextmanager
def _workbook(path: Path, file: BinaryIO) -> Iterator[Any]:
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError:
        raise _needs_package(path) from None
    try:
        with zipfile.ZipFile(file) as archive:
            if sum(part.file_size for part in archive.infolist()) > MOST_UNPACKED:
                raise DataError(
                    f"{path}: larger than {MOST_UNPACKED:,} bytes when unpacked; save it as CSV"
                )
        file.seek(0)
        yield CalamineWorkbook.from_filelike(file)
    except (CalamineError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{path}: not an Excel workbook, or damaged: {error}; save it again as .xlsx"
        ) from error


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value.replace("\r\n", "\n")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    is_time = isinstance(value, datetime.date | datetime.time)
    return value.isoformat() if is_time else str(value)


# --- Parquet ---------------------------------------------------------------------------------


def read_parquet(path: Path, sha256: str | None = None) -> Iterator[tuple[int, Row]]:
    """The rows of a Parquet file with their numbers, from 1; cells are Python's own values.

    Raises:
        DataError: the file is damaged, or not of this SHA-256; the package is missing.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise _needs_package(path) from None
    with _opened(path, sha256) as file:
        try:
            table = parquet.ParquetFile(file)
            check_header(table.schema_arrow.names, str(path), may_be_split=False)
            batches = table.iter_batches(BATCH, use_threads=False)
            rows = (row for batch in batches for row in batch.to_pylist())
            for number, row in enumerate(rows, 1):
                yield number, {str(name): _plain(value) for name, value in row.items()}
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            reason = str(error).splitlines()[0]
            raise DataError(f"{path}: damaged, or not Parquet: {reason}; write it again") from error


def _plain(value: Any) -> Any:
    """Dates and decimals as texts: they are classes or nothing."""
    known = (str, bool, int, float, list, dict)
    return value if value is None or isinstance(value, known) else str(value)


# --- both ------------------------------------------------------------------------------------


def _needs_package(path: Path) -> DataError:
    extra = EXTRAS[path.suffix.lower()]
    return DataError(
        f"{path}: reading {path.suffix.lower()} files needs another package; install it with: "
        f"pip install 'textclf[{extra}]'"
    )


@contextlib.contextmanager
def _opened(path: Path, sha256: str | None = None) -> Iterator[BufferedReader]:
    """The file, which must have this SHA-256 before it is parsed and after."""
    try:
        with open_regular(path, MOST_BYTES, follow_links=True) as file:
            _verify(file, path, sha256)
            yield file
            _verify(file, path, sha256)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error


def _verify(file: BufferedReader, path: Path, sha256: str | None) -> None:
    if sha256 is None or file.closed:
        return
    file.seek(0)
    if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
        raise DataError(
            f"{path}: changed while it was read; try again once no program writes to it"
        )
    file.seek(0)
