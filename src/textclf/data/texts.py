"""New texts for a model, from files and streams of any length, a batch at a time."""

import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from textclf.data.csv import class_of, no_column
from textclf.data.tables import JSON_LINES, format_of, open_binary, read_lines, read_rows
from textclf.errors import DataError

OBJECTS = 1_000  # of a JSON Lines file are looked at for their keys: any of them may lack one


class Example(NamedTuple):
    """A text and its true class: '' if it is unknown, None if no text has one."""

    text: str
    truth: str | None = None


class Columns(NamedTuple):
    """The columns of a table, or keys of its objects, with text and class.

    Args:
        texts: the first of these that exists has the text; one must exist.
        labels: the first of these that exists has the class.
        label_needed: whether one of `labels` must exist, too.
        delimiter: separates the columns; by default ',', in .tsv a tab.
        quoting: as in `read_rows`.
    """

    texts: Sequence[str] = ("text",)
    labels: Sequence[str] = ("label",)
    label_needed: bool = False
    delimiter: str | None = None
    quoting: str | None = None


def read_texts(path: Path, columns: Columns) -> Iterator[Example]:
    """The texts of a table, or the lines of any other file; .gz is unpacked.

    Raises:
        DataError: the file is missing, damaged, or lacks a column, with the line.
    """
    if format_of(path) is None:
        with open_binary(path) as file:
            yield from read_text_lines(file, path)
    else:
        yield from _read_columns(path, columns)


def read_text_lines(file: BinaryIO, name: object) -> Iterator[Example]:
    """One text per line; a blank line is an empty text.

    Args:
        name: the file's name in messages.
    """
    return (Example(line) for _, line in read_lines(file, name))


def _read_columns(path: Path, columns: Columns) -> Iterator[Example]:
    rows = read_rows(path, columns.delimiter, columns.quoting)
    first = list(islice(rows, OBJECTS if format_of(path) in JSON_LINES else 1))
    if not first:
        return
    names = list(dict.fromkeys(chain.from_iterable(row for _, row in first)))
    text = _choose(columns.texts, names, path, "--column")
    wanted = columns.label_needed or any(name in names for name in columns.labels)
    label = _choose(columns.labels, names, path, "--label") if wanted else None
    for line, row in chain(first, rows):
        truth = None if label is None else class_of(row.get(label)) or ""
        yield Example(_text_of(row, text, f"{path}:{line}"), truth)


def _choose(names: Sequence[str], columns: Sequence[str], path: Path, option: str) -> str:
    found = next((name for name in names if name in columns), None)
    if found is None:
        messages = no_column(path, names[0], columns).messages
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
