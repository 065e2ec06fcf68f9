"""A table on standard input, as a file that can be read like any other."""

import contextlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from textclf.errors import DataError

NAME = "standard input"


@contextlib.contextmanager
def piped_table() -> Iterator[Path]:
    """A file with all of standard input: JSON Lines where it begins with a brace, else CSV.

    In the messages of a DataError the file is called standard input.
    """
    with TemporaryDirectory(prefix="textclf-") as folder:
        path = Path(folder) / "table"
        with path.open("wb") as file:
            if sys.stdin:  # None where it was closed
                shutil.copyfileobj(sys.stdin.buffer, file)
        with path.open("rb") as file:
            is_json = file.read(100).lstrip().startswith(b"{")
        path = path.rename(path.with_suffix(".jsonl" if is_json else ".csv"))
        try:
            yield path
        except DataError as error:
            lines = (line.replace(str(path), NAME) for line in error.messages)
            raise DataError(*lines) from error
