"""Every error that a user can cause, each with the exit code of the command."""

from collections.abc import Mapping
from typing import Any

OUT_OF_MEMORY = (
    "out of memory; use a smaller batch_size, num_words, maxlen or units, or let the process have "
    "more"
)
# Of errors without a class of their own: a library that is loaded, a file or process, a thread.
NO_MEMORY = ("failed to map segment", "Cannot allocate memory", "can't start new thread")


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
    return any(sign in str(error) for sign in NO_MEMORY)
