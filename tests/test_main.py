"""A signal ends the process with one line, whatever it does."""

import json
import signal
import subprocess
import sys

import pytest

AT_IMPORT = """
import signal, sys
from importlib.abc import MetaPathFinder

class Signal(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            signal.raise_signal(signal.{number})
            {then}

sys.meta_path.insert(0, Signal())
sys.argv = ["textclf", *{arguments!r}]
from textclf.__main__ import run
run()
"""
CHECK = ["check", "imdb_lstm"]
STUCK = """
import signal, sys, time
from textclf import __main__, runs

def hang(*_):  # as native code does
    for number in __main__.SIGNALS:
        signal.signal(number, lambda *_: None)
    print("stuck", flush=True)
    while True:
        time.sleep(1)

__main__.PATIENCE = 0.01
runs.find_run = hang
sys.argv = ["textclf", "evaluate", *{arguments!r}]
__main__.run()
"""


def start(script: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(("number", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
@pytest.mark.parametrize("module", ["textclf.cli", "click", "textclf.cli.train", "pydantic"])
def test_an_early_signal_is_one_line(module, number, code):
    found = []
    for arguments in (CHECK, [*CHECK, "--json"]):
        script = AT_IMPORT.format(module=module, number=number, arguments=arguments, then="")
        process = start(script)
        out, err = process.communicate()
        found.append((out, err.strip(), process.returncode))
    (out, err, plain_code), (json_out, json_err, json_code) = found
    assert (out, err, plain_code, json_code) == ("", "textclf: interrupted", code, code)
    error = {"code": code, "messages": ["interrupted"]}
    assert (json.loads(json_out), json_err) == ({"error": error}, "")


HIDING = """
            try:
                signal.raise_signal(signal.SIGINT)
            except BaseException:
                raise ImportError("initialization failed")
"""


@pytest.mark.parametrize("module", ["pydantic", "numpy", "yaml"])
def test_a_module_that_hides_the_signal_is_no_bug(module):
    script = AT_IMPORT.replace("signal.raise_signal(signal.{number})", HIDING)
    process = start(script.format(module=module, arguments=CHECK, then=""))
    out, err = process.communicate()
    assert (out, err.strip(), process.returncode) == ("", "textclf: interrupted", 130)


def test_a_signal_inside_exec_ends_with_the_same_code(tmp_path):
    """As in a dataclass's making; `python -m` remembers it, and would end itself by the signal."""
    script = AT_IMPORT.replace("signal.raise_signal(", "exec('import signal; signal.raise_signal(")
    script = script.replace("signal.{number})", "signal.{number})')")
    module = tmp_path / "module.py"
    module.write_text(script.format(module="pydantic", number="SIGINT", arguments=CHECK, then=""))
    done = subprocess.run(
        [sys.executable, "-m", "module"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.stderr.strip(), done.returncode) == ("textclf: interrupted", 130)


@pytest.mark.parametrize("arguments", [[], ["--json"]])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_long_step_is_said_and_a_second_signal_ends_it(number, arguments):
    process = start(STUCK.format(arguments=arguments))
    assert process.stdout.readline() == "stuck\n"
    process.send_signal(number)
    assert "ends after the step that runs" in process.stderr.readline()
    process.send_signal(number)
    out, err = process.communicate()
    code = 128 + number
    assert process.returncode == code
    text = json.loads(out)["error"]["messages"][0] if arguments else err
    assert "finished epochs are kept" in text


def test_a_signal_that_was_ignored_stays_ignored():
    script = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)" + AT_IMPORT.format(
        module="click", number="SIGINT", arguments=["--version"], then=""
    )
    process = start(script)
    assert process.communicate()[0].startswith("textclf ")
    assert process.returncode == 0
