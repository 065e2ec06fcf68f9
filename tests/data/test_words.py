"""Texts become words and characters as Unicode has them, whatever form they come in."""

import unicodedata

import pytest

from many_scripts import TEXTS
from textclf.data.tokenizer import split_words
from textclf.data.words import character_pattern, fold, split_by, word_pattern

words, characters = split_by(word_pattern()), split_by(character_pattern())
words_and_signs = split_by(word_pattern(signs=True))
characters_and_signs = split_by(character_pattern(signs=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The cat, the CAT -- and\tthe\ndog.", "the cat the cat and the dog"),
        ("don't 'quoted' o'clock dogs' 90's", "don't quoted o'clock dogs 90's"),
        ("don’t ‘quoted’ oʼclock", "don't quoted o'clock"),
        ("3.14 1,000.5 v2.0 end.Begin a,b e.g.", "3.14 1,000.5 v2.0 end begin a b e g"),
        ("“a”…b–c—d‹e›f «g»„h“", "a b c d e f g h"),
        ("a\u00a0b\u202fc\u3000d\r\ne\rf\u2028g\x85h", "a b c d e f g h"),
        ("ａ，ｂ。ｃ：ｄ．ｅ＿ｆ（ｇ）ｈ＇ｉ", "ａ ｂ ｃ ｄ ｅ ｆ ｇ ｈ ｉ"),
        ("snake_case a/b <br />", "snake case a b br"),
        ("co\u00adoperate \ufeffstart a\u2060b", "cooperate start ab"),
        ("Straße STRASSE ΟΔΟΣ οδος", "strasse strasse οδοσ οδοσ"),
        ("학교에서 서울·부산 3월", "학교에서 서울 부산 3월"),
        ("我去了北京，3天", "我 去 了 北 京 3 天"),
        ("寿司をスーパーで", "寿 司 を スーパー で"),
        ("हिन्दी में می\u200cخواهم", "हिन्दी में می\u200cخواهم"),
        ("ที่นี่", "ที่ นี่"),
        ("good👍🏽👍 🇰🇷🇯🇵 ❤️ ©", "good 👍🏽 👍 🇰🇷 🇯🇵 ❤️"),
        ("x² ½ Ⅳ", "x² ½ ⅳ"),
        ("... -- ' ’ _", ""),
    ],
)
def test_words(text: str, expected: str) -> None:
    assert words(text) == expected.split()


def test_a_woman_with_a_computer_is_one_emoji() -> None:
    assert words("a 👩🏽\u200d💻b") == ["a", "👩🏽\u200d💻", "b"]


def test_signs_are_tokens_where_they_are_asked_for() -> None:
    assert words_and_signs("Don’t go… (a_b)!") == ["don't", "go", "…", "(", "a", "_", "b", ")", "!"]
    assert characters_and_signs("好，a.") == ["好", "，", "a", "."]
    assert words_and_signs("\x00\x7f \t\u3000") == []


def test_characters_have_their_marks_and_no_blanks() -> None:
    assert characters("한 글 Ab1, की") == ["한", "글", "a", "b", "1", "की"]
    assert characters("e\u0301") == ["é"]


@pytest.mark.parametrize("split", [words, characters, words_and_signs, characters_and_signs])
@pytest.mark.parametrize("text", TEXTS)
def test_composed_and_decomposed_texts_are_the_same(split, text: str) -> None:
    forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]
    assert split(forms[0]) == split(forms[1]) == split(text)


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_split_stays_as_it_is(text: str) -> None:
    for split in (words, characters):
        tokens = split(text)
        assert split(" ".join(tokens)) == tokens
        assert [token for part in tokens for token in split(part)] == tokens


def test_typographic_signs_are_read_as_those_of_a_typewriter() -> None:
    """What Keras's filter leaves in: 'good…' and '“good”' are other words than 'good'."""
    plain, typographic = (
        "the \"good\" film... it's 'fine' - yes",
        "the “good” film… it’s ‘fine’ — yes",
    )
    assert words(plain) == words(typographic) == ["the", "good", "film", "it's", "fine", "yes"]
    assert split_words(plain) != split_words(typographic)


def test_ascii_is_folded_as_any_text_is() -> None:
    every = "".join(map(chr, range(128)))
    assert fold(every) == fold(every + "é").removesuffix("é")
    assert words(every + " Don't 3.14") == words(every + " Don't 3.14 é")[:-1]
