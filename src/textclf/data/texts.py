"""New examples for a model, from files and streams of any length, a batch at a time."""

import json
import queue
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from textclf.data.csv import no_column, not_a_number, not_labels, number_in
from textclf.data.encodings import UTF8
from textclf.data.labels import class_of, labels_of
from textclf.data.tables import (
    JSON_LINES,
    find_encoding,
    format_of,
    open_binary,
    read_lines,
    read_rows,
    reading_warnings,
)
from textclf.errors import DataError

# The columns of predictions; a column of a file that has such a name is called input_NAME.
OURS = re.compile(
    r"row|truth|known_words|prediction|(second|third)(_probability)?|probability(_.*)?"
)
OBJECTS = 1_000  # of a JSON Lines file are looked at for their keys: any of them may lack one


class Example(NamedTuple):
    """What a model reads, and the true answer.

    Args:
        input: a text, or the numbers of features.
        truth: the class or number; '' if it is unknown, None if no example has one.
        columns: the example's row in its file, to be kept in the output.
    """

    input: Any
    truth: str | float | None = None
    columns: Mapping[str, Any] = {}

    @property
    def text(self) -> str:
        """What a person sees of it in a line."""
        if isinstance(self.input, str):
            return self.input
        return ", ".join(f"{number:g}" for number in self.input)


class Columns(NamedTuple):
    """The columns of a table, or keys of its objects, with the input and the true answer.

    Args:
        features: columns of numbers, all of which must exist, in place of a text.
        texts: the first of these that exists has the text; one must exist. Several columns, which
            must all exist, are joined by line breaks.
        labels: the first of these that exists has the class, or the number.
        is_number: whether it is a number.
        kept: whether all columns of a row are kept.
        label_needed: whether one of `labels` must exist, too.
        delimiter: separates the columns; by default ',', in .tsv a tab.
        quoting: as in `read_rows`.
        encoding: of a file that is not UTF-8; None: a guess.
        merged: labels that are read as another one.
        separator: what stands between several labels of a row; None where each has one.
    """

    texts: Sequence[str | tuple[str, ...]] = ("text",)
    labels: Sequence[str] = ("label",)
    label_needed: bool = False
    features: Sequence[str] = ()
    is_number: bool = False
    kept: bool = False
    delimiter: str | None = None
    quoting: str | None = None
    encoding: str | None = None
    merged: Mapping[str, str] = {}
    separator: str | None = None


def read_texts(path: Path, columns: Columns) -> Iterator[Example]:
    """The examples of a table, or the lines of any other file; .gz is unpacked.

    Raises:
        DataError: the file is missing, damaged, or lacks a column, with the line.
    """
    encoding = find_encoding(path, columns.encoding).encoding
    if format_of(path) is None:
        with open_binary(path, encoding=encoding) as file:
            yield from read_text_lines(file, path, encoding)
    else:
        yield from _read_columns(path, columns, encoding)


def text_warnings(path: Path, columns: Columns) -> Iterator[str]:
    """What a user should know about how a file is read.

    Raises:
        DataError: it cannot be read.
    """
    for line in (*find_encoding(path, columns.encoding).in_words(), *reading_warnings(path)):
        yield f"{path}: {line}"


def read_text_lines(file: BinaryIO, name: object, encoding: str = UTF8) -> Iterator[Example]:
    """One text per line; a blank line is an empty text.

    Args:
        name: the file's name in messages.
    """
    return (Example(line) for _, line in read_lines(file, name, encoding))


