"""A mistake's text: coloured by effect, a long one as an excerpt, nothing lost."""

import numpy as np

from textclf.results.report.attribution import Attribution
from textclf.results.report.mistakes import (
    LONG,
    FeatureExplanation,
    TextExplanation,
    strongest_features,
)


def explain(words, effects, seen=None):
    effects = np.array(effects, float)
    return TextExplanation(
        words, Attribution(effects, np.ones(len(words), bool) if seen is None else np.array(seen))
    )


def test_the_strongest_word_has_the_strongest_colour_and_the_weakest_none():
    pieces = explain(["a", "b", "c", "d"], [4.0, -2.0, 0.1, 0.0]).pieces
    assert pieces == [("a", "for-4"), ("b", "against-2"), ("c d", "")]


def test_words_that_the_model_did_not_see_are_grey():
    pieces = explain(["a", "b", "c"], [1.0, 0.0, 0.0], [True, False, False]).pieces
    assert pieces == [("a", "for-4"), ("b c", "unseen")]


def test_without_any_effect_nothing_is_coloured():
    explanation = explain(["a", "b"], [0.0, 0.0])
    assert explanation.pieces == [("a b", "")]
    assert explanation.raising == explanation.lowering == []


def test_each_word_is_named_once_with_its_strongest_effect():
    explanation = explain(["a", "b", "a", "c"], [1.0, -3.0, 2.0, -1.0])
    assert [(e.name, e.effect) for e in explanation.raising] == [("a", 2.0)]
    assert [(e.name, e.effect) for e in explanation.lowering] == [("b", -3.0), ("c", -1.0)]


def test_a_long_text_is_cut_to_the_passages_around_its_strongest_words():
    words = [f"w{number}" for number in range(3 * LONG)]
    explanation = explain(words, [5.0 if word == "w200" else 0.0 for word in words])
    assert explanation.is_cut
    assert ("w200", "for-4") in explanation.excerpt
    assert ("…", "gap") in explanation.excerpt
    assert sum(len(piece.words.split()) for piece in explanation.excerpt) < LONG
    assert " ".join(piece.words for piece in explanation.pieces).split() == words


def test_features_are_ordered_by_how_much_they_move():
    def effects(*values):
        return FeatureExplanation(
            ["a", "b"], [1.0, 2.0], Attribution(np.array(values), np.ones(2, bool))
        )

    assert strongest_features([effects(1.0, -3.0), effects(1.0, 0.5)]) == [1, 0]
    assert effects(1.0, -3.0).effects[1] == ("b", -3.0, "against-4", 2.0)
