"""Standard streams that are closed, full or no longer read, each in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from textclf.runs import RunFolder
from tiny_recipes import TINY_TAIL, sets

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="no /dev/full")
TRAIN = ("train", "boston_dense", *sets(TINY_TAIL), "--name", "a")


def shell(line: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a line of bash in which `$textclf` is the command line with the arguments."""
    command = " ".join(map(_quoted, (sys.executable, "-m", "textclf", *arguments)))
    script = f"set -o pipefail; {line.replace('$textclf', command)}"
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True)


def _quoted(argument: str) -> str:
    return f"'{argument}'"


@pytest.mark.parametrize(
    "command", ["--help", "recipes", "recipes --json", "schema", "note nothing x"]
)
@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">&- 2>&-", "<&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_error(empty_folder, command, redirection):
    result = shell(f"$textclf {redirection}", *command.split())
    assert result.returncode == (5 if command == "note nothing x" else 0)
    assert "Traceback" not in result.stderr and "Exception" not in result.stderr
    if ">&-" not in redirection:
        assert bool(result.stdout) == (command != "note nothing x")


def test_no_file_takes_the_place_of_a_closed_stream(empty_folder):
    """The result must not be written into the file that was opened first."""
    for redirection in (">&-", "2>&-", "<&- >&- 2>&-"):
        result = shell(f"$textclf {redirection}", "init", "-o", f"{redirection}.yaml")
        assert result.returncode == 0
        text = Path(f"{redirection}.yaml").read_text(encoding="utf-8")
        assert text.endswith("test rows\n") and "textclf: train it" not in text


@needs_full
@pytest.mark.parametrize("command", ["--help", "recipes", "recipes --json", "schema --json"])
def test_a_full_standard_output_ends_with_6_and_one_line(empty_folder, command):
    result = shell("$textclf >/dev/full", *command.split())
    assert (result.returncode, result.stdout) == (6, "")
    assert result.stderr.startswith("textclf: ") and result.stderr.count("\n") == 1
    assert "standard output" in result.stderr and "No space left on device" in result.stderr


@pytest.mark.slow
@needs_full
@pytest.mark.parametrize(
    ("command", "code"), [("note nothing x", 5), ("trian", 2), ("check nothing.yaml", 3)]
)
def test_a_full_standard_error_changes_no_exit_code(empty_folder, command, code):
    for line in ("$textclf 2>/dev/full", "$textclf >/dev/full 2>&1", "$textclf --json 2>/dev/full"):
        result = shell(line, *command.split())
        assert (result.returncode, result.stderr) == (code, "")


@needs_full
def test_an_error_that_json_has_no_room_for_is_a_line(empty_folder):
    result = shell("$textclf --json >/dev/full", "note", "nothing", "x")
    assert result.returncode == 5
    assert result.stderr.startswith("textclf: nothing") or "no run" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["schema", "schema --json", "recipes imdb_lstm", "--help"])
def test_a_reader_who_has_enough_ends_the_command_quietly(empty_folder, command):
    result = shell("$textclf | head -c 10", *command.split())
    assert (result.returncode, result.stderr) == (0, "")
    assert len(result.stdout) == 10


@pytest.mark.slow
@pytest.mark.parametrize("command", ["schema", "recipes", "note nothing x"])
def test_a_reader_who_is_gone_ends_the_command_quietly(empty_folder, command):
    for redirection in ("", "2>&1"):
        result = shell(f"(sleep 0.2; $textclf {redirection}) | true", *command.split())
        assert result.returncode == (5 if command == "note nothing x" else 0)
        assert "Traceback" not in result.stderr and "Exception" not in result.stderr


@pytest.mark.slow
@pytest.mark.real_data
@needs_full
def test_a_training_ends_whoever_reads(empty_folder):
    result = shell("$textclf >/dev/full 2>&1", *TRAIN)
    assert result.returncode == 6
    assert "Traceback" not in result.stderr and "Exception" not in result.stderr
    run = RunFolder(Path("runs/a"))
    assert run.status == "finished" and run.metrics["best_epoch"] >= 1
    assert "epoch" not in run.log_path.read_text(encoding="utf-8")  # no progress went astray


@pytest.mark.real_data
@pytest.mark.slow
def test_python_trains_without_standard_streams(empty_folder):
    script = (
        "from textclf import load_config, train\n"
        f"print(train(load_config('boston_dense', {list(TINY_TAIL)}), name='a'))\n"
    )
    (empty_folder / "script.py").write_text(script, encoding="utf-8")
    done = shell(f"{sys.executable} script.py >&- 2>&-")
    assert (done.returncode, done.stderr) == (0, "")
    assert RunFolder(Path("runs/a")).status == "finished"


def test_json_is_whole_or_absent(empty_folder):
    """A pipe that takes all gets one object."""
    result = shell("$textclf | cat", "recipes", "--json")
    assert isinstance(json.loads(result.stdout)["recipes"], list)
    assert list(empty_folder.iterdir()) == []
