"""The command line, run in this process or in one of its own, from an empty folder."""

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from forked import Textclf
from textclf.cli import main

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, nothing in it."""
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def cli(empty_folder: Path) -> Iterator[Callable[..., Result]]:
    """Runs a command line in this process; standard error must have no control characters."""
    handler = signal.getsignal(signal.SIGTERM)

    def run(*arguments: object, stdin: str | bytes | None = None) -> Result:
        given = list(map(str, arguments))
        result = CliRunner().invoke(main, given, input=stdin, prog_name="textclf")
        assert not CONTROL.search(result.stderr)
        return result

    yield run
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def cli_json(cli: Callable[..., Result]) -> Callable[..., tuple[int, Any]]:
    """The exit code and the one JSON object that `--json` prints."""

    def run(*arguments: object) -> tuple[int, Any]:
        result = cli(*arguments, "--json")
        content = json.loads(result.stdout)
        assert isinstance(content, dict) and result.stdout.count("\n") == 1
        if content.get("warnings") == []:  # in every object, as test_warnings.py holds
            del content["warnings"]
        return result.exit_code, content

    return run


@pytest.fixture
def start(empty_folder: Path) -> Callable[..., Textclf]:
    """Starts a command line in a process of its own, where lines have 20 columns."""
    return partial(Textclf, env={**os.environ, "COLUMNS": "20"})
