"""`textclf data cache`: what the cache holds, shown and cleared."""

from pathlib import Path

import pytest

from textclf.data.cache import cached
from textclf.disk.atomic import writing


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TEXTCLF_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def names(folder: Path) -> list[str]:
    """A whole file, and what a killed process and one of an earlier version left."""
    cached("imdb", "0123456789abcdef" * 4, [], dict)
    names = [
        ".4711-csv-0123456789abcdef-v2.npz",
        ".tmp-0123456789abcdef-csv-0123456789abcdef-v2.npz",
        "imdb-0123456789abcdef-v2.npz",
    ]
    for name in names[:2]:
        (folder / name).write_bytes(bytes(2_500_000))
    return names


def test_what_it_holds_is_shown(cli, cli_json, folder, names):
    size = (folder / names[2]).stat().st_size
    lines = cli("data", "cache").stdout.splitlines()
    assert lines[1] == f"      2.5 MB  {names[1]}  unfinished"
    assert lines[3] == f"      5.0 MB  3 files in {folder}"
    code, shown = cli_json("data", "cache")
    assert (code, shown["folder"], shown["cleared"]) == (0, str(folder), False)
    assert [Path(file["path"]).name for file in shown["files"]] == names
    assert [file["complete"] for file in shown["files"]] == [False, False, True]
    assert shown["bytes"] == size + 5_000_000


def test_it_is_cleared_and_nothing_else(cli, cli_json, folder, names):
    outside = folder.parent / "outside.npz"
    outside.write_text("as it was")
    (folder / "mine.txt").touch()
    (folder / "csv-0123456789abcdef-v2.npz").symlink_to(outside)
    (folder / "docstrings-0123456789abcdef-v2.npz").mkdir()
    code, cleared = cli_json("data", "cache", "--clear")
    assert (code, cleared["cleared"], len(cleared["files"])) == (0, True, 3)
    assert outside.read_text() == "as it was"
    assert len([*folder.iterdir()]) == 3
    assert cli("data", "cache", "--clear").stdout.split() == [
        *("0.0", "MB", "0", "files", "removed", "from", str(folder))
    ]


def test_what_is_being_written_stays(cli_json, folder, names):
    with writing(folder / "reuters-0123456789abcdef-v2.npz") as part:
        part.write_text("half")
        code, cleared = cli_json("data", "cache", "--clear")
        assert (code, part.read_text()) == (0, "half")
    assert str(part) not in [file["path"] for file in cleared["files"]]


def test_no_cache_yet(cli, cli_json, folder):
    assert cli_json("data", "cache") == (
        0,
        {"folder": str(folder), "files": [], "bytes": 0, "cleared": False},
    )
    assert cli("data", "cache", "--clear").exit_code == 0
    assert not folder.exists()


def test_a_cache_that_is_no_folder(cli, folder):
    folder.touch()
    assert cli("data", "cache").exit_code == 0
