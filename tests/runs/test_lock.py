"""One process writes a run, and its lock dies with it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from textclf.config.file import load_config
from textclf.errors import ResourceError, RunError
from textclf.runs import RunFolder, create_run, locked
from textclf.runs.lock import RunLock

HOLDER = """
import sys, time
from pathlib import Path
from textclf.runs.lock import RunLock
lock = RunLock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    command = [sys.executable, "-c", HOLDER, tmp_path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_lock_is_held_by_one_process(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    lock = RunLock(tmp_path)
    with pytest.raises(RunError, match="in use: another process is writing this run") as caught:
        lock.acquire()
    assert caught.value.messages[0].startswith(str(tmp_path))
    assert not lock.is_held and not lock.is_free()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_lock_dies_with_its_process(
    tmp_path: Path, other: subprocess.Popen[str], end: signal.Signals
) -> None:
    other.send_signal(end)
    other.wait()
    lock = RunLock(tmp_path)
    assert lock.is_free()
    lock.acquire()
    assert lock.is_held and not lock.is_free()
    lock.release()
    assert lock.is_free()


def test_the_status_of_a_run_whose_process_died(
    tmp_path: Path, other: subprocess.Popen[str]
) -> None:
    run = RunFolder(tmp_path)
    run.record_path.write_text('{"status": "running"}')
    assert run.status == "running"
    other.kill()
    other.wait()
    assert run.status == "interrupted"


def test_a_folder_is_locked_once_by_its_object(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    with locked(run):
        with locked(run):
            pass
        assert run.lock.is_held
    assert run.lock.is_free()


def test_a_new_run_is_locked_until_its_block_ends(tmp_path: Path) -> None:
    run = create_run(load_config("boston_dense"), "boston_dense", tmp_path, "run", {})
    assert run.lock.is_held and not RunLock(run.path).is_free()
    with locked(run):
        pass
    assert RunLock(run.path).is_free()


def test_a_free_lock_is_no_file(tmp_path: Path) -> None:
    assert RunLock(tmp_path).is_free()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ResourceError, match="cannot be written"):
        RunLock(tmp_path / "file").acquire()
