"""A linear model of the words that a network reads: the score that the network has to beat."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

from textclf.config.settings import Config
from textclf.data.dataset import Dataset, Ragged
from textclf.data.encoders import Encoder, TextEncoder
from textclf.data.splits import Split
from textclf.data.tokenizer import UNKNOWN_ID
from textclf.disk.atomic import write_json
from textclf.runs import FitFolder
from textclf.training.class_weights import row_weights
from textclf.training.evaluation import Scored, score
from textclf.training.memory import available_bytes
from textclf.training.scores import Scores

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MOST_WORK = 100_000_000  # words of the training rows times columns of outputs
BYTES_A_WORD = 60  # of all rows, at the peak
STEPS = 30  # of the solver; more changed no score of the recipes by 0.001


def write_baseline(
    folder: FitFolder, config: Config, data: Dataset, encoder: Encoder, split: Split
) -> None:
    """Write a fit's baseline.json where it has none yet, and where one can be computed."""
    if folder.baseline_path.exists():  # a run that is resumed
        return
    try:
        content = fit_baseline(config, data, encoder, split)
    except MemoryError:  # a trained run is worth more than this comparison
        content = None
    if content is not None:
        write_json(folder.baseline_path, content)


def fit_baseline(
    config: Config, data: Dataset, encoder: Encoder, split: Split
) -> dict[str, Any] | None:
    """Fit a linear model on the training rows, and score it on the others as a network is.

    Its settings and its seed are fixed, so that the same rows always give the same scores.

    Args:
        data: in the tokens that the encoder reads.

    Returns:
        'model', its name, and 'metrics', its scores by the names of metrics.json. None: of features
        or another task, where all training rows have one class, or where it would take long.
    """
    if not isinstance(encoder, TextEncoder) or data.task.name not in MODELS:
        return None
    if _is_large(data, encoder, split.train):
        return None
    from sklearn.feature_extraction.text import TfidfTransformer

    name, fit = MODELS[data.task.name]
    counts = count_words(encoder, data.x)
    tf_idf = TfidfTransformer(sublinear_tf=True).fit(counts[split.train])
    with warnings.catch_warnings(action="ignore"):  # that more steps could follow
        predict = fit(tf_idf.transform(counts[split.train]), data, config, split.train)
    if predict is None:
        return None
    metrics: Scores = {}
    for part, rows in (("validation", split.validation), ("test", split.test)):
        if len(rows):
            outputs = predict(tf_idf.transform(counts[rows]))
            metrics |= score(data, Scored(part, rows, outputs))
    return {"model": name, "metrics": metrics} if metrics else None


def _is_large(data: Dataset, encoder: TextEncoder, train: np.ndarray) -> bool:
    """Whether it would take more than about ten seconds, or more memory than there is."""
    work = int(data.x.lengths[train].sum()) * max(len(_columns(data)), 1)
    positions = 0 if encoder.is_bag else encoder.maxlen or 0
    n_words = max(len(data.x.values), len(data) * positions)
    free = available_bytes() - psutil.Process().memory_info().rss
    return work > MOST_WORK or n_words * BYTES_A_WORD > free


def _columns(data: Dataset) -> Sequence[int]:
    """The class of each column of a network's outputs; empty for regression."""
    return [1] if data.task.name == "binary" else range(len(data.class_names))


def count_words(encoder: TextEncoder, x: Ragged) -> csr_matrix:
    """How often each word that the model reads is in each row, float32 (rows, num_words).

    Where it reads n-grams, the words of those.
    """
    from scipy.sparse import csr_matrix

    if encoder.is_bag:
        ids, ends = encoder.id_table.take(x.values), x.offsets
    else:
        padded = encoder.transform(x)
        ids, ends = padded.ravel(), np.arange(len(x) + 1) * padded.shape[1]
    is_word = ids > UNKNOWN_ID
    ends = np.concatenate([[0], np.cumsum(is_word)])[ends]
    ones = np.ones(ends[-1], np.float32)
    counts = csr_matrix((ones, ids[is_word], ends), shape=(len(x), encoder.num_words))
    counts.sum_duplicates()
    return counts


Predict = Callable[["csr_matrix"], np.ndarray]  # from words to outputs as a network's


def _logistic_regression(
    x: csr_matrix, data: Dataset, config: Config, rows: np.ndarray
) -> Predict | None:
    """Each class against all others: a fifth of the time that all classes at once take."""
    y, weights = data.y[rows], row_weights(config.training.class_weight, data, rows)
    if len(np.unique(y)) < 2:
        return None
    classes = _columns(data)
    models = {
        column: _classifier().fit(x, y == number, None if weights is None else weights[rows])
        for column, number in enumerate(classes)
        if number in y
    }

    def predict(words: csr_matrix) -> np.ndarray:
        outputs = np.zeros((words.shape[0], len(classes)))
        for column, model in models.items():
            outputs[:, column] = model.predict_proba(words)[:, 1]
        return outputs if len(classes) == 1 else outputs / outputs.sum(axis=1, keepdims=True)

    return predict


def _of_each_label(x: csr_matrix, data: Dataset, _config: Config, rows: np.ndarray) -> Predict:
    """A model for each label; one that all rows or none have keeps their share."""
    y = data.y[rows]
    shares = y.mean(axis=0)
    models = {
        column: _classifier().fit(x, y[:, column])
        for column, share in enumerate(shares)
        if 0 < share < 1
    }

    def predict(words: csr_matrix) -> np.ndarray:
        outputs = np.tile(shares, (words.shape[0], 1))
        for column, model in models.items():
            outputs[:, column] = model.predict_proba(words)[:, 1]
        return outputs

    return predict


def _classifier() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=5.0, solver="liblinear", dual=True, max_iter=STEPS, random_state=0)


def _ridge_regression(x: csr_matrix, data: Dataset, _config: Config, rows: np.ndarray) -> Predict:
    from sklearn.linear_model import Ridge

    model = Ridge(solver="sparse_cg").fit(x, data.y[rows].astype(np.float64))
    return lambda words: np.asarray(model.predict(words))[:, None]


# For each task: the model's name, and what fits it on the words of rows.
MODELS: Mapping[str, tuple[str, Callable[..., Predict | None]]] = {
    "binary": ("logistic regression", _logistic_regression),
    "multiclass": ("logistic regression", _logistic_regression),
    "multilabel": ("logistic regression", _of_each_label),
    "regression": ("ridge regression", _ridge_regression),
}
