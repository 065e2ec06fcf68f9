"""Files are found in order, read only if genuine, and downloaded whole or not at all."""

import contextlib
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from textclf.config.settings.dataset import ImdbDataset
from textclf.data import files
from textclf.data.files import fetch_dataset, find_file, read_file, verify_dataset
from textclf.data.loaders import load_dataset
from textclf.errors import DataError, MissingDataError, ResourceError

FILE = "boston_housing.npz"
CONTENT = bytes(range(256)) * 4_000  # about 1 MB: several chunks


@pytest.fixture(autouse=True)
def known_content(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(files.SHA256, FILE, hashlib.sha256(CONTENT).hexdigest())


class Origin(BaseHTTPRequestHandler):
    """Serves what the test put into `server.answers`: a status and a body, maybe cut off."""

    def do_GET(self) -> None:
        status, body, announced = self.server.answers[self.path.removeprefix("/")]
        self.send_response(status)
        self.send_header("Content-Length", str(announced))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


Serve = Callable[[Callable[[Origin, threading.Event], None]], None]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, tuple[int, bytes, int]]]:
    """What the origin answers: file name -> (status, body, announced length)."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Origin)
    server.answers = {}
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setattr(files, "ORIGIN", f"http://127.0.0.1:{server.server_port}/")
    yield server.answers
    server.shutdown()
    server.server_close()


def put(folder: Path, content: bytes = CONTENT) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_bytes(content)
    return folder / FILE


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


# --- finding ---------------------------------------------------------------------------------


def test_folders_are_searched_in_order(
    no_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, named = tmp_path / "given", tmp_path / "named"
    monkeypatch.setenv("TEXTCLF_DATA_DIR", str(named))
    in_keras_cache = put(no_data / "datasets")
    given.mkdir()
    assert find_file(FILE, given) == in_keras_cache
    in_named = put(named)
    assert find_file(FILE, given) == in_named
    in_given = put(given)
    assert find_file(FILE, given) == in_given
    assert find_file(FILE) == in_named


def test_keras_cache_is_below_the_home_folder_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert files.keras_cache_dir() == tmp_path / ".keras" / "datasets"


def test_missing_file_without_network(no_data: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingDataError) as caught:
        find_file("imdb.npz", tmp_path)
    message = str(caught.value)
    assert "imdb.npz: not found in" in message
    assert str(tmp_path) in message
    assert str(no_data / "datasets") in message
    assert "Connection refused" in message
    assert "textclf data fetch imdb" in message
    assert leftovers(no_data) == []


def test_given_folder_must_exist(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the data folder does not exist") as caught:
        read_file(FILE, tmp_path / "nowhere")
    assert not isinstance(caught.value, MissingDataError)
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="the data folder is not a folder"):
        read_file(FILE, tmp_path / "file")


def test_folder_in_the_place_of_the_file(no_data: Path, tmp_path: Path) -> None:
    put(no_data / "datasets")
    (tmp_path / FILE).mkdir()
    with pytest.raises(DataError, match="a folder is in the file's place"):
        read_file(FILE, tmp_path)


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *_others: object, **_named: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    put(tmp_path)
    monkeypatch.setattr("textclf.data.files.open_regular", refuse)  # root reads whatever its mode
    with pytest.raises(DataError, match=f"{FILE}: cannot be read: Permission denied"):
        read_file(FILE, tmp_path)


# --- reading ---------------------------------------------------------------------------------


def test_genuine_file_is_read(tmp_path: Path) -> None:
    put(tmp_path)
    assert read_file(FILE, tmp_path) == CONTENT


@pytest.mark.parametrize("content", [CONTENT[:1_000], b"", CONTENT[:-1] + b"?"])
def test_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = put(tmp_path, content)
    with pytest.raises(DataError) as caught:
        read_file(FILE, tmp_path)
    where, what_now = caught.value.messages
    assert where.startswith(f"{path}: damaged")
    assert files.SHA256[FILE][:12] in where
    assert hashlib.sha256(content).hexdigest()[:12] in where
    assert what_now == f"replace it with: textclf data fetch boston --data-dir {tmp_path}"


class Malice:
    """Once unpickled, makes a file."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.marker),)


