"""What a script does to Keras before a training changes nothing in it, and is kept after it."""

import json
import subprocess
import sys

import pytest

CONFIG = """
dataset: {name: csv, path: d.csv, text: text, label: label}
preprocessing: {num_words: 10, encoding: multi_hot}
model: {type: dense, units: [4], dropout: 0.5}
training: {epochs: 3, batch_size: 16}
"""
SCRIPT = """
import json
BEFORE
from textclf import load_config, train
run = train(load_config("c.yaml"))
AFTER
print(json.dumps([len(run.history), run.metrics]))
"""
SCRIPTS = {
    "nothing": ("", ""),
    "half precision": (
        "import keras; keras.config.set_dtype_policy('mixed_float16')",
        "assert keras.config.dtype_policy().name == 'mixed_float16'",
    ),
    "double precision": (
        "import keras; keras.config.set_floatx('float64')",
        "assert keras.config.floatx() == 'float64'",
    ),
    "a limit": (
        "import keras; keras.config.set_max_epochs(1); keras.config.set_max_steps_per_epoch(1)",
        "assert (keras.config.max_epochs(), keras.config.max_steps_per_epoch()) == (1, 1)",
    ),
    "seeds and a model": (
        "import keras; keras.utils.set_random_seed(7); keras.layers.Dense(1).build((1, 1))",
        "",
    ),
    "a training": ("from textclf import *; train(load_config('c.yaml'))", ""),
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def result_of(tmp_path_factory):
    """The epochs and scores of a training in a script of one of the kinds."""
    folder = tmp_path_factory.mktemp("isolation")
    rows = [f"a b {'c d' if n % 3 else 'e f'},{'yes' if n % 3 else 'no'}" for n in range(60)]
    (folder / "d.csv").write_text("\n".join(["text,label", *rows]))
    (folder / "c.yaml").write_text(CONFIG)

    def run(kind):
        before, after = SCRIPTS[kind]
        script = SCRIPT.replace("BEFORE", before).replace("AFTER", after)
        command = [sys.executable, "-c", script]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return run


def test_no_script_changes_a_result(result_of):
    expected = result_of("nothing")
    assert {kind: result_of(kind) for kind in SCRIPTS} == dict.fromkeys(SCRIPTS, expected)
