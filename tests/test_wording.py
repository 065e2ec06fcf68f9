"""Numbers, lists and texts of users in sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from textclf.wording import (
    listed,
    one_line,
    printable,
    several,
    short_titles,
    shortened,
    shortened_inside,
    some_of,
)


def test_a_noun_follows_its_number():
    counts = [(0, "row"), (1, "class"), (2, "class"), (2000, "text")]
    assert [several(*count) for count in counts] == [
        "0 rows",
        "1 class",
        "2 classes",
        "2,000 texts",
    ]


def test_a_long_list_is_begun():
    assert some_of(["a", "b"], 2) == "a, b"
    assert some_of(["a", "b", "c"], 2) == "a, b, …"
    assert some_of([], 2) == ""


@pytest.mark.parametrize(
    ("items", "expected"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_a_list_ends_with_a_conjunction(items, expected):
    assert listed(items) == expected
    assert listed(items, "or") == expected.replace("and", "or")


def test_a_list_of_many_says_how_many_more():
    assert listed("abc", most=3) == "a, b and c"
    assert listed("abcde", most=2) == "a, b and 3 more"
    assert listed(["a"] * 2_001, most=1) == "a and 2,000 more"


def test_a_long_text_loses_its_end_or_its_middle():
    assert shortened("a text", 6) == shortened_inside("a text", 6) == "a text"
    assert shortened("a long text", 8) == "a long…"
    assert shortened_inside("a long text", 8) == "a lo…ext"
    assert shortened_inside("a long text", 7) == "a l…ext"


@given(text=st.text(max_size=40), most=st.integers(2, 30), width=st.sampled_from([len, cell_len]))
def test_a_shortened_text_is_never_too_wide(text, most, width):
    for shorter in (shortened(text, most, width), shortened_inside(text, most, width)):
        assert width(shorter) <= most
        assert shorter == text if width(text) <= most else "…" in shorter


def test_wide_signs_count_double_where_cells_are_counted():
    assert shortened("日本語テキスト", 7, cell_len) == "日本語…"
    assert shortened_inside("日本語テキスト", 7, cell_len) == "日本…ト"


def test_nothing_that_steers_a_terminal_is_printable():
    assert printable("a\nb\x1b[31m\udcff\u202e") == "a\\nb\\x1b[31m\\udcff\\u202e"
    assert printable("naïve 日本") == "naïve 日本"


def test_one_line_has_single_blanks():
    assert one_line(" a\n\n b\t\x1b\udcffc ") == "a b c"


def test_titles_are_as_short_as_they_can_be():
    paths = ["model.units", "training.epochs", "training.checkpoint.monitor", "early.monitor"]
    assert short_titles(paths) == ["units", "epochs", "checkpoint.monitor", "early.monitor"]
    assert short_titles(["training.epochs"], ["epochs"]) == ["training.epochs"]
    assert short_titles(["seed"]) == ["seed"]
