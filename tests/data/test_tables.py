"""Rows of CSV, TSV and JSON Lines come as they are; what is wrong is told with its line."""

import codecs
import gzip
import hashlib
import io
import json
import tracemalloc
from collections import deque
from pathlib import Path
from typing import Any

import pytest

from counting import count_calls
from textclf.data.tables import read_lines, read_rows
from textclf.errors import DataError, QuotingError

TABLE = b'text,label\nGood,1\n"a, b ""c""\nd",0\n\n,1\n'
GZIPPED = gzip.compress(TABLE, mtime=0)  # without the time, by which the test would be named
ROWS = [
    (2, {"text": "Good", "label": "1"}),
    (3, {"text": 'a, b "c"\nd', "label": "0"}),
    (6, {"text": "", "label": "1"}),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(name: str, content: bytes, **settings: Any) -> list[tuple[int, dict[str, Any]]]:
    path = Path(name)
    path.write_bytes(gzip.compress(content) if name.lower().endswith(".gz") else content)
    return list(read_rows(path, **settings))


@pytest.mark.parametrize(
    ("name", "content", "settings"),
    [
        ("a.csv", TABLE, {}),
        ("a.csv.gz", TABLE, {}),
        ("A.CSV.GZ", TABLE, {}),
        ("a.csv", codecs.BOM_UTF8 + TABLE, {}),
        ("a.csv.gz", codecs.BOM_UTF8 + TABLE, {}),
        ("a.csv", TABLE.rstrip(b"\n"), {}),
        ("a.csv", TABLE.replace(b"text", b'" text "'), {}),
        ("a.tsv", TABLE.replace(b",", b"\t").replace(b"a\t", b"a,"), {}),
        ("a.csv", TABLE.replace(b",", b";").replace(b"a;", b"a,"), {"delimiter": ";"}),
    ],
)
def test_a_table_gives_its_rows_with_their_first_lines(folder, name, content, settings):
    assert read(name, content, **settings) == ROWS


def test_windows_line_ends_are_line_breaks_within_quotes_too(folder):
    rows = read("a.csv", TABLE.replace(b"\n", b"\r\n"))
    assert [line for line, _ in rows] == [2, 3, 6]
    assert rows[1][1] == {"text": 'a, b "c"\nd', "label": "0"}


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.jsonl.gz"])
def test_a_line_of_json_lines_is_a_row(folder, name):
    content = '{"text": "Größe\\n日本", "label": 1}\n\r\n{"text": null}'.encode()
    rows = [(1, {"text": "Größe\n日本", "label": 1}), (3, {"text": None})]
    assert read(name, content) == rows
    assert read(name, codecs.BOM_UTF8 + content) == rows


def test_any_text_is_read_as_it_was_written(folder):
    import csv

    texts = ["\x00\x1b[31m", "\u202eabc", "\u2028\x85\x0b\x0c", "'\"", "a" * 500_000, "\ufeff", " "]
    with Path("a.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["text"], *([text] for text in texts)])
    assert [row["text"] for _, row in read_rows(Path("a.csv"))] == texts


def test_columns_without_a_name_are_left_out(folder):
    assert read("a.csv", b",text,\n0,Good,\n") == [(2, {"text": "Good"})]


def test_a_header_alone_has_no_rows(folder):
    assert read("a.csv", b"text,label\n") == []


def test_rows_come_before_the_file_ends(folder):
    Path("a.csv").write_bytes(b"text\n" + b"Good\n" * 400_000 + b"\xff\n")  # beyond any buffer
    rows = read_rows(Path("a.csv"), encoding="utf-8")
    assert next(rows) == (2, {"text": "Good"})
    with pytest.raises(DataError, match=r"a\.csv:400002"):
        list(rows)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "a.csv: empty; "),
        ("a.csv", b"\n\n", "a.csv: empty; "),
        ("a.csv.gz", b"", "a.csv.gz: empty; "),
        ("a.jsonl", b"", "a.jsonl: empty; "),
        ("a.csv", b"\ntext,a,text\n", "a.csv:2: two columns are called 'text'; rename one"),
        ("a.csv", b",,\n", "a.csv:1: no column has a name; the first row must be a header"),
        (
            "a.csv",
            b"text;label\nGood;1\n",
            "a.csv:1: one column, 'text;label'; if a semicolon separates columns, say so: ",
        ),
        ("a.csv", b"text\tlabel\n", "if a tab separates columns"),
        ("a.tsv", b"text,label\n", "if a comma separates columns"),
        (
            "a.csv",
            b'text,label\n"a\nb",1\nwell, well,1\n',
            "a.csv:4: 3 fields, but the header has 2; a text that contains a comma needs quotes",
        ),
        (
            "a.tsv",
            b"text\tlabel\nGood\n",
            "a.tsv:2: 1 field, but the header has 2; an empty field needs",
        ),
        (
            "a.csv",
            b'text,label\nGood,1\n"Bad,0\nGood,1\n',
            "a.csv:3: in the row that begins here, a quote is never closed",
        ),
        (
            "a.csv",
            b'text\n"' + (b"a" * 999_999 + b"\n") * 11 + b'"\n',
            "a.csv:2: in the row that begins here",
        ),
        (
            "a.csv",
            b'text,label\n"So-called" art,1\n',
            "a.csv:2: in the row that begins here, text follows a closing quote; write a quote as",
        ),
        ("a.jsonl", b"{" * 10_000_001, "a.jsonl:1: a line of more than 10,000,000 bytes"),
        ("a.csv", b"x,y\n" + b"a" * 10_000_001, "a.csv:2: a line of more than 10,000,000 bytes"),
        ("a.csv", b"text\rGood\rBad\r", "a.csv:1: a lone carriage return; "),
        ("a.csv", GZIPPED, "a.csv: this is gzip; give its name the ending .gz"),
        ("a.csv", b"PK\x03\x04\x14", "a.csv: this is a zip archive or a workbook; unpack it, or"),
        ("a.csv", b"PAR1\x15", "a.csv: this is Parquet; give its name the ending .parquet"),
        ("a.jsonl", b'{"a": 1}\n\n{"a": \n', "a.jsonl:3: not valid JSON: Expecting value"),
        ("a.jsonl", b'{"a": 1} {"a": 2}\n', "a.jsonl:1: not valid JSON: Extra data"),
        ("a.jsonl", b"[" * 100_000, "a.jsonl:1: not valid JSON: "),
        ("a.jsonl", b'["a"]\n', "a.jsonl:1: not a JSON object; each line must be one, such as"),
        ("a.txt", b"text\n", "a.txt: unknown format; its name must end in .csv, .tsv,"),
        ("csv", b"text\n", "csv: unknown format"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(folder, name, content, message):
    with pytest.raises(DataError) as caught:
        read(name, content)
    (told,) = caught.value.messages
    assert told.startswith(message) or (not message.startswith("a.") and message in told)
    assert len(told) < 200


JOINED = 'text\tlabel\nso\tx\n"wow, said he\tx\nyes\ty\nby 5"\ty\nno\ty\n'


def test_rows_that_a_quote_joins_are_an_error_that_names_the_first_line(folder):
    with pytest.raises(QuotingError) as caught:
        read("a.tsv", JOINED.encode())
    assert caught.value.messages == (
        "a.tsv:3: a quote opens a row that ends 2 lines later, in line 5, but each of these lines "
        "looks like a row",
        "if quotes are plain characters in this file, set quoting: none",
        "if it is one row with line breaks in it, set quoting: standard",
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", 'label\ttext\nx\t"wow\ny\tyes\ny\tno"\n'),
        ("a.tsv", 'label\ttext\nx\t"wow\ny\tno"\n'),
        ("a.csv", 'text,label\n"wow,x\nyes,y\nby 5",y\n'),
        ("a.csv", 'id,text,label\n1,"wow,x\n2,yes,y\n3,by 5",y\n'),
    ],
)
def test_a_quote_that_joins_rows_is_noticed(folder, name, content):
    with pytest.raises(QuotingError, match=r"^a\....:2: a quote opens a row that ends"):
        read(name, content.encode())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'text,label\n"Dear Sir, hello\nBob",x\n'),
        ("a.csv", 'text,label\n"Dear Sir, hello\nthanks, again\nBob",x\n'),
        ("a.csv", 'text\n"one\ntwo\nthree"\n'),
        ("a.tsv", 'text\tlabel\n"one\ntwo"\tx\n'),
        ("a.csv", 'text;label\n"one;two\nthree; four\nfive";x\n'),
    ],
)
def test_a_text_of_several_lines_is_a_row(folder, name, content):
    delimiter = ";" if ";label" in content else None
    assert len(read(name, content.encode(), delimiter=delimiter)) == 1


