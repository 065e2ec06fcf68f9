"""A guess at the columns of a file: the text, the class, numbers."""

import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from textclf.config.settings.dataset import SEPARATOR
from textclf.data.csv import MAX_CLASSES, doubt_header, has_decimal_comma, no_column
from textclf.data.encodings import UTF8, line_codec
from textclf.data.folders import COLUMNS as FOLDER_COLUMNS
from textclf.data.folders import FOLDER, PARTS, has_parts
from textclf.data.headers import SEPARATOR_NOTE
from textclf.data.labels import Lists, class_of, label_warnings, labels_of, lists_in
from textclf.data.tables import (
    DELIMITERS,
    find_encoding,
    format_of,
    open_binary,
    read_rows,
    reading_warnings,
)
from textclf.data.words import split_by, word_pattern
from textclf.errors import DataError, QuotingError
from textclf.inspection.scripts import HANGUL, UNSPACED, suiting
from textclf.wording import listed, shortened

ROWS = 100_000  # that are read; files are often sorted by class, so a few are not enough
LONGEST = 500  # maximum length of a text in ids
MANY_WORDS = 20_000
MOST_NAMED = 5
MAX_DISTINCT = MAX_CLASSES + 1  # values of a column are counted up to here
ROWS_OF_A_CLASS = 10  # on average; a fifth of four fifths validates, a row of each class or more
MIN_WORDS = 3  # a text has more on average, a class or a name fewer
FEW_VALUES = 10  # whole numbers with at most so many values are classes
DECIMAL_COMMAS = "numbers with a decimal comma are not read as numbers; write 1.5 in place of 1,5"
LISTS = 'holds lists, which are read only as labels that repeat, such as ["a", "b"] and ["b"]'
SEPARATORS = ("|", ";", ",", "/")  # between the labels of a list, where they are written as a text
ANSWER_NAMES = (
    *("label", "labels", "class", "target", "y", "category", "categories"),
    *("sentiment", "topic", "topics", "tag", "tags", "species"),
    *("price", "value", "amount", "score", "output"),
)
ROW_NAMES = ("id", "index", "row", "no", "nr", "number")


@dataclass(frozen=True)
class Columns:
    """The columns that a config would name, as in CsvDataset, and their content.

    Args:
        n_rows: rows that were read.
        classes: the values of the label column, in the order of their frequency.
        separator: what stands between several labels of a row; None where each has one.
        why_several: why the labels are taken for lists.
        n_words: int64 (rows,), tokens of each text; empty for features.
        vocabulary: number of distinct tokens in the texts, words counted up to MANY_WORDS.
        empty: number of empty rows of each column in use that has any.
        left_out: columns that are not used.
        quoting: 'none' where quotes do not enclose fields, else None.
        encoding: None for UTF-8.
        doubts: what was guessed or left out, and reasons to doubt that the file is a table with a
            header and a row per line, or that its labels are what was meant.
        tokens: the kind of tokens that suits the texts, and why.
    """

    texts: tuple[str, ...]
    features: tuple[str, ...]
    label: str | None
    target: str | None
    delimiter: str | None
    n_rows: int
    classes: tuple[str, ...]
    n_words: np.ndarray
    vocabulary: int
    empty: dict[str, int]
    left_out: tuple[str, ...]
    quoting: str | None
    encoding: str | None
    doubts: tuple[str, ...]
    tokens: tuple[str, str]
    separator: str | None = None
    why_several: str = ""

    def _way_out(self, name: str) -> str:
        if name == self.label and self.separator:
            return ", which have no label; to leave them out: dataset.missing: drop"
        leave_out = "" if name in self.texts else ", or leave them out: dataset.missing: drop"
        return f"; train lists them: fill them{leave_out}"

    @property
    def text(self) -> str | list[str] | None:
        """As in a config: a list of several columns, which are joined."""
        return self.texts[0] if len(self.texts) == 1 else list(self.texts) or None

    @property
    def maxlen(self) -> int:
        """The length in ids of three quarters of the texts: more costs more than it helps."""
        upper = float(np.percentile(self.n_words, 75)) + 1  # START_ID in front
        return int(np.clip(math.ceil(upper / 10) * 10, 10, LONGEST))

    @property
    def can_stratify(self) -> bool:
        """Whether each class has rows enough to be in every part of the usual splits."""
        if self.label is None or self.separator:
            return False
        return self.n_rows >= ROWS_OF_A_CLASS * len(self.classes)

    def in_words(self) -> Iterator[str]:
        """What a user should check, one line each."""
        read = f"features {_some(self.features)}"
        if self.texts:
            read = f"text {_some(self.texts)}{', joined' * (len(self.texts) > 1)}"
        several = ", several in a row" if self.separator else ""
        answer = f"label {self.label!r}{several}: {_some(self.classes)}" if self.label else ""
        yield f"{self.n_rows:,} rows; {read}; {answer or f'target {self.target!r}'}"
        if self.left_out:
            yield f"left out: {_some(self.left_out)}"
        if self.text:
            yield self.tokens[1]
        if self.why_several:
            yield self.why_several
        for name, n_rows in self.empty.items():
            yield f"column {name!r} is empty in {n_rows:,} rows{self._way_out(name)}"
        yield from self.doubts


