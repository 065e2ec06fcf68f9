"""The card's program splits texts as the run does."""

import json
from importlib.util import find_spec

import pytest

from many_scripts import TEXTS
from needs import need
from textclf.data.encoders import TextEncoder
from textclf.data.tokens import TOKENIZERS, Tokens
from textclf.results.export.splitting import split_lines, split_rules

SUBWORDS = ("▁", "▁do", "n", "'", "t", "학", "▁학교", "에", "서", "▁good", "ba", "d")


@pytest.mark.parametrize("signs", [False, True])
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=pytest.mark.slow if kind == "morphemes" else [])  # a model to load
        for kind in TOKENIZERS
    ],
)
def test_a_program_without_textclf_splits_texts_in_the_same_way(kind: str, signs: bool) -> None:
    for package in Tokens(kind).packages:
        need(find_spec(package), f"{package} is not installed; pip install '.[test]'")
    words = ["<pad>", "<start>", "<unknown>", *SUBWORDS]
    encoder = TextEncoder.from_json(
        {
            **{"num_words": len(words), "skip_top": 0, "remove_reserved": False, "maxlen": 9},
            **{"padding": "pre", "truncating": "pre", "encoding": "embedding", "words": words},
            **{"tokens": kind, "signs": signs},
        }
    )
    scope = {"rules": json.loads(json.dumps(split_rules(encoder)))}
    exec("\n".join(split_lines(encoder)), scope)
    assert list(map(scope["words_of"], TEXTS)) == list(map(encoder.split, TEXTS))
