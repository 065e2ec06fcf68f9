"""Runs the commands of the pages' console blocks, and writes below each what it printed."""

import argparse
import os
import pty
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
CONSOLE = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
NEEDS = re.compile(r"<!-- samples need (.+?) -->")
PROMPT = "$ "


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", type=Path, help="default: all that have such blocks")
    parser.add_argument("--files", type=Path, help="a folder with the files that pages need")
    options = parser.parse_args()
    for page in options.pages or [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        write_samples(page, options.files)


def write_samples(page: Path, files: Path | None) -> None:
    """Run the page's commands, one after another in one empty folder, and put in their output."""
    text = page.read_text(encoding="utf-8")
    needed = [name for names in NEEDS.findall(text) for name in names.split(", ")]
    if not CONSOLE.search(text):
        return
    if needed and files is None:
        print(f"{page}: left as it is: needs --files with {', '.join(needed)}", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in needed:
            Path(folder, name).symlink_to((files / name).resolve())
        text = CONSOLE.sub(lambda block: run_block(block[0], folder), text)
    page.write_text(text, encoding="utf-8")
    print(page)


def run_block(block: str, folder: str) -> str:
    """The commands of a block, each with what it prints now."""
    commands = [line for line in block.splitlines() if line.startswith(PROMPT)]
    shown = [f"{command}\n{run(command.removeprefix(PROMPT), folder)}" for command in commands]
    return "\n".join(shown)


def run(command: str, folder: str) -> str:
    """What a user sees: standard output of a terminal with 100 columns, errors before it.

    Raises:
        CalledProcessError: the command failed.
    """
    print(f"$ {command}", file=sys.stderr)
    # Standard error is no terminal: a live progress line could not be written down.
    with tempfile.TemporaryFile() as errors:
        reader, writer = pty.openpty()
        shell = ["bash", "-o", "pipefail", "-c", command]
        process = subprocess.Popen(
            shell, cwd=folder, env=environment(), stdin=writer, stdout=writer, stderr=errors
        )
        os.close(writer)
        output = read_all(reader)
        if process.wait():
            raise subprocess.CalledProcessError(process.returncode, command, output)
        errors.seek(0)
        seen = errors.read().decode() + output.replace("\r\n", "\n")
    return "".join(f"{line.rstrip()}\n" for line in click.unstyle(seen).splitlines())


def environment() -> dict[str, str]:
    """This Python's textclf goes before others, and lines have 100 columns."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "COLUMNS": "100"}


def read_all(terminal: int) -> str:
    """All that is written to a terminal until its other end is closed."""
    pieces = []
    with open(terminal, "rb", buffering=0) as file:
        try:
            while piece := file.read(65536):
                pieces.append(piece)
        except OSError:  # how Linux says that a terminal has ended
            pass
    return b"".join(pieces).decode()


if __name__ == "__main__":
    main()
