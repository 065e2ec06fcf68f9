"""Tables fit the terminal; elsewhere nothing of them is left out or coloured."""

import math
import sys

import pytest

from textclf.cli import tables
from textclf.cli.tables import Column, print_table, print_wide_table

COLUMNS = (Column("name"), Column("n", is_number=True), Column("note", rank=1), Column("x", 2))
ROWS = [
    [("日本語", None), ("1", "red"), ("short", None), ("", None)],
    [("a\x1b[31m\nb", None), ("10", None), ("a longer note", None), ("", None)],
]


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch):
    def set_room(columns: float) -> None:
        monkeypatch.setattr(tables, "line_length", lambda: columns)

    return set_room


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_columns_are_aligned_whatever_their_texts(capsys, room):
    room(math.inf)
    print_table(COLUMNS, ROWS)
    assert lines_of(capsys) == [
        "name           n  note",
        "日本語         1  short",
        r"a\x1b[31m\nb  10  a longer note",
    ]


def test_the_highest_rank_is_left_out_first_then_the_first_column_is_shortened(capsys, room):
    room(20)
    print_table(COLUMNS, ROWS)
    assert lines_of(capsys)[0] == "name           n"
    room(13)
    print_table(COLUMNS, ROWS)
    assert lines_of(capsys) == ["name        n", "日本語      1", r"a\x1…m\nb  10"]


def test_a_wide_table_continues_below_with_its_first_column(capsys, room):
    room(16)
    names = [Column("score"), *(Column(f"run-{n}", is_number=True) for n in range(3))]
    print_wide_table(names, [[("mae", None), ("1", None), ("2", None), ("3", None)]])
    assert lines_of(capsys) == [
        *("score  run-0", "mae        1", ""),
        *("score  run-1", "mae        2", ""),
        *("score  run-2", "mae        3"),
    ]


def test_colours_reach_only_a_terminal_without_no_color(capsys, room, monkeypatch):
    room(math.inf)
    print_table(COLUMNS, ROWS)
    assert "\x1b" not in capsys.readouterr().out
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_: False)
    print_table(COLUMNS, ROWS)
    assert "\x1b[31m1" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "")
    print_table(COLUMNS, ROWS)
    assert "\x1b" not in capsys.readouterr().out


def test_a_file_gets_lines_as_long_as_they_are(monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    assert tables.line_length() == math.inf
