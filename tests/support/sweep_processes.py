"""The processes of a sweep that a test started, found by a mark in their environment."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

MARK = "TEXTCLF_TEST_SWEEP"
FORKS = "multiprocessing.forkserver"


def start(
    mark: str, *arguments: object, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """A textclf command whose processes bear the mark."""
    return subprocess.Popen(
        [sys.executable, "-m", "textclf", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={**os.environ, **(env or {}), MARK: mark},
    )


def marked(mark: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                yield process
        except (psutil.Error, OSError):
            continue


def workers(mark: str) -> list[psutil.Process]:
    return [p for p in marked(mark) if "work_for_parent" in _command(p)]


def trials(mark: str) -> list[psutil.Process]:
    """Forks of a process that forks."""
    forks = [p for p in marked(mark) if FORKS in _command(p)]
    numbers = {p.pid for p in forks}
    return [p for p in forks if _parent(p) in numbers]


def all_gone(mark: str, seconds: float = 10.0) -> bool:
    """Whether no process is left after some seconds."""
    deadline = time.monotonic() + seconds
    while left := list(marked(mark)):
        if time.monotonic() > deadline:
            print("left:", [(p.pid, _command(p)) for p in left])
            return False
        time.sleep(0.1)
    return True


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _parent(process: psutil.Process) -> int:
    try:
        return process.ppid()
    except psutil.Error:
        return 0
