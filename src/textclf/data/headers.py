"""The header of a table: each column has a name of its own."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from textclf.errors import DataError

DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
SEPARATOR_NOTE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)  # a spreadsheet's first line


def check_header(header: Sequence[str], place: str, may_be_split: bool = True) -> list[str]:
    """The names of the columns; '' for a column without a name.

    Args:
        may_be_split: whether a sign in the only name may separate columns.

    Raises:
        DataError: two columns have one name, or none has one.
    """
    names = [name.strip() for name in header]
    for name, times in Counter(filter(None, names)).items():
        if times > 1:
            raise DataError(
                f"{place}: two columns are called {name!r}; rename one, or put a header above if "
                "this row is data"
            )
    if not any(names):
        raise DataError(f"{place}: no column has a name; the first row must be a header")
    others = [what for sign, what in DELIMITER_NAMES.items() if sign in names[0]]
    if len(names) == 1 and others and may_be_split:
        raise DataError(
            f"{place}: one column, {names[0]!r}; if a {others[0]} separates columns, say so: "
            "delimiter"
        )
    return names


def empty_file(path: Path) -> DataError:
    """The error of a file without a row."""
    return DataError(f"{path}: empty; it must have a row, and a table a header above it")
