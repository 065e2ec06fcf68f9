"""Files are as before or complete, whatever happens on the way."""

import errno
import json

import pytest

from textclf.atomic import cannot_write, write_json, write_text, writing
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


def test_a_full_disk_is_told_with_the_files_name(tmp_path):
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


def test_an_error_without_a_number_is_told_in_its_own_words(tmp_path):
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
