"""What a call from Python shows of a training: a line for each epoch, or nothing."""

import pytest

from textclf.training.reporter import LineReporter, Reporter, describe_epoch, describe_seconds

ROW = {"epoch": 3, "loss": 0.5, "val_loss": 0.25, "learning_rate": 1e-3, "seconds": 1.25}


def test_an_epoch_is_a_line_on_standard_error(capsys):
    reporter = LineReporter()
    reporter.begin_fit("run-1", 10, 5, done=2)
    reporter.end_epoch(ROW)
    reporter.end_fit()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1] == f"run-1  {describe_epoch(ROW, 10)}"
    assert describe_epoch(ROW, 10) == "epoch  3/10  loss 0.5000  val_loss 0.2500  1.2 s"


def test_the_plain_reporter_is_silent(capsys):
    reporter = Reporter()
    reporter.begin_fit("run-1", 10, 5)
    reporter.end_epoch(ROW)
    reporter.note("a note")
    reporter.warn("a warning")
    reporter.end_fit()
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("seconds", "text"), [(12.34, "12.3 s"), (0.1, "0.1 s"), (0.0123, "12 ms")]
)
def test_seconds_have_a_fitting_unit(seconds, text):
    assert describe_seconds(seconds) == text
