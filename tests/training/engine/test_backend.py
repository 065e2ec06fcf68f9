"""TensorFlow on the device asked for, its native output kept off the screen."""

import os
import platform
import subprocess
import sys

import pytest

from textclf.errors import ResourceError
from textclf.training.engine import backend


@pytest.mark.parametrize(
    ("device", "n_gpus", "chosen"),
    [
        ("auto", 0, None),
        ("auto", 2, 0),
        ("cpu", 0, None),
        ("cpu", 2, None),
        ("gpu", 1, 0),
        ("gpu:1", 2, 1),
    ],
)
def test_a_device_is_chosen(device, n_gpus, chosen):
    assert backend._choose(device, n_gpus) == chosen


@pytest.mark.parametrize(
    ("device", "n_gpus", "found"),
    [("gpu", 0, "TensorFlow sees none"), ("gpu:0", 0, "sees none"), ("gpu:2", 2, "2 found")],
)
def test_a_gpu_that_is_not_there_is_an_error_that_says_what_now(device, n_gpus, found):
    with pytest.raises(ResourceError, match=f"--device {device}: .*{found}.*use --device cpu"):
        backend._choose(device, n_gpus)


def test_a_device_that_cannot_be_changed_any_more_is_an_error(monkeypatch):
    def refuse(*_):
        raise RuntimeError("Visible devices cannot be modified after being initialized")

    tf = backend.import_tensorflow()
    monkeypatch.setattr(tf.config, "set_visible_devices", refuse)
    with pytest.raises(ResourceError, match="start a new process"):
        backend.start("cpu")


def test_the_processor_is_described():
    device = backend.start("cpu")
    assert (device.name, device.is_gpu) == ("cpu", False)
    assert device.description and device.threads >= 1


def test_a_users_own_xla_options_win(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--theirs=1")
    backend.add_xla_options("--ours=1", "--theirs=1")
    backend.add_xla_options("--later=1", "--ours=1")
    assert os.environ["XLA_FLAGS"] == "--later=1 --ours=1 --theirs=1"


def test_seeds_make_weights_repeatable():
    backend.import_tensorflow()
    import keras

    def weights(seed: int) -> list[float]:
        backend.set_seeds(seed)
        return (
            keras.random.normal((3,)).numpy().tolist()
            + keras.ops.ravel(keras.layers.Dense(2)(keras.ops.ones((1, 2)))).numpy().tolist()
        )

    assert weights(1) == weights(1) != weights(2)


SCRIPT = """
import os, sys
from pathlib import Path
from textclf.training.engine import backend

log = Path(sys.argv[1]) if len(sys.argv) > 1 else None
for _ in range(2):
    with backend.native_output_to(log):
        os.write(2, b"native\\n")
        print("python", file=sys.stderr)
    os.write(2, b"after\\n")
try:
    with backend.native_output_to(log):
        raise KeyError
except KeyError:
    print("restored", file=sys.stderr)
"""


@pytest.mark.parametrize("has_log", [True, False])
def test_native_output_goes_into_the_log_and_pythons_to_the_screen(tmp_path, has_log):
    log = tmp_path / "log.txt"
    command = [sys.executable, "-c", SCRIPT, *[str(log)] * has_log]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stderr.split() == ["python", "after"] * 2 + ["restored"]
    if has_log:
        assert log.read_text().split() == ["native"] * 2


KERAS_JSON = '{"floatx": "float64", "backend": "jax", "image_data_format": "channels_first"}'


def test_a_users_keras_json_changes_nothing(tmp_path):
    (tmp_path / "keras.json").write_text(KERAS_JSON)
    script = (
        "from textclf.training.engine import backend; backend.import_tensorflow(); import keras;"
        "print(keras.config.backend(), keras.config.floatx(), keras.config.image_data_format())"
    )
    environment = {**os.environ, "KERAS_HOME": str(tmp_path), "KERAS_BACKEND": "torch"}
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert result.stdout.split() == ["tensorflow", "float32", "channels_last"]
    assert (tmp_path / "keras.json").read_text() == KERAS_JSON


# The buffers of three products of a small LSTM, again and again, in a thread of its own.
ALLOCATIONS = """
import resource, threading
import numpy as np
from textclf.training.engine import backend

def allocate():
    for _ in range(200):
        buffers = [np.ones(size) for size in (76_000, 102_000, 103_000)]
        del buffers

backend.import_tensorflow()
thread, faults = threading.Thread(target=allocate), -resource.getrusage(0).ru_minflt
thread.start()
thread.join()
print(faults + resource.getrusage(0).ru_minflt)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the allocator is another one")
def test_buffers_are_not_fetched_from_the_kernel_each_time():
    command = [sys.executable, "-c", ALLOCATIONS]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(result.stdout) < 10 * (76_000 + 102_000 + 103_000) * 8 / 4096
