"""Every error ends in an exit code of the contract, as plain lines or as one JSON object."""

import errno
import json
import os
import subprocess
import sys

import pytest

from textclf import errors, runs

COMMANDS = [
    "train",
    "evaluate",
    "runs",
    "note",
    "rm",
    "compare",
    "learning-curve",
    "plot",
    "check",
    "data",
    "data fetch",
    "data cache",
    "data show",
    "data verify",
]


@pytest.mark.parametrize("command", ["", *COMMANDS])
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_has_help(cli, command, option):
    result = cli(*command.split(), option)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: textclf {command}".rstrip() + " [OPTIONS]")
    # A first sentence that is too long for the list of commands would be cut.
    assert "..." not in result.stdout.replace("...\n", "\n", 1).replace("[ARGS]...", "")


def test_the_version_is_printed(cli):
    result = cli("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("textclf 0.")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Usage: textclf [OPTIONS] COMMAND"),
        (["data"], "Usage: textclf data [OPTIONS] COMMAND"),
        (["trian"], "No such command 'trian'."),
        (["data", "get"], "No such command 'get'."),
        (["train"], "Missing argument 'CONFIG'."),
        (["train", "imdb_lstm", "more"], "Got unexpected extra argument (more)"),
        (["train", "imdb_lstm", "--epochs", "3"], "No such option '--epochs'."),
        (["train", "imdb_lstm", "--name"], "Option '--name' requires an argument."),
        (["evaluate", "a", "b"], "Got unexpected extra argument (b)"),
    ],
)
def test_wrong_usage_ends_with_2(cli, arguments, message):
    result = cli(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [["train"], ["trian"], ["evaluate", "a", "b"], ["plot", "-o", "x"], ["data", "verify"], []],
)
def test_wrong_usage_is_told_in_json_too(cli_json, arguments):
    code, printed = cli_json(*arguments)
    assert code == printed["error"]["code"] == 2
    assert len(printed["error"]["messages"]) == 1


@pytest.fixture
def failing(monkeypatch):
    """Lets `evaluate` fail with an error."""

    def fail_with(error):
        def fail(*_):
            raise error

        monkeypatch.setattr(runs, "find_run", fail)

    return fail_with


@pytest.mark.parametrize(
    ("error", "code", "messages"),
    [
        (errors.ConfigError("a", "b"), 3, ["a", "b"]),
        (errors.DataError("a"), 4, ["a"]),
        (errors.MissingDataError("a"), 4, ["a"]),
        (errors.RunError("a"), 5, ["a"]),
        (errors.ResourceError("a"), 6, ["a"]),
        (errors.ExpectationError("a"), 7, ["a"]),
        (
            MemoryError(),
            6,
            [errors.OUT_OF_MEMORY],
        ),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            6,
            [
                "[Errno 28] No space left on device; make room on the disk, or where standard "
                "output goes"
            ],
        ),
        (KeyboardInterrupt(), 130, ["interrupted"]),
    ],
)
def test_an_error_ends_with_its_code(cli, cli_json, failing, error, code, messages):
    failing(error)
    result = cli("evaluate")
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.strip().splitlines() == [f"textclf: {message}" for message in messages]
    expected = (code, {"error": {"code": code, "messages": messages}})
    assert cli_json("evaluate") == expected


def test_a_bug_is_the_only_case_with_a_traceback(cli, cli_json, failing):
    failing(KeyError("x"))
    result = cli("evaluate")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Traceback (most recent call last):")
    assert "this is a bug of textclf" in result.stderr.splitlines()[-1]
    assert cli_json("evaluate")[1]["error"]["code"] == 1


def test_an_error_line_is_neither_wrapped_nor_decorated(cli, failing, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    message = "/a/very/long/folder/" * 20 + "config.yaml:1:1: [bold]wrong[/bold] :smile:"
    failing(errors.ConfigError(message))
    assert cli("evaluate").stderr == f"textclf: {message}\n"


def test_terminal_codes_and_line_breaks_in_a_message_are_shown_not_sent(cli, failing):
    failing(errors.RunError("a\x1b[31mb\nc\rd\x07ü"))
    assert cli("evaluate").stderr == "textclf: a\\x1b[31mb\\nc\\rd\\x07ü\n"


def test_json_is_ascii_whatever_the_message(cli, failing):
    failing(errors.RunError("ü\udcff\n"))
    result = cli("evaluate", "--json")
    assert result.stdout.isascii()
    assert json.loads(result.stdout)["error"]["messages"] == ["ü\udcff\n"]


def test_output_into_a_closed_pipe_is_no_traceback():
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "textclf", "--help"]
    result = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert result.stderr == ""


FRUGAL = """
import sys
from textclf.cli import main

def run(code, *arguments):
    try:
        main(list(arguments), prog_name="textclf")
    except SystemExit as end:
        assert end.code == code, (arguments, end.code)
    late = {"tensorflow", "keras"} & set(sys.modules)
    assert not late, (arguments, late)

run(0, "--help")
run(0, "--version")
assert "pydantic" not in sys.modules and "numpy" not in sys.modules
run(0, "runs", "--runs-dir", sys.argv[1])
assert "pandas" not in sys.modules and "numpy" not in sys.modules
run(3, "check", "imdb_lstm", "--set", "model.unit=8")
run(3, "train", "imdb_lstm", "--set", "model.type=dens")
run(2, "train", "imdb_lstm", "--device", "tpu")
run(5, "evaluate", "nothing")
run(0, "plot", f"{sys.argv[1]}/imdb", "-o", "picture.png")
run(0, "compare", "seeds", "tail", "--runs-dir", sys.argv[1])
run(0, "data", "verify", "imdb")
"""


@pytest.mark.slow
@pytest.mark.real_data
def test_what_needs_no_tensorflow_does_not_import_it(trained, empty_folder):
    command = [sys.executable, "-c", FRUGAL, str(trained)]
    result = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 0, result.stderr
