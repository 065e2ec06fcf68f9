"""Trainings in threads come out as one alone does."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def test_threads_change_nothing(case):
    folder = case("04-threads")
    result = subprocess.run([sys.executable, "two.py"], cwd=folder, capture_output=True, text=True)
    alone, *threads, stderr = result.stdout.splitlines()
    assert alone.startswith("alone")
    assert [line.split()[-1] for line in threads] == ["equal"] * 3
    assert "log.txt" not in stderr
    assert result.stderr.splitlines()[-2:] == [
        "this line is for stderr",
        "a child process on stderr",
    ]
