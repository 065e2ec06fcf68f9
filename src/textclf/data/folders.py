"""A folder with a folder of texts for each class, as Keras's text_dataset_from_directory."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from textclf.data.encodings import line_codec
from textclf.disk.regular import read_regular
from textclf.errors import DataError
from textclf.wording import several

FOLDER = "folder"
COLUMNS = ("text", "label", "file")
SUFFIX = ".txt"
MOST_CHARACTERS = 10_000_000  # bytes of a text
MOST_FILES = 10_000_000
PARTS = ("train", "test")


def read_folder(
    path: Path, encoding: str, sha256: str | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The texts with their numbers, from 1: columns text, label (the folder's name) and file.

    Args:
        encoding: of all files.
        sha256: of the folder, as `hash_folder` has it; None: any.

    Raises:
        DataError: the folder has no texts, a file is not of this encoding, cannot be read, or
            the texts changed since the SHA-256 was taken.
    """
    digest = hashlib.sha256()
    for number, name in enumerate(list_texts(path), 1):
        content = _content(path / name)
        _add(digest, name, content)
        text = _decode(path / name, content, encoding)
        yield number, dict(zip(COLUMNS, (text, name.split("/")[0], name), strict=True))
    if sha256 is not None and digest.hexdigest() != sha256:
        raise DataError(
            f"{path}: changed while it was read; try again once no program writes to it"
        )


def hash_folder(path: Path) -> str:
    """The SHA-256 of all texts and their names, hexadecimal.

    Raises:
        DataError: the folder has no texts, or one cannot be read.
    """
    digest = hashlib.sha256()
    for name in list_texts(path):
        _add(digest, name, _content(path / name))
    return digest.hexdigest()


def contents(path: Path) -> Iterator[bytes]:
    """The content of each text."""
    return (_content(path / name) for name in list_texts(path))


def list_texts(path: Path) -> list[str]:
    """The .txt files by class and then by folder, in Keras's order, as 'pos/12.txt'.

    Raises:
        DataError: there are not two folders of texts, or it has a part for training and one for
            test.
    """
    classes = _class_folders(path)
    if has_parts(path):
        raise DataError(
            f"{path}: has train and test folders; name both: path: {path.name}/train and "
            f"test_path: {path.name}/test"
        )
    names = [name for folder in classes for name in _walk(path, folder) if _is_text(name)]
    if not names:
        raise DataError(
            f"{path}: a folder without texts; it needs a folder of .txt files for each class, or "
            "name a file in it"
        )
    if len(names) > MOST_FILES:
        raise DataError(f"{path}: more than {MOST_FILES:,} files")
    return names


def has_parts(path: Path) -> bool:
    """Whether training and test rows lie below, in `train` and `test`, as in the IMDB archive."""
    return all(_class_folders(path / part) for part in PARTS)


def folder_warnings(path: Path) -> Iterator[str]:
    """What a user should know about the files and folders that are not read."""
    below = [name for folder in _class_folders(path) for name in _walk(path, folder)]
    others = [
        *(name for name in below if not _is_text(name)),
        *(entry.name for entry in _entries(path) if entry.is_file()),
    ]
    if others:
        what = several(len(others), "file")
        yield f"{what} left out, not .txt in a class's folder, the first: {others[0]!r}"
    filled = {name.split("/")[0] for name in below if _is_text(name)}
    empty = [repr(folder) for folder in _class_folders(path) if folder not in filled]
    if empty:
        yield f"{several(len(empty), 'folder')} without a text left out: {empty[0]}"


def _class_folders(path: Path) -> list[str]:
    return [entry.name for entry in _entries(path) if entry.is_dir()]


def _entries(path: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(path) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error


def _walk(path: Path, folder: str) -> Iterator[str]:
    for place, _, files in sorted(os.walk(path / folder)):
        below = Path(place).relative_to(path).as_posix()
        yield from (f"{below}/{name}" for name in sorted(files))


def _is_text(name: str) -> bool:
    return name.lower().endswith(SUFFIX)


def _content(path: Path) -> bytes:
    try:
        return read_regular(path, MOST_CHARACTERS, follow_links=True)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error


def _add(digest: Any, name: str, content: bytes) -> None:
    digest.update(os.fsencode(name) + b"\0" + hashlib.sha256(content).digest())


def _decode(path: Path, content: bytes, encoding: str) -> str:
    try:
        text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}:{line}: byte 0x{content[error.start]:02x} is not {line_codec(encoding)}; name "
            "the files' encoding, dataset.encoding, or save this file as the others"
        ) from error
    return text.replace("\r\n", "\n")
