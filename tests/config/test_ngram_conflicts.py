"""What n-grams cannot be combined with is an error that says what to do."""

from typing import Any

import pytest

from textclf.config.conflicts import find_conflicts
from textclf.config.settings import Config

NGRAMS = {"encoding": "multi_hot", "ngrams": 2}


def told(
    dataset: str = "imdb",
    model: dict[str, Any] | None = None,
    training: dict[str, Any] | None = None,
    **preprocessing: Any,
) -> list[str]:
    config = Config.model_validate(
        {
            "dataset": {"name": dataset},
            "preprocessing": {**NGRAMS, **preprocessing},
            "model": model or {"type": "dense"},
            "training": training or {},
        }
    )
    return [f"{'.'.join(path)}: {message}" for path, message in find_conflicts(config)]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"ngrams": [2, 2], "num_words": 4, "skip_top": 100, "maxlen": 10},
        {"weighting": "naive_bayes", "min_rows": 1},
        {"dataset": "reuters", "weighting": "tfidf"},
        {"dataset": "docstrings", "tokens": "subwords", "num_words": 500},
        {"model": {"type": "dense", "units": [], "input_dropout": 0.5}},
        {"ngrams": None, "num_words": 10, "model": {"type": "dense", "input_dropout": 0.5}},
        {"training": {"engine": "graph"}},
    ],
    ids=str,
)
def test_what_goes_together(settings: dict[str, Any]) -> None:
    assert told(**settings) == []


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {"ngrams": None, "num_words": 10, "min_rows": 3, "weighting": "tfidf"},
            [
                "preprocessing.min_rows: min_rows is about n-grams; set ngrams, where 1 is words "
                "alone, or remove min_rows",
                "preprocessing.weighting: weighting is about n-grams; set ngrams, where 1 is "
                "words alone, or remove weighting",
            ],
        ),
        (
            {"ngrams": [3, 1]},
            [
                "preprocessing.ngrams: the shortest, 3, is longer than the longest, 1; swap them",
            ],
        ),
        (
            {"encoding": "embedding", "maxlen": 9, "model": {"type": "dense", "embedding_dim": 2}},
            [
                "preprocessing.encoding: embedding is of words in their order; n-grams need "
                "multi_hot",
            ],
        ),
        (
            {"model": {"type": "layers", "layers": [{"Dense": {"units": 2}}]}},
            [
                "model.type: layers cannot read n-grams; use dense, or remove preprocessing.ngrams",
            ],
        ),
        (
            {"training": {"engine": "xla"}},
            [
                "training.engine: xla needs texts of one length, but n-grams are of any number; "
                "use auto",
            ],
        ),
        (
            {"dataset": "reuters", "weighting": "naive_bayes"},
            [
                "preprocessing.weighting: naive_bayes compares two classes, but reuters has 46; "
                "use tfidf",
            ],
        ),
        (
            {
                **{"encoding": "embedding", "ngrams": None, "maxlen": 9},
                "model": {"type": "dense", "embedding_dim": 2, "input_dropout": 0.1},
            },
            [
                "model.input_dropout: input_dropout drops features, but encoding: embedding has "
                "ids of words; remove it",
            ],
        ),
    ],
    ids=str,
)
def test_what_does_not(settings: dict[str, Any], expected: list[str]) -> None:
    assert told(**settings) == expected
