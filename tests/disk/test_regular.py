"""Regular files of bounded size are read; all else is an error at once."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from textclf.disk.regular import open_regular, read_regular


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def link_to_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


NOT_FILES: dict[str, Callable[[Path], object]] = {
    "a pipe, not a file": os.mkfifo,
    "a socket, not a file": make_socket,
    "a folder, not a file": Path.mkdir,
    "a device, not a file": link_to_device,
}


@pytest.mark.parametrize("reason", NOT_FILES)
def test_what_is_not_a_file_is_an_error_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    NOT_FILES[reason](Path("a"))
    with pytest.raises(OSError) as caught:
        read_regular(Path("a"), 100, follow_links=True)
    assert caught.value.strerror == reason


def test_a_file_that_is_swapped_after_the_look_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").touch()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    as_it_was = os.lstat(tmp_path / "a")
    monkeypatch.setattr("textclf.disk.regular.os.lstat", lambda _: as_it_was)
    for name in ("pipe", "link"):
        with pytest.raises(OSError):
            read_regular(tmp_path / name, 100)


def test_a_file_is_read_up_to_the_limit(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_regular(tmp_path / "a", 5) == b"12345"
    with pytest.raises(OSError, match="larger than 4 bytes"):
        read_regular(tmp_path / "a", 4)
    with pytest.raises(OSError, match="larger than 4 bytes"):
        open_regular(tmp_path / "a", 4)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux has such files")
def test_a_file_that_hides_its_size_is_bounded_too() -> None:
    with pytest.raises(OSError, match="larger than 10 bytes"):
        read_regular(Path("/proc/self/status"), 10)


def test_links_are_followed_only_where_they_may_be(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert read_regular(tmp_path / "link", 5, follow_links=True) == b"1"
    with pytest.raises(OSError, match="a symbolic link, not a file"):
        read_regular(tmp_path / "link", 5)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "a", 5)
