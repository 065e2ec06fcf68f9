"""Every error that a user can cause, each with the exit code that it ends the command with."""


class TextclfError(Exception):
    """An error that is told to the user as plain lines, never as a traceback.

    Args:
        *messages: one line each: where, what, what now.
    """

    exit_code = 1

    def __init__(self, *messages: str) -> None:
        super().__init__("\n".join(messages))
        self.messages = messages


class ConfigError(TextclfError):
    """The config is wrong, missing or unreadable."""

    exit_code = 3


class DataError(TextclfError):
    """Data is missing, unreachable, damaged or in the wrong form."""

    exit_code = 4


class MissingDataError(DataError):
    """A data file is neither in a data folder nor to be had from the network."""


class RunError(TextclfError):
    """A run is missing, taken, locked, damaged or failed."""

    exit_code = 5


class ResourceError(TextclfError):
    """The machine lacks something: disk, memory, a writable folder, a GPU."""

    exit_code = 6


class ExpectationError(TextclfError):
    """A score falls short of what `--expect` asked for."""

    exit_code = 7


class ReproductionError(TextclfError):
    """A run trained anew did not come out the same."""

    exit_code = 7
