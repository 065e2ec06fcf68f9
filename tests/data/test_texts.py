"""New texts come from any file or stream, in batches, none earlier than it is needed."""

import queue
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from textclf.data.texts import (
    Columns,
    Example,
    as_they_come,
    in_batches,
    read_texts,
    text_warnings,
)
from textclf.errors import DataError

TABLE = "text,review,label\nA,good film,pos\nB,bad film,\nC,,neg\n"


@pytest.fixture(autouse=True)
def a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(name: str, content: str, **columns: object) -> list[Example]:
    Path(name).write_text(content, encoding="utf-8")
    return list(read_texts(Path(name), Columns(**columns)))


def test_a_plain_file_has_a_text_a_line():
    lines = "\ufefffirst, text\r\n\n  third\tÜ\n\u2028no break"
    assert [e.text for e in read("a.txt", lines)] == [
        "first, text",
        "",
        "  third\tÜ",
        "\u2028no break",
    ]
    assert read("b", "text,label\n") == [Example("text,label")]
    assert read("c", "") == []


def test_the_first_column_that_is_there_holds_the_text():
    labelled = [Example("A", "pos"), Example("B", ""), Example("C", "neg")]
    assert read("a.csv", TABLE) == read("a.csv", TABLE, texts=["none", "text"]) == labelled
    assert [e.text for e in read("a.csv", TABLE, texts=["review"])] == ["good film", "bad film", ""]


def test_truth_is_told_where_there_is_a_column_of_it():
    assert [e.truth for e in read("a.csv", TABLE, labels=["class"])] == [None] * 3
    rows = '{"text": "a", "label": true}\n{"text": "b"}\n{"text": "c", "label": 1}\n'
    assert [e.truth for e in read("a.jsonl", rows)] == ["true", "", "1"]


@pytest.mark.parametrize(
    ("name", "content", "columns", "message"),
    [
        (
            "a.csv",
            TABLE,
            {"texts": ["body"]},
            "a.csv: has no column 'body'; its columns are 'text', ",
        ),
        ("a.csv", TABLE, {"texts": ["x", "y"]}, "no column 'x'; (?s:.*) with --column"),
        (
            "a.csv",
            TABLE,
            {"labels": ["y"], "label_needed": True},
            "no column 'y'; (?s:.*) with --label",
        ),
        ("a.jsonl", '{"text": "a"}\n{"b": 1}', {}, "a.jsonl:2: column 'text': missing"),
        ("a.jsonl", '{"text": 3}', {}, "a.jsonl:1: column 'text': 3 is not a text"),
        ("a.csv", "text,label\na,b,c\n", {}, "a.csv:2: 3 fields"),
    ],
)
def test_what_is_missing_is_told(name, content, columns, message):
    with pytest.raises(DataError, match=message):
        read(name, content, **columns)


def examples(number: int) -> Iterator[Example]:
    return (Example(str(row)) for row in range(number))


@pytest.mark.parametrize("batches_of", [in_batches, as_they_come])
@pytest.mark.parametrize("number", [0, 1, 4, 5, 1003])
def test_batches_hold_all_in_order(batches_of, number):
    batches = list(batches_of(examples(number), 4))
    assert [e for batch in batches for e in batch] == list(examples(number))
    assert all(1 <= len(batch) <= 4 for batch in batches)


def test_a_slow_source_is_answered_at_once_and_a_quick_one_in_full_batches():
    typed: queue.Queue[Example] = queue.Queue()
    batches = as_they_come(iter(typed.get, None), 4)
    typed.put(Example("a"))
    assert next(batches) == [Example("a")]
    for example in examples(8):
        typed.put(example)
    time.sleep(0.1)
    assert [len(next(batches)) for _ in range(2)] == [4, 4]
    typed.put(None)
    assert list(batches) == []


def test_what_came_before_an_error_is_answered():
    def fail() -> Iterator[Example]:
        yield from examples(5)
        raise DataError("damaged")

    batches, seen = as_they_come(fail(), 4), []
    with pytest.raises(DataError, match="damaged"):
        for batch in batches:
            seen += batch
    assert seen == list(examples(5))


def test_a_source_is_read_only_as_far_as_it_is_answered():
    read_so_far = []
    endless = (read_so_far.append(n) or Example("") for n in iter(int, 1))
    next(as_they_come(endless, 4))
    time.sleep(0.05)
    assert len(read_so_far) <= 16


@pytest.mark.parametrize(
    "lines",
    [
        '{"text": "A"}\n{"text": "B", "label": "pos"}\n',
        '{"text": "A", "label": null}\n{"text": "B", "label": "pos"}\n',
        '{"text": "A", "label": NaN}\n{"text": "B", "label": "pos"}\n',
    ],
)
def test_an_object_may_lack_a_label_be_it_the_first(lines):
    assert read("a.jsonl", lines) == [Example("A", ""), Example("B", "pos")]


def test_an_object_without_a_text_is_told_with_its_line():
    with pytest.raises(DataError, match=r"^a.jsonl:1: column 'text': missing$"):
        read("a.jsonl", '{"label": "pos"}\n{"text": "B", "label": "pos"}\n')
    with pytest.raises(DataError, match=r"^a.jsonl: has no column 'text'"):
        read("a.jsonl", '{"label": "pos"}\n{"label": "neg"}\n')


def test_quotes_are_read_as_the_run_has_them():
    content = 'text\tlabel\n"wow, said he\tx\nby 5"\ty\n'
    with pytest.raises(DataError, match=r"^a.tsv:2: a quote opens a row"):
        read("a.tsv", content)
    texts = read("a.tsv", content, quoting="none")
    assert texts == [Example('"wow, said he', "x"), Example('by 5"', "y")]


def test_several_columns_are_joined_and_labels_merged():
    content = "subject,body,label\nA,B,Two\nC,D,one\n"
    own = {"texts": [("subject", "body"), "text"], "merged": {"Two": "two"}}
    assert read("a.csv", content, **own) == [Example("A\nB", "two"), Example("C\nD", "one")]
    assert read("a.csv", "text,label\nE,Two\n", **own) == [Example("E", "two")]
    with pytest.raises(DataError, match=r"a.csv: has no column 'body'; (?s:.*) with --column"):
        read("a.csv", "subject,label\nA,B\n", **own)


@pytest.mark.parametrize("name", ["a.csv", "a.txt"])
def test_a_file_has_an_encoding_of_its_own(name):
    header = "text\n" if name == "a.csv" else ""
    expected = ["정말 좋은 영화", "나쁜 영화"]
    for encoding, columns in (
        ("cp949", Columns()),
        ("utf-16", Columns(encoding="cp949")),
        ("utf-8", Columns(encoding="cp949")),
        ("cp949", Columns(encoding="cp949")),
    ):
        Path(name).write_bytes((header + "\n".join(expected)).encode(encoding))
        assert [e.text for e in read_texts(Path(name), columns)] == expected
        warnings = [*text_warnings(Path(name), columns)]
        assert len(warnings) == (encoding == "cp949" and columns.encoding is None)
        assert all(line.startswith(f"{name}: not UTF-8; read as cp949, ") for line in warnings)
