"""What a command prints: scores in lines, one JSON object, progress in lines or live."""

import json

import pytest

from textclf.cli import progress
from textclf.cli.expectations import Expectation
from textclf.cli.output import finish, print_object, print_scores
from textclf.errors import ExpectationError


def test_scores_are_aligned_with_their_deviations_beside_them(capsys):
    print_scores({"val_mae": 2.59, "val_mae_sd": 0.25, "test_loss": 12.34567, "best_epoch": 7})
    assert capsys.readouterr().out == (
        "val_mae     2.5900 ± 0.2500\ntest_loss   12.3457\nbest_epoch  7\n"
    )


def test_no_scores_are_no_lines(capsys):
    print_scores({})
    assert capsys.readouterr().out == ""


def test_json_is_one_line_of_ascii(capsys):
    print_object({"run": "Ü\n\udc80"})
    printed = capsys.readouterr().out
    assert printed.isascii() and printed.count("\n") == 1
    assert json.loads(printed) == {"run": "Ü\n\udc80"}


def test_json_has_no_nan():
    with pytest.raises(ValueError, match="JSON"):
        print_object({"val_loss": float("nan")})


def test_an_unmet_expectation_is_raised_after_the_scores(capsys):
    with pytest.raises(ExpectationError):
        too_high = Expectation("val_mae", "<", 2.0)
        finish("runs/a", "finished", {"val_mae": 2.5}, [], [too_high], False)
    assert capsys.readouterr().out == "val_mae  2.5000\nruns/a\n"


LINEAR = {
    "model": "logistic regression",
    "metrics": {"val_loss": 0.4, "val_accuracy": 0.81, "test_accuracy": 0.8},
}


def test_a_baseline_is_a_line_after_the_scores_and_a_key_of_the_json(capsys):
    scores = {"val_accuracy": 0.85, "test_accuracy": 0.84}
    finish("runs/a", "finished", scores, [], [], False, baseline=LINEAR)
    assert capsys.readouterr().out.splitlines()[2:] == [
        "baseline       0.8000  test_accuracy of logistic regression",
        "runs/a",
    ]
    finish("runs/a", "finished", scores, [], [], True, {"threshold": 1}, LINEAR)
    printed = json.loads(capsys.readouterr().out)
    assert (printed["threshold"], printed["baseline"]) == (1, LINEAR)
    assert printed["metrics"] == scores


def test_without_test_rows_a_baseline_has_its_validation_score(capsys):
    without = {"model": "ridge regression", "metrics": {"val_loss": 0.4, "val_mae": 2.0}}
    finish("runs/a", "finished", {"val_mae": 1.0}, [], [], False, baseline=without)
    assert "baseline  2.0000  val_mae of ridge regression\n" in capsys.readouterr().out
    finish("a", "finished", {}, [], [], False, baseline={"model": "a", "metrics": {}})
    assert capsys.readouterr().out == "a\n"


def row(epoch: int, seconds: float = 0.25) -> dict[str, float]:
    return {"epoch": epoch, "loss": 0.5, "learning_rate": 1e-3, "seconds": seconds}


@pytest.mark.parametrize(("epochs", "most"), [(1, 1), (20, 20), (21, 11), (1000, 20), (10_001, 20)])
def test_long_fits_print_a_line_every_few_epochs_and_the_last(capsys, epochs, most):
    with progress.show_progress(quiet=False) as reporter:
        reporter.begin_fit("run-1", epochs, 10)
        for epoch in range(1, epochs + 1):
            reporter.end_epoch(row(epoch))
    captured = capsys.readouterr()
    lines = captured.err.splitlines()
    assert captured.out == "" and len(lines) == most
    assert lines[-1] == f"run-1  epoch {epochs}/{epochs}  loss 0.5000  0.2 s"


def test_quiet_is_silent(capsys):
    with progress.show_progress(quiet=True) as reporter:
        reporter.begin_fit("run-1", 1, 1)
        reporter.end_epoch(row(1))
    assert capsys.readouterr() == ("", "")


def test_the_cursor_is_shown_again_after_an_interruption(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    with pytest.raises(KeyboardInterrupt), progress.show_progress(quiet=False) as reporter:
        reporter.begin_fit("run-1", 2, 3)
        reporter.end_batch(1, 1, {"loss": 0.5})
        reporter.end_epoch(row(1))
        raise KeyboardInterrupt
    printed = capsys.readouterr().err
    assert "run-1  epoch 1/2  loss 0.5000  0.2 s\n" in printed.replace("\r", "")
    assert printed.count("\x1b[?25l") == printed.count("\x1b[?25h") == 1