def _read_columns(path: Path, columns: Columns, encoding: str) -> Iterator[Example]:
    rows = read_rows(path, columns.delimiter, columns.quoting, encoding=encoding)
    first = list(islice(rows, OBJECTS if format_of(path) in JSON_LINES else 1))
    if not first:
        return
    names = list(dict.fromkeys(chain.from_iterable(row for _, row in first)))
    features = tuple(columns.features)
    if absent := [name for name in features if name not in names]:
        raise no_column(path, absent[0], names)
    texts = () if features else _choose(columns.texts, names, path, "--column")
    wanted = columns.label_needed or any(name in names for name in columns.labels)
    label = _choose(columns.labels, names, path, "--label")[0] if wanted else None
    kept = _kept_names(names) if columns.kept else {}
    for line, row in chain(first, rows):
        place = f"{path}:{line}"
        truth = None if label is None else _truth_of(row.get(label), columns, place, label)
        found: Any = [_number_of(row.get(name), place, name) for name in features]
        if texts:
            found = "\n".join(_text_of(row, name, place) for name in texts)
        yield Example(found, truth, {new: _cell(row.get(name)) for name, new in kept.items()})


def _kept_names(names: Sequence[str]) -> dict[str, str]:
    """The name of each column in the output, where those of predictions keep theirs."""
    return {name: f"input_{name}" if OURS.fullmatch(name) else name for name in names if name}


def _cell(value: Any) -> Any:
    """A cell that a CSV file can hold; a lone carriage return would end its row."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _truth_of(value: Any, columns: Columns, place: str, label: str) -> str | float:
    if columns.is_number:
        return "" if value in (None, "") else _number_of(value, place, label)
    if columns.separator is not None:
        labels = labels_of(value, columns.separator)
        if labels is None:
            raise DataError(f"{place}: column {label!r}: {not_labels(value, columns.separator)}")
        return columns.separator.join(labels)
    truth = class_of(value) or ""
    return columns.merged.get(truth, truth)


def _number_of(value: Any, place: str, column: str) -> float:
    number = number_in(value)
    if number is None:
        raise DataError(f"{place}: column {column!r}: {not_a_number(value)}")
    return number


def _choose(
    choices: Sequence[str | tuple[str, ...]], columns: Sequence[str], path: Path, option: str
) -> tuple[str, ...]:
    """The first choice whose columns all exist."""
    several = [(choice,) if isinstance(choice, str) else choice for choice in choices]
    found = next((names for names in several if set(names) <= set(columns)), None)
    if found is None:
        absent = next(name for name in several[0] if name not in columns)
        messages = no_column(path, absent, columns).messages
        raise DataError(*messages, f"name the one to read with {option}")
    return found


def _text_of(row: dict[str, Any], column: str, place: str) -> str:
    text = row.get(column)
    if not isinstance(text, str):
        what = f"{text!r:.50} is not a text; write it in quotes" if column in row else "missing"
        raise DataError(f"{place}: column {column!r}: {what}")
    return text


# --- batches ---------------------------------------------------------------------------------


def in_batches(examples: Iterable[Example], size: int) -> Iterator[list[Example]]:
    """Batches of `size` examples; the last one may be smaller."""
    iterator = iter(examples)
    while batch := list(islice(iterator, size)):
        yield batch


def as_they_come(examples: Iterator[Example], size: int) -> Iterator[list[Example]]:
    """Batches of the examples so far: a typed line is predicted at once, a fast pipe fills batches.

    Args:
        examples: read in a separate thread, which waits for a slow source.
        size: maximum number of examples in a batch.
    """
    arrived: queue.Queue[Example | BaseException | None] = queue.Queue(2 * size)
    threading.Thread(target=_put_all, args=(examples, arrived), daemon=True).start()
    batch: list[Example] = []
    while True:
        item = arrived.get()
        if isinstance(item, Example):
            batch.append(item)
            if len(batch) < size and not arrived.empty():
                continue
        if batch:
            yield batch
            batch = []
        if isinstance(item, BaseException):
            raise item
        if item is None:
            return


def _put_all(
    examples: Iterator[Example], arrived: "queue.Queue[Example | BaseException | None]"
) -> None:
    try:
        for example in examples:
            arrived.put(example)
        arrived.put(None)
    except BaseException as error:  # raised again where batches are taken
        arrived.put(error)
