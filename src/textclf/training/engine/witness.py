"""A process of its own that outlives the one that computes, and prints what ended that one."""

# It is started as a script, without textclf's packages: see last_words.py.
import json
import re
import sys
from pathlib import Path
from typing import Any, TextIO

MOST_BYTES = 2**20
REASONS = re.compile(
    r"^F\d{4} .*?\] (.+)"  # TensorFlow's and XLA's fatal errors
    r"|^(Fatal Python error: .+)"  # faulthandler's, on a signal such as SIGSEGV
    r"|^\s*(what\(\): .+)",  # an exception in C++
    re.MULTILINE,
)
CODE = 1  # textclf.errors.TextclfError's


def main() -> None:
    """Read what the process is doing, a line each time; act on the last one when it has died."""
    task: dict[str, Any] | None = None
    for line in sys.stdin.buffer:
        task = json.loads(line)
    if task is not None:
        _report(task)


def _report(task: dict[str, Any]) -> None:
    messages = list(map(_printable, _messages(task)))
    if task["as_json"]:
        _write(sys.stdout, json.dumps({"error": {"code": CODE, "messages": messages}}))
    for message in messages:
        _write(sys.stderr, f"textclf: {message}")
    if task["is_temporary"] and Path(task["log"]).is_file():  # not /dev/null
        Path(task["log"]).unlink()


def _write(stream: TextIO, line: str) -> None:
    stream.write(f"{line}\n")
    stream.flush()


def _messages(task: dict[str, Any]) -> list[str]:
    reasons = _read_reasons(Path(task["log"]), task["start"])
    kept = [] if task["is_temporary"] else [f"{task['log']}: what TensorFlow printed"]
    if reasons:
        return [f"native code ended the process: {reasons[0]}", *reasons[1:], *kept]
    return ["killed, or crashed in native code; the system ends it so when memory runs out", *kept]


def _read_reasons(log: Path, start: int) -> list[str]:
    with log.open("rb") as file:
        file.seek(max(start, log.stat().st_size - MOST_BYTES))
        text = file.read(MOST_BYTES).decode(errors="replace")
    return ["".join(filter(None, found)) for found in REASONS.findall(text)]


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


if __name__ == "__main__":
    main()
