"""Files and folders of examples, read row by row, errors with their lines."""

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
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from textclf.data import folders, sheets
from textclf.data.encodings import (
    UTF8,
    Guess,
    encoding_of_start,
    guess_encoding,
    line_codec,
    with_plain_lines,
)
from textclf.data.files import MOST_BYTES, hash_file
from textclf.data.folders import FOLDER
from textclf.data.headers import DELIMITER_NAMES, SEPARATOR_NOTE, check_header, empty_file
from textclf.data.sheets import PARQUET, SHEETS
from textclf.disk.regular import open_regular
from textclf.errors import DataError, QuotingError
from textclf.wording import several

DELIMITERS = {".csv": ",", ".tsv": "\t"}
JSON_LINES = (".jsonl", ".ndjson")
BUFFER = 1 << 20  # bytes
PLAIN_QUOTES = "if quotes are plain characters in this file, set quoting: none"
MOST_CHARACTERS = 10_000_000  # in a line or a field; more means that a quote was not closed
OTHER_FORMATS = {
    b"\x1f\x8b": "gzip; give its name the ending .gz",
    b"PK\x03\x04": "a zip archive or a workbook; unpack it, or give its name the ending .xlsx",
    b"PAR1": "Parquet; give its name the ending .parquet",
}


def read_rows(
    path: Path,
    delimiter: str | None = None,
    quoting: str | None = None,
    sha256: str | None = None,
    encoding: str | None = None,
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a file, each with the number, from 1, of the line on which it begins.

    The suffix gives the format: .csv, .tsv, or .jsonl and .ndjson, in which each line is an
    object, all of which .gz may follow; .xlsx or .parquet. The first row of a table is its header.
    Blank lines are skipped; so are columns without a name, such as the index that pandas writes. A
    folder with a folder of .txt files for each class has the columns text, label and file.

    Args:
        delimiter: separates the columns; by default the one that a first line such as `sep=;`
            names, else ',', in .tsv a tab.
        quoting: 'standard', 'none', or None: standard, but rows that a lone quote seems to join
            are an error.
        sha256: of the file or folder, as `hash_source` has it; None: any.
        encoding: of the text; None: a guess, which `find_encoding` makes for a user to check.

    Raises:
        DataError: the file is missing, damaged, not of its format or encoding (with the line), or
            at its end does not have this SHA-256.
        QuotingError: a quote contradicts `quoting`.
    """
    kind = format_of(path)
    if kind is None:
        raise DataError(
            f"{path}: unknown format; its name must end in .csv, .tsv, .jsonl or .ndjson, or in "
            "one of these and .gz, or in .xlsx or .parquet"
        )
    if kind in SHEETS:
        return sheets.read_sheet(path, sha256)
    if kind in PARQUET:
        return sheets.read_parquet(path, sha256)
    chosen = encoding or find_encoding(path).encoding
    if kind == FOLDER:
        return folders.read_folder(path, chosen, sha256)
    return _read_text(path, delimiter, quoting, sha256, chosen)


def _read_text(
    path: Path, delimiter: str | None, quoting: str | None, sha256: str | None, encoding: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    kind = format_of(path)
    with open_binary(path, sha256, encoding) as file:
        if kind in JSON_LINES:
            yield from _read_objects(file, path, encoding)
        else:
            yield from _read_table(file, path, delimiter, quoting, encoding)


def format_of(path: Path) -> str | None:
    """'.csv', '.tsv', '.jsonl' or '.ndjson', gzip or not, '.xlsx', '.parquet' or 'folder'; None
    for any other file."""
    if os.path.isdir(path):  # noqa: PTH112 (unlike Path's, it never raises)
        return FOLDER
    name = path.name.lower()
    packed = name.removesuffix(".gz")
    kinds = [kind for kind in (*DELIMITERS, *JSON_LINES) if packed.endswith(kind)]
    return next(chain(kinds, (kind for kind in (*SHEETS, *PARQUET) if name.endswith(kind))), None)


def hash_source(path: Path) -> str:
    """The SHA-256 of a file, or of a folder's texts, hexadecimal.

    Raises:
        DataError: it cannot be read.
    """
    return folders.hash_folder(path) if format_of(path) == FOLDER else hash_file(path)


def find_encoding(path: Path, expected: str | None = None) -> Guess:
    """The encoding of a text file or of a folder's texts; UTF-8 for what has its own.

    Args:
        expected: what a file is that is not UTF-8 or UTF-16.

    Raises:
        DataError: it cannot be read.
    """
    kind = format_of(path)
    if kind in SHEETS or kind in PARQUET:
        return Guess(UTF8)
    if kind == FOLDER:
        found = guess_encoding(folders.contents(path))
    else:
        with open_binary(path) as file:
            found = guess_encoding(raw_lines(file, path))
    return Guess(expected) if expected and found.example is not None else found


def reading_warnings(path: Path) -> Iterator[str]:
    """What a user should know about the parts of a workbook or a folder that are not read."""
    kind = format_of(path)
    if kind in SHEETS:
        yield from sheets.sheet_warnings(path)
    if kind == FOLDER:
        yield from folders.folder_warnings(path)


def read_lines(file: BinaryIO, name: object, encoding: str = UTF8) -> Iterator[tuple[int, str]]:
    """The lines of a file with their numbers, from 1, without line breaks.

    Args:
        name: the file's name in messages.
        encoding: of the file, which `open_binary` was given, too.

    Raises:
        DataError: a line is not of this encoding, or too long to be a text.
    """
    codec = line_codec(encoding)
    for number, line in enumerate(raw_lines(file, name), 1):
        if number == 1:
            _refuse_other_formats(name, line[:4])
            _refuse_utf16(name, line)
        content = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
        try:
            yield number, content.decode(codec).rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise _undecodable(name, number, error, encoding) from error


def raw_lines(file: BinaryIO, name: object) -> Iterator[bytes]:
    """The lines of a file, limited in length: a packed file could fill the memory."""
    lines = iter(partial(file.readline, MOST_CHARACTERS), b"")
    for number, line in enumerate(lines, 1):
        if len(line) == MOST_CHARACTERS:
            raise DataError(f"{name}:{number}: a line of more than {MOST_CHARACTERS:,} bytes")
        yield line


@contextlib.contextmanager
def open_binary(
    path: Path, sha256: str | None = None, encoding: str = UTF8
) -> Iterator[io.BufferedReader]:
    """The content of a file, unpacked if its name ends in .gz, a byte order mark skipped.

    Args:
        sha256: what the bytes must have that were read, once all are; None: any.
        encoding: of the text; UTF-16 is given as UTF-8.

    Raises:
        DataError: the file is missing, cannot be read, is damaged, is not text, or changed since
            its SHA-256 was taken.
    """
    try:
        with _HashedFile(path) as raw, _unpacked(raw, path) as packed:
            _refuse_other_formats(path, packed.peek(4)[:4])
            file = with_plain_lines(packed, encoding)
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


def _refuse_utf16(name: object, line: bytes) -> None:
    if found := encoding_of_start(line):
        raise DataError(
            f"{name}: this is UTF-16; save it as UTF-8, or set dataset.encoding: {found}"
        )


def _undecodable(name: object, line: int, error: UnicodeDecodeError, encoding: str) -> DataError:
    where = f"byte {error.start + 1} of the line, 0x{error.object[error.start]:02x}, is"
    if encoding.startswith("utf-16"):  # what was read is no longer the file's own bytes
        where = "a character is"
    shown = encoding.upper() if encoding.startswith("utf") else encoding
    is_file = isinstance(name, Path)
    advice = "save the file as UTF-8, or name its encoding: dataset.encoding"
    return DataError(
        f"{name}:{line}: {where} not {shown}; {advice if is_file else 'name its --encoding'}"
    )


# --- JSON Lines ------------------------------------------------------------------------------


def _read_objects(
    file: BinaryIO, path: Path, encoding: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    for number, line in read_lines(file, path, encoding):
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
        raise empty_file(path)


# --- CSV and TSV -----------------------------------------------------------------------------


def _read_table(
    file: BinaryIO, path: Path, delimiter: str | None, quoting: str | None, encoding: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    lines, noted = _after_note(raw_lines(file, path), path, encoding)
    sign = delimiter or noted or DELIMITERS[str(format_of(path))]
    rows = _read_fields(lines, path, sign, quoting, encoding, first=2 if noted else 1)
    line, header = next(rows, (1, None))
    if header is None:
        raise empty_file(path)
    names = check_header(header, f"{path}:{line}")
    unnamed = "" in names
    for line, fields in rows:
        if len(fields) != len(names):
            raise _ragged(f"{path}:{line}", len(fields), len(names), sign)
        row = dict(zip(names, fields, strict=True))
        if unnamed:
            del row[""]
        yield line, row


def _after_note(
    lines: Iterator[bytes], path: Path, encoding: str
) -> tuple[Iterator[bytes], str | None]:
    """The lines below a spreadsheet's note of the delimiter, such as `sep=;`, and its sign."""
    first = next(lines, b"")
    _refuse_utf16(path, first)
    note = SEPARATOR_NOTE.fullmatch(first.decode(line_codec(encoding), "replace").strip("\r\n"))
    return (lines, note[1]) if note else (chain([first] if first else [], lines), None)


def _read_fields(
    raw: Iterator[bytes],
    path: Path,
    delimiter: str,
    quoting: str | None,
    encoding: str,
    first: int,
) -> Iterator[tuple[int, list[str]]]:
    """The fields of each row and the line on which it begins; `first` is that of the header."""
    csv.field_size_limit(MOST_CHARACTERS)
    lines: list[str] = []  # of the row that is read
    rule: Any = csv.QUOTE_NONE if quoting == "none" else csv.QUOTE_MINIMAL
    taken = _take_lines(raw, lines, line_codec(encoding))
    reader = csv.reader(taken, delimiter=delimiter, strict=True, quoting=rule)
    line = first
    n_columns = 0  # the header's, once it is read
    try:
        for fields in reader:
            n_columns = n_columns or len(fields)
            if len(lines) > 1 and quoting is None and _look_like_rows(lines, n_columns, delimiter):
                raise _joined(path, line, reader.line_num + first - 1)
            if fields:
                yield line, fields
            line = reader.line_num + first
            lines.clear()
    except UnicodeDecodeError as error:
        raise _undecodable(path, reader.line_num + first, error, encoding) from error
    except csv.Error as error:
        raise _explain(error, f"{path}:{line}") from error


def _take_lines(lines: Iterator[bytes], taken: list[str], codec: str) -> Iterator[str]:
    """The lines of a table, each also added to `taken`."""
    for line in lines:
        # A line break of Windows within quotes is one as it is elsewhere.
        taken.append(line.decode(codec).replace("\r\n", "\n"))
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


def _ragged(place: str, n_fields: int, n_names: int, delimiter: str) -> DataError:
    count = f"{n_fields} field{'s' * (n_fields != 1)}, but the header has {n_names}"
    sign = DELIMITER_NAMES.get(delimiter, repr(delimiter))
    if n_fields < n_names:
        return DataError(f"{place}: {count}; an empty field needs a {sign}, too")
    return DataError(f"{place}: {count}; a text that contains a {sign} needs quotes")
