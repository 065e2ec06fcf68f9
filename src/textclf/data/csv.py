"""Your own examples: rows of CSV, TSV or JSON Lines files as a dataset."""

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
from unicodedata import is_normalized, normalize

import numpy as np

from textclf.data.cache import Arrays, cached
from textclf.data.dataset import Dataset, Ragged
from textclf.data.files import hash_file
from textclf.data.tables import JSON_LINES, format_of, read_rows
from textclf.data.tasks import BINARY, MULTICLASS, REGRESSION, Task
from textclf.data.tokenizer import RESERVED_WORDS, tokenize
from textclf.data.tokens import KERAS, Tokens
from textclf.errors import DataError, MissingDataError
from textclf.wording import several, some_of

if TYPE_CHECKING:
    from textclf.config.settings import CsvDataset

Row = dict[str, Any]
NOT_READING = {"path", "test_path", "standardize_target"}  # settings that reading does not obey
FIELDS = ("values", "offsets", "features", "y", "source_rows", "notes")
MAX_CLASSES = 1_000  # with more values, a column is a name, a number or a text, not a class
LARGEST = 1e15  # of numbers: the square is still a float32
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # of cells that spreadsheets compute
MAX_SHOWN = 10  # of the places where a file is wrong
NO_VALUES = {"nan", "none", "null", "n/a", "<na>", "nat"}  # what programs write for a missing value
DECIMAL_COMMA = re.compile(r"\s*[+-]?\d+,\d+\s*")


def load_csv(settings: CsvDataset, data_dir: Path | None = None, tokens: Tokens = KERAS) -> Dataset:
    """The rows of the files that a config names.

    With a `test_path` rows stay in the files' order; else all are shuffled by `settings.seed`,
    since files are often sorted by class, and the last `settings.test_split` are test rows.
    Classes are the distinct labels of all rows, numbers first, in order.

    Raises:
        MissingDataError: a file is missing.
        DataError: a column is missing, or rows are not as the config says, with their lines.
    """
    paths = find_files(settings, data_dir)
    digests = {name: hash_file(path) for name, path in _by_name(paths).items()}
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
    )


