"""A run's files, read with suspicion: whoever wrote them, what is damaged is told as such."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textclf.errors import RunError

if TYPE_CHECKING:
    import pandas as pd

MAX_BYTES = 1_000_000_000  # predictions of a million rows are 50 MB


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object of a run.

    Raises:
        RunError: the file is missing or damaged.
    """
    content = _read(path, lambda: json.loads(path.read_text(encoding="utf-8")))
    if not isinstance(content, dict):
        raise RunError(f"{path}: damaged: not a JSON object")
    return content


def read_table(path: Path, columns: Sequence[str], numbers_only: bool = False) -> "pd.DataFrame":
    import pandas as pd

    # A class may be called "NA" or "null": only nan is no number.
    table = _read(path, lambda: pd.read_csv(path, keep_default_na=False, na_values=["nan"]))
    absent = [column for column in columns if column not in table]
    if absent:
        raise RunError(f"{path}: damaged: it has no column {absent[0]}")
    if numbers_only and (table.empty or table.select_dtypes("number").shape != table.shape):
        raise RunError(f"{path}: damaged: not a table of numbers")
    return table


def _read(path: Path, read: Any) -> Any:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise RunError(f"{path}: damaged: larger than {MAX_BYTES // 10**6:,} MB")
        return read()
    except FileNotFoundError as error:
        raise missing(path) from error
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(f"{path}: damaged: {error}") from error


def missing(path: Path) -> RunError:
    return RunError(f"{path}: missing; the run is not complete")


def number_of(path: Path) -> int:
    digits = path.name.rpartition("-")[2]
    return int(digits) if digits.isdigit() else 0
