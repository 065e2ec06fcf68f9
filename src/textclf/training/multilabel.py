"""Tables of examples with several labels, each of which is decided on its own."""

import numpy as np
import pandas as pd

THRESHOLD = 0.5  # a label is given to an example where its probability is above


def given_labels(outputs: np.ndarray) -> np.ndarray:
    """Which labels are given, bool (examples, labels), by their probabilities."""
    return np.asarray(outputs > THRESHOLD)


def probability_of_answer(outputs: np.ndarray) -> np.ndarray:
    """Of exactly the labels that are given, as the model takes labels for independent:
    float64 (examples,)."""
    p = outputs.astype(np.float64)
    return np.asarray(np.maximum(p, 1 - p).prod(axis=1))


def label_report(names: list[str], y: np.ndarray, outputs: np.ndarray) -> pd.DataFrame:
    """precision, recall, f1 and support of each label, and their plain and weighted means; micro
    avg is of all decisions together. A ratio whose divisor is 0 counts as 0.

    Args:
        y: 1 or 0 for each label, (examples, labels).
    """
    from sklearn.metrics import precision_recall_fscore_support

    given, rows = given_labels(outputs), []
    of_each = precision_recall_fscore_support(y, given, average=None, zero_division=0)
    rows += [*zip(names, *of_each, strict=True)]
    total = int(np.sum(y))
    for mean in ("micro", "macro", "weighted"):
        means = precision_recall_fscore_support(y, given, average=mean, zero_division=0)
        rows.append((f"{mean} avg", *means[:3], total))
    return pd.DataFrame(rows, columns=["class", "precision", "recall", "f1", "support"])
