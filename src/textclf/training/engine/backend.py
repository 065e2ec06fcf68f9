"""TensorFlow, imported once, late and quietly, on the requested device."""

import contextlib
import ctypes
import faulthandler
import functools
import gc
import logging
import os
import random
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from textclf.disk.atomic import open_to_append
from textclf.errors import ResourceError
from textclf.runs.environment import OWN_XLA_OPTIONS, address_space, available_processors
from textclf.training.engine import streams
from textclf.training.engine.gpu_memory import card_memory
from textclf.training.engine.last_words import witness

XLA_OPTIONS = (
    # The products of small layers are too short to share: handing them to threads costs an LSTM of
    # 8 units a third of its time.
    "--xla_cpu_multi_thread_eigen=false",
    # On processors with registers of 512 bits this saves a tenth of that LSTM's time, and a fifth
    # of scoring. By default XLA uses half of each.
    "--xla_cpu_prefer_vector_width=512",
)
# For networks with small loops over time, see engine/rule_cpu.py: in others, XLA may make one
# function of the loop over batches, in which two dense layers of 64 units take three times as long.
# A loop that uses up to 3 MB in a step becomes one function instead of one for each product, which
# saves another quarter of that LSTM's time. There, XLA multiplies by itself, and only small
# matrices fast (`matmul_in_pieces` in engine/steps.py), here in tiles of 6 rows and 2 registers in
# place of its 11 and 1; docs/engines.md has the times. Never use more than 2: for some widths, XLA
# then writes behind the result.
LOOPS_IN_ONE = "--xla_backend_extra_options=" + ",".join(
    (
        "xla_cpu_small_while_loop_byte_threshold=3000000",
        "xla_llvm_ir_gemm_tile_size=6:64:2*vectwidth",
    )
)
# On a GPU, XLA measures which kernels are fastest, and takes others the next time: other bits. It
# also adds up in any order. With this it does neither.
XLA_GPU_OPTIONS = ("--xla_gpu_deterministic_ops=true",)
OWN_XLA_OPTIONS.update((*XLA_OPTIONS, LOOPS_IN_ONE, *XLA_GPU_OPTIONS))

# mallopt(3): the size up to which buffers do not come straight from the kernel (glibc's maximum),
# how much freed memory is kept, and by how much a thread's heap grows at a time.
MALLOC_OPTIONS = {-3: 32 * 2**20, -1: 2**31 - 1, -2: 16 * 2**20}


# What Keras keeps for the whole process, by the names in keras.config; max_epochs and
# max_steps_per_epoch would end a training early.
KERAS_SETTINGS: dict[str, Any] = {
    "floatx": "float32",
    "image_data_format": "channels_last",
    "epsilon": 1e-7,
    "dtype_policy": "float32",
    "max_epochs": None,
    "max_steps_per_epoch": None,
}

ADDRESS_SPACE = 3.3e9  # bytes; with less, TensorFlow and SciPy's OpenBLAS abort or never return
NOWHERE = Path(os.devnull)
THREADS = "TF_NUM_INTRAOP_THREADS"  # TensorFlow's own variable

