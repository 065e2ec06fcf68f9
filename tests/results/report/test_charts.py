"""The charts' geometry: everything inside, labels apart, odd histories drawn all the same."""

import re

import numpy as np
import pandas as pd
import pytest

from textclf.results.report import charts
from textclf.results.report.charts import chart_of_fit, chart_of_fits, chart_of_pairs, chart_of_runs


def make_history(epochs: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    loss = np.exp(-np.arange(epochs) / 5) + rng.normal(0, 0.01, epochs)
    table = pd.DataFrame({"epoch": np.arange(1, epochs + 1), "loss": loss, "val_loss": loss + 0.1})
    return table.assign(accuracy=1 - loss / 2, val_accuracy=0.9 - loss / 2)


def points(path: str) -> np.ndarray:
    return np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", path), float)


def assert_inside(chart) -> None:
    for line in chart.lines:
        x, y = points(line.path).T
        assert x.min() >= charts.LEFT and x.max() <= charts.RIGHT
        assert y.min() >= charts.TOP and y.max() <= charts.BOTTOM
        assert charts.TOP <= line.label_y <= charts.BOTTOM
    labels = sorted(line.label_y for line in chart.lines if line.label)
    assert all(gap >= charts.LABEL_GAP - 1e-6 for gap in np.diff(labels))
    x_places = [tick.at for tick in chart.x_ticks]
    assert all(gap > 20 for gap in np.diff(x_places))
    assert all(charts.TOP - 1 <= tick.at <= charts.BOTTOM + 1 for tick in chart.y_ticks)


@pytest.mark.parametrize("epochs", [1, 2, 9, 15, 100, 1000])
@pytest.mark.parametrize("metric", ["accuracy", "loss"])
def test_a_fit_is_drawn_and_its_kept_epoch_ringed(epochs, metric):
    chart = chart_of_fit(make_history(epochs), metric, epochs)
    assert_inside(chart)
    assert [line.label for line in chart.lines] == ["training", "validation"]
    x, y = points(chart.lines[1].path)[-1]
    assert (chart.mark.x, chart.mark.y) == (x, y)


@pytest.mark.parametrize("fits", [2, 9, 30])
def test_fits_are_drawn_with_their_mean(fits):
    chart = chart_of_fits({f"fold-{n}": make_history(8, n) for n in range(fits)}, "loss")
    assert_inside(chart)
    assert len(chart.lines) == fits + 1 and chart.lines[-1].label == "mean"


def test_runs_are_numbered_as_in_the_table():
    runs = [
        [make_history(3)],
        [make_history(5, 1), make_history(4, 2)],
        [make_history(2)[["epoch"]]],
    ]
    chart = chart_of_runs(runs, "loss")
    assert_inside(chart)
    assert [line.label for line in chart.lines] == ["1", "2"]


def test_gaps_flat_curves_and_diverged_ones_are_drawn():
    history = make_history(9)
    history.loc[3, "loss"] = np.nan
    history.loc[8, "val_loss"] = np.inf
    assert_inside(chart_of_fit(history, "loss", 3))
    assert_inside(chart_of_fit(history.assign(loss=0.5, val_loss=0.5), "loss", 3))
    history.loc[7, "loss"] = 1e12
    assert_inside(chart_of_fit(history, "loss", None))


def test_nothing_to_draw_is_no_chart():
    assert chart_of_fit(make_history(2), "mae", 1) is None
    assert chart_of_fits({}, "loss") is None
    assert chart_of_pairs(np.array([np.nan]), np.array([1.0])) is None


@pytest.mark.parametrize("rows", [1, 100, 20_000])
def test_pairs_lie_on_the_diagonal_where_they_agree(rows):
    truth = np.linspace(-5, 1e4, rows)
    chart = chart_of_pairs(truth, truth)
    dots = points(chart.dots)
    assert len(dots) == min(rows, charts.MOST_DOTS)
    along = (dots[:, 0] - charts.LEFT) / (charts.RIGHT - charts.LEFT)
    up = (charts.BOTTOM - dots[:, 1]) / (charts.BOTTOM - charts.TOP)
    assert along == pytest.approx(up, abs=2e-3)
