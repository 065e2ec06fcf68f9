"""Which words or features drove a decision, found by occlusion."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from textclf.data.dataset import Ragged
from textclf.data.encoders import REMOVED, FeatureEncoder, TextEncoder, unpack
from textclf.data.tokenizer import PADDING_ID, UNKNOWN_ID

MOST_PARTS = 300  # occluded one by one; a text of more words has them occluded in groups

Score = Callable[[Any], np.ndarray]  # inputs (variants, ...) to float (variants,)


@dataclass(frozen=True)
class Attribution:
    """What each token of a text, or each feature, adds to a score.

    Args:
        effects: float64 (parts,); above 0 it raised the score, below 0 it lowered it.
        seen: bool (parts,), whether the model saw it at all: a word that it knows, within maxlen.
    """

    effects: np.ndarray
    seen: np.ndarray


def log_odds(logits: np.ndarray, chosen: int) -> np.ndarray:
    """How sure a classifier is of one class: the logarithm of its odds against all others.

    Unlike a probability, it still distinguishes answers that are all close to 1.

    Args:
        logits: float (examples, classes), or (examples, 1) of a binary task.

    Returns:
        float64 (examples,).
    """
    logits = np.asarray(logits, np.float64)
    if logits.shape[1] == 1:
        return logits[:, 0] if chosen else -logits[:, 0]
    others = np.delete(logits, chosen, axis=1)
    highest = others.max(axis=1, keepdims=True)
    odds_of_others = np.log(np.exp(others - highest).sum(axis=1))
    return np.asarray(logits[:, chosen] - highest[:, 0] - odds_of_others)


def log_odds_of_labels(logits: np.ndarray, given: np.ndarray) -> np.ndarray:
    """How sure a model is of exactly these labels: the logarithm of its odds against all others.

    Args:
        logits: float (examples, labels), each of a decision of its own.
        given: bool (labels,).

    Returns:
        float64 (examples,).
    """
    of_decisions = np.where(given, 1.0, -1.0) * np.asarray(logits, np.float64)
    log_p = -np.logaddexp(0, -of_decisions).sum(axis=1)
    return np.asarray(log_p - np.log(-np.expm1(np.minimum(log_p, -1e-300))))


def occlude(
    score: Score, x: np.ndarray, places: Sequence[np.ndarray], blank: np.ndarray
) -> np.ndarray:
    """How much the score falls when a part of the input is hidden, for each part in turn.

    The method of M. Zeiler and R. Fergus, Visualizing and Understanding Convolutional Networks
    (ECCV 2014); on words, of J. Li, W. Monroe and D. Jurafsky, Understanding Neural Networks
    through Representation Erasure (2016). It needs no gradient, so it works for every encoding.

    Args:
        x: one input as the model takes it, (inputs,).
        places: the places of each part in x, int64 (places,) each.
        blank: what replaces the input at a hidden place, (inputs,).

    Returns:
        float64 (parts,).
    """
    variants = np.repeat(x[None], len(places) + 1, axis=0)
    for variant, part in zip(variants[1:], places, strict=True):
        variant[part] = blank[part]
    scores = np.asarray(score(variants), np.float64)
    return np.asarray(scores[0] - scores[1:])


def explain_text(score: Score, encoder: TextEncoder, ids: np.ndarray) -> Attribution:
    """What each token of a text adds to the score.

    A word of a sequence is replaced by the unknown word; a multi-hot word is left out everywhere
    in the text; of n-grams, all that a token is part of are.

    Args:
        ids: the text in the dataset's ids, int32 (tokens,).
    """
    if encoder.ngrams is not None:
        return _explain_ngrams(score, encoder, ids)
    x, place_of = _input_and_places(encoder, ids)
    is_word = encoder.id_table[ids] > UNKNOWN_ID
    seen = is_word & (place_of >= 0)
    places = np.unique(place_of[seen])
    groups = np.array_split(places, min(len(places), MOST_PARTS)) if len(places) else []
    effect_at = np.zeros(len(x))
    for group, effect in zip(groups, occlude(score, x, groups, _blank(encoder, x)), strict=True):
        effect_at[group] = effect
    return Attribution(np.where(seen, effect_at[place_of], 0.0), seen)


def _explain_ngrams(score: Score, encoder: TextEncoder, ids: np.ndarray) -> Attribution:
    """What the n-grams that a token is part of add to the score, for each token."""
    new = encoder.id_table[ids]
    seen = new > UNKNOWN_ID
    places = np.flatnonzero(seen)
    groups = np.array_split(places, min(len(places), MOST_PARTS)) if len(places) else []
    # A token that is unknown is in no n-gram.
    variants = np.repeat(new[None], len(groups) + 1, axis=0)
    for variant, group in zip(variants[1:], groups, strict=True):
        variant[group] = UNKNOWN_ID
    rows = Ragged(variants.ravel(), np.arange(len(variants) + 1) * len(ids))
    scores = np.asarray(score(encoder.transform_ids(rows)), np.float64)
    effects = np.zeros(len(ids))
    for group, hidden in zip(groups, scores[1:], strict=True):
        effects[group] = scores[0] - hidden
    return Attribution(effects, seen)


def _blank(encoder: TextEncoder, x: np.ndarray) -> np.ndarray:
    """What replaces a hidden word, (inputs,)."""
    if encoder.packed_columns:
        return np.zeros_like(x)
    # A model trained without unknown words has no id for them; padding replaces a word.
    return np.full_like(x, PADDING_ID if encoder.remove_reserved else UNKNOWN_ID)


def _input_and_places(encoder: TextEncoder, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A text as the model takes it, and each token's place in it, int64 (tokens,); -1: cut."""
    text = Ragged(ids, np.array([0, len(ids)]))
    if encoder.packed_columns:
        x = unpack(encoder.transform(text), encoder.packed_columns)[0]
        return x, encoder.id_table[ids].astype(np.int64)
    # Given numbers in place of words, the encoder itself shows where each token goes.
    numbers = np.where(encoder.id_table[ids] == REMOVED, REMOVED, np.arange(1, len(ids) + 1))
    numbered = replace(encoder, id_table=numbers.astype(np.int32))
    order = numbered.transform(Ragged(np.arange(len(ids), dtype=np.int32), text.offsets))[0]
    place_of = np.full(len(ids) + 1, -1)
    place_of[order] = np.arange(len(order))
    return encoder.transform(text)[0], place_of[1:]


def explain_features(
    score: Score, encoder: FeatureEncoder, features: np.ndarray, typical: np.ndarray
) -> Attribution:
    """What each feature adds to the score, compared with its typical value.

    Args:
        features: of one example, float64 (features,).
        typical: what to put in their places, such as the training rows' means, float64 (features,).
    """
    x, blank = encoder.transform(np.stack([features, typical]))
    effects = occlude(score, x, [np.array([place]) for place in range(len(x))], blank)
    return Attribution(effects, np.ones(len(x), bool))
