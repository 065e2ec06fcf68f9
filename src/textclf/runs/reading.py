"""A run's files, read with suspicion: a damaged one is an error that names it."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textclf.disk.regular import read_regular
from textclf.errors import RunError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MAX_BYTES = 1_000_000_000  # predictions of a million rows are 50 MB
MAX_JSON = 10_000_000  # run.json and metrics.json have a few kB
MAX_COLUMNS = 10_000  # a confusion matrix has one for each class
MAX_NUMBER = 1e100  # far from what a plot's axes can hold


def read_json(path: Path, largest: int = MAX_JSON) -> dict[str, Any]:
    """A JSON object of a run.

    Args:
        largest: bytes that the file may have.

    Raises:
        RunError: the file is missing or damaged.
    """
    content = _read(
        path,
        lambda: json.loads(_text(path, largest), parse_constant=_refuse, parse_float=_finite),
    )
    if not isinstance(content, dict):
        raise RunError(f"{path}: damaged: not a JSON object")
    return content


def read_arrays(path: Path, largest: int = MAX_BYTES) -> dict[str, np.ndarray]:
    """The arrays of an uncompressed npz file of a run.

    Raises:
        RunError: the file is missing or damaged.
    """
    return dict(_read(path, lambda: _arrays(path, largest)))


def _arrays(path: Path, largest: int) -> dict[str, np.ndarray]:
    import numpy as np

    content = read_regular(path, largest)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(member.file_size for member in archive.infolist()) > len(content):
                raise ValueError("it is compressed")
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            return dict(file)
    except (zipfile.BadZipFile, EOFError, KeyError) as error:
        raise ValueError(str(error) or "not an npz file") from error


def read_text(path: Path) -> str:
    """A small text file of a run.

    Raises:
        RunError: the file is missing or damaged.
    """
    return str(_read(path, lambda: _text(path)))


def _text(path: Path, largest: int = MAX_BYTES) -> str:
    text = read_regular(path, largest).decode("utf-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")  # as reading a text file does


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not valid JSON")


def _finite(digits: str) -> float:
    return float(digits) if isfinite(float(digits)) else _refuse(digits)


def read_table(
    path: Path, columns: Sequence[str], numbers_only: bool = False, as_text: Sequence[str] = ()
) -> pd.DataFrame:
    """A table of a run.

    Args:
        columns: those that it must have.
        as_text: columns of names, which stay text even where each is a number.

    Raises:
        RunError: the file is missing or damaged.
    """
    import pandas as pd

    content = _read(path, lambda: _not_wide(read_regular(path, MAX_BYTES)))
    # A class may be called "NA" or "null": only nan stands for a missing number.
    kinds: dict[str, Any] = {"keep_default_na": False, "dtype": dict.fromkeys(as_text, str)}
    table = _read(path, lambda: pd.read_csv(io.BytesIO(content), na_values=["nan"], **kinds))
    table = table.fillna(dict.fromkeys([name for name in as_text if name in table], "nan"))
    absent = [column for column in columns if column not in table]
    if absent:
        raise RunError(f"{path}: damaged: it has no column {absent[0]}")
    if numbers_only and (table.empty or table.select_dtypes("number").shape != table.shape):
        raise RunError(f"{path}: damaged: not a table of numbers")
    if numbers_only and (table.abs() > MAX_NUMBER).any(axis=None):
        raise RunError(f"{path}: damaged: a number beyond {MAX_NUMBER:g}")
    return table


def read_predictions(path: Path) -> pd.DataFrame:
    """predictions.csv: classes as text, those called 1 and 01, too; of a regression numbers.

    Raises:
        RunError: the file is missing or damaged.
    """
    import pandas as pd

    answers = ("truth", "prediction")
    table = read_table(path, ("split", "row", *answers), as_text=answers)
    if "probability" in table:
        return table
    numbers = _read(path, lambda: {name: pd.to_numeric(table[name]) for name in answers})
    return table.assign(**numbers)


def read_confusion(path: Path) -> pd.DataFrame:
    """confusion_matrix.csv, whose first line and column are classes of any name.

    Raises:
        RunError: the file is missing or damaged.
    """
    import pandas as pd

    text = _read(path, lambda: _not_wide(read_regular(path, MAX_BYTES)).decode("utf-8"))
    header, *rows = _read(path, lambda: list(csv.reader(io.StringIO(text)))) or [[]]
    if header[:1] != ["truth"]:
        raise RunError(f"{path}: damaged: it has no column truth")
    counts = _read(path, lambda: [[int(count) for count in row[1:]] for row in rows])
    index = pd.Index([row[0] if row else "" for row in rows], name="truth")
    return _read(path, lambda: pd.DataFrame(counts, index=index, columns=header[1:]))


def _not_wide(content: bytes) -> bytes:
    """The content of a table; pandas takes minutes for a hundred thousand columns."""
    start = content[: 100 * MAX_COLUMNS]
    if start.partition(b"\n")[0].count(b",") >= MAX_COLUMNS:
        raise ValueError(f"more than {MAX_COLUMNS:,} columns")
    return content


def _read(path: Path, read: Any) -> Any:
    try:
        return read()
    except FileNotFoundError as error:
        raise missing(path) from error
    except OSError as error:
        raise RunError(f"{path}: damaged: {error.strerror or error}") from error
    except (ValueError, RecursionError, csv.Error) as error:
        raise RunError(f"{path}: damaged: {error}") from error


def missing(path: Path) -> RunError:
    return RunError(f"{path}: missing; the run is not complete")


def number_of(path: Path) -> int:
    """The number of a fit's folder, from 1; 0 where its name is another: 'fold-²', 'fold-٣'."""
    match = re.fullmatch(r"[a-z]+-([1-9][0-9]{0,8})", path.name)
    return int(match[1]) if match else 0
