"""The files of keras.datasets: found, downloaded where missing, read only if genuine."""

import hashlib
import http.client
import os
import shlex
import stat
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from threading import Thread
from typing import Literal

from textclf.disk.atomic import writing
from textclf.disk.regular import open_regular
from textclf.errors import DataError, MissingDataError, ResourceError

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
LARGEST = 1 << 26  # bytes of a file; the largest of these has 17 MB
MOST_BYTES = 100 * 10**9  # of any file of examples
CHUNK = 1 << 18  # bytes
TIMEOUT = 20.0  # seconds without a byte
ANSWER_TIMEOUT = 60.0  # seconds until a server has answered, redirections included
SLOWEST = 4096  # bytes a second, on average after SLOW_START seconds
SLOW_START = 30.0

SHA256 = {
    "imdb.npz": "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
    "imdb_word_index.json": "027313fe9a320280f3bf0fac5baf58c4a683cf39a7ed9c3d3d3912bde4284cf6",
    "reuters.npz": "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916",
    "reuters_word_index.json": "9b56000edc4b34a32e89fd5a23b2605594682c74efcf7d8f4e2a5514b771e633",
    "boston_housing.npz": "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5",
}
DATASET_FILES: dict[str, tuple[str, ...]] = {
    "imdb": ("imdb.npz", "imdb_word_index.json"),
    "reuters": ("reuters.npz", "reuters_word_index.json"),
    "boston": ("boston_housing.npz",),
    "docstrings": (),  # read from the installed libraries
}

Progress = Callable[[str, int, int | None], None]
"""Called with a file's name, the bytes received so far, and all its bytes where known."""


@dataclass(frozen=True)
class FileStatus:
    """What `verify_dataset` says of one file; `path` is where it is, or where it would be put."""

    name: str
    path: Path
    status: Literal["ok", "damaged", "missing"]
    expected_sha256: str
    sha256: str | None


def keras_cache_dir() -> Path:
    """Where Keras keeps its datasets: `$KERAS_HOME/datasets`, else `~/.keras/datasets`."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path("~/.keras").expanduser()) / "datasets"


def search_folders(data_dir: Path | None = None) -> list[Path]:
    """The folders to look in, in this order: `data_dir`, `TEXTCLF_DATA_DIR`, Keras's cache.

    Raises:
        DataError: `data_dir` is given but is not a folder.
    """
    if data_dir is not None:
        _check_folder(data_dir)
    named = os.environ.get("TEXTCLF_DATA_DIR")
    folders = [data_dir, Path(named).expanduser() if named else None, keras_cache_dir()]
    return list(dict.fromkeys(folder for folder in folders if folder is not None))


def _check_folder(data_dir: Path) -> None:
    problem = None
    try:
        if not stat.S_ISDIR(data_dir.stat().st_mode):
            problem = "is not a folder"
    except FileNotFoundError:
        problem = "does not exist"
    except OSError as error:
        problem = f"cannot be read: {_reason(error)}"
    if problem:
        raise DataError(f"{data_dir}: the data folder {problem}; name another with --data-dir")


def find_file(name: str, data_dir: Path | None = None, progress: Progress | None = None) -> Path:
    """The first file of this name in the search folders; downloaded into Keras's cache if none.

    A file found in a folder is not verified yet: `read_file` does that.

    Raises:
        MissingDataError: it is in no folder and cannot be downloaded.
        DataError: `data_dir` does not exist, something else is in the file's place, or the
            download is not the genuine file.
        ResourceError: Keras's cache cannot be written.
    """
    folders = search_folders(data_dir)
    found = _locate(name, folders)
    if found:
        return found
    target = keras_cache_dir() / name
    try:
        _download(name, target, progress)
    except MissingDataError as error:
        raise MissingDataError(
            f"{name}: not found in {', '.join(map(_describe, folders))}",
            *error.messages,
            f"once online, get it with: textclf data fetch {_dataset_of(name)}",
        ) from error
    return target


def read_file(name: str, data_dir: Path | None = None) -> bytes:
    """The content of a file, found as by `find_file`, its SHA-256 checked.

    Exactly the bytes that were checked are returned, so that nobody can swap the file between
    the check and the reading: two of these files contain pickles.

    Raises:
        DataError: the file is damaged or unreadable; and as `find_file`.
    """
    path = find_file(name, data_dir)
    try:
        with open_regular(path, MOST_BYTES, follow_links=True) as file:
            content = file.read(LARGEST + 1)  # the hash of a larger file is wrong anyway
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {_reason(error)}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256[name]:
        raise DataError(
            f"{path}: {_mismatch(name, found)}",
            f"replace it with: {_fetch_command(name, path, data_dir)}",
        )
    return content


def fetch_dataset(
    name: str, data_dir: Path | None = None, progress: Progress | None = None
) -> list[Path]:
    """Check that all files of a dataset are there and genuine; download those that are not.

    Without `data_dir`, a damaged file is replaced where it was found, in any search folder, and a
    missing one is put into Keras's cache. With it, all files end up there; it is created if
    missing.

    Returns:
        the path of each file.

    Raises:
        MissingDataError: a file cannot be downloaded.
        DataError: the dataset is unknown, or a download is not the genuine file.
        ResourceError: the folder cannot be written.
    """
    folders = [data_dir] if data_dir else search_folders()
    paths = []
    for file in dataset_files(name):
        path = _locate(file, folders)
        if path is None or hash_file(path) != SHA256[file]:
            path = path or (data_dir or keras_cache_dir()) / file
            _download(file, path, progress)
        paths.append(path)
    return paths


def verify_dataset(name: str, data_dir: Path | None = None) -> list[FileStatus]:
    """Look for each file of a dataset and check its hash; nothing is downloaded.

    Raises:
        DataError: the dataset is unknown, `data_dir` does not exist, a file is unreadable.
    """
    folders = search_folders(data_dir)
    return [_verify(file, folders) for file in dataset_files(name)]


def dataset_files(name: str) -> tuple[str, ...]:
    """The file names of a dataset.

    Raises:
        DataError: the dataset is unknown.
    """
    if name not in DATASET_FILES:
        raise DataError(f"{name}: no such dataset; there are {', '.join(DATASET_FILES)}")
    return DATASET_FILES[name]


def _verify(name: str, folders: Sequence[Path]) -> FileStatus:
    path = _locate(name, folders)
    if path is None:
        return FileStatus(name, folders[0] / name, "missing", SHA256[name], None)
    found = hash_file(path)
    return FileStatus(name, path, "ok" if found == SHA256[name] else "damaged", SHA256[name], found)


def _locate(name: str, folders: Sequence[Path]) -> Path | None:
    for folder in folders:
        path = folder / name
        try:
            mode = path.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {_reason(error)}") from error
        if not stat.S_ISREG(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "something else"
            raise DataError(f"{path}: {what} is in the file's place; move it away")
        return path
    return None


def hash_file(path: Path) -> str:
    """A file's SHA-256, hexadecimal.

    Raises:
        DataError: it cannot be read.
    """
    try:
        with open_regular(path, MOST_BYTES, follow_links=True) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {_reason(error)}") from error


# --- downloading -----------------------------------------------------------------------------


def _download(name: str, target: Path, progress: Progress | None) -> None:
    """Download beside the target; only a genuine file replaces it."""
    with _connect(name) as response:
        try:
            with writing(target) as part:
                found = _save(_receive(response, name, progress), part)
                _check_download(name, found)
        except ResourceError as error:
            raise ResourceError(
                *error.messages,
                f"name another folder: textclf data fetch {_dataset_of(name)} --data-dir DIR",
            ) from error


def _save(chunks: Iterator[bytes], path: Path) -> str:
    """Write chunks to a file; their SHA-256, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
            digest.update(chunk)
    return digest.hexdigest()


