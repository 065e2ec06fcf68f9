"""Whatever ends the process, the screen says so."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from forked_script import run_script

COMPUTING = """
import os, signal, sys
from pathlib import Path
from textclf.training.engine import backend
from textclf.training.engine.last_words import witness

witness.as_json = {as_json}
with backend.computing({log}):
    {end}
print("done")
"""
FATAL = "F0000 00:00:1.2 3 flags.cc:4] Unknown flag\\x1b in XLA_FLAGS: --x\\n"
ENDS = {
    "XLA's own end": (f"os.write(2, b'{FATAL}'); os._exit(1)", 1, "Unknown flag\\x1b in XLA_FLAGS"),
    "an abort": ("os.abort()", -signal.SIGABRT, "Fatal Python error: Aborted"),
    "a segmentation fault": (
        "import ctypes; ctypes.string_at(0)",
        -signal.SIGSEGV,
        "Fatal Python error: Segmentation fault",
    ),
    "an exception in C++": (
        'os.write(2, b"  what():  std::bad_alloc\\n"); os._exit(134)',
        134,
        "what():  std::bad_alloc",
    ),
    "no memory": ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL, "killed, or crashed"),
}


def run(end: str, folder: Path, log: str = "None") -> subprocess.CompletedProcess[str]:
    script = COMPUTING.format(end=end, log=log, as_json=False)
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder)},
        timeout=120,
    )


@pytest.mark.slow
@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("has_log", [False, True])
@pytest.mark.parametrize("kind", ENDS)
def test_every_end_is_on_the_screen(tmp_path, kind, has_log, as_json):
    end, code, reason = ENDS[kind]
    log = "Path('log.txt')" if has_log else "None"
    script = COMPUTING.format(end=end, log=log, as_json=as_json)
    result = run_script(script, cwd=tmp_path, env={"TMPDIR": str(tmp_path)})
    assert result.returncode == code
    lines = result.stderr.splitlines()
    assert reason in lines[0]
    assert all(line.startswith("textclf: ") for line in lines)
    assert has_log == (str(tmp_path / "log.txt") in lines[-1])
    if as_json:
        error = json.loads(result.stdout)["error"]
        assert [f"textclf: {message}" for message in error["messages"]] == lines
    else:
        assert result.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["log.txt"] * has_log


def test_what_a_log_held_before_is_no_reason(tmp_path):
    (tmp_path / "log.txt").write_text("F0000 0 0 a.cc:1] an older end\n")
    result = run(ENDS["no memory"][0], tmp_path, "Path('log.txt')")
    assert "an older end" not in result.stderr


@pytest.mark.parametrize("end", ["pass", "sys.exit(3)", "raise KeyError", "witness.dismiss()"])
def test_an_end_that_is_meant_is_not_commented(tmp_path, end):
    assert "textclf: " not in run(end, tmp_path).stderr
    assert not list(tmp_path.iterdir())


FORKING = """if os.fork() == 0:
        signal.pause()
    os.kill(os.getpid(), signal.SIGKILL)"""


def test_a_forked_process_that_lives_on_delays_nothing(tmp_path):
    command = [sys.executable, "-c", COMPUTING.format(end=FORKING, log=None, as_json=False)]
    with (
        (tmp_path / "stderr").open("wb") as stderr,
        subprocess.Popen(
            command, stderr=stderr, stdout=subprocess.PIPE, start_new_session=True
        ) as process,
    ):
        assert process.wait() == -signal.SIGKILL
    wait_for_text(tmp_path / "stderr", "killed, or crashed")
    os.killpg(process.pid, signal.SIGKILL)


def wait_for_text(path: Path, text: str) -> None:
    while text not in path.read_text():
        pass
