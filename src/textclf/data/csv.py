"""Your own examples: rows of files, or a folder of texts for each class, as a dataset."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from array import array
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import is_normalized

import numpy as np

from textclf.data.cache import Arrays, cached
from textclf.data.dataset import Dataset, Ragged
from textclf.data.encodings import Guess
from textclf.data.folders import FOLDER
from textclf.data.labels import (
    class_of,
    label_warnings,
    labels_of,
    numbers_first,
    refuse_unknown,
)
from textclf.data.sheets import PARQUET
from textclf.data.splits import stratify
from textclf.data.tables import (
    JSON_LINES,
    find_encoding,
    format_of,
    hash_source,
    read_rows,
    reading_warnings,
)
from textclf.data.tasks import BINARY, MULTICLASS, MULTILABEL, REGRESSION, Task
from textclf.data.tokenizer import RESERVED_WORDS, tokenize
from textclf.data.tokens import KERAS, Tokens
from textclf.errors import DataError, MissingDataError
from textclf.wording import several, some_of

if TYPE_CHECKING:
    from textclf.config.settings.dataset import CsvDataset

Row = dict[str, Any]
NOT_READING = {"path", "test_path", "standardize_target"}  # settings that reading does not obey
FIELDS = ("values", "offsets", "features", "y", "source_rows", "notes")
MAX_CLASSES = 1_000  # with more values, a column is a name, a number or a text, not a class
LARGEST = 1e15  # of numbers: the square is still a float32
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # of cells that spreadsheets compute
MAX_SHOWN = 10  # of the places where a file is wrong
NO_VALUES = {"nan", "none", "null", "n/a", "<na>", "nat"}  # what programs write for a missing value
LISTS = "a list of labels, not one; set dataset.labels: {separator: '|'}"
DECIMAL_COMMA = re.compile(r"\s*[+-]?\d+,\d+\s*")


def load_csv(settings: CsvDataset, data_dir: Path | None = None, tokens: Tokens = KERAS) -> Dataset:
    """The rows of the files that a config names.

    With a `test_path` rows stay in the files' order; else all are shuffled by `settings.seed`,
    since files are often sorted by class, and the last `settings.test_split` are test rows, the
    same share of each class with `settings.stratify`.
    Classes are the distinct labels of all rows, numbers first, in order.

    Raises:
        MissingDataError: a file is missing.
        DataError: a column is missing, or rows are not as the config says, with their lines.
        ConfigError: there are too few rows to stratify.
    """
    paths = find_files(settings, data_dir)
    digests = {name: hash_source(path) for name, path in _by_name(paths).items()}
    key = json.dumps([digests, settings.model_dump(exclude=NOT_READING), tokens.key])
    arrays = cached(
        "csv",
        hashlib.sha256(key.encode()).hexdigest(),
        FIELDS,
        lambda: _convert(settings, dict(zip(paths, digests.values(), strict=True)), tokens),
    )
    notes = json.loads(arrays["notes"].tobytes())
    text = Ragged(arrays["values"], arrays["offsets"])
    return Dataset(
        name="csv",
        task=_task(settings, notes["class_names"]),
        x=text if settings.is_text else arrays["features"],
        y=arrays["y"],
        n_train=notes["n_train"],
        class_names=notes["class_names"],
        words=notes["words"],
        ranked=False,
        feature_names=settings.features or (),
        source_rows=arrays["source_rows"],
        files=digests,
        standardizes_target=settings.is_regression and settings.standardize_target,
        warnings=notes["warnings"],
        separator=settings.separator or "|",
    )


def find_files(settings: CsvDataset, data_dir: Path | None = None) -> list[Path]:
    """The file or folder, and that of test rows if there is one, in `data_dir` or as configured.

    Raises:
        MissingDataError: one is missing.
        DataError: both are the same file.
    """
    paths = [_find(path, data_dir) for path in (settings.path, settings.test_path) if path]
    if len(paths) == 2 and paths[0].samefile(paths[1]):
        raise DataError(f"{paths[0]}: the same file as test_path; name another file")
    return paths


def _find(path: str, data_dir: Path | None) -> Path:
    for candidate in (*([data_dir / Path(path).name] if data_dir else []), Path(path)):
        if os.path.isfile(candidate) or os.path.isdir(candidate):  # noqa: PTH112, PTH113 (never raise)
            return _as_seen_from_here(candidate)
    raise MissingDataError(
        f"{_as_seen_from_here(Path(path))}: no such file; paths are relative to the config, and "
        "--data-dir is searched for a file of this name, too"
    )


def _as_seen_from_here(path: Path) -> Path:
    """The path that a user in this folder would type: relative, unless that is the longer one."""
    with suppress(ValueError):  # on another drive
        return Path(min(os.path.relpath(path), str(path), key=len))
    return path


def _by_name(paths: Sequence[Path]) -> dict[str, Path]:
    """Files by name, or by path below their common folder if the names are equal."""
    if len({path.name for path in paths}) == len(paths):
        return {path.name: path for path in paths}
    whole = {Path(os.path.abspath(path)): path for path in paths}  # noqa: PTH100 (resolves '..')
    folder = os.path.commonpath(whole)
    return {place.relative_to(folder).as_posix(): path for place, path in whole.items()}


def _task(settings: CsvDataset, class_names: Sequence[str]) -> Task:
    if settings.is_regression:
        return REGRESSION
    if settings.separator:
        return MULTILABEL
    return BINARY if len(class_names) == 2 else MULTICLASS


# --- from rows to arrays ---------------------------------------------------------------------


def _convert(settings: CsvDataset, digests: Mapping[Path, str], tokens: Tokens) -> Arrays:
    """Read the files, each of which must have, to its end, the SHA-256 that goes with it."""
    reader = _Reader(settings, digests, tokens)
    words: Sequence[str] = RESERVED_WORDS
    text, features = Ragged(np.empty(0, np.int32), np.zeros(1, np.int64)), np.empty((0, 0))
    if settings.is_text:
        text, words = tokenize(reader.inputs(), tokens.split)
    else:
        numbers = np.fromiter(chain.from_iterable(reader.inputs()), np.float64)
        features = numbers.reshape(-1, len(settings.features or ()))
    y, class_names = reader.targets()
    n_train, order = _divide(settings, reader, y)
    places = np.concatenate(reader.places)
    if settings.test_path is None:
        y = y[order]
        text, features = (
            (text.take(order), features) if settings.is_text else (text, features[order])
        )
    warnings = [*reader.warnings(), *_warn_of_classes(y[:n_train], class_names)]
    warnings += _warn_of_formulas(class_names)
    notes = {"n_train": n_train, "words": words, "class_names": class_names, "warnings": warnings}
    return {
        "values": text.values,
        "offsets": text.offsets,
        "features": features,
        "y": y,
        "source_rows": places[order],
        "notes": np.frombuffer(json.dumps(notes).encode(), np.uint8),
    }


def _divide(settings: CsvDataset, reader: _Reader, y: np.ndarray) -> tuple[int, np.ndarray]:
    """The number of training rows, and the order of all rows, training rows first."""
    rows_of = [len(places) for places in reader.places]
    if settings.test_split is None:
        return rows_of[0], np.arange(sum(rows_of))
    n_rows = rows_of[0]
    n_train = int(n_rows * (1 - settings.test_split))
    if not 0 < n_train < n_rows:
        raise DataError(
            f"{reader.path}: of {several(n_rows, 'row')} {n_train:,} would train; give more "
            "rows, or another test_split"
        )
    if settings.stratify:
        parts = stratify(y, n_rows - n_train, settings.seed, "dataset.stratify")
        return n_train, np.concatenate(parts)
    return n_train, np.random.RandomState(settings.seed).permutation(n_rows)


def _warn_of_formulas(class_names: Sequence[str]) -> Iterator[str]:
    """Warn of class names that a spreadsheet would run, as predictions.csv keeps them exact."""
    formulas = [repr(name) for name in class_names if _is_formula(name)]
    if formulas:
        yield (
            f"{several(len(formulas), 'class')} that a spreadsheet takes for a formula: "
            f"{some_of(formulas, MAX_SHOWN)}; the run's CSV files hold them unchanged: import "
            "these files with all columns as text"
        )


def _is_formula(name: str) -> bool:
    """Whether a spreadsheet computes such a cell; -1 and +0.5 are just numbers."""
    return name.startswith(FORMULA_STARTS) and not re.fullmatch(r"[-+]?[0-9.]+", name)


def _warn_of_classes(y: np.ndarray, class_names: Sequence[str]) -> Iterator[str]:
    """Warn of classes with one training row or none; `y` are the targets."""
    if not class_names:
        return
    is_multilabel = y.ndim == 2
    counts = y.sum(axis=0) if is_multilabel else np.bincount(y, minlength=len(class_names))
    everywhere = [repr(name) for name, n in zip(class_names, counts, strict=True) if n == len(y)]
    if is_multilabel and everywhere:
        yield (
            f"label {some_of(everywhere, MAX_SHOWN)}: all training rows have it, so that there is "
            "nothing to learn"
        )
    for few, what in ((0, "no training row"), (1, "one training row")):
        names = [repr(name) for name, n in zip(class_names, counts, strict=True) if n == few]
        if names:
            yield f"{several(len(names), 'class')} with {what}: {some_of(names, MAX_SHOWN)}"
    odd = [repr(name) for name in class_names if name.lower() in NO_VALUES]
    if odd:
        yield (
            f"class {some_of(odd, MAX_SHOWN)}: looks like a missing label; leave such rows out of "
            "the file, or label them"
        )


class _Reader:
    """Takes the columns of a config from rows, and collects their errors."""

    def __init__(self, settings: CsvDataset, digests: Mapping[Path, str], tokens: Tokens) -> None:
        self.settings = settings
        self.tokens = tokens
        self.digests = digests
        self.path = next(iter(digests))  # of the training rows
        self.places: list[np.ndarray] = []  # the rows of each file that are kept, int64
        self.guesses: dict[str, Guess] = {}  # of each file's encoding, by its name
        self.dropped = Counter[str]()
        self.renamed = {
            class_of(key): class_of(name) for key, name in settings.merged_labels.items()
        }
        self.merged: set[str] = set()
        self.labels: list[int] = []
        self.n_labels: list[int] = []  # of each row, where rows have several
        self.number_of: dict[str, int] = {}  # of each class, in order of appearance
        self.numbers = array("d")
        self.wordless = Counter[str]()
        self.first_wordless: dict[str, str] = {}
        self.decomposed = Counter[str]()  # texts and labels that are not in NFC, by column
        self.problems: list[str] = []
        self.n_problems = self.n_missing = 0

    def inputs(self) -> Iterator[Any]:
        """The text, or the list of numbers, of each row; its target is collected.

        Raises:
            DataError: at the end, for all rows that are not as the config says.
        """
        of = self.settings
        for path, sha256 in self.digests.items():
            guess = Guess(of.encoding) if of.encoding else find_encoding(path)
            self.guesses[path.name] = guess
            places, number = array("q"), -1
            rows = read_rows(path, of.delimiter, of.quoting, sha256, guess.encoding)
            for number, (line, row) in enumerate(rows):
                if of.missing == "drop" and self._is_incomplete(path, row):
                    self.dropped[path.name] += 1
                    continue
                if not places:
                    self._check_columns(path, line, row)
                places.append(number)
                self._take_target(path, line, row)
                yield self._input(path, line, row)
            if not places:
                left = f"none of its {number + 1:,} rows has all of its columns' values"
                raise DataError(f"{path}: {left if number >= 0 else 'has no rows'}")
            self.places.append(np.array(places, np.int64))
        self._refuse_problems()

    def _is_incomplete(self, path: Path, row: Row) -> bool:
        """Whether the label, the target or a feature is missing: of a table, in a column it has."""
        of = self.settings
        named = [of.label, of.target, *(of.features or ())]
        has_all_keys = format_of(path) not in JSON_LINES
        return any(
            _is_missing(row.get(name))
            for name in named
            if name is not None and (name in row or not has_all_keys)
        )

    def _check_columns(self, path: Path, line: int, row: Row) -> None:
        of = self.settings
        named = [*of.texts, *(of.features or []), of.label, of.target]
        absent = [column for column in named if column is not None and column not in row]
        if absent:
            place = f"{path}:{line}" if format_of(path) in JSON_LINES else str(path)
            raise no_column(place, absent[0], [*row])

    def _take_target(self, path: Path, line: int, row: Row) -> None:
        if self.settings.label is None:
            self.numbers.append(self._number(path, line, row, self.settings.target or ""))
            return
        self._count_decomposed(self.settings.label, row)
        value = row.get(self.settings.label)
        if self.settings.separator is not None:
            self._take_labels(path, line, value, self.settings.label, self.settings.separator)
            return
        label = class_of(value)
        if label is None:
            what = LISTS if isinstance(value, list) else "no class"
            self._note(path, line, self.settings.label, what, _is_missing(value))
            return
        if label in self.renamed:
            self.merged.add(label)
            label = self.renamed[label] or label
        self.labels.append(self.number_of.setdefault(label, len(self.number_of)))

    def _take_labels(self, path: Path, line: int, value: Any, column: str, separator: str) -> None:
        labels = labels_of(value, separator)
        if labels is None:
            what = not_labels(value, separator)
            self._note(path, line, column, what, not isinstance(value, list) and _is_missing(value))
            return
        self.n_labels.append(len(labels))
        for label in labels:
            self.labels.append(self.number_of.setdefault(label, len(self.number_of)))

    def _input(self, path: Path, line: int, row: Row) -> Any:
        if not self.settings.is_text:
            return [self._number(path, line, row, name) for name in self.settings.features or ()]
        texts: list[str] = []
        for column in self.settings.texts:
            part = row.get(column)
            if not isinstance(part, str):
                self._note(path, line, column, f"{part!r:.50} is not a text")
                return ""
            self._count_decomposed(column, row)
            texts.append(part)
        text = "\n".join(texts)
        if not any(map(str.isalnum, text)) and not self.tokens.split(text):
            self.wordless[path.name] += 1
            place = row["file"] if format_of(path) == FOLDER else f"line {line}"
            self.first_wordless.setdefault(path.name, place)
        return text

    def _count_decomposed(self, column: str, row: Row) -> None:
        value = row.get(column)
        if isinstance(value, str) and not is_normalized("NFC", value):
            self.decomposed[column] += 1

    def _number(self, path: Path, line: int, row: Row, column: str) -> float:
        number = number_in(row.get(column))
        if number is None:
            what = not_a_number(row.get(column))
            self._note(path, line, column, what, _is_missing(row.get(column)))
        return number or 0.0

    def _note(
        self, path: Path, line: int, column: str, what: str, is_missing: bool = False
    ) -> None:
        self.n_problems += 1
        self.n_missing += is_missing
        if self.n_problems <= MAX_SHOWN:
            self.problems.append(f"{path}:{line}: column {column!r}: {what}")

    def _refuse_problems(self) -> None:
        if self.n_problems > MAX_SHOWN:
            self.problems.append(f"and {self.n_problems - MAX_SHOWN:,} more such places")
        if self.problems:
            way_out = "correct these rows, or remove them from the file"
            if self.n_missing == self.n_problems:
                way_out += ", or leave them out with dataset.missing: drop"
            raise DataError(*self.problems, way_out)

    def targets(self) -> tuple[np.ndarray, list[str]]:
        """int32 class numbers, or int8 1 and 0 of each class where a row has several, and the
        classes' names; or float64 numbers and no names."""
        if self.settings.label is None:
            return np.array(self.numbers, np.float64), []
        known = [*self.merged, *self.number_of]
        refuse_unknown(self.path, filter(None, self.renamed), known)
        names = sorted(self.number_of, key=numbers_first)
        if len(names) < 2 and self.settings.separator:
            raise DataError(
                f"{self.path}: column {self.settings.label!r}: all rows together have "
                f"{several(len(names), 'label')}; a model needs two or more"
            )
        if len(names) == 1:
            raise DataError(
                f"{self.path}: column {self.settings.label!r}: all rows are of one class, "
                f"{names[0]!r}; a model needs two or more"
            )
        if len(names) > MAX_CLASSES:
            raise DataError(
                f"{self.path}: column {self.settings.label!r}: {len(names):,} "
                f"different classes, more than {MAX_CLASSES:,}; is it the label? To predict a "
                "number, name it as target"
            )
        sorted_number = np.empty(len(names), np.int32)
        for number, name in enumerate(names):
            sorted_number[self.number_of[name]] = number
        if self.settings.separator is None:
            return sorted_number[self.labels], names
        y = np.zeros((len(self.n_labels), len(names)), np.int8)
        y[np.repeat(np.arange(len(y)), self.n_labels), sorted_number[self.labels]] = 1
        return y, names

    def warnings(self) -> Iterator[str]:
        of = self.settings
        for path in self.digests:
            for line in (*self.guesses[path.name].in_words(), *reading_warnings(path)):
                yield f"{path.name}: {line}"
        for name, n_rows in self.dropped.items():
            yield f"{name}: {several(n_rows, 'row')} left out, without a label, target or feature"
        doubt = doubt_header(self.path, of.label, [*(of.features or ()), of.target], self.number_of)
        if doubt:
            yield f"{self.path.name}: {doubt}"
        if n_none := self.n_labels.count(0):
            yield (
                f"{several(n_none, 'row')} without any label: kept, as examples of no label; to "
                "leave out empty cells, set dataset.missing: drop"
            )
        for name, n_rows in self.wordless.items():
            yield (
                f"{name}: {several(n_rows, 'text')} without a word, the first in "
                f"{self.first_wordless[name]}; they are kept, but the model sees nothing in them"
            )
        rows_of = np.bincount(self.labels, minlength=len(self.number_of)).tolist()
        yield from label_warnings(dict(zip(self.number_of, rows_of, strict=True)))
        yield from self._warn_of_decomposed()

    def _warn_of_decomposed(self) -> Iterator[str]:
        n_labels = self.decomposed.get(self.settings.label or "", 0)
        n_texts = sum(self.decomposed[column] for column in self.settings.texts)
        if n_labels:
            yield (
                f"{several(n_labels, 'label')} in another form of Unicode than NFC, as files from "
                "a Mac have it: read as NFC, so that a class has one name"
            )
        if n_texts:
            is_keras = self.tokens.kind == "keras"
            what = "tokens: keras takes both forms of a word for two words; set tokens: words"
            yield (
                f"{several(n_texts, 'text')} in another form of Unicode than NFC, as files from "
                f"a Mac have it: {what if is_keras else 'read as NFC'}"
            )


