"""The progress of a command that works through several runs."""

import sys

import pytest

from textclf.cli.steps import show_steps


def steps(count: int, quiet: bool = False) -> None:
    with show_steps(quiet) as show:
        for done in range(count):
            show(done, count, f"reading run\x1b{done}")


def test_a_line_for_each_step_where_nobody_watches(capsys):
    steps(4)
    assert capsys.readouterr().err.splitlines()[::3] == [
        *("1/4  reading run\\x1b0", "4/4  reading run\\x1b3")
    ]


@pytest.mark.parametrize(("count", "quiet"), [(3, False), (9, True)])
def test_few_steps_and_quiet_ones_say_nothing(capsys, count, quiet):
    steps(count, quiet)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_has_one_live_line(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    steps(9)
    shown = capsys.readouterr()
    assert shown.out == "" and "reading run 8" in shown.err and "\x1b0" not in shown.err
