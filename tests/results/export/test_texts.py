"""TensorFlow's operations make of any text the very ids that Python makes of it."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from textclf.config.settings.preprocessing import TextPreprocessing
from textclf.data.dataset import Dataset
from textclf.data.encoders import TextEncoder, encoder_from_json
from textclf.data.tasks import BINARY
from textclf.data.tokenizer import split_words, tokenize
from textclf.results.export import texts
from textclf.results.export.texts import TextEncoding

TEXTS = [
    "The Café's ÉCOLE—don't!",
    "tabs\there\nand\r\nlines\x0b\x0c\x1c\x85\u2028x\u3000y",
    "a\u00a0b no-break\u00a0space",
    "emoji 😀 👩\u200d👩\u200d👧 x",
    "İstanbul ISPARTA ı İ I\u0307",  # noqa: RUF001
    "ΟΔΟΣ ΣΑΣ ΟΣ'Σ Σ Σ.Σ",
    "ẞ STRASSE ß ﬁ Ⅷ Ⓐ Ａ Ω K Å ǅ",  # noqa: RUF001
    "ÌÍĨĮ\u0300 J\u0300 I\u030a",
    "e\u0301 É \ufeffmark \ud7ff\ue000\U0010ffff",
    "日本語 テスト，全角",  # noqa: RUF001
    "",
    "  ",
    "!!!",
    "a" * 3000,
    "'quoted' o'clock",
]


def words_of(lines: list[str]) -> list[list[str]]:
    rows = texts.split_words(tf.constant([line.encode() for line in lines])).to_list()
    return [[word.decode() for word in row] for row in rows]


def test_words_of_tricky_texts():
    assert words_of(TEXTS) == [split_words(text) for text in TEXTS]


CAPITALS = [chr(c) for c in range(0x20000) if chr(c).lower() != chr(c)]
LATER = [c for c, (word,) in zip(CAPITALS, words_of(CAPITALS), strict=True) if word == c]


def test_every_capital_that_tensorflow_knows_becomes_small_as_in_python():
    known = [c for c in CAPITALS if c not in LATER]
    assert words_of(known) == [[c.lower()] for c in known]
    # Those of Unicode 13 are known; Python 3.11 has 40 later ones, and later Pythons more.
    assert len(known) > 1300 and not any(c.isascii() or c < "\u2c00" for c in LATER)


# Lone surrogates are no text.
CHARACTERS = st.characters(exclude_categories=("Cs",), exclude_characters=["\0", *LATER])


@pytest.mark.slow
@given(st.lists(st.text(CHARACTERS), min_size=1, max_size=5))
def test_words_of_any_text(lines):
    assert words_of(lines) == [split_words(line) for line in lines]


def test_a_nul_is_a_character_of_a_word():
    assert words_of(["A\0B c"]) == [["a\ufffdb", "c"]]


def encoder(**settings) -> TextEncoder:
    x, words = tokenize([*TEXTS, *TEXTS[:5]])
    data = Dataset("t", BINARY, x, np.zeros(len(x)), len(x), ("a", "b"), words, ranked=False)
    fitted = TextEncoder.fit(TextPreprocessing(**settings), data, data.train_rows)
    return encoder_from_json(fitted.to_json())


@pytest.mark.parametrize("skip_top", [0, 2, 10])
@pytest.mark.parametrize("remove_reserved", [False, True])
@pytest.mark.parametrize("maxlen", [3, 40])
def test_ids_are_those_of_the_encoder(skip_top, remove_reserved, maxlen):
    settings = {"skip_top": skip_top, "remove_reserved": remove_reserved, "maxlen": maxlen}
    for padding, truncating in itertools.product(("pre", "post"), repeat=2):
        one = encoder(num_words=30, padding=padding, truncating=truncating, **settings)
        expected = one.transform_texts(TEXTS)
        ids = TextEncoding(one)(tf.constant(TEXTS)).numpy()
        assert ids.dtype == expected.dtype
        np.testing.assert_array_equal(ids, expected)


@pytest.mark.parametrize("remove_reserved", [False, True])
@pytest.mark.parametrize("skip_top", [0, 10])
def test_multi_hot_rows_are_those_of_the_encoder(remove_reserved, skip_top):
    one = encoder(
        num_words=30, skip_top=skip_top, remove_reserved=remove_reserved, encoding="multi_hot"
    )
    expected = np.unpackbits(one.transform_texts(TEXTS), axis=1, count=30)
    rows = TextEncoding(one)(tf.constant(TEXTS)).numpy()
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, expected)
