"""A Python script in a process of its own, forked from one that has imported TensorFlow.

For what a process computes; tests of the import and its environment start `python -c` instead.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path

from forked import Output
from textclf.sweep.children import process_context

SECONDS = 120  # more than any script takes


def run_script(
    script: str,
    *arguments: object,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a script to the end of all that it starts.

    Args:
        arguments: those in `sys.argv` behind '-c'.
        cwd: the folder it runs in, by default that of this process.
        env: what its environment has besides that of this process.

    Raises:
        subprocess.TimeoutExpired: it hangs.
    """
    context = process_context()
    pipes = [context.Pipe(duplex=False) for _ in ("stdout", "stderr")]
    argv = ["-c", *map(str, arguments)]
    given = (script, argv, str(cwd or Path.cwd()), {**os.environ, **(env or {})})
    process = context.Process(target=_run, args=(*given, [theirs for _, theirs in pipes]))
    process.start()
    outputs = [Output(ours) for ours, _ in pipes]
    for _, theirs in pipes:
        theirs.close()
    process.join(SECONDS)
    if process.is_alive():
        process.kill()
        raise subprocess.TimeoutExpired(argv, SECONDS)
    return subprocess.CompletedProcess(argv, process.exitcode, *(out.text() for out in outputs))


def _run(
    script: str, argv: list[str], cwd: str, env: dict[str, str], outputs: list[Connection]
) -> None:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    tempfile.tempdir = None  # TMPDIR says where
    for stream, pipe in enumerate(outputs, start=1):
        os.dup2(pipe.fileno(), stream)
        pipe.close()
    sys.argv = argv
    exec(script, {"__name__": "__main__"})
