"""What a script does to Keras before a training changes nothing in it, and is kept after it."""

import json
import subprocess
import sys

import pytest

from forked_script import run_script

CONFIG = """
dataset: {name: csv, path: d.csv, text: text, label: label}
preprocessing: {num_words: 10, encoding: multi_hot}
model: {type: dense, units: [4], dropout: 0.5}
training: {epochs: 3, batch_size: 16, engine: graph}
"""
UNTOUCHED = """
from textclf import load_config, train
for _ in range(2):  # a training changes nothing in the next one
    result(train(load_config("c.yaml")))
"""
TOUCHED = """
import keras
keras.config.set_dtype_policy("mixed_float16")
keras.config.set_max_epochs(1)
keras.config.set_max_steps_per_epoch(1)
keras.utils.set_random_seed(7)
keras.layers.Dense(1).build((1, 1))
from textclf import load_config, train
result(train(load_config("c.yaml")))
assert keras.config.dtype_policy().name == "mixed_float16"
assert (keras.config.max_epochs(), keras.config.max_steps_per_epoch()) == (1, 1)
keras.config.set_floatx("float64")
result(train(load_config("c.yaml")))
assert keras.config.floatx() == "float64"
"""
RESULT = """
import json
def result(run):
    print(json.dumps([len(run.history), run.metrics]))
"""

pytestmark = pytest.mark.slow


def run_python(script, cwd):
    """A process in which the script is the first to import Keras."""
    command = [sys.executable, "-c", script]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True)


def results_of(script, folder, run):
    """The epochs and scores of the trainings in a script."""
    result = run(RESULT + script, cwd=folder)
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_no_script_changes_a_result(tmp_path):
    rows = [f"a b {'c d' if n % 3 else 'e f'},{'yes' if n % 3 else 'no'}" for n in range(60)]
    (tmp_path / "d.csv").write_text("\n".join(["text,label", *rows]))
    (tmp_path / "c.yaml").write_text(CONFIG)
    expected, again = results_of(UNTOUCHED, tmp_path, run_script)
    assert expected[0] == 3
    assert again == expected
    assert results_of(TOUCHED, tmp_path, run_python) == [expected] * 2
