"""The one place where errors are caught, printed and turned into exit codes."""

import contextlib
import errno
import io
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any, NoReturn, TextIO

import click

from textclf.cli.output import kept_warnings, note, print_object, say, warn
from textclf.errors import (
    OUT_OF_MEMORY,
    Interrupted,
    ResourceError,
    Terminated,
    TextclfError,
    TextclfWarning,
    UsageError,
    device_error,
    is_out_of_memory,
)
from textclf.training.engine import streams
from textclf.training.engine.last_words import witness

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
        witness.as_json = "--json" in arguments
        kept: list[str] = []
        warnings.showwarning = _show_warning
        streams.open_missing()
        signal.signal(signal.SIGTERM, _terminate)
        sys.exit(
            _run(
                lambda: super(CatchingGroup, self).main(
                    arguments, *other, **{**settings, "standalone_mode": False, "obj": kept}
                ),
                as_json="--json" in arguments,
                warnings=kept,
            )
        )


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,  # noqa: ARG001 - Python passes it
    line: str | None = None,
) -> None:
    """textclf's own warnings read like its other lines; libraries' stay as Python writes them."""
    if issubclass(category, TextclfWarning):
        if str(message) not in kept_warnings():
            warn(str(message))
    else:
        with contextlib.suppress(OSError):
            text = warnings.formatwarning(message, category, filename, lineno, line)
            say(*text.splitlines(), err=True)


def _run(command: Callable[[], int | None], as_json: bool, warnings: Sequence[str]) -> int:
    stdout, stderr = sys.stdout, sys.stderr
    try:
        code = command() or 0
        streams.flush()
        return code
    except click.ClickException as error:
        return _show_usage(error) if not as_json else _print(_usage(error), as_json, warnings)
    except BrokenPipeError:  # the reader of our output has enough, such as `| head`
        streams.drop_unwritten()
        return 0
    except SystemExit:
        if sys.stdout is stdout:
            raise
        sys.stdout, sys.stderr = stdout, stderr  # click wraps them on a BrokenPipeError
        streams.drop_unwritten()
        return 0
    except (Exception, KeyboardInterrupt, Termination) as error:
        if isinstance(error, OSError) and (stream := streams.drop_unwritten()):
            full = ResourceError(f"{stream} cannot be written: {error.strerror}")
            return _print(full, False, warnings)
        return _print(_explain(error), as_json, warnings)


def _usage(error: click.ClickException) -> UsageError:
    return UsageError(error.format_message())


def _show_usage(error: click.ClickException) -> int:
    text = io.StringIO()
    error.show(text)
    with contextlib.suppress(OSError):
        say(*text.getvalue().splitlines(), err=True)
    return UsageError.exit_code


def _explain(error: BaseException) -> TextclfError:
    """The error that the user sees; the traceback of a bug is printed."""
    if isinstance(error, TextclfError):
        return error
    if signalled := _signal_behind(error):
        stopped = Terminated if isinstance(signalled, Termination) else Interrupted
        notes = getattr(signalled, "__notes__", [])  # what was kept
        return stopped("interrupted", *notes)
    if is_out_of_memory(error):
        return ResourceError(OUT_OF_MEMORY)
    if known := device_error(error):
        return known
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return ResourceError(f"{error}; make room on the disk, or where standard output goes")
    with contextlib.suppress(OSError):
        traceback.print_exception(error)
    return TextclfError(BUG)


def _signal_behind(error: BaseException | None) -> BaseException | None:
    """What a signal raised: native modules that it stops while they are imported hide it."""
    found = error
    while found is not None and not isinstance(found, KeyboardInterrupt | Termination):
        found = found.__cause__ or found.__context__
    return found or (error if isinstance(error, click.Abort) else None)  # a question's Ctrl-D


def _print(error: TextclfError, as_json: bool, warnings: Sequence[str]) -> int:
    """Print plain lines, never wrapped or decorated, so that they can be searched and clicked."""
    if not (as_json and _print_as_json(error, warnings)):
        for message in error.messages:
            note(message)
    return error.exit_code


def _print_as_json(error: TextclfError, warnings: Sequence[str]) -> bool:
    """Whether it could be printed."""
    try:
        print_object({**({"warnings": list(warnings)} if warnings else {}), **error.to_json()})
    except OSError:
        streams.drop_unwritten()
        return False
    return True


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Termination