def test_malicious_pickle_is_never_loaded(tmp_path: Path) -> None:
    marker = tmp_path / "hacked"
    np.savez(tmp_path / "imdb.npz", x_train=np.array([Malice(marker)], dtype=object))
    with pytest.raises(DataError, match="damaged"):
        load_dataset(ImdbDataset(name="imdb"), tmp_path)
    assert not marker.exists()
    with np.load(tmp_path / "imdb.npz", allow_pickle=True) as file:  # the malice is real
        assert file["x_train"].size == 1
    assert marker.exists()


# --- downloading -----------------------------------------------------------------------------


def test_missing_file_is_downloaded_into_keras_cache(
    no_data: Path, answers: dict[str, tuple[int, bytes, int]]
) -> None:
    answers[FILE] = (200, CONTENT, len(CONTENT))
    assert read_file(FILE) == CONTENT
    assert leftovers(no_data) == [FILE]
    answers.clear()
    assert read_file(FILE) == CONTENT


def test_fetch_reports_progress_and_is_done_once(
    tmp_path: Path, answers: dict[str, tuple[int, bytes, int]]
) -> None:
    answers[FILE] = (200, CONTENT, len(CONTENT))
    calls: list[tuple[str, int, int | None]] = []
    folder = tmp_path / "new" / "folder"
    for _ in range(2):
        assert fetch_dataset("boston", folder, lambda *call: calls.append(call)) == [folder / FILE]
        assert calls[-1] == (FILE, len(CONTENT), len(CONTENT))
        answers.clear()
    assert len(calls) > 1


def test_fetch_replaces_a_damaged_file_where_it_was_found(
    no_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answers: dict[str, tuple[int, bytes, int]],
) -> None:
    path = put(tmp_path / "named", b"damaged")
    monkeypatch.setenv("TEXTCLF_DATA_DIR", str(path.parent))
    answers[FILE] = (200, CONTENT, len(CONTENT))
    assert fetch_dataset("boston") == [path]
    assert read_file(FILE) == CONTENT
    assert leftovers(no_data) == []


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        ((404, b"no", 2), MissingDataError, "HTTP 404"),
        ((200, b"log in first", 12), DataError, "not the genuine file"),
        ((200, CONTENT[:300_000], len(CONTENT)), MissingDataError, "300,000 of 1,024,000 bytes"),
    ],
    ids=["not found", "wrong content", "connection cut"],
)
def test_failed_download_leaves_nothing(
    no_data: Path,
    answers: dict[str, tuple[int, bytes, int]],
    answer: tuple[int, bytes, int],
    error: type[DataError],
    message: str,
) -> None:
    answers[FILE] = answer
    with pytest.raises(error, match=message):
        find_file(FILE)
    with pytest.raises(error, match=message):
        fetch_dataset("boston")
    assert leftovers(no_data) == []


def test_failed_fetch_keeps_what_was_there(
    tmp_path: Path, answers: dict[str, tuple[int, bytes, int]]
) -> None:
    put(tmp_path, b"damaged")
    answers[FILE] = (200, b"log in first", 12)
    with pytest.raises(DataError):
        fetch_dataset("boston", tmp_path)
    assert (tmp_path / FILE).read_bytes() == b"damaged"
    assert leftovers(tmp_path) == [FILE]


@pytest.mark.usefixtures("answers")
def test_silent_server_times_out(no_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patience = threading.Event()
    monkeypatch.setattr(Origin, "do_GET", lambda _self: patience.wait(10))
    monkeypatch.setattr(files, "TIMEOUT", 0.1)
    with pytest.raises(MissingDataError, match="timed out"):
        find_file(FILE)
    patience.set()
    assert leftovers(no_data) == []


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch, answers: object) -> Iterator[Serve]:
    """Let the origin answer by a function of its own; `patience` ends with the test."""
    patience = threading.Event()

    def use(answer: Callable[[Origin, threading.Event], None]) -> None:
        monkeypatch.setattr(Origin, "do_GET", lambda origin: answer(origin, patience))

    yield use
    patience.set()


