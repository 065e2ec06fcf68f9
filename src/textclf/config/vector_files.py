"""Files of pretrained word vectors, as far as a config is concerned: how long the vectors are."""

import gzip
import zlib
from pathlib import Path
from typing import Any, BinaryIO

from textclf.config.layers import Problem, name_and_arguments
from textclf.disk.regular import open_regular
from textclf.wording import printable

Layer = dict[str, Any]
EMBEDDING = "Embedding"
ARRAY = ".npy"
LONGEST_VECTOR = 65_536
MOST_BYTES = 100 * 10**9
FIRST_BYTES = 10_000_000  # that a first line may have
EXAMPLES = "GloVe's or word2vec's text, .gz or not, or .npy beside a .txt with a word in each line"


def vector_length(path: Path) -> int:
    """How many numbers a file's vectors have, by its beginning.

    Raises:
        ValueError: the file is missing, or not one of vectors.
    """
    try:
        with open_regular(path, MOST_BYTES, follow_links=True) as file:
            if path.suffix == ARRAY:
                length = _array_length(file)
            elif path.suffix == ".gz":
                with gzip.open(file) as unpacked:
                    length = _text_length(unpacked)
            else:
                length = _text_length(file)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ValueError(f"{printable(str(path))}: {reason[:1].lower()}{reason[1:]}") from None
    if not 1 <= length <= LONGEST_VECTOR:
        raise ValueError(f"{printable(str(path))}: not a file of word vectors: {EXAMPLES}")
    return length


def with_vectors(layers: list[Layer]) -> tuple[list[Layer], list[Problem]]:
    """Stacked layers with the whole path of their vectors, and the length that the file says.

    Returns:
        The layers, and a problem where a length is missing and the file cannot be read: a run's
        own config has the length, and needs the file no more.
    """
    name, arguments = name_and_arguments(layers[0])
    if not arguments.get("weights") or name != EMBEDDING:
        return layers, []
    path = Path(arguments["weights"]).absolute()
    try:
        length = arguments.get("output_dim") or vector_length(path)
    except ValueError as error:
        return layers, [((0, name, "weights"), str(error))]
    return [{name: {**arguments, "output_dim": length, "weights": str(path)}}, *layers[1:]], []


def _text_length(file: Any) -> int:
    fields = file.readline(FIRST_BYTES).split()
    if is_header(fields):
        return int(fields[1])
    return len(fields) - 1 if _are_numbers(fields[1:]) else 0


def is_header(fields: list[bytes]) -> bool:
    """Whether they are word2vec's first line: the number of vectors, and their length."""
    return len(fields) == 2 and all(field.isdigit() for field in fields)


def _are_numbers(fields: list[bytes]) -> bool:
    try:
        return [float(field) for field in fields] != []
    except ValueError:
        return False


def _array_length(file: BinaryIO) -> int:
    from numpy.lib import format as npy  # late: NumPy takes 0.1 s

    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read(file)
    return shape[1] if len(shape) == 2 and dtype.kind == "f" else 0
