"""The pictures: what they say is right, and no text leaves the canvas or lies on a line."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from textclf.errors import ResourceError
from textclf.inspection.picture import draw_dataset
from textclf.plots import (
    draw_comparison,
    draw_confusion_matrix,
    draw_curves,
    draw_fold_curves,
    draw_residuals,
    save_figure,
)
from textclf.plots.curves import epoch_ticks, spread
from textclf.plots.learning_curve import draw_learning_curve
from tiny_data import describe, features, texts

LONG = "a_long_name_that_lists_all_of_the_settings_of_a_run-12"


def make_history(epochs: int, seed: int = 0, validation: bool = True) -> pd.DataFrame:
    """A history that overfits: accuracy rises on, validation turns."""
    noise = np.random.default_rng(seed).normal(0, 0.01, (2, epochs))
    part = np.arange(1, epochs + 1) / max(epochs, 1)
    history = pd.DataFrame({"epoch": np.arange(1, epochs + 1), "loss": 0.7 - 0.6 * part})
    history["accuracy"] = 0.95 - 0.4 * np.exp(-4 * part) + noise[0]
    history["mae"] = 1e5 * history["loss"]
    if validation:
        history["val_loss"] = 0.4 + (part - 0.4) ** 2 + noise[1]
        history["val_accuracy"] = 0.8 - (part - 0.5) ** 2 + noise[1]
        history["val_mae"] = 1e5 * history["val_loss"]
    return history


def make_broken_history() -> pd.DataFrame:
    history = make_history(12)
    history.loc[3, "val_loss"] = np.nan
    history.loc[6:, "loss"] = np.inf
    return history


def make_diverged_history() -> pd.DataFrame:
    history = make_history(12)
    history.loc[9:, "loss"] = [1e4, 1e8, 1e13]
    return history


def make_matrix(classes: int, total: int = 2246) -> np.ndarray:
    """Counts as skewed as Reuters': the first classes have nearly all; the last one has none."""
    shares = 1 / np.arange(1, classes + 1) ** 1.3
    confusion = np.outer(shares, shares / shares.sum()) * 0.2 + np.diag(shares) * 0.8
    matrix = (confusion / shares.sum() * total).astype(int)
    if classes > 2:
        matrix[-1] = 0
    return matrix


def draw_texts(name: str = "a", longest: int = 900, **preprocessing: object) -> Figure:
    lengths = np.random.default_rng(0).geometric(3 / longest, 500)
    data = texts([" ".join("ab" * n) for n in lengths], [0] * 500, n_train=400)
    return draw_dataset(describe(data, **preprocessing), name)


def draw_columns(count: int, name: str = "a") -> Figure:
    x = np.random.default_rng(0).lognormal(size=(50, count)) * 10.0 ** (np.arange(count) % 9)
    x[3, 0], x[:, -1] = np.nan, 5  # a missing value, a column that is always the same
    return draw_dataset(describe(features(x, x.sum(1), 40, [LONG] * count)), name)


