"""`textclf sweep worker`."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import click

from textclf.cli import completers, options
from textclf.cli.output import note, print_json
from textclf.errors import Interrupted, Terminated

AGAIN = "this worker leaves when the sweep ends; press Ctrl-C again to have it leave now"


@click.command()
@click.argument("where", metavar="ADDRESS|SWEEP", shell_complete=completers.complete_folder)
@click.option(
    "--slots",
    type=click.IntRange(1, 1024),
    default=1,
    show_default=True,
    metavar="N",
    help="Train N trials at the same time; they share this machine's processors.",
)
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The sweep's key.  [default: key.pem in its folder]",
)
@options.runs_dir_option
@options.data_dir_option
@options.quiet_option
@options.json_option
def worker(
    where: str,
    slots: int,
    key_file: Path | None,
    runs_dir: Path,
    data_dir: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Train trials of a sweep that runs on another machine.

    ADDRESS is the HOST:PORT of `textclf sweep --listen`, with the --key from the sweep's folder.
    Where this machine can read that folder, SWEEP suffices. The worker leaves when the sweep ends.
    """
    from textclf.sweep.post import find_post
    from textclf.sweep.worker import work_at

    post = find_post(where, slots, key_file, runs_dir, data_dir)
    with _leaving_on_signals() as leaving:
        ended = work_at(post, leaving, _nowhere if quiet else note)
    if as_json:
        print_json({"address": post.address, "slots": slots, "trials": ended})


@contextlib.contextmanager
def _leaving_on_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM sets, and a second Ctrl-C: the first is meant for the sweep.

    Raises:
        Interrupted: after the block, if it was left so.
    """
    leaving = threading.Event()
    received: list[int] = []

    def receive(number: int, _frame: object) -> None:
        received.append(number)
        if number == signal.SIGTERM or received.count(signal.SIGINT) > 1:
            leaving.set()
        else:
            note(AGAIN)

    signal.set_wakeup_fd(-1)  # nothing else is to comment on signals
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, receive)
    yield leaving
    if leaving.is_set():
        stopped = Terminated if received[-1] == signal.SIGTERM else Interrupted
        raise stopped("interrupted; the trials of this worker are given to others")


def _nowhere(_line: str) -> None:
    """--quiet."""