def doubt_header(
    path: Path, label: str | None, numbers: Iterable[str | None], classes: Container[str]
) -> str | None:
    """What to say of a table whose first row looks like data; None of any other file.

    Args:
        label: the name of the label's column.
        numbers: the names of the columns of numbers; None: of no column.
        classes: the values of the label's column.
    """
    if format_of(path) in (*JSON_LINES, *PARQUET, FOLDER):
        return None
    names = [name for name in numbers if name is not None]
    doubtful = [label] if label in classes else names
    if label not in classes and (not names or any(number_in(name) is None for name in names)):
        return None
    shown = some_of([repr(name) for name in doubtful], MAX_SHOWN)
    return (
        f"the first row looks like data, not a header: {shown} is also what the column holds; "
        "a file without a header needs one, or its first row is lost"
    )


def has_decimal_comma(value: Any) -> bool:
    """Whether a cell is a number as '1,5' is."""
    return isinstance(value, str) and DECIMAL_COMMA.fullmatch(value) is not None


def no_column(place: object, name: str, columns: Sequence[str]) -> DataError:
    close = get_close_matches(name, columns, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    there = some_of([repr(column) for column in columns], MAX_SHOWN)
    return DataError(f"{place}: has no column {name!r}; {hint}its columns are {there}")


def not_labels(value: Any, separator: str) -> str:
    """What is wrong with a cell that `labels_of` does not take."""
    if isinstance(value, list):
        return f"{value!r:.50} is not a list of labels without {separator!r} in them"
    return f"{value!r:.50} is not a text or a list of labels; a row without one has '' or []"


def not_a_number(value: Any) -> str:
    """What is wrong with a cell that `number_in` does not take."""
    if has_decimal_comma(value):
        return f"{value!r:.50} has a decimal comma; write 1.5 in place of 1,5"
    return f"{value!r:.50} is not a number from -{LARGEST:g} to {LARGEST:g}"


def number_in(value: Any) -> float | None:
    """The number of a cell; None if it is not a number, or too large for training to square."""
    if isinstance(value, bool):
        return None
    with suppress(TypeError, ValueError, OverflowError):
        return float(value) if abs(float(value)) <= LARGEST else None
    return None


def _is_missing(value: Any) -> bool:
    """Whether a cell is empty: null, blank, or what programs write for no number."""
    if isinstance(value, float):
        return not math.isfinite(value)
    return value is None or (isinstance(value, str) and not value.strip())
