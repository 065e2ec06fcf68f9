"""TensorFlow's logger, after a training in a script, still has a standard error."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("script", ["one.py", "plain.py"])
def test_a_script_goes_on_after_a_training(case, script):
    folder = case("02-two-trainings-one-process")
    result = subprocess.run([sys.executable, script], cwd=folder, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "done\n")
    assert "Logging error" not in result.stderr
    assert "Traceback" not in result.stderr
