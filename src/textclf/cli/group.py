"""The one place where errors are caught, told and turned into exit codes."""

import errno
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import Any, NoReturn

import click

from textclf.cli.output import print_json
from textclf.errors import ResourceError, TextclfError
from textclf.wording import printable

USAGE, BUG, INTERRUPTED, TERMINATED = 2, 1, 130, 143
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class Terminated(BaseException):
    """SIGTERM came."""


class CatchingGroup(click.Group):
    """A click group whose errors end in textclf's exit codes, as lines or as JSON."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """In the order in which a user comes to need them, not by the alphabet."""
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


def _run(command: Any, as_json: bool) -> int:
    try:
        return command() or 0
    except TextclfError as error:
        return _tell(error.exit_code, error.messages, as_json)
    except click.ClickException as error:
        return _tell_usage(error, as_json)
    except (KeyboardInterrupt, click.Abort, Terminated) as error:
        code = TERMINATED if isinstance(error, Terminated) else INTERRUPTED
        # The notes say what was kept; click raises its Abort from the KeyboardInterrupt.
        notes = getattr(error.__cause__ or error, "__notes__", [])
        return _tell(code, ["interrupted", *notes], as_json)
    except MemoryError:
        lack = ResourceError("out of memory; use a smaller batch_size, num_words or maxlen")
        return _tell(lack.exit_code, lack.messages, as_json)
    except BrokenPipeError:  # the reader of our output has gone, `| head` say
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BUG
    except Exception as error:
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            return _tell(ResourceError.exit_code, [f"{error}; make room"], as_json)
        traceback.print_exc()
        return _tell(
            BUG, ["this is a bug of textclf; please report it with the lines above"], as_json
        )


def _tell(code: int, messages: Sequence[str], as_json: bool) -> int:
    """Print plain lines, never wrapped or decorated, so that they can be searched and clicked."""
    if as_json:
        print_json({"error": {"code": code, "messages": list(messages)}})
    else:
        for message in messages:
            click.echo(f"textclf: {printable(message)}", err=True)
    return code


def _tell_usage(error: click.ClickException, as_json: bool) -> int:
    if as_json:
        return _tell(USAGE, [error.format_message()], as_json)
    error.show()
    return USAGE


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated
