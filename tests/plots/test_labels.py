"""The picture of several labels: a bar for each, the most frequent first."""

import numpy as np

from textclf.plots.labels import MOST, draw_label_scores


def test_bars_are_the_labels_f1():
    figure = draw_label_scores(["a", "b"], np.array([0.25, 0.5]), np.array([3, 1_000]), "m")
    (axes,) = figure.axes
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["b (1,000)", "a (3)"]
    assert [bar.get_width() for bar in axes.containers[1]] == [0.5, 0.25]
    assert {text.get_text() for text in axes.texts} == {"0.50", "0.25"}
    words = " ".join(text.get_text() for text in figure.texts)
    assert "mean 0.375" in words and "left out" not in words


def test_of_many_labels_the_rarest_are_left_out():
    n = MOST + 5
    figure = draw_label_scores([f"label {k}" for k in range(n)], np.ones(n), np.arange(n), "m")
    assert len(figure.axes[0].containers[1]) == MOST
    assert any("5 rarer labels are left out" in text.get_text() for text in figure.texts)
