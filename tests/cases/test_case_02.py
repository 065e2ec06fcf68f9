"""TensorFlow's logger, after a training in a script, still has a standard error."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


SCRIPTS = "import runpy; [runpy.run_path(script) for script in ('plain.py', 'one.py')]"


def test_a_script_goes_on_after_a_training(case):
    folder = case("02-two-trainings-one-process", engine="graph")
    command = [sys.executable, "-c", SCRIPTS]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "done\ndone\n")
    assert "Logging error" not in result.stderr
    assert "Traceback" not in result.stderr
