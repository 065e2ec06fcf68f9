"""The console script, and `python -m textclf`."""

import os
import signal
import sys

TYPE_CHECKING = False  # what is imported here is time in which Ctrl-C prints a traceback
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)
PATIENCE = 2.0  # seconds until a signal that did not end the process is commented
LATE = (
    "interrupted: this ends after the step that runs, which takes long; a second Ctrl-C ends it "
    "now, and finished epochs are kept"
)
NOW = (
    "interrupted; finished epochs are kept: textclf runs lists the runs, textclf resume RUN "
    "continues one"
)


def run() -> "NoReturn":
    """Run the command line, and leave."""
    heeded = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    for number in heeded:  # the imports below take a while
        signal.signal(number, _leave_early)
    _watch_signals()
    from textclf.cli import main
    from textclf.training.engine import streams

    try:
        if signal.SIGINT in heeded:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        main(prog_name="textclf")
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 0
    except KeyboardInterrupt:  # a second one, on the way out
        code = 128 + signal.SIGINT
    for number in heeded:
        signal.signal(number, signal.SIG_IGN)
    streams.drop_unwritten()
    if "tensorflow" not in sys.modules and code != 128 + signal.SIGINT:
        sys.exit(code)
    # TensorFlow's threads may still ask for data from Python: taking the interpreter down under
    # them hangs now and then. And after a Ctrl-C inside `exec`, which namedtuples and dataclasses
    # use, Python would end itself by the signal. All files are closed and synced by now.
    os._exit(code)


def _watch_signals() -> None:
    """Have a thread read the signals: native code keeps the main one from Python's handlers."""
    import threading

    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    threading.Thread(target=_comment, args=(read,), daemon=True).start()


def _comment(pipe: int) -> None:
    _next_signal(pipe)
    _later(lambda: _write(2, f"textclf: {LATE}"))
    second = _next_signal(pipe)
    _later(lambda: _leave(second, NOW))


def _next_signal(pipe: int) -> int:
    while (number := os.read(pipe, 1)[0]) not in SIGNALS:
        pass
    return number


def _later(action: "Callable[[], object]") -> None:
    import threading

    timer = threading.Timer(PATIENCE, action)
    timer.daemon = True
    timer.start()


def _leave_early(number: int, _frame: "FrameType | None") -> "NoReturn":
    _leave(number, "interrupted")


def _leave(number: int, message: str) -> "NoReturn":
    """End the process now, whatever it does."""
    if last_words := sys.modules.get("textclf.training.engine.last_words"):
        last_words.witness.dismiss()
    if "--json" in sys.argv:
        error = f'{{"code": {128 + number}, "messages": ["{message}"]}}'
        _write(1, f'{{"error": {error}}}')
    else:
        _write(2, f"textclf: {message}")
    os._exit(128 + number)


def _write(descriptor: int, line: str) -> None:
    """Past Python's buffers, which the interrupted code may hold."""
    from contextlib import suppress

    with suppress(OSError):  # closed
        os.write(descriptor, line.encode() + b"\n")


if __name__ == "__main__":
    run()