def _connect(name: str) -> HTTPResponse:
    try:
        return _in_time(lambda: urllib.request.urlopen(ORIGIN + name, timeout=TIMEOUT))
    except urllib.error.HTTPError as error:
        error.close()
        raise _unreachable(name, f"HTTP {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(name, _reason(error)) from error


def _in_time(connect: Callable[[], HTTPResponse]) -> HTTPResponse:
    """The answer to a request.

    Raises:
        TimeoutError: there is none within ANSWER_TIMEOUT, however steadily its headers drip.
    """
    answer: Future[HTTPResponse] = Future()

    def request() -> None:
        try:
            answer.set_result(connect())
        except Exception as error:
            answer.set_exception(error)

    Thread(target=request, daemon=True).start()
    try:
        return answer.result(ANSWER_TIMEOUT)
    except TimeoutError as error:
        raise TimeoutError("timed out") from error


def _receive(response: HTTPResponse, name: str, progress: Progress | None) -> Iterator[bytes]:
    total = response.length
    received, start = 0, time.monotonic()
    while chunk := _read_chunk(response, name):
        received += len(chunk)
        if progress:
            progress(name, received, total)
        _check_limits(name, received, time.monotonic() - start)
        yield chunk
    if total and received < total:
        raise _unreachable(name, f"the connection broke after {received:,} of {total:,} bytes")


def _check_limits(name: str, received: int, seconds: float) -> None:
    if received > LARGEST:
        raise _not_genuine(name, f"it has more than {LARGEST:,} bytes")
    if seconds > SLOW_START and received < SLOWEST * seconds:
        raise _unreachable(name, f"too slow: {received:,} bytes in {seconds:.0f} s")


def _read_chunk(response: HTTPResponse, name: str) -> bytes:
    try:
        # not read, which would wait for a whole chunk
        chunk: bytes = response.read1(CHUNK)
        return chunk
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(name, _reason(error)) from error


def _check_download(name: str, found: str) -> None:
    if found != SHA256[name]:
        raise _not_genuine(name, _mismatch(name, found))


# --- messages --------------------------------------------------------------------------------


def _unreachable(name: str, reason: str) -> MissingDataError:
    return MissingDataError(f"{ORIGIN}{name}: cannot be downloaded: {reason}")


def _not_genuine(name: str, reason: str) -> DataError:
    return DataError(
        f"{ORIGIN}{name}: the download is not the genuine file: {reason}",
        "nothing was kept; check whether a proxy or a login page answered in its place",
    )


def _mismatch(name: str, found: str) -> str:
    return f"damaged: its SHA-256 is {found[:12]}…, expected {SHA256[name][:12]}…"


def _fetch_command(name: str, path: Path, data_dir: Path | None) -> str:
    command = f"textclf data fetch {_dataset_of(name)}"
    if data_dir is not None and path.parent == data_dir:
        command += f" --data-dir {shlex.quote(str(data_dir))}"
    return command


def _dataset_of(name: str) -> str:
    return next(dataset for dataset, files in DATASET_FILES.items() if name in files)


def _describe(folder: Path) -> str:
    return str(folder) if folder.is_dir() else f"{folder} (no such folder)"


def _reason(error: Exception) -> str:
    cause = getattr(error, "reason", error)  # URLError wraps the error of the socket
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