split_into_words = split_by(word_pattern())


def _some(names: Sequence[str]) -> str:
    return listed([repr(shortened(name, 30)) for name in names], most=MOST_NAMED)


@dataclass
class _Column:
    """The counts of one column."""

    name: str
    place: int
    counts: dict[str, int] = field(default_factory=dict)
    n_words: list[int] = field(default_factory=list)
    n_characters: list[int] = field(default_factory=list)
    vocabulary: set[str] = field(default_factory=set)
    characters: set[str] = field(default_factory=set)
    n_blanks: int = 0  # parts between blanks
    n_unspaced: int = 0  # characters of scripts without blanks
    n_hangul: int = 0
    n_rows: int = 0
    n_numbers: int = 0
    n_whole: int = 0
    n_empty: int = 0
    n_commas: int = 0  # numbers with a decimal comma
    n_lists: int = 0
    n_other_lists: int = 0  # that hold more than labels
    in_lists: Counter[str] = field(default_factory=Counter)

    def add(self, value: object) -> None:
        if isinstance(value, list):
            self._add_list(value)
            return
        text = class_of(value) or ""
        self.n_rows += 1
        self._add_words(text)
        if not text:
            self.n_empty += 1
            return
        self.n_commas += has_decimal_comma(text)
        if text in self.counts or len(self.counts) < MAX_DISTINCT:
            self.counts[text] = self.counts.get(text, 0) + 1
        with suppress(ValueError):
            number = float(text)
            self.n_numbers += math.isfinite(number)
            self.n_whole += math.isfinite(number) and number == int(number)

    def _add_list(self, items: list[object]) -> None:
        self.n_rows += 1
        self.n_lists += 1
        self._add_words("")
        names = {class_of(item) for item in items}
        self.n_other_lists += None in names
        self.in_lists.update(filter(None, names))

    def _add_words(self, text: str) -> None:
        words = split_into_words(text)
        self.n_words.append(len(words))
        self.n_characters.append(sum(map(len, words)))
        self.n_blanks += len(text.split())
        if len(self.vocabulary) < MANY_WORDS:
            self.vocabulary.update(words)
        self.characters.update(*words)
        if not text.isascii():
            self.n_unspaced += len(UNSPACED.findall(text))
            self.n_hangul += len(HANGUL.findall(text))

    def fill_up(self, n_rows: int) -> None:
        """Count the rows that lack the column, as objects of JSON Lines may, as empty ones."""
        for _ in range(n_rows - self.n_rows):
            self.add(None)

    @property
    def lists(self) -> Lists | None:
        """How its values are lists of labels, if they are."""
        if self.n_lists:
            unused = (s for s in SEPARATORS if not any(s in name for name in self.in_lists))
            is_usable = not self.n_other_lists
            return Lists(next(unused, SEPARATORS[0]), ("", "")) if is_usable else None
        if self.is_number or self.n_commas:
            return None
        found = lists_in(self.counts)
        if found is None:
            return None
        parts = [part for name in self.counts for part in name.split(found.separator)]
        n_words = sum(len(part.split()) for part in parts)
        return found if n_words < MIN_WORDS * len(parts) else None

    @property
    def label_counts(self) -> dict[str, int]:
        """The rows of each label: of each value, or of each part of the lists."""
        lists = self.lists
        if lists is None:
            return self.counts
        rows = self.in_lists.copy()
        for name, n_rows in self.counts.items():
            for part in labels_of(name, lists.separator) or ():
                rows[part] += n_rows
        return dict(rows)

    @property
    def is_number(self) -> bool:
        return 0 < self.n_numbers == self.n_values

    @property
    def n_values(self) -> int:
        """The number of rows that are not empty: a few empty ones do not change a column's kind."""
        return self.n_rows - self.n_empty

    @property
    def is_quantity(self) -> bool:
        """Whether it is a measurement, not a row number."""
        return self.is_number and self.name.lower() not in ROW_NAMES

    @property
    def is_text(self) -> bool:
        is_long = not self.is_number and self.length >= MIN_WORDS * self.n_rows
        return is_long and self.lists is None

    @property
    def length(self) -> float:
        """The number of words; without blanks between them, two characters count as one."""
        return max(self.n_blanks, self.n_unspaced / 2)

    @property
    def is_other_text(self) -> bool:
        """Whether it is a text beside a longer one, and hardly ever the same."""
        return self.is_text and 2 * len(self.counts) > min(self.n_values, MAX_DISTINCT)

    @property
    def is_class(self) -> bool:
        """Whether its values are words or whole numbers that repeat, or lists of them."""
        if self.lists:
            return 2 <= len(self.label_counts) <= min(MAX_CLASSES, max(2, self.n_values // 2))
        few = 2 <= len(self.counts) <= min(MAX_CLASSES, max(2, self.n_values // 2))
        if few and self.n_numbers and not self.is_number:  # as people type them: 1, two
            return len(self.counts) <= FEW_VALUES
        return few and (self.n_whole == self.n_values or not self.n_numbers)

    @property
    def looks_like_a_class(self) -> bool:
        if self.is_number:
            return self.is_quantity and self.is_class and len(self.counts) <= FEW_VALUES
        return self.is_class

    @property
    def looks_like_an_answer(self) -> bool:
        return self.looks_like_a_class or self.is_quantity

    @property
    def rank_as_answer(self) -> tuple[int, bool, int]:
        """By the name; words before numbers; the last column first, where the answer usually is."""
        name = self.name.lower()
        place = ANSWER_NAMES.index(name) if name in ANSWER_NAMES else len(ANSWER_NAMES)
        return -place, not self.is_number, self.place

    @property
    def values(self) -> tuple[str, ...]:
        """The classes, the most frequent first."""
        counts = self.label_counts
        return tuple(sorted(counts, key=lambda value: -counts[value]))


def look_into(
    path: Path,
    texts: Sequence[str] = (),
    label: str | None = None,
    target: str | None = None,
) -> Columns:
    """Guess which columns hold the text or the features, and the class or the target.

    Args:
        texts, label, target: their names if known; at most one of the last two.

    Raises:
        DataError: the file cannot be read, a known column is missing, or no column looks like
            something to learn.
    """
    guess = find_encoding(path)
    delimiter = _guess_delimiter(path, guess.encoding)
    quoting, why = None, None
    try:
        columns = _count(path, delimiter, quoting, guess.encoding)
    except QuotingError as error:
        quoting, why = "none", error.messages[0]
        columns = _count(path, delimiter, quoting, guess.encoding)
    if not columns:
        raise DataError(f"{path}: has no rows")
    if format_of(path) == FOLDER:
        texts, label = texts or FOLDER_COLUMNS[:1], label or FOLDER_COLUMNS[1]
    for name in filter(None, (*texts, label, target)):
        if name not in columns:
            raise no_column(path, name, [*columns])
    chosen = _choose(path, columns, texts, {"label": label, "target": target}, delimiter)
    reason = [f"quoting: none, as otherwise {why}"] if why else []
    return replace(
        chosen,
        quoting=quoting,
        encoding=guess.encoding if guess.encoding != UTF8 else None,
        doubts=(
            *guess.in_words(is_written=True),
            *reading_warnings(path),
            *reason,
            *_doubts(path, columns, chosen),
        ),
    )


def training_part(path: Path) -> Path:
    """The folder of training texts below a folder that has one for test texts, too; else `path`."""
    return path / PARTS[0] if format_of(path) == FOLDER and has_parts(path) else path


def _count(
    path: Path, delimiter: str | None, quoting: str | None, encoding: str
) -> dict[str, _Column]:
    columns: dict[str, _Column] = {}
    number = -1
    rows = read_rows(path, delimiter, quoting, encoding=encoding)
    for number, (_, row) in enumerate(islice(rows, ROWS)):
        for name, value in row.items():
            if name not in columns:
                columns[name] = _Column(name, len(columns))
            columns[name].fill_up(number)
            columns[name].add(value)
    for column in columns.values():
        column.fill_up(number + 1)
    return columns


def _doubts(path: Path, columns: Mapping[str, _Column], chosen: Columns) -> Iterator[str]:
    doubt = doubt_header(path, chosen.label, [*chosen.features, chosen.target], chosen.classes)
    if doubt:
        yield doubt
    if chosen.label:
        yield from label_warnings(columns[chosen.label].label_counts)
    for column in columns.values():
        if column.n_lists and column.name != chosen.label:
            yield f"column {column.name!r}: {LISTS}"
        if column.n_commas and column.n_commas + column.n_numbers == column.n_values:
            yield f"column {column.name!r}: {DECIMAL_COMMAS}"


def dataset_section(columns: Columns, path: Path, folder: Path) -> dict[str, Any]:
    """A config's `dataset` section for a file and its columns, relative to a folder.

    A file called test beside one called train is used for the test rows, if it has the columns.
    """
    tests = path.parent / path.name.replace("train", "test")
    has_tests = tests != path and tests.exists() and _has_columns(tests, columns)
    section = {
        "name": "csv",
        "path": _relative(path, folder),
        "test_path": _relative(tests, folder) if has_tests else None,
        "text": columns.text,
        "features": list(columns.features) or None,
        "label": columns.label,
        "labels": {SEPARATOR: columns.separator} if columns.separator else None,
        "target": columns.target,
        "encoding": columns.encoding,
        "delimiter": columns.delimiter,
        "quoting": columns.quoting,
        "test_split": None if has_tests else 0.2,
        "stratify": (not has_tests and columns.can_stratify) or None,
    }
    return {key: value for key, value in section.items() if value is not None}


def _has_columns(path: Path, columns: Columns) -> bool:
    named = [*columns.texts, *columns.features, columns.label, columns.target]
    with suppress(DataError):
        rows = read_rows(path, columns.delimiter, columns.quoting, encoding=columns.encoding)
        _, row = next(rows, (0, {}))
        return all(name in row for name in named if name is not None)
    return False


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _guess_delimiter(path: Path, encoding: str) -> str | None:
    """The character that splits the header, if neither the format nor a first line names it."""
    own = DELIMITERS.get(format_of(path) or "")
    if own is None:
        return None
    with open_binary(path, encoding=encoding) as file:
        header = file.readline(100_000).decode(line_codec(encoding), errors="replace")
    if SEPARATOR_NOTE.fullmatch(header.strip("\r\n")):
        return None
    best = max(",;\t|", key=header.count)
    return best if own not in header and best in header else None


def _choose(
    path: Path,
    columns: Mapping[str, _Column],
    named: Sequence[str],
    known: Mapping[str, str | None],
    delimiter: str | None,
) -> Columns:
    others = [column for name, column in columns.items() if name not in known.values()]
    texts = [columns[name] for name in named] or _texts(others)
    n_rows = max(column.n_rows for column in columns.values())
    rest = [c for c in columns.values() if c not in texts and 2 * c.n_values >= n_rows]
    label, target = (columns.get(known[key] or "") for key in ("label", "target"))
    if label is None and target is None:
        answers = [column for column in rest if column.looks_like_an_answer]
        best = max(answers, key=lambda column: column.rank_as_answer, default=None)
        is_class = best is not None and best.looks_like_a_class
        label, target = (best, None) if is_class else (None, best)
    answer = label or target
    features = [] if texts else [c for c in rest if c.is_quantity and c is not answer]
    if answer is None or not (texts or features):
        what = "a class or a number to learn" if answer is None else "a text, or numbers to read"
        commas = [repr(column.name) for column in columns.values() if column.n_commas]
        raise DataError(
            f"{path}: no column looks like {what}; its columns are "
            f"{', '.join(map(repr, columns))}; name the right ones: --text, --label or --target",
            *([f"column {listed(commas, most=MOST_NAMED)}: {DECIMAL_COMMAS}"] if commas else []),
            *(f"column {column.name!r}: {LISTS}" for column in columns.values() if column.n_lists),
        )
    tokens, n_tokens, vocabulary = _tokens_of(texts)
    used = [column.name for column in (*texts, answer, *features)]
    lists = label.lists if label else None
    return Columns(
        texts=tuple(column.name for column in texts),
        features=tuple(column.name for column in features),
        label=label.name if label else None,
        target=target.name if target else None,
        delimiter=delimiter,
        n_rows=n_rows,
        classes=label.values if label else (),
        n_words=n_tokens,
        vocabulary=len(vocabulary),
        empty={name: columns[name].n_empty for name in used if columns[name].n_empty},
        left_out=tuple(name for name in columns if name not in used and format_of(path) != FOLDER),
        quoting=None,
        encoding=None,
        doubts=(),
        tokens=tokens,
        separator=lists.separator if lists else None,
        why_several=_why_several(label, lists) if label and lists else "",
    )


def _why_several(label: _Column, lists: Lists) -> str:
    if label.n_lists:
        return f"column {label.name!r} holds lists: a row has any number of labels, also none"
    one, other = (shortened(name, 30) for name in lists.some)
    return (
        f"column {label.name!r}: {one!r} and {other!r} look like lists of labels: a row has any "
        "number of labels; if each is a class of its own, remove dataset.labels"
    )


def _texts(columns: Iterable[_Column]) -> list[_Column]:
    """The longest text, and the other texts beside it, in the file's order."""
    texts = [column for column in columns if column.is_text]
    longest = max(texts, key=lambda column: column.length, default=None)
    return [column for column in texts if column is longest or column.is_other_text]


def _tokens_of(texts: Sequence[_Column]) -> tuple[tuple[str, str], np.ndarray, set[str]]:
    """The kind of tokens that suits texts, how many each row of them has, and the distinct ones."""
    if not texts:
        return ("words", ""), np.array([]), set()
    tokens = suiting(
        sum(sum(column.n_characters) for column in texts),
        sum(column.n_unspaced for column in texts),
        sum(column.n_hangul for column in texts),
    )
    if tokens[0] == "characters":
        found = [(column.n_characters, column.characters) for column in texts]
    else:
        found = [(column.n_words, column.vocabulary) for column in texts]
    n_tokens, vocabularies = zip(*found, strict=True)
    return tokens, np.sum(n_tokens, axis=0), set[str]().union(*vocabularies)
