"""A model's worst mistakes, and the words or features that drove them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from textclf.results.report.attribution import Attribution

SHOWN = 10  # mistakes
LEVELS = 4  # of a colour
FAINTEST = 0.2  # share of the strongest effect that is still coloured
LONG = 120  # words; for a longer text, the passages around the strongest words are shown first
AROUND = 7  # words on both sides of a strong one
STRONGEST = 8  # words of a long text whose surroundings are shown
NAMED = 4  # words named beneath a text, each way
MOST_FEATURES = 16  # columns of a table


@dataclass(frozen=True)
class Mistake:
    """A row of predictions.csv whose prediction is wrong, or, for numbers, has a large error.

    Args:
        row: from 0, in the split's own file.
        size: the probability that the model gave to its prediction; for numbers, predicted - true.
    """

    split: str
    row: int
    truth: str
    prediction: str
    size: float


class Piece(NamedTuple):
    """Neighbouring words that look the same."""

    words: str
    style: str  # '', 'unseen', 'gap', 'for-1' to 'for-4', 'against-1' to 'against-4'


class Effect(NamedTuple):
    """A word or feature and what it adds to the model's answer; `value` is a feature's own."""

    name: str
    effect: float
    style: str
    value: float = 0.0


@dataclass(frozen=True)
class TextExplanation:
    """Why the model gave its answer to a text.

    Args:
        words: of the text.
        why: what each of them adds to the answer.
    """

    words: Sequence[str]
    why: Attribution

    @property
    def pieces(self) -> list[Piece]:
        """The whole text."""
        return _pieces(self.words, self._styles())

    @property
    def excerpt(self) -> list[Piece]:
        """The text, or, of a long one, the passages around its strongest words."""
        if not self.is_cut:
            return self.pieces
        shown = np.zeros(len(self.words), bool)
        for place in self._strongest():
            shown[max(0, place - AROUND) : place + AROUND + 1] = True
        styles = [s if here else "gap" for s, here in zip(self._styles(), shown, strict=True)]
        pieces = _pieces(self.words, styles)
        return [Piece("…", "gap") if piece.style == "gap" else piece for piece in pieces]

    @property
    def is_cut(self) -> bool:
        """Whether the excerpt leaves words out."""
        return len(self.words) > LONG

    @property
    def raising(self) -> list[Effect]:
        """The words that made the answer most likely, each once."""
        effects = sorted(self._coloured(), key=lambda effect: -effect.effect)
        return [effect for effect in effects if effect.effect > 0][:NAMED]

    @property
    def lowering(self) -> list[Effect]:
        """The words that made it least likely."""
        effects = sorted(self._coloured(), key=lambda effect: effect.effect)
        return [effect for effect in effects if effect.effect < 0][:NAMED]

    def _coloured(self) -> list[Effect]:
        columns = (self.words, self.why.effects.tolist(), self._styles())
        effects = [Effect(*fields) for fields in zip(*columns, strict=True)]
        by_strength = sorted(effects, key=lambda effect: abs(effect.effect))
        return list({e.name: e for e in by_strength if "-" in e.style}.values())

    def _strongest(self) -> list[int]:
        """The places of the strongest words, each word's first."""
        order = np.argsort(-np.abs(self.why.effects), kind="stable").tolist()
        first = {self.words[place]: place for place in reversed(order)}
        return [place for place in order if first[self.words[place]] == place][:STRONGEST]

    def _styles(self) -> list[str]:
        styles = zip(_styles_of(self.why.effects), self.why.seen, strict=True)
        return [style if seen else "unseen" for style, seen in styles]


@dataclass(frozen=True)
class FeatureExplanation:
    """Why the model gave its answer to features.

    Args:
        names: of the features.
        values: as the data has them.
        why: what each of them adds to the answer.
    """

    names: Sequence[str]
    values: Sequence[float]
    why: Attribution

    @property
    def effects(self) -> list[Effect]:
        """In the order of the features."""
        effects = self.why.effects
        columns = (self.names, effects.tolist(), _styles_of(effects), self.values)
        return [Effect(*fields) for fields in zip(*columns, strict=True)]


Explanation = TextExplanation | FeatureExplanation


def strongest_features(explanations: Sequence[FeatureExplanation]) -> list[int]:
    """The places of the most influential features, the strongest first."""
    strength = np.mean([np.abs(it.why.effects) for it in explanations], axis=0)
    order: list[int] = np.argsort(-strength, kind="stable").tolist()
    return order[:MOST_FEATURES]


def _styles_of(effects: np.ndarray) -> list[str]:
    """A colour and its strength for each effect, relative to the strongest of them."""
    strength = np.abs(effects) / max(np.abs(effects).max(initial=0.0), 1e-12)
    levels = np.where(strength < FAINTEST, 0, np.ceil(strength * LEVELS)).astype(int)
    sides = np.where(effects > 0, "for", "against")
    return [f"{side}-{level}" if level else "" for side, level in zip(sides, levels, strict=True)]


def _pieces(words: Sequence[str], styles: Sequence[str]) -> list[Piece]:
    return [
        Piece(" ".join(word for word, _ in group), style)
        for style, group in groupby(zip(words, styles, strict=True), key=lambda pair: pair[1])
    ]


def find_mistakes(predictions: pd.DataFrame, is_classification: bool) -> list[Mistake]:
    """The most confident wrong answers, or the largest residuals, the worst first.

    Args:
        predictions: of one split, as in predictions.csv.
    """
    if is_classification:
        wrong = predictions[predictions["truth"] != predictions["prediction"]]
        wrong = wrong.assign(size=wrong["probability"])
    else:
        wrong = predictions.assign(size=predictions["prediction"] - predictions["truth"])
    order = np.argsort(-wrong["size"].abs().to_numpy(), kind="stable")[:SHOWN]
    columns = ["split", "row", "truth", "prediction", "size"]
    return [Mistake(*fields) for fields in wrong[columns].iloc[order].itertuples(index=False)]
