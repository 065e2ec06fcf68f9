"""YAML is read without guesses, and what is refused is told with its place."""

import math

import pytest

from textclf.config.strict_yaml import Position, YamlError, needs_quotes, parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 0.0001),
        ("1e5", 100000.0),
        ("1.5E+3", 1500.0),
        (".5", 0.5),
        ("-.5", -0.5),
        ("1.", 1.0),
        ("0", 0),
        ("-3", -3),
        ("+3", 3),
        ("1_000", "1_000"),
        ("010", "010"),
        ("0x10", "0x10"),
        ("0o10", "0o10"),
        ("12:30", "12:30"),
        ("2001-01-01", "2001-01-01"),
        ("true", True),
        ("false", False),
        ("True", "True"),
        ("off", "off"),
        ("no", "no"),
        ("yes", "yes"),
        ("null", None),
        ("~", None),
        ("", None),
        ("Null", "Null"),
        (".inf", math.inf),
        ("-.inf", -math.inf),
        ("1e999", math.inf),
        ("'10'", "10"),
        ('"true"', "true"),
        ("<<", "<<"),
        ("=", "="),
        ("|\n  10", "10"),
    ],
)
def test_a_scalar_means_what_a_person_expects(text: str, value: object) -> None:
    read = parse(f"key: {text}", "a.yaml").data["key"]
    assert read == value
    assert type(read) is type(value)


def test_nan_is_a_float() -> None:
    assert math.isnan(parse(".nan", "a.yaml").data)


@pytest.mark.parametrize("text", ["", "\n", "# a comment\n", "---\n"])
def test_an_empty_text_is_none(text: str) -> None:
    assert parse(text, "a.yaml").data is None


def test_keys_stay_texts() -> None:
    assert parse("{1: a, true: b, null: c, off: d}", "a.yaml").data == {
        "1": "a",
        "true": "b",
        "null": "c",
        "off": "d",
    }


def test_positions_are_those_of_keys_and_of_list_items() -> None:
    document = parse("model:\n  type: dense\n  units: [16, 8]\nseed: 3\n", "a.yaml")
    assert document.positions == {
        (): Position(1, 1),
        ("model",): Position(1, 1),
        ("model", "type"): Position(2, 3),
        ("model", "units"): Position(3, 3),
        ("model", "units", 0): Position(3, 11),
        ("model", "units", 1): Position(3, 15),
        ("seed",): Position(4, 1),
    }


def test_positions_hold_with_windows_line_ends() -> None:
    document = parse("model:\r\n  type: lstm\r\nseed: 3\r\n", "a.yaml")
    assert document.data == {"model": {"type": "lstm"}, "seed": 3}
    assert document.positions["seed",] == Position(3, 1)


