"""Every error that a user can cause, each with the exit code of the command."""

from collections.abc import Mapping
from typing import Any

OUT_OF_MEMORY = (
    "out of memory; use a smaller batch_size, num_words, maxlen or units, or let the process have "
    "more"
)
LONGEST_LINE = 300  # characters of a library's message
# Of errors without a class of their own: a library that is loaded, a file or process, a thread.
NO_MEMORY = ("failed to map segment", "Cannot allocate memory", "can't start new thread")
# A GPU's allocators, CUDA's libraries and XLA say it in errors of other classes, too.
NO_GPU_MEMORY = (
    *(
        "RESOURCE_EXHAUSTED",
        "Resource exhausted",
        "OOM when allocating",
        "CUDA_ERROR_OUT_OF_MEMORY",
    ),
    *("Out of memory while trying to allocate", "CUDNN_STATUS_ALLOC_FAILED"),
    "CUBLAS_STATUS_ALLOC_FAILED",
)


class TextclfError(Exception):
    """An error that is shown to the user as plain lines, never as a traceback.

    Args:
        *messages: one line each: where, what, what now.
        result: what the command found out nevertheless, for its JSON.
    """

    exit_code = 1

    def __init__(self, *messages: str, result: Mapping[str, Any] | None = None) -> None:
        super().__init__("\n".join(messages))
        self.messages = messages
        self.result = dict(result or {})

    def to_json(self) -> dict[str, Any]:
        """What `--json` prints in place of the command's result."""
        return {**self.result, "error": {"code": self.exit_code, "messages": list(self.messages)}}


class TextclfWarning(UserWarning):
    """Something that may make a result misleading; calls from Python issue it."""


class UsageError(TextclfError):
    """Wrong usage of the command line."""

    exit_code = 2


class ConfigError(TextclfError):
    """The config is wrong, missing or unreadable."""

    exit_code = 3


class DataError(TextclfError):
    """Data is missing, unreachable, damaged or in the wrong form."""

    exit_code = 4


class MissingDataError(DataError):
    """A data file is not in any data folder and cannot be downloaded."""


class QuotingError(DataError):
    """A quote in a table does not enclose a field, or seems to join rows."""


class RunError(TextclfError):
    """A run is missing, taken, locked, damaged or failed."""

    exit_code = 5


class DivergedError(RunError):
    """A training whose loss or weights became infinite or nan."""


class ResourceError(TextclfError):
    """The machine lacks something: disk, memory, a writable folder, a GPU."""

    exit_code = 6


class ExpectationError(TextclfError):
    """A score does not meet `--expect`."""

    exit_code = 7


class ReproductionError(TextclfError):
    """A run, trained again, gave another result."""

    exit_code = 7


class Interrupted(TextclfError):
    """Interrupted by Ctrl-C; finished epochs are kept, and the message says how to resume."""

    exit_code = 130


class Terminated(Interrupted):
    """Stopped by SIGTERM: the same as Ctrl-C otherwise."""

    exit_code = 143


def is_out_of_memory(error: BaseException) -> bool:
    """Whether Python, NumPy or TensorFlow asked for more memory than there is."""
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return True
    return any(sign in str(error) for sign in (*NO_MEMORY, *NO_GPU_MEMORY))


NOT_THERE = "use another layer or training.engine, or --device cpu"
GPU_LACKS = "install the driver and 'textclf[gpu]' again, or use --device cpu"
# What TensorFlow raises for what a device cannot do: a part of its text, the error that a user
# gets, and what it says. The first match counts.
DEVICE_ERRORS: tuple[tuple[str, type[TextclfError], str], ...] = (
    ("deterministic GPU implementation", ConfigError, f"no repeatable way on a GPU; {NOT_THERE}"),
    ("Deterministic GPU implementation", ConfigError, f"no repeatable way on a GPU; {NOT_THERE}"),
    ("Determinism is not yet supported", ConfigError, f"no repeatable way on a GPU; {NOT_THERE}"),
    ("unsupported operations when trying to compile", ConfigError, f"not under XLA; {NOT_THERE}"),
    ("located in device", ConfigError, f"not under XLA on this device; {NOT_THERE}"),
    ("libdevice", ResourceError, f"XLA does not find CUDA's libdevice; {GPU_LACKS}"),
    ("ptxas", ResourceError, f"XLA cannot use CUDA's ptxas; {GPU_LACKS}"),
    ("PTX compilation provider", ResourceError, f"XLA does not find CUDA's ptxas; {GPU_LACKS}"),
    ("DNN library is not found", ResourceError, f"cuDNN is not there; {GPU_LACKS}"),
    ("cuDNN failed to initialize", ResourceError, f"cuDNN does not start; {GPU_LACKS}"),
    ("CUDNN_STATUS_", ResourceError, f"cuDNN failed; {GPU_LACKS}"),
    ("CUBLAS_STATUS_", ResourceError, f"cuBLAS failed; {GPU_LACKS}"),
    ("CUDA_ERROR_", ResourceError, f"the GPU or its driver failed; {GPU_LACKS}"),
)


def device_error(error: BaseException) -> TextclfError | None:
    """The error to show for one of TensorFlow's that a device causes; None for any other."""
    kind = next((kind for kind in type(error).__mro__ if kind.__name__ == "OpError"), None)
    if kind is None:
        return None
    text = str(error)
    for sign, raised, message in DEVICE_ERRORS:
        if sign in text:
            return raised(f"{_line_with(sign, text)}: {message}")
    if type(error).__name__ == "UnimplementedError":
        return ConfigError(f"{_line_with('', text)}: the device cannot do this; {NOT_THERE}")
    return None


def _line_with(sign: str, text: str) -> str:
    """The first line of a text that holds a sign, cut to a length that can be read."""
    line = next(line for line in text.splitlines() or [text] if sign in line).strip()
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}..."
