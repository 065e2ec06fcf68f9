"""How much of the variation of a sweep's scores each setting explains.

Functional analysis of variance on a random forest: F. Hutter, H. Hoos and K. Leyton-Brown, An
Efficient Approach for Assessing Hyperparameter Importance, ICML (2014). The forest predicts the
score of any point of the space; a setting's importance is the variance of the mean prediction for
each of its values, as a share of the variance of all predictions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from textclf.config.space import Axis, Choices
from textclf.results.sweep.table import Table, in_yaml

FEWEST = 6  # trials, and two for each setting: fewer say nothing
FAR = 4  # distances from the median to the worse quarter: what is worse counts as no worse
POINTS = 512  # of the space, at which the other settings are averaged over
VALUES = 16  # of a range
TREES = 64
SEED = 0  # the same trials always give the same importance


def importance(table: Table) -> dict[str, float]:
    """The share that each setting explains alone, from 0 to 1, the largest first.

    What is missing to 1 is explained by settings together. Empty where trials are too few, or all
    scores are equal.
    """
    trials, space = table.ranked, _varied(table.space)
    if not space or len(trials) < max(FEWEST, 2 * len(space)):
        return {}
    scores = np.clip(np.array([trial.value for trial in trials], float), *span(table))
    if np.ptp(scores) == 0:
        return {}
    places = np.array([[place(a, t.values, path) for path, a in space.items()] for t in trials])
    x = np.stack([_without_missing(column) for column in places.T], axis=1)
    shares = dict(zip(space, _shares(list(space.values()), x, scores).tolist(), strict=True))
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def span(table: Table) -> tuple[float, float]:
    """The scores that matter: of the finished trials, without those far worse than most.

    What made a few trials fail would hide what makes the others good.
    """
    trials = table.ranked or [trial for trial in table.trials if trial.value is not None]
    values = np.array([trial.value for trial in trials], float)
    low, high = float(values.min()), float(values.max())
    worse, median = np.quantile(values, (0.25 if table.sign > 0 else 0.75, 0.5))
    far = float(median + FAR * (worse - median))
    if worse < median:
        low = max(low, far)
    elif worse > median:
        high = min(high, far)
    return low, high


def _varied(space: Mapping[str, Axis]) -> dict[str, Axis]:
    return {
        path: axis
        for path, axis in space.items()
        if not (isinstance(axis, Choices) and len(axis.values) == 1)
    }


MISSING = -1.0  # the place of a setting that the trial's model does not have


def place(axis: Axis, values: Mapping[str, Any], path: str) -> float:
    """Where a trial lies on an axis: 0 to 1 in a range, the number of a choice, or MISSING."""
    if path not in values:
        return MISSING
    value = values[path]
    if isinstance(axis, Choices):
        known = [in_yaml(choice) for choice in axis.values]
        return float(known.index(in_yaml(value))) if in_yaml(value) in known else MISSING
    low, high = float(axis.low), float(axis.high)
    if axis.is_log:
        low, high, value = np.log(low), np.log(high), np.log(value)
    return float((value - low) / (high - low))


def _without_missing(column: np.ndarray) -> np.ndarray:
    """With a present value drawn for each that is missing: else a setting that only one type of
    model has would be given the type's importance."""
    is_missing = column == MISSING
    if is_missing.all() or not is_missing.any():
        return column
    drawn = np.random.default_rng(SEED).choice(column[~is_missing], len(column))
    return np.where(is_missing, drawn, column)


def _shares(axes: Sequence[Axis], x: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Of x, float64 (trials, axes), and scores, float64 (trials,): float64 (axes,)."""
    from sklearn.ensemble import ExtraTreesRegressor  # late: it takes half a second

    forest = ExtraTreesRegressor(TREES, min_samples_leaf=2, random_state=SEED).fit(x, scores)
    values = [_values(axis, column) for axis, column in zip(axes, x.T, strict=True)]
    draw = np.random.default_rng(SEED)
    points = np.stack([draw.choice(of_one, POINTS) for of_one in values], axis=1)
    total = float(np.var(forest.predict(points)))
    if total == 0:
        return np.zeros(len(axes))
    means = (_means(forest, points, column, of_one) for column, of_one in enumerate(values))
    return np.array([min(1.0, float(np.var(mean)) / total) for mean in means])


def _values(axis: Axis, column: np.ndarray) -> np.ndarray:
    """The places on an axis that count equally, float64 (places,)."""
    return np.unique(column) if isinstance(axis, Choices) else np.linspace(0, 1, VALUES)


def _means(forest: Any, points: np.ndarray, column: int, values: np.ndarray) -> np.ndarray:
    """The mean prediction for each value of a setting, float64 (values,)."""
    repeated = np.tile(points, (len(values), 1))
    repeated[:, column] = np.repeat(values, len(points))
    means: np.ndarray = forest.predict(repeated).reshape(len(values), -1).mean(axis=1)
    return means