NOTHING_CAN_FOLLOW = "unexpected text; check the indentation, the quotes and the brackets"
NO_COLON_HERE = "unexpected ':'; check the indentation and the line above, or quote the text"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", "3:1: duplicate key 'a', first given on line 1"),
        ("s: {x: 1, x: 2}", "1:11: duplicate key 'x', first given on line 1"),
        ("a: &b 1", "1:4: anchor '&b' is not allowed; remove it"),
        ("a: *b", "1:4: alias '*b' is not allowed; write the value itself"),
        ("*b : 1", "1:1: alias '*b' is not allowed; write the value itself"),
        ("a: !!int 3", "1:4: tag '!!int' is not allowed; remove it"),
        ("a: ! 3", "1:4: tag '!' is not allowed; remove it"),
        ("a: !x {}", "1:4: tag '!x' is not allowed; remove it"),
        (
            "a: !!python/object/apply:os.system [ls]",
            "1:4: tag '!!python/object/apply:os.system' is not allowed; remove it",
        ),
        ("a: !x!y 3", "1:4: tags (words that begin with '!') are not allowed"),
        ("a: 1\n---\nb: 2", "2:1: a second document; a config is only one"),
        (
            "a: 1\n...\nb: 2",
            "3:1: a second document or stray text; a config is only one map of settings",
        ),
        ("[" * 20_000, "1:51: nested more than 50 levels deep"),
        ("[\n" * 20_000, "51:1: nested more than 50 levels deep"),
        ("{a: " * 20_000, "1:201: nested more than 50 levels deep"),
        ("- " * 20_000, "1:101: nested more than 50 levels deep"),
        ("? " * 20_000, "1:3: a key must be a word, not a list or a map"),
        ("? [a]\n: b", "1:3: a key must be a word, not a list or a map"),
        ("{: 1}", "1:2: expected a key or a value here"),
        ('"": 1', "1:1: a key is missing before ':'"),
        ("a:\n\tb: 1", "2:1: a tab, where YAML allows only spaces; replace it by spaces"),
        ("a:\t1", "1:3: a tab, where YAML allows only spaces; replace it by spaces"),
        ("é: \x07", "1:4: character U+0007 is not allowed in a config"),
        ("a: 1\r\nb: \x00", "2:4: character U+0000 is not allowed in a config"),
        ("a: \udcff", "1:4: character U+DCFF is not allowed in a config"),
        ('a: "\\0"', "1:4: character U+0000 is not allowed in a text"),
        ('a: "\\ud800"', "1:4: character U+D800 is not allowed in a text"),
        ('a: "\\UFFFFFFFF"', "1:7: a number or an escape here is out of range"),
        ('a: "\\q"', "1:6: a backslash has a special meaning in double quotes; use single quotes"),
        ("a: 'x\n", "2:1: the quote that was opened on line 1 is never closed"),
        ("a: [1, 2\n", "2:1: expected ',' or ']' in the list that begins on line 1"),
        ("a: {b: 1]", "1:9: expected ',' or '}' in the map that begins on line 1"),
        ("a: @b", "1:4: a text that begins with '@' needs quotes"),
        ("a: *", "1:5: a text that begins with '*' or '&' needs quotes"),
        ("a: b: c", f"1:5: {NO_COLON_HERE}"),
        ("epochs:10\nseed: 3", f"2:5: {NO_COLON_HERE}"),
        ("a:\n  b: 1\n c: 2", f"3:2: {NOTHING_CAN_FOLLOW}"),
        ("a: [1]]", f"1:7: {NOTHING_CAN_FOLLOW}"),
        ("a: 'x' y", f"1:8: {NOTHING_CAN_FOLLOW}"),
        ("a: 1\nb\nc: 3", "3:1: a ':' and a space are missing after the key on line 2"),
        (
            "a: - b",
            "1:4: a list cannot begin here; put the '-' on its own line, or quote the text",
        ),
        ("a: ? b", "1:4: unexpected '?'; quote the text"),
        ("a: |x", "1:5: '|' and '>' begin a text of several lines; quote the text"),
        ("a: ]", "1:4: expected a key or a value here"),
        ("%YAML 9.9\n---\na", "1:1: lines that begin with '%' are not allowed; remove it"),
        (f"a: {'9' * 5_000}", "1:4: a number of 5,000 digits is too long"),
    ],
)
def test_what_is_refused_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(YamlError) as caught:
        parse(text, "a.yaml")
    assert caught.value.messages == (f"a.yaml:{message}",)


def test_fifty_levels_are_allowed() -> None:
    data = parse("[" * 50 + "]" * 50, "a.yaml").data
    for _ in range(49):
        (data,) = data
    assert data == []


def test_billion_laughs_are_refused_at_every_anchor_and_alias() -> None:
    text = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    with pytest.raises(YamlError) as caught:
        parse(text, "a.yaml")
    assert [(problem.position.line, problem.message[:11]) for problem in caught.value.problems] == [
        (1, "anchor '&a'"),
        (2, "anchor '&b'"),
        (2, "alias '*a' "),
        (2, "alias '*a' "),
        (3, "alias '*b' "),
        (3, "alias '*b' "),
    ]


def test_a_message_stays_on_one_line_whatever_the_key() -> None:
    with pytest.raises(YamlError) as caught:
        parse('{"a\\nb": 1, "a\\nb": 2}', "a.yaml")
    assert caught.value.messages == (r"a.yaml:1:13: duplicate key 'a\nb', first given on line 1",)


@pytest.mark.parametrize("text", ["1e5", "10", ".5", "true", "null", "~", "", ".nan", "-.inf"])
def test_texts_that_look_like_more_need_quotes(text: str) -> None:
    assert needs_quotes(text)
    assert parse(f'"{text}"', "a.yaml").data == text


@pytest.mark.parametrize("text", ["off", "010", "1_000", "12:30", "lstm"])
def test_plain_words_need_no_quotes(text: str) -> None:
    assert not needs_quotes(text)
