"""CSV, TSV and JSON Lines files, plain or gzip, read row by row, errors with their lines."""

import codecs
import contextlib
import csv
import gzip
import hashlib
import io
import json
import os
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from textclf.data.files import MOST_BYTES
from textclf.errors import DataError, QuotingError
from textclf.regular import open_regular
from textclf.wording import several

DELIMITERS = {".csv": ",", ".tsv": "\t"}
JSON_LINES = (".jsonl", ".ndjson")
DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
BUFFER = 1 << 20  # bytes
PLAIN_QUOTES = "if quotes are plain characters in this file, set quoting: none"
MOST_CHARACTERS = 10_000_000  # in a line or a field; more means that a quote was not closed
UTF16 = "UTF-16, not UTF-8; save it as UTF-8"
OTHER_FORMATS = {
    codecs.BOM_UTF16_LE: UTF16,
    codecs.BOM_UTF16_BE: UTF16,
    b"\x1f\x8b": "gzip; give its name the ending .gz",
    b"PK\x03\x04": "a zip archive or a spreadsheet; unpack it, or save it as CSV",
}


def read_rows(
    path: Path,
    delimiter: str | None = None,
    quoting: str | None = None,
    sha256: str | None = None,
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a file, each with the number, from 1, of the line on which it begins.

    The suffix gives the format: .csv, .tsv, or .jsonl and .ndjson, in which each line is an
    object; .gz may follow. The text is UTF-8, with or without a byte order mark. The
    first row of a table is its header. Blank lines are skipped; so are columns without a name,
    such as the index that pandas writes.

    Args:
        delimiter: separates the columns; by default ',', in .tsv a tab.
        quoting: 'standard', 'none', or None: standard, but rows that a lone quote seems to join
            are an error.
        sha256: of the file, hexadecimal; None: any.

    Raises:
        DataError: the file is missing, damaged, not of its format (with the line), or at its end
            does not have this SHA-256.
        QuotingError: a quote contradicts `quoting`.
    """
    kind = format_of(path)
    if kind is None:
        raise DataError(
            f"{path}: unknown format; its name must end in .csv, .tsv, .jsonl or .ndjson, or "
            "in one of these and .gz"
        )
    with open_binary(path, sha256) as file:
        if kind in JSON_LINES:
            yield from _read_objects(file, path)
        else:
            yield from _read_table(file, path, delimiter or DELIMITERS[kind], quoting)


def format_of(path: Path) -> str | None:
    """'.csv', '.tsv', '.jsonl' or '.ndjson', gzip or not; None for any other file."""
    name = path.name.lower().removesuffix(".gz")
    return next((kind for kind in (*DELIMITERS, *JSON_LINES) if name.endswith(kind)), None)


def read_lines(file: BinaryIO, name: object) -> Iterator[tuple[int, str]]:
    """The lines of a file with their numbers, from 1, without line breaks.

    Args:
        name: the file's name in messages.

    Raises:
        DataError: a line is not UTF-8, or too long to be a text.
    """
    for number, line in enumerate(_raw_lines(file, name), 1):
        if number == 1:
            _refuse_other_formats(name, line[:4])
        content = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
        try:
            yield number, content.decode().rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise _not_utf8(name, number, error) from error


def _raw_lines(file: BinaryIO, name: object) -> Iterator[bytes]:
    """The lines of a file, limited in length: a packed file could fill the memory."""
    lines = iter(partial(file.readline, MOST_CHARACTERS), b"")
    for number, line in enumerate(lines, 1):
        if len(line) == MOST_CHARACTERS:
            raise DataError(f"{name}:{number}: a line of more than {MOST_CHARACTERS:,} bytes")
        yield line


@contextlib.contextmanager
def open_binary(path: Path, sha256: str | None = None) -> Iterator[io.BufferedReader]:
    """The content of a file, unpacked if its name ends in .gz, a byte order mark skipped.

    Args:
        sha256: what the bytes must have that were read, once all are; None: any.

    Raises:
        DataError: the file is missing, cannot be read, is damaged, is not text, or changed since
            its SHA-256 was taken.
    """
    try:
        with _HashedFile(path) as raw, _unpacked(raw, path) as file:
            _refuse_other_formats(path, file.peek(4)[:4])
            if file.peek(3).startswith(codecs.BOM_UTF8):
                file.read(3)
            yield file
            if sha256 is not None and raw.sha256.hexdigest() != sha256:
                raise DataError(
                    f"{path}: changed while it was read; try again once no program writes to it"
                )
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: damaged: {error}; download or pack it again") from error
    except (OSError, ValueError) as error:  # a path with a null character is a ValueError
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read: {reason}") from error


class _HashedFile(io.FileIO):
    """A file's bytes; `sha256` is of those that were read."""

    def __init__(self, path: Path) -> None:
        with open_regular(path, MOST_BYTES, follow_links=True) as file:
            super().__init__(os.dup(file.fileno()))
        self.sha256 = hashlib.sha256()

    def readinto(self, buffer: Any) -> int | None:
        n_bytes = super().readinto(buffer)
        self.sha256.update(memoryview(buffer)[:n_bytes])
        return n_bytes


def _unpacked(raw: Any, path: Path) -> io.BufferedReader:
    if path.name.lower().endswith(".gz"):
        raw = gzip.GzipFile(fileobj=io.BufferedReader(raw, BUFFER))
    return io.BufferedReader(raw, BUFFER)


def _refuse_other_formats(name: object, start: bytes) -> None:
    for mark, what in OTHER_FORMATS.items():
        if start.startswith(mark):
            raise DataError(f"{name}: this is {what}")
    # Without its mark, UTF-16 of an alphabet's first two characters has a NUL in each.
    if b"\0\0" in (start[:4:2], start[1:4:2]):
        raise DataError(f"{name}: this is {UTF16}")


def _not_utf8(name: object, line: int, error: UnicodeDecodeError) -> DataError:
    return DataError(
        f"{name}:{line}: byte {error.start + 1} of the line, 0x{error.object[error.start]:02x}, is "
        "not UTF-8; save the file as UTF-8"
    )


# --- JSON Lines ------------------------------------------------------------------------------


def _read_objects(file: BinaryIO, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    for number, line in read_lines(file, path):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", error)
            raise DataError(f"{path}:{number}: not valid JSON: {reason}") from error
        if not isinstance(row, dict):
            raise DataError(
                f"{path}:{number}: not a JSON object; each line must be one, such as "
                '{"text": "…", "label": "…"}'
            )
        yield number, row
    if not number:
        raise _empty(path)


# --- CSV and TSV -----------------------------------------------------------------------------


def _read_table(
    file: BinaryIO, path: Path, delimiter: str, quoting: str | None
) -> Iterator[tuple[int, dict[str, Any]]]:
    rows = _read_fields(file, path, delimiter, quoting)
    line, header = next(rows, (1, None))
    if header is None:
        raise _empty(path)
    names = _check_header(header, f"{path}:{line}")
    unnamed = "" in names
    for line, fields in rows:
        if len(fields) != len(names):
            raise _ragged(f"{path}:{line}", len(fields), len(names), delimiter)
        row = dict(zip(names, fields, strict=True))
        if unnamed:
            del row[""]
        yield line, row


def _read_fields(
    file: BinaryIO, path: Path, delimiter: str, quoting: str | None
) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(MOST_CHARACTERS)
    lines: list[str] = []  # of the row that is read
    rule: Any = csv.QUOTE_NONE if quoting == "none" else csv.QUOTE_MINIMAL
    taken = _take_lines(file, path, lines)
    reader = csv.reader(taken, delimiter=delimiter, strict=True, quoting=rule)
    line = 1
    n_columns = 0  # the header's, once it is read
    try:
        for fields in reader:
            n_columns = n_columns or len(fields)
            if len(lines) > 1 and quoting is None and _look_like_rows(lines, n_columns, delimiter):
                raise _joined(path, line, reader.line_num)
            if fields:
                yield line, fields
            line = reader.line_num + 1
            lines.clear()
    except UnicodeDecodeError as error:
        raise _not_utf8(path, reader.line_num + 1, error) from error
    except csv.Error as error:
        raise _explain(error, f"{path}:{line}") from error


def _take_lines(file: BinaryIO, path: Path, taken: list[str]) -> Iterator[str]:
    """The lines of a table, each also added to `taken`."""
    for line in _raw_lines(file, path):
        # A line break of Windows within quotes is one as it is elsewhere.
        taken.append(line.decode().replace("\r\n", "\n"))
        yield taken[-1]


def _look_like_rows(lines: Sequence[str], n_columns: int, delimiter: str) -> bool:
    """Whether each of the lines that quotes made one row has as many columns as the header.

    Texts have commas and semicolons too, though mostly with a blank behind; two such lines do not
    prove it.
    """
    is_punctuation = delimiter in ",;"
    if n_columns < 2 or (is_punctuation and len(lines) == 2):
        return False
    return all(
        line.count(delimiter) == n_columns - 1
        and not (is_punctuation and re.search(rf"{delimiter}\s", line))
        for line in lines
    )


def _joined(path: Path, first: int, last: int) -> QuotingError:
    return QuotingError(
        f"{path}:{first}: a quote opens a row that ends {several(last - first, 'line')} later, in "
        f"line {last}, but each of these lines looks like a row",
        PLAIN_QUOTES,
        "if it is one row with line breaks in it, set quoting: standard",
    )


def _explain(error: csv.Error, place: str) -> DataError:
    """A message of the csv module in plain words."""
    message = str(error)
    here = f"{place}: in the row that begins here"
    if "unexpected end" in message or "field limit" in message:
        return QuotingError(f"{here}, a quote is never closed; {PLAIN_QUOTES}")
    if "expected after" in message:
        return QuotingError(
            f'{here}, text follows a closing quote; write a quote as "", or {PLAIN_QUOTES}'
        )
    if "new-line" in message:
        return DataError(
            f"{place}: a lone carriage return; end lines with \\n, and put texts of several lines "
            "in quotes"
        )
    return DataError(f"{place}: {message}")


def _check_header(header: Sequence[str], place: str) -> list[str]:
    """The names of the columns; '' for a column without a name."""
    names = [name.strip() for name in header]
    for name, times in Counter(filter(None, names)).items():
        if times > 1:
            raise DataError(
                f"{place}: two columns are called {name!r}; rename one, or put a header above if "
                "this row is data"
            )
    if not any(names):
        raise DataError(f"{place}: no column has a name; the first row must be a header")
    if re.match("sep=", names[0], re.IGNORECASE) and not any(names[1:]):
        raise DataError(
            f"{place}: 'sep=' is a note for spreadsheets, not a header; remove this line, and name "
            "the sign as delimiter if it is not the usual one"
        )
    others = [what for sign, what in DELIMITER_NAMES.items() if sign in names[0]]
    if len(names) == 1 and others:
        raise DataError(
            f"{place}: one column, {names[0]!r}; if a {others[0]} separates columns, say so: "
            "delimiter"
        )
    return names


def _ragged(place: str, n_fields: int, n_names: int, delimiter: str) -> DataError:
    count = f"{n_fields} field{'s' * (n_fields != 1)}, but the header has {n_names}"
    sign = DELIMITER_NAMES.get(delimiter, repr(delimiter))
    if n_fields < n_names:
        return DataError(f"{place}: {count}; an empty field needs a {sign}, too")
    return DataError(f"{place}: {count}; a text that contains a {sign} needs quotes")


def _empty(path: Path) -> DataError:
    return DataError(f"{path}: empty; it must have a row, and a table a header above it")
