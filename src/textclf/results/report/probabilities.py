"""Curves of two classes' probabilities: how well they rank rows, whether they are what they say."""

from __future__ import annotations

import numpy as np

from textclf.results.report.charts import BOTTOM, LEFT, TOP, Chart, Line, Tick, evenly, path

SIDE = BOTTOM - TOP  # of a square frame
BINS = 10  # of a calibration curve
MOST_POINTS = 150  # of a curve
THRESHOLD = 0.5
DIAGONAL = np.array([[0.0, 0.0], [1.0, 1.0]])


def curves_of(truth: np.ndarray, probability: np.ndarray) -> list[Chart]:
    """The ROC curve, precision against recall, and calibration; empty where one class is missing.

    Args:
        truth: whether a row is of the second class, bool (rows,).
        probability: that it is, float64 (rows,).
    """
    if truth.all() or not truth.any():
        return []
    return [
        _roc(truth, probability),
        _precision(truth, probability),
        _calibration(truth, probability),
    ]


def _roc(truth: np.ndarray, probability: np.ndarray) -> Chart:
    from sklearn.metrics import roc_auc_score, roc_curve  # late: with SciPy it takes half a second

    false, true, _ = roc_curve(truth, probability)
    predicted = probability > THRESHOLD
    area = roc_auc_score(truth, probability)
    return _square(
        f"ROC curve: area under it (AUC) {area:.3f}",
        "The dashed line is chance, of area 0.5.",
        ("false positive rate", "recall"),
        [
            _line(DIAGONAL, "diagonal"),
            _line(np.stack([false, true], axis=1)),
            _point(predicted[~truth].mean(), predicted[truth].mean()),
        ],
    )


def _precision(truth: np.ndarray, probability: np.ndarray) -> Chart:
    from sklearn.metrics import average_precision_score, precision_recall_curve

    precision, recall, _ = precision_recall_curve(truth, probability)
    average = average_precision_score(truth, probability)
    share, predicted = truth.mean(), probability > THRESHOLD
    reached = [_point(predicted[truth].mean(), truth[predicted].mean())] if predicted.any() else []
    return _square(
        f"Precision and recall: average precision {average:.3f}",
        f"The dashed line is chance, the class's share of {share:.3f}.",
        ("recall", "precision"),
        [
            _line(np.array([[0, share], [1, share]]), "diagonal"),
            _line(np.stack([recall, precision], axis=1)[::-1]),
            *reached,
        ],
    )


def _calibration(truth: np.ndarray, probability: np.ndarray) -> Chart:
    from sklearn.calibration import calibration_curve
    from sklearn.metrics import brier_score_loss

    right, predicted = calibration_curve(truth, probability, n_bins=BINS)
    brier = brier_score_loss(truth, probability)
    return _square(
        f"Calibration: Brier score {brier:.3f}",
        f"On the dashed line, probabilities are what they say; {len(right)} groups of rows.",
        ("predicted probability", "fraction of positives"),
        [
            _line(DIAGONAL, "diagonal"),
            _line(np.stack([predicted, right], axis=1)),
            *(_point(x, y) for x, y in zip(predicted, right, strict=True)),
        ],
    )


def _square(title: str, words: str, labels: tuple[str, str], lines: list[Line]) -> Chart:
    """A chart whose axes both go from 0 to 1."""
    shares = np.linspace(0, 1, 6)
    return Chart(
        title=title,
        description=f"{title}. {words}",
        x_label=labels[0],
        y_label=labels[1],
        x_ticks=[Tick(LEFT + SIDE * share, f"{share:.1g}") for share in shares],
        y_ticks=[Tick(BOTTOM - SIDE * share, f"{share:.1g}") for share in shares],
        lines=lines,
        right=LEFT + SIDE,
        width=LEFT + SIDE + 16,
        height=BOTTOM + 52,
    )


def _line(shares: np.ndarray, style: str = "run") -> Line:
    """A curve through places of the frame, float (points, 2), each from 0 to 1."""
    places = np.stack([LEFT + SIDE * shares[:, 0], BOTTOM - SIDE * shares[:, 1]], axis=1).round(1)
    places = places[evenly(len(places), MOST_POINTS)]
    return Line("", style, 0, path(places), (0.0, 0.0), 0.0, is_point=len(places) == 1)


def _point(x: float, y: float) -> Line:
    return _line(np.array([[x, y]]))
