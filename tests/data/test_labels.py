"""Labels that people typed: which look alike, and how a config merges them."""

import unicodedata

import pytest

from textclf.data.labels import alike, label_warnings, refuse_unknown
from textclf.errors import DataError


@pytest.mark.parametrize(
    "group",
    [
        ["two", "Two", "TWO"],
        ["1", "1.0", "01"],
        ["spam", "s pam", "spam\u00a0"],
        ["Größe", unicodedata.normalize("NFD", "Größe"), "GRÖSSE"],
        ["A", "Ａ"],
    ],
)
def test_labels_that_look_alike_are_grouped(group):
    counts = {"other": 50, **{name: 10 - place for place, name in enumerate(group)}}
    assert alike(counts) == [group]


def test_other_labels_are_not():
    assert alike(dict.fromkeys(["1", "-1", "10", "1_0", "nan", "a", "b", "ab", "1a"], 5)) == []


def test_the_pairs_are_shown_with_their_rows_and_the_line_that_merges_them():
    (line,) = label_warnings({"two": 480, "Two": 120, "1": 5, "1.0": 7, "x": 1})
    assert line == (
        "labels that look alike are different classes: 'two' (480), 'Two' (120); '1.0' (7), "
        '\'1\' (5); to merge them, set dataset.labels: {Two: two, "1": "1.0"}'
    )


def test_labels_that_look_like_lists_are_named():
    (line,) = label_warnings({"a|b": 3, "a": 3, "b|a": 2})
    assert "'a|b' and 'b|a' look like lists of labels" in line
    assert line.endswith("for several labels in a row, set dataset.labels: {separator: '|'}")
    assert not [*label_warnings({"a|b": 3, "a|c": 3, "rock, pop": 2, "pop": 2})]


def test_a_merged_label_that_no_row_has_is_an_error():
    refuse_unknown("a.csv", ["Two"], ["Two", "two"])
    with pytest.raises(
        DataError, match=r"^a.csv: no row has the label 'Twoo' .*did you mean 'Two'\?"
    ):
        refuse_unknown("a.csv", ["Two", "Twoo"], ["Two", "two"])
