"""The built-in dataset: docstrings of installed libraries; the class is the library."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import importlib.util
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from textclf.data.cache import Arrays, cached
from textclf.data.dataset import Dataset
from textclf.data.tasks import MULTICLASS
from textclf.data.tokenizer import split_words, tokenize
from textclf.data.tokens import KERAS, Tokens
from textclf.errors import DataError, MissingDataError

if TYPE_CHECKING:
    from textclf.config.settings.dataset import DocstringsDataset

LIBRARIES = ("keras", "matplotlib", "numpy", "pandas")
MIN_WORDS = 5
MASK = "[library]"
# A library's name is masked inside words, too (KerasTensor), but an alias only as a whole word.
# Neighbours are letters and digits, not \b: the tokenizer splits mpl_toolkits at its underscore.
NAMES = re.compile(
    r"numpy|pandas|matplotlib|keras|tensorflow"
    r"|(?<![a-z0-9])(?:np|pd|mpl|plt|pyplot|pylab|tf)(?![a-z0-9])",
    re.IGNORECASE,
)


def load_docstrings(
    settings: DocstringsDataset, _data_dir: Path | None = None, tokens: Tokens = KERAS
) -> Dataset:
    """First paragraphs of the libraries' docstrings, their names masked.

    Rows are shuffled by `settings.seed`; the last `settings.test_split` are test rows. The texts
    depend on the libraries' versions, so `files` gives a SHA-256 of each library's texts.

    Raises:
        MissingDataError: one of the libraries is not installed.
    """
    texts, labels, files = read_libraries(LIBRARIES)
    order = np.random.RandomState(settings.seed).permutation(len(texts))
    x, words = tokenize((texts[row] for row in order), tokens.split)
    return Dataset(
        name="docstrings",
        task=MULTICLASS,
        x=x,
        y=labels[order],
        n_train=int(len(texts) * (1 - settings.test_split)),
        class_names=LIBRARIES,
        words=words,
        ranked=False,
        files=files,
    )


def read_libraries(names: Sequence[str]) -> tuple[list[str], np.ndarray, dict[str, str]]:
    """The texts of installed libraries, cached until a file of their source changes.

    Returns:
        texts: each one line, in an order that depends on the libraries alone.
        labels: int32 (texts,), the index in `names` of each text.
        files: the SHA-256 of each library's texts, by its name and version.

    Raises:
        MissingDataError: one of the libraries is not installed.
        DataError: a library changed while it was read.
    """
    titles = [f"{name} {_version(name)}" for name in names]
    key = _hash_sources(titles, names)

    def extract() -> Arrays:
        arrays = _extract(names)
        if _hash_sources(titles, names) != key:
            raise DataError("docstrings: a library changed while it was read; try again")
        return arrays

    arrays = cached("docstrings", key, ("utf8", "labels"), extract)
    texts = arrays["utf8"].tobytes().decode().split("\n")
    labels = arrays["labels"]
    files = {title: _hash_texts(texts, labels == label) for label, title in enumerate(titles)}
    return texts, labels, files


def _hash_sources(titles: Sequence[str], names: Sequence[str]) -> str:
    """A SHA-256 of the libraries' versions and the name, size and time of each of their files."""
    digest = hashlib.sha256("\n".join(titles).encode())
    for folder in map(_source_folder, names):
        for path in _source_files(folder):
            with suppress(OSError):  # a link to nowhere
                state = path.stat()
                name = path.relative_to(folder).as_posix()
                digest.update(f"\n{name} {state.st_size} {state.st_mtime_ns}".encode())
    return digest.hexdigest()


def _hash_texts(texts: Sequence[str], chosen: np.ndarray) -> str:
    lines = "\n".join(texts[row] for row in np.flatnonzero(chosen).tolist())
    return hashlib.sha256(lines.encode()).hexdigest()


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError as error:
        raise _missing(name) from error


def _missing(name: str) -> MissingDataError:
    return MissingDataError(
        f"docstrings: the library {name} is not installed; its source is part of this dataset",
        f"install it with: python -m pip install {name}",
    )


# --- reading source --------------------------------------------------------------------------


def _extract(names: Sequence[str]) -> Arrays:
    """Each library's texts without those that several libraries share."""
    libraries = [distinct_texts(_source_folder(name)) for name in names]
    sharing = Counter(words for library in libraries for words in library)
    texts, labels = [], []
    for label, library in enumerate(libraries):
        own = [text for words, text in library.items() if sharing[words] == 1]
        texts += own
        labels += [label] * len(own)
    utf8 = "\n".join(texts).encode()
    return {"utf8": np.frombuffer(utf8, np.uint8), "labels": np.array(labels, np.int32)}


def _source_folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)  # of a top-level package: imports nothing
    if spec is None or not spec.submodule_search_locations:
        raise _missing(name)
    return Path(next(iter(spec.submodule_search_locations)))


def distinct_texts(folder: Path) -> dict[tuple[str, ...], str]:
    """The texts of a library by their words, so that none comes twice."""
    texts: dict[tuple[str, ...], str] = {}
    for text in map(first_paragraph, _library_docstrings(folder)):
        words = tuple(split_words(text))
        if len(words) >= MIN_WORDS:
            texts.setdefault(words, text)
    return texts


def _library_docstrings(folder: Path) -> Iterator[str]:
    """All docstrings below a folder without tests."""
    for path in _source_files(folder):
        if not _is_test(path.relative_to(folder)):
            yield from _docstrings(path)


def _source_files(folder: Path) -> list[Path]:
    """All below a folder, in an order independent of the file system."""
    return sorted(folder.rglob("*.py"), key=lambda path: path.relative_to(folder).as_posix())


def first_paragraph(docstring: str) -> str:
    """The first paragraph as one line, library names masked."""
    paragraph = re.split(r"\n\s*\n", docstring.strip(), maxsplit=1)[0]
    line = " ".join(NAMES.sub(MASK, paragraph).split())
    return line.encode(errors="replace").decode()  # lone surrogates cannot be written


def _is_test(path: Path) -> bool:
    named_so = path.stem.startswith("test_") or path.stem.endswith("_test")
    return named_so or "tests" in path.parts or path.name == "conftest.py"


def _docstrings(path: Path) -> Iterator[str]:
    """The docstrings of a module, its classes and functions; none if it is not valid Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in other people's source
            tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and (docstring := ast.get_docstring(node)):
            yield docstring