def test_quotes_may_be_characters_like_any_other(folder):
    rows = read("a.tsv", JOINED.encode(), quoting="none")
    assert [line for line, _ in rows] == [2, 3, 4, 5, 6]
    assert rows[1][1] == {"text": '"wow, said he', "label": "x"}
    assert len(read("a.tsv", JOINED.encode(), quoting="standard")) == 3


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl"])
def test_utf16_is_read_with_and_without_its_mark(folder, name, encoding):
    content = '{"text": "Größe 한 😀"}\n' * 3 if name == "a.jsonl" else "text\nGröße 한 😀\n"
    rows = read(name, content.encode(encoding))
    assert rows[-1][1] == {"text": "Größe 한 😀"}
    assert read(name, content.encode(encoding), encoding=encoding) == rows


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_that_is_called_utf8_is_an_error(folder, encoding):
    content = "text,label\na,b\n".encode(encoding)
    with pytest.raises(DataError, match=rf"UTF-16; .* set dataset.encoding: {encoding}"):
        read("a.csv", content, encoding="utf-8")
    with pytest.raises(DataError, match=r"^standard input: this is UTF-16"):
        list(read_lines(io.BytesIO(content), "standard input"))


@pytest.mark.parametrize(
    ("name", "content", "encoding", "message"),
    [
        (
            "a.csv",
            b'text\n"a\nGr\xf6e"\n',
            "utf-8",
            "a.csv:3: byte 3 of the line, 0xf6, is not UTF-8",
        ),
        ("a.csv", b"sep=;\ntext\nGr\xf6e\n", "utf-8", "a.csv:3: byte 3 of the line"),
        (
            "a.jsonl",
            b'{"a": 1}\n{"a": "\xff"}',
            "utf-8",
            "a.jsonl:2: byte 8 of the line, 0xff, is not",
        ),
        (
            "a.csv",
            b"text\nok\n\xb0\x01\n",
            "cp949",
            "a.csv:3: byte 1 of the line, 0xb0, is not cp949",
        ),
        (
            "a.csv",
            "a\nb\n\ud800\n".encode("utf-16", "surrogatepass"),
            "utf-16",
            "a.csv:3: a character is not UTF-16",
        ),
        (
            "a.csv",
            "a\nb\nc".encode("utf-16") + b"x",
            "utf-16",
            "a.csv:3: a character is not UTF-16",
        ),
        (
            "a.csv",
            "text\n좋은 영화\n".encode() * 5 + b"\xff\n",
            None,
            "a.csv:11: byte 1 of the line",
        ),
    ],
)
def test_what_does_not_fit_the_encoding_is_an_error_with_its_line(
    folder, name, content, encoding, message
):
    with pytest.raises(DataError) as caught:
        read(name, content, encoding=encoding)
    (line,) = caught.value.messages
    assert line.startswith(message)
    assert line.endswith("; save the file as UTF-8, or name its encoding: dataset.encoding")


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        (b"sep=;\na;b\n1;2\n", {}),
        (b"sep=;\r\na;b\r\n1;2\r\n", {"delimiter": ";"}),
        (b"SEP=,\na,b\n1,2\n", {}),
        (b'\xef\xbb\xbf"sep=|"\na|b\n1|2\n', {}),
        ("sep=\t\na\tb\n1\t2\n".encode("utf-16"), {}),
    ],
)
def test_a_note_for_spreadsheets_names_the_delimiter(folder, content, settings):
    assert read("a.csv", content, **settings) == [(3, {"a": "1", "b": "2"})]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.csv.gz"])