def find_files(settings: CsvDataset, data_dir: Path | None = None) -> list[Path]:
    """The file, and the file of test rows if there is one, in `data_dir` or as the config says.

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
        if os.path.isfile(candidate):  # noqa: PTH113 (unlike Path's, it never raises)
            return _as_seen_from_here(candidate)
    shown = _as_seen_from_here(Path(path))
    if os.path.isdir(path):  # noqa: PTH112
        raise MissingDataError(f"{shown}: this is a folder; name a file in it")
    raise MissingDataError(
        f"{shown}: no such file; paths are relative to the config, and --data-dir is "
        "searched for a file of this name, too"
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
    n_train, order = _divide(settings, reader)
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
        "source_rows": order,
        "notes": np.frombuffer(json.dumps(notes).encode(), np.uint8),
    }


def _divide(settings: CsvDataset, reader: _Reader) -> tuple[int, np.ndarray]:
    """The number of training rows, and each example's row in its file, training rows first."""
    rows_of = reader.rows_of
    if settings.test_split is None:
        return rows_of[0], np.concatenate([np.arange(n_rows) for n_rows in rows_of])
    n_rows = rows_of[0]
    n_train = int(n_rows * (1 - settings.test_split))
    if not 0 < n_train < n_rows:
        raise DataError(
            f"{reader.path}: of {several(n_rows, 'row')} {n_train:,} would train; give more "
            "rows, or another test_split"
        )
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
    counts = np.bincount(y, minlength=len(class_names))
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
        self.rows_of: list[int] = []  # of each file
        self.labels: list[int] = []
        self.number_of: dict[str, int] = {}  # of each class, in order of appearance
        self.numbers = array("d")
        self.wordless = Counter[str]()
        self.first_wordless: dict[str, int] = {}
        self.decomposed = Counter[str]()  # texts and labels that are not in NFC, by column
        self.problems: list[str] = []
        self.n_problems = 0

    def inputs(self) -> Iterator[Any]:
        """The text, or the list of numbers, of each row; its target is collected.

        Raises:
            DataError: at the end, for all rows that are not as the config says.
        """
        of = self.settings
        for path, sha256 in self.digests.items():
            n_rows = 0
            for line, row in read_rows(path, of.delimiter, of.quoting, sha256):
                if not n_rows:
                    self._check_columns(path, line, row)
                n_rows += 1
                self._take_target(path, line, row)
                yield self._input(path, line, row)
            if not n_rows:
                raise DataError(f"{path}: has no rows")
            self.rows_of.append(n_rows)
        self._refuse_problems()

    def _check_columns(self, path: Path, line: int, row: Row) -> None:
        of = self.settings
        named = [of.text, *(of.features or []), of.label, of.target]
        absent = [column for column in named if column is not None and column not in row]
        if absent:
            place = f"{path}:{line}" if format_of(path) in JSON_LINES else str(path)
            raise no_column(place, absent[0], [*row])

    def _take_target(self, path: Path, line: int, row: Row) -> None:
        if self.settings.label is None:
            self.numbers.append(self._number(path, line, row, self.settings.target or ""))
            return
        self._count_decomposed(self.settings.label, row)
        label = class_of(row.get(self.settings.label))
        if label is None:
            self._note(path, line, self.settings.label, "no class")
            return
        self.labels.append(self.number_of.setdefault(label, len(self.number_of)))

    def _input(self, path: Path, line: int, row: Row) -> Any:
        if self.settings.text is None:
            return [self._number(path, line, row, name) for name in self.settings.features or ()]
        text = row.get(self.settings.text)
        if not isinstance(text, str):
            self._note(path, line, self.settings.text, f"{text!r:.50} is not a text")
            return ""
        self._count_decomposed(self.settings.text, row)
        if not any(map(str.isalnum, text)) and not self.tokens.split(text):
            self.wordless[path.name] += 1
            self.first_wordless.setdefault(path.name, line)
        return text

    def _count_decomposed(self, column: str, row: Row) -> None:
        value = row.get(column)
        if isinstance(value, str) and not is_normalized("NFC", value):
            self.decomposed[column] += 1

    def _number(self, path: Path, line: int, row: Row, column: str) -> float:
        number = _number_in(row.get(column))
        if number is None:
            what = f"{row.get(column)!r:.50} is not a number from -{LARGEST:g} to {LARGEST:g}"
            if has_decimal_comma(row.get(column)):
                what = f"{row.get(column)!r:.50} has a decimal comma; write 1.5 in place of 1,5"
            self._note(path, line, column, what)
        return number or 0.0

    def _note(self, path: Path, line: int, column: str, what: str) -> None:
        self.n_problems += 1
        if self.n_problems <= MAX_SHOWN:
            self.problems.append(f"{path}:{line}: column {column!r}: {what}")

    def _refuse_problems(self) -> None:
        if self.n_problems > MAX_SHOWN:
            self.problems.append(f"and {self.n_problems - MAX_SHOWN:,} more such places")
        if self.problems:
            raise DataError(*self.problems, "correct these rows, or remove them from the file")

    def targets(self) -> tuple[np.ndarray, list[str]]:
        """int32 class numbers and the classes' names, or float64 numbers and no names."""
        if self.settings.label is None:
            return np.array(self.numbers, np.float64), []
        names = sorted(self.number_of, key=_numbers_first)
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
        return sorted_number[self.labels], names

    def warnings(self) -> Iterator[str]:
        of = self.settings
        doubt = doubt_header(self.path, of.label, [*(of.features or ()), of.target], self.number_of)
        if doubt:
            yield f"{self.path.name}: {doubt}"
        for name, n_rows in self.wordless.items():
            yield (
                f"{name}: {several(n_rows, 'text')} without a word, the first in line "
                f"{self.first_wordless[name]}; they are kept, but the model sees nothing in them"
            )
        yield from self._warn_of_decomposed()

    def _warn_of_decomposed(self) -> Iterator[str]:
        n_labels = self.decomposed.get(self.settings.label or "", 0)
        n_texts = self.decomposed.get(self.settings.text or "", 0)
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
    if format_of(path) in JSON_LINES:
        return None
    names = [name for name in numbers if name is not None]
    doubtful = [label] if label in classes else names
    if label not in classes and (not names or any(_number_in(name) is None for name in names)):
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


def _number_in(value: Any) -> float | None:
    """The number of a cell; None if it is not a number, or too large for training to square."""
    if isinstance(value, bool):
        return None
    with suppress(TypeError, ValueError, OverflowError):
        return float(value) if abs(float(value)) <= LARGEST else None
    return None


def class_of(value: Any) -> str | None:
    """The name of a label's class; None if the label is not a class."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            return None  # what Python's json writes where pandas has no value
        if value.is_integer():
            value = int(value)  # 1.0 in JSON is the class 1
    if isinstance(value, str | int | float):
        return normalize("NFC", str(value)).strip() or None
    return None


def _numbers_first(name: str) -> tuple[bool, float, str]:
    """Sorts '2' before '10' before 'a'."""
    with suppress(ValueError):
        if math.isfinite(float(name)):
            return False, float(name), name
    return True, 0.0, name
