"""Whatever a text is split into, a run's encoder reads new texts as training read them."""

import sys
from importlib.util import find_spec

import numpy as np
import pytest

from many_scripts import TEXTS
from needs import need
from textclf.config.settings.dataset import CsvDataset
from textclf.config.settings.preprocessing import TextPreprocessing
from textclf.data import morphemes
from textclf.data.dataset import Dataset
from textclf.data.encoders import TextEncoder, encoder_from_json, fit_encoder, in_tokens
from textclf.data.loaders import load_dataset
from textclf.data.tasks import BINARY
from textclf.data.tokenizer import UNKNOWN_ID, tokenize
from textclf.data.tokens import TOKENIZERS, Tokens
from textclf.errors import DataError

KINDS = [*TOKENIZERS]


def settings(kind: str, **more: object) -> TextPreprocessing:
    for package in Tokens(kind).packages:
        need(find_spec(package), f"{package} is not installed; pip install '.[test]'")
    return TextPreprocessing(tokens=kind, **{"num_words": 60, "maxlen": 30, **more})


def fitted(of: TextPreprocessing, n_train: int) -> tuple[Dataset, TextEncoder]:
    x, words = tokenize(TEXTS, Tokens.of(of).split)
    y = np.arange(len(TEXTS), dtype=np.int32) % 2
    data = Dataset("csv", BINARY, x, y, n_train, ("a", "b"), words, ranked=False)
    data = in_tokens(of, data, data.train_rows)
    encoder = fit_encoder(of, data, data.train_rows)
    assert isinstance(encoder, TextEncoder)
    return data, encoder


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"num_words": 300, "skip_top": 6},
        {"encoding": "multi_hot", "remove_reserved": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", KINDS)
def test_new_texts_are_read_as_those_of_the_dataset(kind: str, more: dict) -> None:
    data, encoder = fitted(settings(kind, **more), n_train=6)
    again = encoder_from_json(encoder.to_json() | {"words": list(encoder.words)})
    np.testing.assert_array_equal(again.transform_texts(TEXTS), encoder.transform(data.x))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "keras"])
def test_signs_are_tokens_of_every_kind(kind: str) -> None:
    with_signs, without = (
        fitted(settings(kind, signs=signs, num_words=500), len(TEXTS))[1] for signs in (True, False)
    )
    assert {"。", "…"} <= {word.removeprefix("▁") for word in with_signs.words}
    assert not {"。", "…"} & {word.removeprefix("▁") for word in without.words}
    assert UNKNOWN_ID not in with_signs.ids_of(TEXTS[:2]).values


def test_morphemes_are_a_noun_and_its_particle() -> None:
    need(find_spec("kiwipiepy"), "kiwipiepy is not installed; pip install '.[test]'")
    split = Tokens("morphemes").split
    assert split("학교에서 친구를, 학교는!")[:2] == ["학교", "에서"]
    assert split("학교는 \ud800 학교를").count("학교") == 2
    assert "." not in split("갔다.") and "." in Tokens("morphemes", signs=True).split("갔다.")


def test_a_missing_package_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "kiwipiepy", None)
    monkeypatch.setattr(morphemes, "PACKAGES", ("a_package_that_is_not_there",))
    morphemes._kiwi.cache_clear()
    for ask in (lambda: Tokens("morphemes").split, lambda: Tokens("morphemes").key):
        with pytest.raises(DataError, match=r"pip install 'textclf\[korean\]'"):
            ask()


def test_converted_data_are_kept_apart_by_what_their_tokens_are() -> None:
    keys = [
        Tokens(kind, signs).key for kind in ("keras", "words", "characters") for signs in (0, 1)
    ]
    assert len(set(map(str, keys))) == len(keys)
    assert Tokens("subwords").key == Tokens("words").key  # an encoder splits them further


def test_a_dataset_in_other_tokens_is_refused(tmp_path) -> None:
    (tmp_path / "a.csv").write_text("text,label\n“a”,x\nb,y\n")
    of = CsvDataset(
        name="csv", path=str(tmp_path / "a.csv"), text="text", label="label", test_split=0.5
    )
    data = load_dataset(of)  # as Keras splits
    with pytest.raises(ValueError, match=r"in the tokens .*keras.* give load_dataset Tokens"):
        in_tokens(TextPreprocessing(tokens="words", num_words=9), data, data.train_rows)
    assert in_tokens(TextPreprocessing(num_words=9), data, data.train_rows) is data
