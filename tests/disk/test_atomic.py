"""Files are as before or complete, whatever happens on the way."""

import contextlib
import errno
import json
import os
from pathlib import Path

import pytest

from textclf.disk.atomic import (
    append_line,
    cannot_write,
    drafting,
    is_temporary,
    write_json,
    write_text,
    writing,
)
from textclf.errors import ResourceError


def test_a_file_appears_once_it_is_complete(tmp_path):
    path = tmp_path / "new" / "table.csv"
    with writing(path) as temporary:
        temporary.write_text("half")
        assert temporary.parent == path.parent and temporary.suffix == ".csv"
        assert not path.exists()
    assert path.read_text() == "half"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_file_stays_as_before_when_writing_fails(tmp_path, error):
    path = tmp_path / "table.csv"
    path.write_text("before")
    with pytest.raises(error), writing(path) as temporary:
        temporary.write_text("half")
        raise error
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_the_error_of_a_full_disk_names_the_file(tmp_path):
    path = tmp_path / "model.keras"
    with pytest.raises(ResourceError) as caught, writing(path) as temporary:
        temporary.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.messages == (
        f"{path}: cannot be written: no space left on device; make room or choose another folder",
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "reason"), [("file/a.txt", "not a dir|file exists"), ("", "dir")]
)
def test_what_cannot_be_written_is_an_error_of_the_machine(tmp_path, place, reason):
    (tmp_path / "file").touch()
    with pytest.raises(ResourceError, match=f"cannot be written: .*({reason})"):
        write_text(tmp_path / place, "text")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_error_without_a_number_keeps_its_own_words(tmp_path):
    assert "Unable" not in str(cannot_write(tmp_path, OSError("Unable to write")))
    assert "unable to write" in str(cannot_write(tmp_path, OSError("Unable to write")))


def test_texts_are_utf8_with_plain_line_ends(tmp_path):
    write_text(tmp_path / "a.txt", "ü\n\udcff\n")
    assert (tmp_path / "a.txt").read_bytes() == b"\xc3\xbc\n\\udcff\n"


def test_json_is_indented_and_read_back_the_same(tmp_path):
    content = {"a": 1, "b": [0.1, "ü", None], "c": "\udcff"}
    write_json(tmp_path / "a.json", content)
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads(text) == content
    assert text.endswith("\n}\n") and '"ü"' in text


def test_json_has_no_nan_and_leaves_the_file_as_before(tmp_path):
    write_json(tmp_path / "a.json", {"a": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"a": float("nan")})
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": 1}


# --- temporary names -------------------------------------------------------------------------


def test_a_temporary_name_cannot_be_predicted_but_recognised(tmp_path):
    path = tmp_path / "best.keras"
    seen = set()
    for _ in range(3):
        with writing(path) as temporary:
            assert is_temporary(temporary) and temporary.name.endswith("-best.keras")
            assert temporary.is_file()  # O_EXCL: the name was free
            seen.add(temporary.name)
    assert len(seen) == 3
    assert is_temporary(Path(".4711-best.keras"))  # of earlier versions
    assert not any(map(is_temporary, [path, Path(".lock"), Path(".new-a1b2"), Path(".tmp-best")]))


@pytest.mark.parametrize("plant", [os.symlink, os.link])
def test_planted_links_are_not_followed(tmp_path, monkeypatch, plant):
    outside = tmp_path / "outside.txt"
    outside.write_text("before")
    names = iter(["taken", "free"])
    monkeypatch.setattr("textclf.disk.atomic.token_hex", lambda _: next(names))
    plant(outside, tmp_path / ".tmp-taken-a.txt")
    plant(outside, tmp_path / f".{os.getpid()}-a.txt")
    write_text(tmp_path / "a.txt", "new")
    assert outside.read_text() == "before"
    assert (tmp_path / "a.txt").read_text() == "new"


@pytest.mark.parametrize("plant", [os.symlink, os.link])
def test_a_link_in_the_targets_place_is_replaced(tmp_path, plant):
    outside = tmp_path / "outside.txt"
    outside.write_text("before")
    plant(outside, tmp_path / "a.txt")
    write_text(tmp_path / "a.txt", "new")
    assert outside.read_text() == "before"
    assert (tmp_path / "a.txt").read_text() == "new" and not (tmp_path / "a.txt").is_symlink()


def test_a_written_file_has_the_rights_that_the_user_gives_to_new_files(tmp_path):
    (tmp_path / "plain").touch()
    write_text(tmp_path / "a.txt", "text")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "plain").stat().st_mode


# --- appending -------------------------------------------------------------------------------


def test_a_line_is_appended(tmp_path):
    append_line(tmp_path / "a.csv", "1\n")
    append_line(tmp_path / "a.csv", "2\n")
    assert (tmp_path / "a.csv").read_text() == "1\n2\n"


def test_no_line_is_appended_through_a_symbolic_link(tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text("before")
    (tmp_path / "a.csv").symlink_to(outside)
    with pytest.raises(ResourceError, match=r"a\.csv: cannot be written: a symbolic link"):
        append_line(tmp_path / "a.csv", "1\n")
    assert outside.read_text() == "before"


def test_a_hard_link_is_replaced_before_a_line_is_appended(tmp_path):
    backup = tmp_path / "backup.csv"
    backup.write_text("1\n")
    os.link(backup, tmp_path / "a.csv")
    append_line(tmp_path / "a.csv", "2\n")
    assert backup.read_text() == "1\n"
    assert (tmp_path / "a.csv").read_text() == "1\n2\n"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_no_line_is_appended_to_what_is_not_a_file(tmp_path, make):
    make(tmp_path / "a.csv")  # opening a FIFO that nobody reads would wait for ever
    with pytest.raises(ResourceError, match="cannot be written"):
        append_line(tmp_path / "a.csv", "1\n")


# --- folders of drafts -----------------------------------------------------------------------


@pytest.mark.parametrize("error", [None, KeyboardInterrupt])
def test_a_folder_of_drafts_vanishes(tmp_path, error):
    with contextlib.suppress(KeyboardInterrupt), drafting(tmp_path / "new" / "a.onnx") as folder:
        assert folder.parent == tmp_path / "new"
        (folder / "draft").touch()
        if error:
            raise error
    assert list((tmp_path / "new").iterdir()) == []


def test_drafts_that_cannot_be_written_are_an_error_of_the_machine(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(ResourceError, match="cannot be written"),
        drafting(tmp_path / "file" / "a.onnx"),
    ):
        pass