_one_at_a_time = threading.RLock()
_process: int | None = None  # that TensorFlow runs in
_most_threads: int | None = None
_started: str | None = None  # the name of the device that this process computes on


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

    'auto' is the device of earlier calls, else the first GPU, if there is one; which is faster,
    training/device_choice.py says before.

    Raises:
        ResourceError: the requested GPU does not exist, Keras has another backend, or `ulimit -v`
            leaves too little.
    """
    global _started
    tf = import_tensorflow()
    gpus = tf.config.list_physical_devices("GPU")
    chosen = _choose(_started or device if device == "auto" else device, len(gpus))
    try:
        tf.config.set_visible_devices([] if chosen is None else [gpus[chosen]], "GPU")
        if chosen is not None:
            tf.config.experimental.set_memory_growth(gpus[chosen], True)
    except RuntimeError as error:  # TensorFlow already uses another device in this process
        raise ResourceError(
            f"--device {device}: the device can no longer be changed; start a new process"
        ) from error
    if _most_threads is not None:
        _limit_threads(tf.config.threading, _most_threads)
    threads = _threads(tf)
    if chosen is None:
        _started = "cpu"
        return Device("cpu", _processor(), threads)
    _started = f"gpu:{chosen}"
    add_xla_options(*XLA_GPU_OPTIONS)
    # Products of numbers of 11 bits are faster, but further from a processor's than is promised.
    tf.config.experimental.enable_tensor_float_32_execution(False)
    card_memory(_started)  # asked for while all of it is free
    details = tf.config.experimental.get_device_details(gpus[chosen])
    return Device(_started, details.get("device_name", "GPU"), threads)


def is_open() -> bool:
    """Whether 'auto' is a choice: there is a GPU, and this process does not compute yet."""
    return _started is None and has_gpu("gpu:0")


def has_gpu(device: str) -> bool:
    """Whether TensorFlow sees a GPU, such as 'gpu:0'."""
    found = import_tensorflow().config.list_physical_devices("GPU")
    return int(device.partition(":")[2] or 0) < len(found)


def _threads(tf: Any) -> int:
    """Those that TensorFlow shares its work among: as asked for, or one for each processor.

    It counts the processors itself, but does not know a container's limit.
    """
    asked = tf.config.threading.get_intra_op_parallelism_threads()
    variable = os.environ.get(THREADS, "")
    if asked or (variable.isdecimal() and int(variable)):
        return asked or int(variable)
    processors = available_processors()
    with contextlib.suppress(RuntimeError):  # a script has computed with TensorFlow before
        tf.config.threading.set_intra_op_parallelism_threads(processors)
    return processors


def _check_address_space() -> None:
    """Refuse a limit with which native code would abort, or ask for memory without end."""
    limit = address_space()
    if limit < ADDRESS_SPACE:
        raise ResourceError(
            f"ulimit -v leaves {limit / 1e9:.1f} GB of address space, but TensorFlow and its "
            f"libraries reserve {ADDRESS_SPACE / 1e9:.1f} GB; raise the limit"
        )


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


def limit_threads(threads: int | None) -> None:
    """Have this process compute with so many threads from the start on; None: all processors."""
    global _most_threads
    _most_threads = threads


@functools.cache
def thread_pools() -> Any:
    """Those of linear algebra; looking for them takes 40 ms, which forked processes save."""
    import threadpoolctl

    return threadpoolctl.ThreadpoolController()


def _limit_threads(settings: Any, threads: int) -> None:
    settings.set_intra_op_parallelism_threads(threads)
    settings.set_inter_op_parallelism_threads(threads)
    thread_pools().limit(limits=threads)


def keep_freed_memory() -> None:
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
    """TensorFlow, with Keras on it, without the pauses of garbage collection.

    Keras's settings become textclf's, whatever a user's keras.json, environment or script says.

    Raises:
        ResourceError: Keras was imported before, on another backend, or cannot be imported; or
            `ulimit -v` leaves too little.
    """
    global _process
    _check_address_space()
    _process = os.getpid()
    keep_freed_memory()
    add_xla_options(*XLA_OPTIONS)
    if "keras" not in sys.modules or "tensorflow" not in sys.modules:
        _import_quietly()
    keras = sys.modules["keras"]
    if keras.config.backend() != "tensorflow":
        raise ResourceError(
            f"Keras was imported with the backend {keras.config.backend()} before textclf, which "
            "needs TensorFlow; start a new process, or set KERAS_BACKEND=tensorflow first"
        )
    _set_keras(KERAS_SETTINGS)
    return sys.modules["tensorflow"]


def import_for_forks() -> None:
    """Import TensorFlow in a process that never computes, but forks those that do.

    What native code prints meanwhile is lost; a failure is left to the forked processes.
    """
    with contextlib.suppress(Exception), native_output_to(NOWHERE):
        _import_quietly()


def _import_quietly() -> None:
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    gc.disable()
    try:
        import keras  # noqa: F401
        import tensorflow  # noqa: F401
    except ValueError as error:  # a wrong value of KERAS_MAX_EPOCHS, or of floatx in keras.json
        raise ResourceError(
            f"Keras cannot be imported: {error}; correct keras.json, or the environment's KERAS_..."
        ) from error
    finally:
        gc.enable()
    gc.freeze()


def _set_keras(values: dict[str, Any]) -> None:
    import keras

    for name, value in values.items():
        getattr(keras.config, f"set_{name}")(value)


def add_xla_options(*options: str) -> None:
    """Put options before the user's own, which take precedence.

    XLA reads them once, when it first compiles in a process.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    new = [option for option in options if option not in flags.split()]
    os.environ["XLA_FLAGS"] = " ".join([*new, flags]).strip()


