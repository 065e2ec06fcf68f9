"""Texts become ids as Keras's own Tokenizer would have them."""

import subprocess
import sys

import numpy as np
import pytest

from counting import count_calls
from textclf.data.tokenizer import RESERVED_WORDS, split_words, tokenize

TEXTS = [
    "The cat, the CAT -- and\tthe\ndog.",
    "",
    "don't ' ''  'tis <br />",
    "no\u00a0break stays inside; İstanbul ΣΑΣ naïve 日本語",
    "...",
]


def test_words_are_numbered_by_first_appearance() -> None:
    ids, words = tokenize(TEXTS)
    assert words[:7] == [*RESERVED_WORDS, "the", "cat", "and", "dog"]
    assert ids[0].tolist() == [1, 3, 4, 3, 4, 5, 3, 6]
    assert ids[1].tolist() == ids[4].tolist() == [1]
    assert [words[word_id] for word_id in ids[2][1:]] == ["don't", "'", "''", "'tis", "br"]
    assert len(set(words)) == len(words) == ids.values.max() + 1
    assert (ids.values.dtype, ids.offsets.dtype) == (np.dtype("int32"), np.dtype("int64"))


def test_words_are_those_of_keras() -> None:
    from keras.src.legacy.preprocessing.text import text_to_word_sequence

    for text in TEXTS:
        assert split_words(text) == text_to_word_sequence(text)


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\r\r\n"])
def test_a_line_break_of_any_system_ends_a_word(line_break: str) -> None:
    assert split_words(f"superb{line_break}seen on{line_break}") == ["superb", "seen", "on"]


def test_no_texts() -> None:
    ids, words = tokenize([])
    assert len(ids) == 0
    assert words == list(RESERVED_WORDS)


def test_no_function_runs_for_a_word() -> None:
    """Speed: a word's work is done in C, a text's by one function in Python."""
    short, long = (["The quick fox, he said, didn't jump. " * n] * 100 for n in (1, 100))
    n_calls = count_calls(lambda: tokenize(long))
    assert n_calls == count_calls(lambda: tokenize(short)) < 200


def test_reading_data_imports_neither_tensorflow_nor_pydantic() -> None:
    code = (
        "import sys, textclf.data.loaders\n"
        "assert not {'tensorflow', 'keras', 'pydantic', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
