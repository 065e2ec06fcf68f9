"""What files hold, and how they are called, never reaches the terminal as it is."""

import json
from pathlib import Path

import pytest

from run_folders import make_run
from textclf.cli.progress import LiveReporter

CODE = "\x1b]0;owned\x07\x1b[2J\u202e"
ESCAPED = "\\x1b]0;owned\\x07\\x1b[2J\\u202e"


def is_clean(text: str) -> bool:
    return all(c.isprintable() or c == "\n" for c in text)


@pytest.fixture
def doctored(tmp_path: Path) -> Path:
    """Two runs whose records, scores and names hold terminal codes."""
    for name in ("one", "two"):
        run = make_run(
            tmp_path / f"a{CODE}",
            name,
            3.0,
            versions={f"keras{CODE}": f"{name}{CODE}"},
            recipe=CODE,
            started=CODE,
        )
        metrics = json.loads(run.metrics_path.read_text())
        run.metrics_path.write_text(json.dumps({**metrics, f"val{CODE}": 1.0, f"val{CODE}_sd": 2}))
    (tmp_path / f"a{CODE}" / f"bad{CODE}").mkdir()
    (tmp_path / f"a{CODE}" / f"bad{CODE}" / "run.json").write_text(f"{{{CODE}")
    return tmp_path / f"a{CODE}"


@pytest.mark.parametrize(
    "arguments",
    [
        ["runs"],
        ["compare", "one", "two"],
        ["plot", "one"],
        ["report", "one"],
        ["evaluate", "three"],
        ["evaluate", f"bad{CODE}"],
        ["resume", "one"],
        ["export", "one", "--format", "keras", "-o", f"x{CODE}.keras"],
    ],
)
def test_no_code_of_a_run_reaches_the_terminal(cli, doctored, monkeypatch, tmp_path, arguments):
    monkeypatch.chdir(tmp_path)
    result = cli(*arguments, "--runs-dir", doctored)
    assert "Traceback" not in result.stderr
    assert is_clean(result.stdout) and is_clean(result.stderr)
    if arguments[0] != "report":  # which names its file alone
        assert ESCAPED in result.stdout + result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", CODE],
        ["train", CODE, "--name", CODE],
        ["init", f"{CODE}.csv"],
        ["init", "-o", f"{CODE}.yaml"],
        ["data", "show", CODE],
        ["data", "verify", "imdb", "--data-dir", CODE],
        ["schema", "-o", f"{CODE}.json"],
        ["plot", f"--{CODE}"],
        [CODE],
    ],
)
def test_no_code_of_a_name_reaches_the_terminal(cli, monkeypatch, tmp_path, arguments):
    monkeypatch.chdir(tmp_path)
    result = cli(*arguments)
    assert "Traceback" not in result.stderr
    assert is_clean(result.stdout) and is_clean(result.stderr)


def test_scores_are_printed_with_their_keys_escaped(capsys):
    from textclf.cli.output import print_scores

    print_scores({f"val{CODE}": 0.5})
    assert capsys.readouterr().out == f"val{ESCAPED}  0.5000\n"


def test_a_note_before_the_first_fit_has_a_line_of_its_own(capsys):
    reporter = LiveReporter()
    reporter.note("share-0.5: 20 training rows")
    assert capsys.readouterr().err == "textclf: share-0.5: 20 training rows\n"
    reporter.begin_fit("share-0.5", epochs=1, batches=1)
    reporter.end_fit()
    reporter.note("share-1: 40 training rows")
    assert "textclf: share-1: 40 training rows\n" in capsys.readouterr().err
