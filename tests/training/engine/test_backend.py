"""TensorFlow on the device asked for, its native output kept off the screen."""

import json
import logging
import os
import platform
import subprocess
import sys

import pytest

from forked_script import run_script
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


COUNTING = """
import sys
from textclf.training.engine import backend
if sys.argv[1] == "container":
    backend.available_processors = lambda: 3
if sys.argv[1] == "script":
    backend.import_tensorflow().config.threading.set_intra_op_parallelism_threads(5)
recorded = [backend.start("cpu").threads for _ in range(2)]
print(*recorded, backend.import_tensorflow().config.threading.get_intra_op_parallelism_threads())
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("by", "variable", "printed"),
    [("container", "", "3 3 3"), ("script", "", "5 5 5"), ("variable", "7", "7 7 0")],
)
def test_threads_are_as_many_as_are_recorded(by, variable, printed):
    result = run_script(COUNTING, by, env={"TF_NUM_INTRAOP_THREADS": variable})
    assert result.stdout.strip() == printed, result.stderr


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
    with backend.computing(log):
        os.write(2, b"native\\n")
        print("python", file=sys.stderr)
    os.write(2, b"after\\n")
try:
    with backend.computing(log):
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


KERAS_JSON = {
    "floatx": "float64",
    "backend": "jax",
    "image_data_format": "channels_first",
    "epsilon": 0.1,
    "max_epochs": 1,
    "max_steps_per_epoch": 1,
}
OURS = ["tensorflow", "float32", "channels_last", "1e-07", "float32", "None", "None"]
SETTINGS = """
import keras
c = keras.config
print(c.backend(), c.floatx(), c.image_data_format(), c.epsilon(), c.dtype_policy().name,
      c.max_epochs(), c.max_steps_per_epoch())
"""
IMPORT = "from textclf.training.engine import backend; backend.import_tensorflow();"


def run_python(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script]
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environment}, timeout=120
    )


@pytest.mark.slow
@pytest.mark.parametrize("first", ["", "import tensorflow;"])
def test_a_users_keras_json_and_environment_change_nothing(tmp_path, first):
    content = json.dumps(KERAS_JSON)
    (tmp_path / "keras.json").write_text(content)
    result = run_python(
        first + IMPORT + SETTINGS,
        KERAS_HOME=str(tmp_path),
        KERAS_BACKEND="torch",
        KERAS_MAX_EPOCHS="1",
        KERAS_MAX_STEPS_PER_EPOCH="1",
    )
    assert result.stdout.split() == OURS, result.stderr
    assert (tmp_path / "keras.json").read_text() == content


def test_a_scripts_settings_of_keras_change_nothing_and_are_back_after():
    import keras

    theirs = {
        "floatx": "float64",
        "image_data_format": "channels_first",
        "epsilon": 0.1,
        "dtype_policy": "mixed_float16",
        "max_epochs": 1,
        "max_steps_per_epoch": 2,
    }

    def settings() -> dict[str, object]:
        values = {name: getattr(keras.config, name)() for name in theirs}
        return {**values, "dtype_policy": values["dtype_policy"].name}

    before = settings()
    backend._set_keras(theirs)
    try:
        with backend.computing(None):
            backend.import_tensorflow()
            assert settings() == backend.KERAS_SETTINGS
        assert settings() == theirs
    finally:
        backend._set_keras(before)


def test_another_backend_that_is_imported_already_is_refused(monkeypatch):
    monkeypatch.setattr("keras.config.backend", lambda: "jax")
    with pytest.raises(ResourceError, match=r"the backend jax before textclf.*a new process"):
        backend.import_tensorflow()


REFUSED = f"""
from textclf.errors import ResourceError
try:
    {IMPORT}
except ResourceError as error:
    print(error)
"""


@pytest.mark.parametrize(
    "environment", [{"KERAS_MAX_EPOCHS": "many"}, {"KERAS_MAX_STEPS_PER_EPOCH": "1.5"}]
)
def test_a_setting_that_keras_does_not_take_is_an_error(environment):
    result = run_python(REFUSED, **environment)
    assert "Keras cannot be imported" in result.stdout, result.stderr


THREADS = """
import threading, time
from textclf.training.engine import backend

inside, most = [], []

def compute():
    with backend.computing(None):
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.01)
        inside.pop()

threads = [threading.Thread(target=compute) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(max(most), len(most))
"""


def test_threads_wait_for_each_other():
    assert run_python(THREADS).stdout.split() == ["1", "8"]


FORKED = """
import os, sys, threading
from textclf.errors import ResourceError
from textclf.training.engine import backend

with backend.computing(None):
    backend.import_tensorflow()
    if os.fork() == 0:
        try:
            with backend.computing(None):
                print("computes")
        except ResourceError as error:
            print(error)
        sys.stdout.flush()
        os._exit(0)
    os.wait()
"""


@pytest.mark.slow
def test_a_process_that_was_forked_is_refused_where_it_would_hang():
    result = run_script(FORKED)
    assert "before this process was forked" in result.stdout, result.stderr


LOGGERS = """
import logging, os, sys, warnings
from textclf.training.engine import backend

for _ in range(2):
    with backend.computing(None):
        handlers = [logging.StreamHandler(), logging.StreamHandler(sys.stderr)]
        logger = logging.getLogger("theirs")
        for handler in handlers:
            logger.addHandler(handler)
        kept = sys.stderr
logger.warning("after")
print("kept", file=kept, flush=True)
print("end", file=kept, flush=True)
"""


def test_who_kept_standard_error_reaches_the_screen_after():
    result = run_python(LOGGERS)
    assert result.stderr.split() == ["after"] * 4 + ["kept", "end"]


# The buffers of three products of a small LSTM, again and again, in a thread of its own.
ALLOCATIONS = """
import contextlib, resource, threading
import numpy as np
from textclf.training.engine import backend

def allocate():
    for _ in range(200):
        buffers = [np.ones(size) for size in (76_000, 102_000, 103_000)]
        del buffers

with contextlib.suppress(ImportError):
    backend.import_tensorflow()
thread, faults = threading.Thread(target=allocate), -resource.getrusage(0).ru_minflt
thread.start()
thread.join()
print(faults + resource.getrusage(0).ru_minflt)
"""


# TensorFlow's import alone can change the allocator's limits, as it frees large buffers.
NOT_IMPORTED = """
from textclf.training.engine import backend

def fail():
    raise ImportError

backend._import_quietly = fail
"""


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the allocator is another one")
@pytest.mark.parametrize(
    ("run", "first"), [(run_script, ""), (run_python, NOT_IMPORTED)], ids=["imported", "alone"]
)
def test_buffers_are_not_fetched_from_the_kernel_each_time(run, first):
    result = run(first + ALLOCATIONS)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) < 10 * (76_000 + 102_000 + 103_000) * 8 / 4096


def test_tensorflow_warns_of_nothing_that_a_user_could_change(tmp_path, caplog):
    logger = logging.getLogger("tensorflow")
    before = logger.level
    with backend.computing(tmp_path / "log.txt"):
        logger.warning("5 out of the last 9 calls triggered tf.function retracing")
        logger.error("but errors are shown")
    assert [record.levelname for record in caplog.records] == ["ERROR"] and logger.level == before
