import pytest

from textclf.errors import ResourceError
from textclf.sweep.shipping import pack, unpack


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "there" / "trial-1"
    (folder / "checkpoints").mkdir(parents=True)
    for name in ("run.json", "checkpoints/best.keras", ".lock", f".tmp-{'0' * 16}-run.json"):
        (folder / name).write_text(name)
    return folder


def test_a_folder_arrives_complete_in_place_of_an_older_one(run, tmp_path):
    target = tmp_path / "here" / "trial-1"
    target.mkdir(parents=True)
    (target / "older").touch()
    unpack(pack(run), target)
    files = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    assert files == {"run.json", "checkpoints/best.keras"}
    assert [path.name for path in target.parent.iterdir()] == ["trial-1"]


def test_what_is_not_there_is_nothing(tmp_path):
    unpack(pack(tmp_path / "missing"), tmp_path / "trial-1")
    assert list((tmp_path / "trial-1").iterdir()) == []


def test_a_folder_that_cannot_be_written(run, tmp_path):
    (tmp_path / "here").touch()
    with pytest.raises(ResourceError, match="cannot be written"):
        unpack(pack(run), tmp_path / "here" / "trial-1")
