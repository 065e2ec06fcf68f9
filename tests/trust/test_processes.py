"""However a process is stopped, starved or cut off, it says so and leaves the run whole."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import cycle, product
from pathlib import Path

import pytest

from figures import FIGURES
from forked import Textclf
from snapshots import snapshot
from textclf.runs import RunFolder
from tiny_recipes import sets

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="/proc, ulimit -v and /dev/full"),
]
TRAIN = [
    *("train", "boston_dense", "--name", "a"),
    *sets(("training.epochs=40", "training.batch_size=8", "training.validation={split: tail}")),
]
SECONDS = 9  # about what TRAIN takes; a moment after its end is one, too
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
CRASHES = [signal.SIGABRT, signal.SIGSEGV, signal.SIGILL, signal.SIGFPE, signal.SIGKILL]


def textclf(folder: Path, *arguments: object) -> subprocess.Popen[str]:
    """A process that imports TensorFlow, as a user's does: signals come meanwhile, too."""
    return subprocess.Popen(
        [sys.executable, "-m", "textclf", *map(str, arguments)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def send(
    process: subprocess.Popen[str] | Textclf, number: int, moment: float
) -> tuple[int | None, str]:
    """Send a signal some seconds after textclf's own code runs; the exit code and the screen."""
    while process.poll() is None and not catches(process.pid, signal.SIGTERM):
        time.sleep(0.001)
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        process.send_signal(number)
    _, errors = process.communicate()
    return process.returncode, errors


def catches(pid: int, number: int) -> bool:
    """Whether a process has a handler for a signal, as /proc says."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


def count(suite: str, kind: str, bad: str, held: bool) -> None:
    FIGURES[suite] += 1
    FIGURES[f"{suite}: {kind}"] += 1
    FIGURES[f"{suite}, {bad}"] += not held


def test_a_signal_at_any_moment(tmp_path: Path, full: bool) -> None:
    moments = random.Random(20)
    for attempt, number in zip(range(40 if full else 2), cycle(CODES), strict=False):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        code, errors = send(textclf(folder, *TRAIN), number, moments.uniform(0, SECONDS))
        run = RunFolder(folder / "runs/a")
        held = "Traceback" not in errors and code in (0, CODES[number])
        if run.path.exists():
            held = held and run.status == ("finished" if code == 0 else "interrupted")
        count("signals", signal.Signals(number).name, "tracebacks or wrong ends", held)
        assert held, (code, errors)


def test_a_crash_at_any_moment(tmp_path: Path, full: bool) -> None:
    """While a training computes, the screen says that it died; its run can be resumed."""
    moments = random.Random(15)
    for attempt, number in zip(range(20 if full else 1), cycle(CRASHES), strict=False):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        process, run = Textclf(*TRAIN, cwd=folder), RunFolder(folder / "runs/a")
        while process.poll() is None and not run.record_path.exists():
            time.sleep(0.01)
        code, errors = send(process, number, moments.uniform(0, SECONDS / 3))
        held = code == 0 or (code == -number and "textclf: " in errors)
        held = held and "Traceback" not in errors
        count("crashes", signal.Signals(number).name, "silent", held)
        assert held, (code, errors)
        if code:
            assert Textclf("resume", "a", cwd=folder).wait() == 0
            assert run.status == "finished"


QUICK = [
    "--help",
    "runs",
    "recipes --json",
    "schema",
    "plot a -o a.png",
    "report a -o a.html",
    "train x",
]
COMPUTING = ["check boston_dense", "evaluate a", "export a --format keras -o m.keras", "resume a"]
STREAMS = [
    *("$textclf >&-", "$textclf 2>&-", "$textclf >&- 2>&-", "$textclf <&- >&- 2>&-"),
    *(
        "$textclf >/dev/full",
        "$textclf 2>/dev/full",
        "$textclf | true",
        "$textclf 2>&1 | head -c 1",
    ),
]


def test_streams_that_are_closed_full_or_not_read(runs: Path, tmp_path: Path, full: bool) -> None:
    (runs / "tail").rename(runs / "a")
    every, one = product([*QUICK, *COMPUTING], STREAMS), zip(cycle(QUICK), STREAMS, strict=False)
    before = snapshot(runs / "a")
    for command, line in every if full else one:
        for made in ("m.keras", "m.keras.json"):
            (tmp_path / made).unlink(missing_ok=True)
        script = (
            f"set -o pipefail; {line.replace('$textclf', f'{sys.executable} -m textclf {command}')}"
        )
        done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True)
        expected = {3} if command == "train x" else {0, 6} if "full" in line else {0}
        held = done.returncode in expected and not any(
            word in done.stderr for word in ("Traceback", "Exception")
        )
        changed = {
            name for name, digest in snapshot(runs / "a").items() if before.get(name) != digest
        }
        held = held and changed <= {"log.txt"}
        count("streams", line, "tracebacks or wrong ends", held)
        assert held, (command, line, done.returncode, done.stderr, changed)


@pytest.fixture
def limited(tmp_path: Path) -> Callable[[int], subprocess.CompletedProcess[str]]:
    """Trains within so many megabytes of address space."""

    def run(megabytes: int) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-m",
            "textclf",
            *TRAIN[:2],
            *TRAIN[4:],
            "--name",
            str(megabytes),
        ]
        script = f"ulimit -v {megabytes * 1024}; {' '.join(repr(part) for part in command)}"
        return subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True)

    return run


def test_too_little_memory(limited: Callable, tmp_path: Path, full: bool) -> None:
    for megabytes in range(600, 6_600, 300) if full else (2_000,):
        done = limited(megabytes)
        run = RunFolder(tmp_path / "runs" / str(megabytes))
        # Native code that gets no memory ends the process itself: a line, and code 1 or a signal.
        held = "Traceback" not in done.stderr and (
            done.returncode in (0, 6) or "textclf: " in done.stderr
        )
        held = held and not (run.path.exists() and run.status not in ("finished", "interrupted"))
        kind = "trained" if done.returncode == 0 else f"ended with {done.returncode}"
        count("memory limits", kind, "silent or called a bug", held)
        assert held, (megabytes, done.returncode, done.stderr)
