"""The one place where errors are caught, printed and turned into exit codes."""

import errno
import io
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any, NoReturn

import click

from textclf.cli.output import print_json, say
from textclf.errors import (
    Interrupted,
    ResourceError,
    Terminated,
    TextclfError,
    UsageError,
)

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
BUG = "this is a bug of textclf; please report it with the lines above"


class Termination(BaseException):
    """SIGTERM came: like KeyboardInterrupt, not to be caught by `except Exception`."""


class CatchingGroup(click.Group):
    """A click group whose errors end in textclf's exit codes, as lines or as JSON."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """In the order in which a user needs them, not the alphabet's."""
        return list(self.commands)

    def main(self, args: Sequence[str] | None = None, *other: Any, **settings: Any) -> NoReturn:
        arguments = list(sys.argv[1:] if args is None else args)
        signal.signal(signal.SIGTERM, _terminate)
        sys.exit(
            _run(
                lambda: super(CatchingGroup, self).main(
                    arguments, *other, **{**settings, "standalone_mode": False}
                ),
                as_json="--json" in arguments,
            )
        )


def _run(command: Callable[[], int | None], as_json: bool) -> int:
    try:
        return command() or 0
    except click.ClickException as error:
        if not as_json:
            text = io.StringIO()
            error.show(text)
            say(*text.getvalue().splitlines(), err=True)
            return UsageError.exit_code
        return _print(UsageError(error.format_message()), as_json)
    except BrokenPipeError:  # the reader of our output is gone, such as `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return TextclfError.exit_code
    except (Exception, KeyboardInterrupt, Termination) as error:
        return _print(_explain(error), as_json)


def _explain(error: BaseException) -> TextclfError:
    """The error that the user sees; the traceback of a bug is printed."""
    if isinstance(error, TextclfError):
        return error
    if isinstance(error, KeyboardInterrupt | click.Abort | Termination):
        # The notes say what was kept; click raises its Abort from the KeyboardInterrupt.
        notes = getattr(error.__cause__ or error, "__notes__", [])
        stopped = Terminated if isinstance(error, Termination) else Interrupted
        return stopped("interrupted", *notes)
    if isinstance(error, MemoryError):
        return ResourceError("out of memory; use a smaller batch_size, num_words or maxlen")
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return ResourceError(f"{error}; make room")
    traceback.print_exception(error)
    return TextclfError(BUG)


def _print(error: TextclfError, as_json: bool) -> int:
    """Print plain lines, never wrapped or decorated, so that they can be searched and clicked."""
    if as_json:
        print_json(error.to_json())
    else:
        for message in error.messages:
            say(f"textclf: {message}", err=True)
    return error.exit_code


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Termination
