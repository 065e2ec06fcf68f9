"""How a model did on rows with several labels, label by label, from predictions.csv alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from textclf.training.multilabel import label_report

if TYPE_CHECKING:
    from pandas import DataFrame

PREFIX = "probability_"  # of the columns with each label's probability


class Labels(NamedTuple):
    """Each label's truth and probability, bool and float64 (rows, labels)."""

    names: list[str]
    truth: np.ndarray
    probabilities: np.ndarray


def read_labels(table: DataFrame, separator: str) -> Labels:
    """The labels of a run's predictions.

    Raises:
        ValueError: it has no labels, or a probability that is not a number from 0 to 1.
    """
    columns = [name for name in table if str(name).startswith(PREFIX)]
    probabilities = table[columns].to_numpy(float)
    if not columns or not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError("each label needs a probability from 0 to 1")
    names = [str(name).removeprefix(PREFIX) for name in columns]
    return Labels(names, given_in(table["truth"], names, separator), probabilities)


def given_in(joined: Any, names: list[str], separator: str) -> np.ndarray:
    """Which labels each text joins, bool (rows, labels)."""
    found = [set(text.split(separator)) for text in joined]
    return np.array([[name in row for name in names] for row in found], bool)


def share_right(labels: Labels, answer: str, separator: str) -> float:
    """The share of right decisions about all labels if every row has the same answer."""
    return float((labels.truth == given_in([answer], labels.names, separator)).mean())


def report_labels(labels: Labels) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of the report: of each label, and their means."""
    rows: list[dict[str, Any]] = label_report(
        labels.names, labels.truth.astype(int), labels.probabilities
    ).to_dict("records")
    return rows[: len(labels.names)], rows[len(labels.names) :]