def test_a_file_that_changed_is_noticed_at_its_end(folder, name):
    content = b'{"text": "a"}\n' if name == "a.jsonl" else TABLE
    rows = read(name, content)
    digest = hashlib.sha256(Path(name).read_bytes()).hexdigest()
    assert list(read_rows(Path(name), sha256=digest)) == rows
    with pytest.raises(DataError, match="changed while it was read"):
        read(name, content, sha256="0" * 64)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda packed: packed[:-20], "damaged: Compressed file ended before"),
        (lambda packed: packed[:30] + b"\xff" * 9 + packed[39:], "damaged: "),
        (lambda _packed: b"text,label\n", "damaged: Not a gzipped file"),
        (lambda packed: packed[:-8] + bytes(8), "damaged: CRC check failed"),
    ],
)
def test_a_damaged_gzip_file_is_told(folder, damage, message):
    Path("a.csv.gz").write_bytes(damage(gzip.compress(TABLE * 50)))
    with pytest.raises(DataError, match=rf"^a\.csv\.gz: {message}"):
        list(read_rows(Path("a.csv.gz")))


@pytest.mark.parametrize(
    ("name", "reason"),
    [("none.csv", "No such file"), ("\0.csv", "null")],
)
def test_a_file_that_cannot_be_opened_is_told(folder, name, reason):
    with pytest.raises(DataError, match=f"cannot be read: .*{reason}"):
        list(read_rows(Path(name)))


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_neither_memory_nor_the_work_of_a_row_grows_with_the_file(folder, name):
    text = "The quick brown fox, he said, didn't jump over the lazy dog's 12 tails. " * 20
    with Path(name).open("w") as file:
        file.write("text,label\n" * (name == "a.csv"))
        for row in range(10_000):
            record = {"text": f"{text}{row}"}
            file.write(f'"{text}{row}",1\n' if name == "a.csv" else f"{json.dumps(record)}\n")
    n_calls = count_calls(lambda: deque(read_rows(Path(name)), maxlen=0))
    assert n_calls < 10 * 10_000  # functions in Python; 6 or 8 for a row
    tracemalloc.start()
    for _line, _row in zip(range(5_000), read_rows(Path(name)), strict=False):
        pass
    assert tracemalloc.get_traced_memory()[1] < 5e6  # bytes
    tracemalloc.stop()