def has_xla_option(option: str) -> bool:
    """Whether this process, or the one that started it, has added it."""
    return option in os.environ.get("XLA_FLAGS", "").split()


def set_seeds(seed: int) -> None:
    """Seed Python, NumPy and Keras, so that the next model has the seed's weights."""
    import keras

    random.seed(seed)
    np.random.seed(seed)
    keras.utils.set_random_seed(seed)


@contextlib.contextmanager
def computing(log: Path | None) -> Iterator[None]:
    """Give the block what a process has once: TensorFlow, Keras's settings, standard error.

    Other threads wait for its end. Should the process die inside, a line on the screen says why.

    Args:
        log: where native code prints to; None: nowhere.

    Raises:
        ResourceError: the process was forked from one that used TensorFlow.
    """
    if _process not in (None, os.getpid()):
        raise ResourceError(
            "TensorFlow was used before this process was forked, and would hang in it; start "
            "processes with multiprocessing.get_context('spawn')"
        )
    with (
        _one_at_a_time,
        _keras_settings_kept(),
        _tensorflow_advises_nobody(),
        _log_file(log) as path,
        witness.watching(path, is_temporary=log is None),
        native_output_to(path),
    ):
        yield


@contextlib.contextmanager
def _keras_settings_kept() -> Iterator[None]:
    """A script's own settings of Keras are back after the block."""
    keras = sys.modules.get("keras")
    if keras is None:
        yield
        return
    before = {name: getattr(keras.config, name)() for name in KERAS_SETTINGS}
    try:
        yield
    finally:
        _set_keras(before)


@contextlib.contextmanager
def _tensorflow_advises_nobody() -> Iterator[None]:
    """No warnings of TensorFlow's own logger, such as that one process compiles many models."""
    logger = logging.getLogger("tensorflow")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


@contextlib.contextmanager
def _log_file(log: Path | None) -> Iterator[Path]:
    if log is not None:
        log.touch()
        yield log
        return
    try:
        descriptor, path = tempfile.mkstemp(prefix="textclf-", suffix=".log")
    except OSError:  # no folder for it, or no room
        yield NOWHERE
        return
    os.close(descriptor)
    try:
        yield Path(path)
    finally:
        Path(path).unlink(missing_ok=True)


@contextlib.contextmanager
def native_output_to(log: Path) -> Iterator[None]:
    """Write native code's standard error into a log; Python's own is still shown.

    TensorFlow's C++ ignores its log level, so the file descriptor itself is redirected.
    """
    streams.open_missing()
    streams.drop_unwritten()
    screen = os.dup(2)
    python_stderr = sys.stderr
    with log.open("ab") if log == NOWHERE else open_to_append(log) as file:
        os.dup2(file.fileno(), 2)
    logs_crashes = not faulthandler.is_enabled()
    if logs_crashes:
        faulthandler.enable(file=2)
    turned = None
    try:
        if _writes_to_descriptor_2(python_stderr):
            turned = sys.stderr = _Stderr(
                os.fdopen(os.dup(screen), "w", buffering=1, encoding="utf-8", errors="replace")
            )
        yield
    finally:
        if turned is not None:
            sys.stderr = python_stderr
            turned.hand_over(python_stderr)
        if logs_crashes:
            faulthandler.disable()
        os.dup2(screen, 2)
        os.close(screen)


class _Stderr:
    """Stands for sys.stderr inside a block; loggers that keep it still reach the screen after."""

    def __init__(self, stream: IO[str]) -> None:
        self.stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def hand_over(self, stream: IO[str]) -> None:
        """Close the stream; what is written from now on goes to another."""
        with contextlib.suppress(OSError):  # it is full, or its reader is gone
            self.stream.close()
        self.stream = stream


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
