"""What a sweep may set a setting to, as people write it."""

import pytest

from textclf.config.space import Choices, Range, axis_from_json, axis_of, parse_axis
from textclf.errors import UsageError


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("8,16,32", (8, 16, 32)),
        ("1e-3, 1e-2", (0.001, 0.01)),
        ("adam,sgd", ("adam", "sgd")),
        ("true,false", (True, False)),
        ("null,3", (None, 3)),
        ("[8,8],[16]", ([8, 8], [16])),
        ("{schedule: cosine, initial: 0.1},0.01", ({"schedule": "cosine", "initial": 0.1}, 0.01)),
        ("'a,b',c", ("a,b", "c")),
        ("it's,so", ("it's", "so")),
    ],
)
def test_values_between_commas_are_choices(text, values):
    assert parse_axis(text) == Choices(values)


@pytest.mark.parametrize(
    "text", ["8", "[8,16]", "{a: 1, b: 2}", "'a,b'", "a..b", "../a/../b.csv", "", "1:2"]
)
def test_one_value_is_not_varied(text):
    assert parse_axis(text) is None


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("1e-4..1e-2", Range(1e-4, 1e-2, True)),
        ("0.001..0.09", Range(0.001, 0.09, False)),
        ("0.0..0.5", Range(0.0, 0.5, False)),
        ("-1..1", Range(-1, 1, False)),
        ("4..64", Range(4, 64, False)),
        ("1..100", Range(1, 100, True)),
        ("log:4..64", Range(4, 64, True)),
        ("lin:1..1000", Range(1, 1000, False)),
        (" 4 .. 64 ", Range(4, 64, False)),
    ],
)
def test_two_numbers_are_a_range_by_logarithm_where_it_is_wide(text, axis):
    assert parse_axis(text) == axis
    assert axis.is_whole == (type(axis.low) is int)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1e-2..1e-4", "1e-2..1e-4: the first number must be the smaller one"),
        ("3..3", "3..3: the first number must be the smaller one"),
        ("log:0..1", "log:0..1: a logarithm needs numbers above 0"),
        ("log:a..b", "log:a..b: not a range of numbers, such as log:1e-4..1e-2"),
        ("8,8", "8 is there twice"),
        ("8,'a", "the quote that was opened on line 1 is never closed"),
    ],
)
def test_what_is_neither_is_refused(text, message):
    with pytest.raises(UsageError) as caught:
        parse_axis(text)
    assert caught.value.messages == (message,)


@pytest.mark.parametrize(
    ("value", "axis"),
    [
        ([8, 16], Choices((8, 16))),
        ("1e-4..1e-2", Range(1e-4, 1e-2, True)),
        ("8,16", Choices((8, 16))),
        ("adam", Choices(("adam",))),
        (8, Choices((8,))),
    ],
)
def test_a_config_says_the_same_in_yaml(value, axis):
    assert axis_of(value) == axis


def test_an_empty_list_is_nothing_to_choose_from():
    with pytest.raises(UsageError, match="expected 1 to 1,000 choices, received 0"):
        axis_of([])


@pytest.mark.parametrize(
    "axis", [Choices((8, [1], None)), Range(1, 3, False), Range(0.1, 20, True)]
)
def test_sweep_json_keeps_it(axis):
    assert axis_from_json(axis.to_json()) == axis