def test_an_endless_download_ends(
    no_data: Path, monkeypatch: pytest.MonkeyPatch, serve: Serve
) -> None:
    def answer(origin: Origin, patience: threading.Event) -> None:
        origin.send_response(200)
        origin.end_headers()
        with contextlib.suppress(OSError):  # the other end hangs up
            while not patience.is_set():
                origin.wfile.write(CONTENT)

    serve(answer)
    monkeypatch.setattr(files, "LARGEST", 3 * len(CONTENT))
    with pytest.raises(DataError, match=r"not the genuine file: it has more than 3,072,000 bytes"):
        find_file(FILE)
    assert leftovers(no_data) == []


def test_a_dripping_download_ends(
    no_data: Path, monkeypatch: pytest.MonkeyPatch, serve: Serve
) -> None:
    def answer(origin: Origin, patience: threading.Event) -> None:
        origin.send_response(200)
        origin.send_header("Content-Length", str(len(CONTENT)))
        origin.end_headers()
        origin.wfile.write(b"drop")
        patience.wait(60)

    serve(answer)
    monkeypatch.setattr(files, "SLOW_START", 0)
    monkeypatch.setattr(files, "SLOWEST", 1e12)
    with pytest.raises(MissingDataError, match="cannot be downloaded: too slow: 4 bytes in"):
        find_file(FILE)
    assert leftovers(no_data) == []


def test_dripping_headers_end(no_data: Path, monkeypatch: pytest.MonkeyPatch, serve: Serve) -> None:
    def answer(origin: Origin, patience: threading.Event) -> None:
        with contextlib.suppress(OSError):
            origin.wfile.write(b"HTTP/1.0 200 OK\r\nX: ")
            while not patience.wait(0.01):
                origin.wfile.write(b"x")

    serve(answer)
    monkeypatch.setattr(files, "ANSWER_TIMEOUT", 0.1)
    with pytest.raises(MissingDataError, match="timed out"):
        find_file(FILE)
    assert leftovers(no_data) == []


def test_a_file_larger_than_any_genuine_one_is_not_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path)
    monkeypatch.setattr(files, "LARGEST", len(CONTENT) - 1)
    assert read_file(FILE, tmp_path) == CONTENT
    monkeypatch.setattr(files, "LARGEST", 1000)
    with pytest.raises(DataError, match="damaged"):
        read_file(FILE, tmp_path)


def test_interrupted_download_leaves_nothing(
    no_data: Path, answers: dict[str, tuple[int, bytes, int]]
) -> None:
    def interrupt(_name: str, received: int, _total: int | None) -> None:
        assert leftovers(no_data)
        if received > 500_000:
            raise KeyboardInterrupt

    answers[FILE] = (200, CONTENT, len(CONTENT))
    with pytest.raises(KeyboardInterrupt):
        find_file(FILE, progress=interrupt)
    assert leftovers(no_data) == []


def test_unwritable_keras_cache(no_data: Path, answers: dict[str, tuple[int, bytes, int]]) -> None:
    (no_data / "datasets").touch()  # root writes through modes: put a file in the folder's place
    answers[FILE] = (200, CONTENT, len(CONTENT))
    with pytest.raises(ResourceError, match="cannot be written") as caught:
        fetch_dataset("boston")
    assert "--data-dir" in str(caught.value)


# --- verifying -------------------------------------------------------------------------------


def test_verify_reports_the_status_of_each_file(no_data: Path, tmp_path: Path) -> None:
    assert [status.status for status in verify_dataset("boston")] == ["missing"]
    path = put(tmp_path, b"damaged")
    (status,) = verify_dataset("boston", tmp_path)
    assert (status.path, status.status) == (path, "damaged")
    assert status.sha256 == hashlib.sha256(b"damaged").hexdigest()
    put(tmp_path)
    (status,) = verify_dataset("boston", tmp_path)
    assert status.status == "ok"
    assert status.sha256 == status.expected_sha256
    assert leftovers(no_data) == []


def test_unknown_dataset() -> None:
    with pytest.raises(DataError, match="mnist: no such dataset; there are imdb"):
        verify_dataset("mnist")


def test_docstrings_have_no_files() -> None:
    assert fetch_dataset("docstrings") == []
    assert verify_dataset("docstrings") == []


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["imdb", "reuters"])
def test_real_files_are_genuine(data_dir: Path, name: str) -> None:
    assert [status.status for status in verify_dataset(name, data_dir)] == ["ok", "ok"]
