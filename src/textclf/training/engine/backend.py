"""TensorFlow, imported once, late and quietly, on the requested device."""

import contextlib
import ctypes
import gc
import os
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from textclf.atomic import open_to_append
from textclf.errors import ResourceError

XLA_OPTIONS = (
    # The products of small layers are too short to share: handing them to threads costs an LSTM of
    # 8 units a third of its time.
    "--xla_cpu_multi_thread_eigen=false",
    # On processors with registers of 512 bits this saves a tenth of that LSTM's time, and a fifth
    # of scoring. By default XLA uses half of each.
    "--xla_cpu_prefer_vector_width=512",
)
# A loop that uses up to 3 MB in a step becomes one function instead of one for each product, which
# saves another quarter of that LSTM's time. It is for small layers only, see engine/rule.py.
LOOPS_IN_ONE = "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold=3000000"

# mallopt(3): the size up to which buffers do not come straight from the kernel (glibc's maximum),
# how much freed memory is kept, and by how much a thread's heap grows at a time.
MALLOC_OPTIONS = {-3: 32 * 2**20, -1: 2**31 - 1, -2: 16 * 2**20}


@dataclass(frozen=True)
class Device:
    """Where a run computes: 'cpu' or 'gpu:0', and the processor's own name."""

    name: str
    description: str
    threads: int

    @property
    def is_gpu(self) -> bool:
        return self.name.startswith("gpu")


def start(device: str = "auto") -> Device:
    """Import TensorFlow and choose the device: 'auto', 'cpu', 'gpu' or 'gpu:N'.

    Raises:
        ResourceError: the requested GPU does not exist.
    """
    tf = import_tensorflow()
    gpus = tf.config.list_physical_devices("GPU")
    chosen = _choose(device, len(gpus))
    try:
        tf.config.set_visible_devices([] if chosen is None else [gpus[chosen]], "GPU")
        if chosen is not None:
            tf.config.experimental.set_memory_growth(gpus[chosen], True)
    except RuntimeError as error:  # TensorFlow already uses another device in this process
        raise ResourceError(
            f"--device {device}: the device can no longer be changed; start a new process"
        ) from error
    threads = tf.config.threading.get_intra_op_parallelism_threads() or os.cpu_count() or 1
    if chosen is None:
        return Device("cpu", _processor(), threads)
    details = tf.config.experimental.get_device_details(gpus[chosen])
    return Device(f"gpu:{chosen}", details.get("device_name", "GPU"), threads)


def _choose(device: str, n_gpus: int) -> int | None:
    if device == "cpu" or (device == "auto" and not n_gpus):
        return None
    number = int(device.partition(":")[2] or 0)
    if number >= n_gpus:
        found = f"{n_gpus} found" if n_gpus else "TensorFlow sees none"
        raise ResourceError(
            f"--device {device}: there is no such GPU ({found}); use --device cpu, or install "
            "the driver and 'textclf[gpu]'"
        )
    return number


def _keep_freed_memory() -> None:
    """Make glibc reuse freed memory instead of returning it to the kernel each time.

    A step allocates and frees the same buffers over and over. New pages for each cost a small
    LSTM a third of its time, and whether a run needs them would depend on the order of threads.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl does not have it
    if mallopt is not None:
        for parameter, value in MALLOC_OPTIONS.items():
            mallopt(parameter, value)


def import_tensorflow() -> Any:
    """TensorFlow, with Keras on it, without the pauses of garbage collection."""
    _keep_freed_memory()
    add_xla_options(*XLA_OPTIONS)
    if "tensorflow" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "tensorflow"
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        gc.disable()
        try:
            import keras
            import tensorflow  # noqa: F401
        finally:
            gc.enable()
        gc.freeze()
        # Whatever a user's keras.json says.
        keras.config.set_floatx("float32")
        keras.config.set_image_data_format("channels_last")
        keras.config.set_epsilon(1e-7)
    return sys.modules["tensorflow"]


def add_xla_options(*options: str) -> None:
    """Put options before the user's own, which take precedence.

    XLA reads them once, when it first compiles in a process.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    new = [option for option in options if option not in flags.split()]
    os.environ["XLA_FLAGS"] = " ".join([*new, flags]).strip()


def set_seeds(seed: int) -> None:
    """Seed Python, NumPy and Keras, so that the next model has the seed's weights."""
    import keras

    random.seed(seed)
    np.random.seed(seed)
    keras.utils.set_random_seed(seed)


@contextlib.contextmanager
def native_output_to(log: Path | None) -> Iterator[None]:
    """Write native code's standard error into a log, or nowhere; Python's own is still shown.

    TensorFlow's C++ ignores its log level, so the file descriptor itself is redirected.
    """
    sys.stderr.flush()
    screen = os.dup(2)
    python_stderr = sys.stderr
    with open_to_append(log) if log else Path(os.devnull).open("ab") as file:
        os.dup2(file.fileno(), 2)
    try:
        if _writes_to_descriptor_2(python_stderr):
            sys.stderr = os.fdopen(
                os.dup(screen), "w", buffering=1, encoding="utf-8", errors="replace"
            )
        yield
    finally:
        if sys.stderr is not python_stderr:
            sys.stderr.close()
            sys.stderr = python_stderr
        os.dup2(screen, 2)
        os.close(screen)


def _writes_to_descriptor_2(stream: Any) -> bool:
    try:
        return bool(stream.fileno() == 2)
    except (AttributeError, OSError, ValueError):  # a stream of a notebook or a test
        return False


def _processor() -> str:
    import platform

    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
