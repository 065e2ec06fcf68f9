"""Subwords are learnt from the training rows alone, and the same everywhere."""

import subprocess
import sys

import numpy as np
import pytest

from textclf.data import subwords
from textclf.data.dataset import Dataset
from textclf.data.subwords import in_subwords, learn_subwords, splitter
from textclf.data.tasks import BINARY
from textclf.data.tokenizer import START_ID, UNKNOWN_ID, tokenize
from textclf.data.words import split_by, word_pattern
from textclf.errors import DataError

pytest.importorskip("tokenizers")

NOUNS, PARTICLES = ("학교", "친구", "노래", "커피", "바다"), ("는", "를", "의", "에서", "도")
SENTENCES = [f"{noun}{particle} 좋다" for noun in NOUNS for particle in PARTICLES]


def dataset(texts: list[str], n_train: int) -> Dataset:
    x, words = tokenize(texts, split_by(word_pattern()))
    y = np.zeros(len(texts), np.int32)
    return Dataset("csv", BINARY, x, y, n_train, ("a", "b"), words, ranked=False)


def read(data: Dataset, row: int) -> list[str]:
    assert data.x[row][0] == START_ID
    return [data.words[id_] for id_ in data.x[row][1:]]


def test_a_noun_is_one_whatever_its_particle() -> None:
    data = dataset(SENTENCES, len(SENTENCES))
    data = in_subwords(data, data.train_rows, 40)
    first = {read(data, row)[0] for row in range(len(PARTICLES))}
    assert first == {"▁학교"}


def test_no_other_row_changes_what_is_learnt() -> None:
    alone = dataset(SENTENCES, len(SENTENCES))
    more = dataset([*SENTENCES, *["바다거북이 왔다 zebra"] * 50], len(SENTENCES))
    rows = alone.train_rows
    alone, more = in_subwords(alone, rows, 60), in_subwords(more, rows, 60)
    assert more.words == alone.words
    np.testing.assert_array_equal(more.x.values[: len(alone.x.values)], alone.x.values)
    assert UNKNOWN_ID in more.x[len(rows)] and "▁바다" in read(more, len(rows))


def test_a_word_is_split_into_the_longest_known_parts() -> None:
    split = splitter({"▁", "▁un", "▁unh", "h", "a", "app", "p", "y"})
    assert split("unhappy") == ["▁unh", "app", "y"]
    assert split("xa") == ["▁", "x", "a"]
    assert splitter(set())("ab") == ["▁", "a", "b"]


def test_what_is_learnt_depends_on_the_counts_alone() -> None:
    words = [word for text in SENTENCES for word in text.split()]
    counts = {word: words.count(word) for word in words}
    code = (
        f"from textclf.data.subwords import learn_subwords; print(learn_subwords({counts!r}, 50))"
    )
    shuffled = dict(sorted(counts.items(), key=lambda item: item[0][::-1]))
    elsewhere = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code], capture_output=True, text=True, encoding="utf-8"
    )
    assert elsewhere.stdout.strip() == str(learn_subwords(shuffled, 50))
    assert len(learn_subwords(counts, 50)) <= 50


def test_a_frequent_word_counts_as_often_as_it_occurs(monkeypatch) -> None:
    monkeypatch.setattr(subwords, "REPEATED", 3)
    lines = list(subwords._lines({"ab": 7, "c": 1}))
    assert "".join(lines).split() == ["▁ab"] * 7 + ["▁c"]
    assert max(map(len, lines)) == 12


def test_a_missing_package_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(DataError, match=r"pip install 'textclf\[subwords\]'"):
        learn_subwords({"a": 2}, 10)
