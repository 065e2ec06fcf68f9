"""The curves of two classes: scikit-learn's figures, everything inside the frame."""

import re

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from textclf.results.report import charts
from textclf.results.report.probabilities import SIDE, curves_of

RNG = np.random.default_rng(0)
TRUTH = RNG.random(4000) < 0.3
PROBABILITY = np.clip(0.3 + 0.25 * TRUTH + RNG.normal(0, 0.2, 4000), 0, 1)


def points(path: str) -> np.ndarray:
    pairs = np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", path), float)
    return np.stack([(pairs[:, 0] - charts.LEFT) / SIDE, (charts.BOTTOM - pairs[:, 1]) / SIDE], 1)


def test_each_chart_has_its_figure_in_the_title():
    roc, precision, calibration = curves_of(TRUTH, PROBABILITY)
    area = roc_auc_score(TRUTH, PROBABILITY)
    assert roc.title == f"ROC curve: area under it (AUC) {area:.3f}"
    average = average_precision_score(TRUTH, PROBABILITY)
    assert precision.title == f"Precision and recall: average precision {average:.3f}"
    brier = brier_score_loss(TRUTH, PROBABILITY)
    assert calibration.title == f"Calibration: Brier score {brier:.3f}"
    assert [(chart.x_label, chart.y_label) for chart in (roc, precision, calibration)] == [
        ("false positive rate", "recall"),
        ("recall", "precision"),
        ("predicted probability", "fraction of positives"),
    ]


def test_the_curves_stay_inside_go_the_right_way_and_are_short():
    for chart in curves_of(TRUTH, PROBABILITY):
        for line in chart.lines:
            assert points(line.path).min() >= 0 and points(line.path).max() <= 1
            assert len(line.path) < 3000
        assert chart.description and chart.x_ticks[0].label == "0"
    roc, precision, calibration = curves_of(TRUTH, PROBABILITY)
    curve = points(roc.lines[1].path)
    assert curve[0].tolist() == [0, 0] and curve[-1].tolist() == [1, 1]
    assert (np.diff(curve, axis=0) >= 0).all()
    area = np.trapezoid(curve[:, 1], curve[:, 0])
    assert area == pytest.approx(roc_auc_score(TRUTH, PROBABILITY), abs=0.01)
    right = points(precision.lines[1].path)
    assert right[0, 0] in (0, 1) and abs(right[0, 0] - right[-1, 0]) == 1
    assert points(calibration.lines[1].path)[:, 0].tolist() == sorted(
        points(calibration.lines[1].path)[:, 0]
    )


def test_the_usual_threshold_is_a_point_on_both_curves():
    predicted = PROBABILITY > 0.5
    recall, alarms = predicted[TRUTH].mean(), predicted[~TRUTH].mean()
    roc, precision, _ = curves_of(TRUTH, PROBABILITY)
    assert points(roc.lines[-1].path)[0] == pytest.approx([alarms, recall], abs=0.005)
    expected = [recall, TRUTH[predicted].mean()]
    assert points(precision.lines[-1].path)[0] == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize(
    ("truth", "probability"),
    [([True, False], [1.0, 0.0]), ([True, False], [0.0, 1.0]), ([True, False, True], [0.2] * 3)],
)
def test_odd_answers_are_drawn_all_the_same(truth, probability):
    drawn = curves_of(np.array(truth), np.array(probability))
    assert len(drawn) == 3
    assert not any("nan" in line.path for chart in drawn for line in chart.lines)


@pytest.mark.parametrize("truth", [[True, True], [False, False], []])
def test_rows_of_one_class_have_no_curves(truth):
    assert curves_of(np.array(truth, bool), np.full(len(truth), 0.7)) == []
