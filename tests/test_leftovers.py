"""What a killed process left is swept by the next one; a living one's is not."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from run_folders import make_run
from textclf.disk.atomic import drafting, sweep, write_text, writing
from textclf.runs import list_runs

# Each begins to write in the folder that it is given, and then waits.
WRITERS = {
    "a file": "with writing(folder / 'model.keras') as part: part.write_text('half'); wait()",
    "an export": "with drafting(folder / 'a.onnx') as part: (part / 'a.onnx').touch(); wait()",
    "a run": "with new_folder(folder, '.new-') as part: (part / 'run.json').touch(); wait()",
}
SCRIPT = """
import sys, time
from pathlib import Path
from textclf.disk.atomic import drafting, new_folder, writing
folder = Path(sys.argv[1])
def wait():
    print("begun", flush=True)
    time.sleep(60)
"""


@pytest.fixture(params=WRITERS)
def writer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", SCRIPT + WRITERS[request.param], tmp_path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "begun\n"
        yield process
        process.kill()


def write_a_file(folder: Path) -> None:
    write_text(folder / "other.csv", "text")


def write_an_export(folder: Path) -> None:
    with drafting(folder / "b.onnx") as draft:
        (draft / "b.onnx").rename(folder / "b") if (draft / "b.onnx").exists() else None


def make_a_run(folder: Path) -> None:
    make_run(folder, "mine", 3.0)


@pytest.mark.parametrize("command", [write_a_file, write_an_export, make_a_run])
def test_the_next_command_sweeps_what_a_killed_process_left(
    tmp_path: Path, writer: subprocess.Popen[str], command: Callable[[Path], None]
) -> None:
    (left,) = tmp_path.iterdir()
    command(tmp_path)
    assert left.exists()  # its process lives
    writer.kill()
    writer.wait()
    sweep(tmp_path) if command is make_a_run else command(tmp_path)
    assert not left.exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_nothing_else_is_swept(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.txt").write_text("as it was")
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / ".export-abcdefgh").symlink_to(outside)
    (folder / ".tmp-0123456789abcdef-b").symlink_to(outside / "a.txt")
    os.link(outside / "a.txt", folder / ".tmp-0123456789abcdef-a")
    for name in (".new-", ".new-mine", ".tmp-a", "tmp-0123456789abcdef-a", ".export-abcdefghi"):
        (folder / name).mkdir()
    os.mkfifo(folder / ".tmp-0123456789abcdef-pipe")  # nothing waits
    sweep(folder)
    assert (outside / "a.txt").read_text() == "as it was"
    assert len(list(folder.iterdir())) >= 7


def test_two_files_that_are_written_at_once_stay(tmp_path: Path) -> None:
    with writing(tmp_path / "a") as one, writing(tmp_path / "a") as other:
        one.write_text("1")
        other.write_text("2")
        sweep(tmp_path)
        assert one.exists() and other.exists()
    assert (tmp_path / "a").read_text() == "1"
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_drafts_are_no_runs(tmp_path: Path) -> None:
    make_run(tmp_path, "mine", 3.0)
    (tmp_path / ".new-abcdefgh").mkdir()
    (tmp_path / ".new-abcdefgh" / "run.json").touch()
    assert list_runs(tmp_path) == [tmp_path / "mine"]