PICTURES = {
    **{
        f"{epochs} epochs": lambda n=epochs: draw_curves(
            make_history(n), "accuracy", max(1, n // 2), "imdb_lstm-1 · accuracy"
        )
        for epochs in (1, 2, 5, 20, 100, 1000)
    },
    "first epoch kept": lambda: draw_curves(make_history(9), "loss", 1, "a · loss"),
    "last epoch kept": lambda: draw_curves(make_history(9), "mae", 9, f"{LONG * 3} · mae"),
    "no validation": lambda: draw_curves(make_history(5, validation=False), "loss", 5, "a · loss"),
    "not finite": lambda: draw_curves(make_broken_history(), "loss", 6, "a · loss"),
    "diverged": lambda: draw_curves(make_diverged_history(), "loss", 6, "a · loss"),
    "flat": lambda: draw_curves(
        make_history(9).assign(accuracy=0.5, val_accuracy=0.5), "accuracy", 1, "a · accuracy"
    ),
    "no epoch": lambda: draw_curves(make_history(0), "loss", None, "a · loss"),
    "folds": lambda: draw_fold_curves(
        {f"fold-{k}": make_history(20 - 3 * k, k) for k in range(1, 5)}, "mae", "boston-1 · mae"
    ),
    "seeds": lambda: draw_fold_curves(
        {f"seed-{k}": make_history(20, k) for k in range(30)}, "loss", "imdb-1 · loss"
    ),
    "12 runs": lambda: draw_comparison(
        {f"{LONG}-{k}": make_history(5 + k, k) for k in range(12)}, "accuracy", "12 runs"
    ),
    **{
        f"{classes} classes": lambda n=classes: draw_confusion_matrix(
            make_matrix(n), [f"class {k}" for k in range(n)], "reuters-1 · confusion matrix"
        )
        for classes in (2, 4, 46, 200)
    },
    "long class names": lambda: draw_confusion_matrix(
        make_matrix(7), [f"$a {LONG} {k}" for k in range(7)], "a"
    ),
    "residuals": lambda: draw_residuals(
        np.linspace(5, 50, 102), np.linspace(9, 47, 102)[:, None], "boston-1", "thousand dollars"
    ),
    "lengths": lambda: draw_texts(),
    **{
        f"lengths, maxlen {maxlen}": lambda n=maxlen: draw_texts(LONG, maxlen=n)
        for maxlen in (1, 100, 500, 5000)
    },
    "short lengths": lambda: draw_texts(longest=3, maxlen=2),
    **{f"{count} features": lambda n=count: draw_columns(n) for count in (1, 6, 40)},
    "one residual": lambda: draw_residuals(np.array([2e6]), np.array([1e6]), "a"),
}


def visible_texts(figure: Figure) -> list[tuple[str, Bbox]]:
    figure.draw_without_rendering()
    axes = [part for main in figure.axes for part in (main, *main.child_axes)]
    texts = [*figure.texts]
    for part in axes:
        texts += [*part.texts, part.xaxis.label, part.yaxis.label]
        for axis in (part.xaxis, part.yaxis):
            low, high = sorted(axis.get_view_interval())  # ticks beyond it are never drawn
            texts += [t.label1 for t in axis.get_major_ticks() if low <= t.get_loc() <= high]
            texts += [t.label2 for t in axis.get_major_ticks() if low <= t.get_loc() <= high]
    return [
        (text.get_text(), text.get_window_extent())
        for text in texts
        if text.get_text() and text.get_visible()
    ]


@pytest.mark.parametrize("name", PICTURES)
def test_no_text_leaves_the_canvas_or_lies_on_another(name: str) -> None:
    figure = PICTURES[name]()
    texts = visible_texts(figure)
    assert len(texts) > 3
    canvas = figure.bbox.padded(1)
    for text, box in texts:
        assert canvas.x0 <= box.x0 < box.x1 <= canvas.x1, text
        assert canvas.y0 <= box.y0 < box.y1 <= canvas.y1, text
    # All pairs at once: a matrix of 46 classes has tens of thousands.
    left, bottom, right, top = np.array([box.padded(-1).extents for _, box in texts]).T
    beside = (left[:, None] < right) & (left < right[:, None])
    above = (bottom[:, None] < top) & (bottom < top[:, None])
    overlapping = np.argwhere(np.triu(beside & above, k=1))
    assert [(texts[one][0], texts[other][0]) for one, other in overlapping] == []


@pytest.mark.parametrize(
    "name",
    [name for name in PICTURES if not any(k in name for k in ("class", "residual", "feature"))],
)
def test_no_text_lies_on_a_line(name: str) -> None:
    figure = PICTURES[name]()
    texts = visible_texts(figure)
    for line in figure.axes[0].lines:
        points = line.get_transform().transform(line.get_xydata())
        steps = np.linspace(0, 1, 40)[:, None, None]
        between = (points[:-1] * (1 - steps) + points[1:] * steps).reshape(-1, 2)
        for text, box in texts:
            assert not box.count_contains(between[np.isfinite(between).all(axis=1)]), text


def test_texts_are_checked_at_all() -> None:
    figure = draw_curves(make_history(5), "loss", 2, "a · loss")
    said = [text for text, _ in visible_texts(figure)]
    assert {"a · loss", "epoch", "loss", "1", "5"} <= set(said)


@pytest.mark.parametrize("epochs", [1, 2, 5, 15, 16, 20, 99, 100, 1000, 12345, 10**6])
def test_epochs_are_whole_and_few(epochs: int) -> None:
    ticks = epoch_ticks(epochs)
    assert ticks[0] == 1
    assert ticks == sorted(set(ticks))
    assert ticks[-1] <= epochs
    assert len(ticks) <= 16
    assert all(isinstance(tick, int) for tick in ticks)
    assert epochs == 1 or ticks[-1] > epochs / 2


def test_epoch_axis_names_whole_epochs() -> None:
    axes = draw_curves(make_history(3), "loss", 2, "a").axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2", "3"]


def test_kept_epoch_is_ringed_and_named() -> None:
    history = make_history(20)
    axes = draw_curves(history, "accuracy", 7, "a").axes[0]
    (ring,) = [line for line in axes.lines if line.get_markersize() == 12]
    value = history["val_accuracy"][6]
    assert ring.get_xydata().tolist() == [[7, value]]
    assert f"kept: epoch 7, {value:.3f}" in [text.get_text() for text in axes.texts]


def test_kept_epoch_without_validation_is_on_the_training_curve() -> None:
    history = make_history(5, validation=False)
    axes = draw_curves(history, "loss", 5, "a").axes[0]
    assert f"kept: epoch 5, {history['loss'][4]:.3f}" in [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("kept", [None, 4, 99])
def test_nothing_is_ringed_where_there_is_no_value(kept: int | None) -> None:
    axes = draw_curves(make_broken_history(), "loss", kept, "a").axes[0]
    assert not [text for text in axes.texts if "kept" in text.get_text()]


def test_values_that_are_not_finite_are_counted() -> None:
    figure = draw_curves(make_broken_history(), "loss", 6, "a")
    assert "not finite, left out: 7" in figure.texts[1].get_text()


def test_mean_ends_where_the_shortest_fold_ends() -> None:
    folds = {"fold-1": make_history(9, 1), "fold-2": make_history(6, 2)}
    axes = draw_fold_curves(folds, "loss", "a").axes[0]
    mean = max(axes.lines, key=lambda line: (line.get_linewidth(), len(line.get_xdata())))
    expected = (folds["fold-1"]["val_loss"][:6] + folds["fold-2"]["val_loss"]) / 2
    np.testing.assert_allclose(mean.get_ydata(), expected)


def test_comparison_names_a_run_without_the_metric() -> None:
    runs = {"imdb-1": make_history(4), "boston-1": make_history(4).drop(columns="accuracy")}
    runs["boston-1"] = runs["boston-1"].drop(columns="val_accuracy")
    figure = draw_comparison(runs, "accuracy", "2 runs")
    assert "no accuracy: boston-1" in figure.texts[1].get_text()
    assert len(figure.axes[0].texts) == 1


def test_comparison_draws_the_mean_of_seeds_and_each_of_them_thin() -> None:
    seeds = [make_history(6, 1), make_history(4, 2), make_history(4, 3)]
    figure = draw_comparison({"series": seeds, "single": make_history(5)}, "accuracy", "2 runs")
    axes = figure.axes[0]
    assert [text.get_text().split()[0] for text in axes.texts] == ["series", "single"]
    mean = np.mean([seed["val_accuracy"][:4] for seed in seeds], axis=0)
    assert any(
        len(line.get_ydata()) == 4 and np.allclose(line.get_ydata(), mean) for line in axes.lines
    )
    assert "thin: folds or seeds" in figure.texts[1].get_text()


def test_labels_spread_without_losing_their_order() -> None:
    places = spread([1.0, 0.99, 1.0, 0.1], gap=0.2, top=1.0)
    assert places == pytest.approx([0.8, 0.6, 1.0, 0.1])


def test_confusion_matrix_has_true_classes_as_rows() -> None:
    figure = draw_confusion_matrix(np.array([[6, 2], [1, 3]]), ["neg", "pos"], "a")
    axes = figure.axes[0]
    np.testing.assert_allclose(axes.images[0].get_array(), [[0.75, 0.25], [0.25, 0.75]])
    assert axes.get_ylabel() == "true class"
    assert {text.get_position(): text.get_text() for text in axes.texts}[1, 0] == "2\n25%"
    assert "9 of 12 correct" in figure.texts[1].get_text()


def test_maxlen_stands_between_what_it_keeps_and_what_it_cuts() -> None:
    axes = draw_texts(maxlen=100).axes[0]
    (line,) = axes.lines
    assert line.get_xdata()[0] == 100.5
    assert axes.texts[0].get_text().startswith("maxlen 100 cuts ")
    colors = {bar.get_facecolor() for bar in axes.patches if bar.get_x() < 100.5}
    assert colors.isdisjoint(bar.get_facecolor() for bar in axes.patches if bar.get_x() >= 100.5)


def test_residuals_state_the_mean_absolute_error() -> None:
    figure = draw_residuals(np.array([1.0, 2, 3]), np.array([[2.0], [2], [np.nan]]), "a", "m")
    assert figure.texts[1].get_text() == "MAE 0.500 m · 2 examples · 1 not finite, left out"


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_same_table_gives_same_bytes(tmp_path: Path, ending: str) -> None:
    paths = [tmp_path / f"{name}.{ending}" for name in "ab"]
    for path in paths:
        save_figure(draw_curves(make_history(5), "loss", 2, "a · loss"), path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_saving_creates_the_folder_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "run" / "plots" / "loss.png"
    save_figure(PICTURES["5 epochs"](), path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert list(path.parent.iterdir()) == [path]


def test_failed_saving_keeps_the_old_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_half(_: Figure, path: Path, **__: object) -> None:
        Path(path).write_bytes(b"half")
        raise OSError("disk full")

    path = tmp_path / "loss.png"
    path.write_bytes(b"old")
    monkeypatch.setattr(Figure, "savefig", write_half)
    with pytest.raises(ResourceError, match="disk full"):
        save_figure(Figure(), path)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("loss.png", b"old")]


def test_drawing_needs_neither_pyplot_nor_tensorflow(tmp_path: Path) -> None:
    code = f"""
import pathlib, sys, pandas, textclf.plots as plots
assert "matplotlib" not in sys.modules  # cheap to import
history = pandas.DataFrame({{"epoch": [1, 2], "loss": [0.5, 0.4]}})
plots.save_figure(plots.draw_curves(history, "loss", 2, "a"), pathlib.Path({str(tmp_path)!r}, "a"))
print([name for name in ("matplotlib.pyplot", "tensorflow", "keras") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_two_of_many_runs_look_alike():
    histories = {f"run {number}": make_history(9, number) for number in range(40)}
    lines = draw_comparison(histories, "accuracy", "40 runs").axes[0].get_lines()
    assert not [line for line in lines if line.get_linestyle() == "--"]
    solid = [line for line in lines if line.get_linestyle() == "-" and len(line.get_xdata()) == 9]
    assert len({(line.get_color(), line.get_marker()) for line in solid}) == 40
    leads = [line for line in lines if line.get_clip_on() is False and len(line.get_xdata()) == 3]
    assert len({(line.get_color(), line.get_marker()) for line in leads}) == 40


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("fewest", [40, 80])
def test_a_learning_curve_is_drawn_by_rows(fewest, seeds):
    table = pd.DataFrame({"rows": [fewest, 100, 160], "seeds": seeds})
    for split, scores in {"train": [0.9, 0.8, 0.7], "val": [0.5, 0.6, 0.65]}.items():
        table[f"{split}_accuracy"] = scores
        if seeds > 1:
            table[f"{split}_accuracy_sd"] = 0.1
    figure = draw_learning_curve(table, "accuracy", "a-curve-1")
    axes = figure.axes[0]
    assert axes.get_xscale() == ("log" if fewest == 40 else "linear")
    assert [tick.get_text() for tick in axes.get_xticklabels()] == [str(fewest), "100", "160"]
    said = " ".join(text.get_text() for text in [*axes.texts, *figure.texts])
    assert "validation  0.650" in said and ("3 seeds" in said) == (seeds == 3)
    bands = [band.get_datalim(axes.transData) for band in axes.collections]
    bottom, top = axes.get_ylim()
    assert all(bottom <= band.y0 and band.y1 <= top for band in bands)
