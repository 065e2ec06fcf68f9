"""Too little memory ends a command with 6 and a line, whoever finds out."""

import subprocess
import sys
from pathlib import Path

import keras
import pytest
import tensorflow as tf

from textclf.errors import OUT_OF_MEMORY, ResourceError
from textclf.training.memory import memory_errors_reported
from tiny_recipes import TINY_BOSTON, sets

TRAIN = ("train", "boston_dense", *sets(TINY_BOSTON), "--name", "a")


def too_large(*_, **__):
    return tf.zeros([2**42])


def no_room(*_, **__):
    raise MemoryError


@pytest.mark.real_data
@pytest.mark.parametrize("fail", [too_large, no_room])
def test_a_model_that_cannot_be_built_is_no_bug(cli, empty_folder, monkeypatch, fail):
    monkeypatch.setattr(keras.initializers.GlorotUniform, "__call__", fail)
    result = cli(*TRAIN)
    assert (result.exit_code, result.stdout) == (6, "")
    assert f"textclf: {OUT_OF_MEMORY}" in result.stderr.splitlines()
    assert list(Path("runs").iterdir()) == []


@pytest.mark.real_data
def test_examples_that_cannot_be_encoded_are_no_bug(cli, empty_folder, monkeypatch):
    monkeypatch.setattr("textclf.data.encoders.FeatureEncoder.transform", no_room)
    assert cli(*TRAIN).exit_code == 6


@pytest.mark.real_data
def test_a_model_too_large_for_the_machine_is_refused_before_it_is_built(cli, empty_folder):
    result = cli(*TRAIN, "--set", "model.units=[65536,65536,65536]")
    assert result.exit_code == 6
    assert result.stderr.startswith("textclf: needs about ") and "train would" not in result.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="ulimit -v")
@pytest.mark.parametrize("kilobytes", [600_000, 1_400_000, 2_500_000])
def test_a_limit_below_what_tensorflow_takes_is_one_line(empty_folder, kilobytes):
    command = f"ulimit -v {kilobytes}; '{sys.executable}' -m textclf check boston_dense"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (6, "")
    limit = f"textclf: ulimit -v leaves {kilobytes * 1024 / 1e9:.1f} GB of address space, but"
    assert result.stderr.startswith(limit) and result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        ImportError("libtensorflow_cc.so.2: failed to map segment from shared object"),
        OSError(12, "Cannot allocate memory"),
        RuntimeError("can't start new thread"),
        tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor"),
    ],
)
def test_python_gets_one_kind_of_error(error):
    with pytest.raises(ResourceError, match="out of memory"), memory_errors_reported():
        raise error


def test_other_errors_stay_what_they_are():
    with pytest.raises(ImportError, match="no such"), memory_errors_reported():
        raise ImportError("no such module")
