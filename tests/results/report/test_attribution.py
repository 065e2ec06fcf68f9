"""Occlusion: what is hidden, what it costs, and which tokens the model never saw."""

import numpy as np
import pytest

from textclf.data.encoders import REMOVED, FeatureEncoder, TextEncoder
from textclf.data.tokenizer import UNKNOWN_ID
from textclf.results.report.attribution import (
    MOST_PARTS,
    explain_features,
    explain_text,
    log_odds,
    occlude,
)

WEIGHTS = np.array([0.0, 0.0, 0.5, 1.0, 2.0, -3.0, 4.0, 0.25])  # by id


def make_encoder(encoding: str, **settings) -> TextEncoder:
    """Eight ids, the dataset's own; id 7 is unknown to the model."""
    table = np.array([0, 1, 2, 3, 4, 5, 6, UNKNOWN_ID], np.int32)
    if settings.get("remove_reserved"):
        table[table <= UNKNOWN_ID] = REMOVED
    defaults = {
        "num_words": 7,
        "skip_top": 0,
        "remove_reserved": False,
        "maxlen": 4,
        "padding": "pre",
        "truncating": "pre",
    }
    return TextEncoder(**{**defaults, **settings}, encoding=encoding, id_table=table)


def score_sequence(x: np.ndarray) -> np.ndarray:
    assert x.dtype == np.int32
    return WEIGHTS[x].sum(axis=1)


def score_multi_hot(x: np.ndarray) -> np.ndarray:
    assert x.dtype == np.float32
    return x @ WEIGHTS[:7]


def ids(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int32)


def test_each_part_costs_what_its_absence_takes_away():
    places = [np.array([0]), np.array([1, 2])]
    effects = occlude(lambda x: x.sum(axis=1), np.array([1.0, 2.0, 4.0]), places, np.zeros(3))
    assert effects.tolist() == [1.0, 6.0]


def test_an_additive_score_is_shared_out_whole():
    blank = np.array([0.5, -1.0, 2.0])
    x, weights = np.array([3.0, 1.0, -2.0]), np.array([1.0, 2.0, 3.0])
    effects = occlude(lambda v: v @ weights, x, [np.array([place]) for place in range(3)], blank)
    assert effects.sum() == pytest.approx((x - blank) @ weights)


@pytest.mark.parametrize("encoding", ["embedding", "one_hot"])
def test_a_word_of_a_sequence_is_replaced_by_the_unknown_one(encoding):
    why = explain_text(score_sequence, make_encoder(encoding), ids(1, 4, 5, 4))
    assert why.effects.tolist() == [0.0, 1.5, -3.5, 1.5]
    assert why.seen.tolist() == [False, True, True, True]  # the start is no word


def test_without_unknown_words_it_is_replaced_by_padding():
    encoder = make_encoder("embedding", remove_reserved=True)
    why = explain_text(score_sequence, encoder, ids(1, 4, 7, 5))
    assert why.effects.tolist() == [0.0, 2.0, 0.0, -3.0]
    assert why.seen.tolist() == [False, True, False, True]


@pytest.mark.parametrize(
    ("truncating", "seen"), [("pre", [False] * 2 + [True] * 4), ("post", [True] * 4 + [False] * 2)]
)
@pytest.mark.parametrize("padding", ["pre", "post"])
def test_what_is_cut_off_was_not_seen(truncating, seen, padding):
    encoder = make_encoder("embedding", truncating=truncating, padding=padding)
    why = explain_text(score_sequence, encoder, ids(3, 4, 5, 6, 3, 4))
    assert why.seen.tolist() == seen
    assert (why.effects != 0).tolist() == seen


@pytest.mark.parametrize("padding", ["pre", "post"])
def test_padding_moves_no_effect_to_another_word(padding):
    why = explain_text(score_sequence, make_encoder("embedding", padding=padding), ids(5, 6))
    assert why.effects.tolist() == [-3.5, 3.5]


def test_a_multi_hot_word_is_left_out_wherever_it_stands():
    why = explain_text(score_multi_hot, make_encoder("multi_hot"), ids(1, 4, 5, 4, 7))
    assert why.effects.tolist() == [0.0, 2.0, -3.0, 2.0, 0.0]
    assert why.seen.tolist() == [False, True, True, True, False]


def test_a_text_without_a_word_that_the_model_knows_has_no_effects():
    why = explain_text(score_sequence, make_encoder("embedding"), ids(1, 7, 7))
    assert not why.effects.any() and not why.seen.any()


def test_a_long_text_is_occluded_in_groups():
    asked = []
    encoder = make_encoder("embedding", maxlen=5 * MOST_PARTS)
    why = explain_text(
        lambda x: asked.append(len(x)) or score_sequence(x), encoder, ids(*[4] * 5 * MOST_PARTS)
    )
    assert asked == [MOST_PARTS + 1]
    assert why.effects.tolist() == [5 * 1.5] * 5 * MOST_PARTS


def test_a_feature_is_compared_with_its_typical_value():
    encoder = FeatureEncoder(np.array([10.0, 0.0]), np.array([2.0, 1.0]))
    why = explain_features(
        lambda x: x @ np.array([1.0, 10.0]), encoder, np.array([14.0, 1.0]), np.array([10.0, 0.5])
    )
    assert why.effects.tolist() == [2.0, 5.0]
    assert why.seen.all()


def test_log_odds_are_those_of_the_probability():
    logits = np.array([[2.0, 1.0, -1.0], [0.0, 0.0, 0.0]])
    probability = np.exp(logits[:, 0]) / np.exp(logits).sum(axis=1)
    assert log_odds(logits, 0) == pytest.approx(np.log(probability / (1 - probability)))
    assert log_odds(np.array([[3.0]]), 1) == 3.0
    assert log_odds(np.array([[3.0]]), 0) == -3.0


def test_log_odds_differ_where_probabilities_are_all_close_to_1():
    assert log_odds(np.array([[1000.0, 0.0], [2000.0, 0.0]]), 0).tolist() == [1000.0, 2000.0]
