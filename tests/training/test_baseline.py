"""The linear model that every text run is compared with."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import Ridge

from textclf.config.scores import SCORES_OF_TASK
from textclf.config.settings import Config
from textclf.data.encoders import TextEncoder, fit_encoder
from textclf.data.splits import Split
from textclf.data.tasks import BINARY, MULTICLASS, MULTILABEL, REGRESSION
from textclf.errors import RunError
from textclf.runs import FitFolder, RunFolder, SeriesFolder
from textclf.training import baseline
from textclf.training.baseline import count_words, fit_baseline, write_baseline
from textclf.training.fits import final_fit
from tiny_data import features, texts

ROWS = ("a b", "c d d", "a a b", "d c", "a b c", "c d")
DATA = texts(ROWS, [0, 1, 0, 1, 0, 1], n_train=4)
SPLIT = Split(np.array([0, 1]), np.array([2, 3]), np.array([4, 5]))


def config_of(data=DATA, class_weight=None, **preprocessing) -> Config:
    is_text = data.name == "imdb"
    return Config.model_validate(
        {
            "dataset": {"name": data.name},
            "preprocessing": {"encoding": "multi_hot", "num_words": 8} | preprocessing
            if is_text
            else {},
            "model": {"type": "dense"},
            "training": {"class_weight": class_weight} if class_weight else {},
        }
    )


def encoder_of(data=DATA, **preprocessing) -> TextEncoder:
    config = config_of(data, **preprocessing)
    return fit_encoder(config.preprocessing, data, data.train_rows)


def fit(data=DATA, split=SPLIT, **settings):
    config = config_of(data, **settings)
    encoder = fit_encoder(config.preprocessing, data, split.train)
    return fit_baseline(config, data, encoder, split)


def test_the_words_that_the_model_reads_are_counted():
    counts = count_words(encoder_of(), DATA.x).toarray()
    assert counts.shape == (6, 8) and counts.dtype == np.float32
    # 4 is the id of 'a'; padding, the start and the unknown word are not words.
    assert counts[:, 4:].tolist() == [
        [1, 1, 0, 0],
        [0, 0, 1, 2],
        [2, 1, 0, 0],
        [0, 0, 1, 1],
        [1, 1, 1, 0],
        [0, 0, 1, 1],
    ]
    assert not counts[:, :4].any()


def test_what_is_cut_off_or_unknown_is_not_counted():
    cut = encoder_of(encoding="one_hot", maxlen=2, num_words=7)  # the last two words; d is unknown
    counts = count_words(cut, DATA.x).toarray()
    assert counts[:, 4:].tolist() == [
        [1, 1, 0],
        [0, 0, 0],
        [1, 1, 0],
        [0, 0, 1],
        [0, 1, 1],
        [0, 0, 1],
    ]
    removed = encoder_of(encoding="one_hot", maxlen=2, num_words=7, remove_reserved=True)
    assert count_words(removed, DATA.x).toarray()[1, 4:].tolist() == [0, 0, 1]


def test_it_learns_the_training_rows_and_scores_the_others_like_a_network():
    made = fit()
    assert made["model"] == "logistic regression"
    names = ("loss", *SCORES_OF_TASK["binary"])
    assert list(made["metrics"]) == [
        f"{split}_{name}" for split in ("val", "test") for name in names
    ]
    assert made["metrics"]["test_accuracy"] == made["metrics"]["val_macro_f1"] == 1.0
    json.dumps(made, allow_nan=False)
    assert fit() == made  # to the bit
    swapped = replace(DATA, y=1 - DATA.y)
    assert fit(swapped)["metrics"]["test_accuracy"] == 1.0
    alone = fit(split=replace(SPLIT, validation=np.empty(0, np.int64)))
    assert list(alone["metrics"]) == [f"test_{name}" for name in names]


def test_a_class_without_a_training_row_has_no_probability():
    data = texts(ROWS, [3, 1, 3, 1, 0, 2], n_train=4, classes=4)
    assert data.task == MULTICLASS
    metrics = fit(data)["metrics"]
    assert (metrics["val_accuracy"], metrics["test_accuracy"]) == (1.0, 0.0)


def test_each_of_several_labels_has_a_model_of_its_own():
    y = np.array([[1, 0, 1], [0, 1, 1], [1, 0, 1], [0, 1, 1], [1, 1, 1], [0, 1, 0]], np.int8)
    data = replace(DATA, task=MULTILABEL, y=y, class_names=("ab", "cd", "all"))
    metrics = fit(data)["metrics"]
    assert metrics["val_subset_accuracy"] == metrics["val_micro_f1"] == 1.0
    # Of the last row, one label of three is wrong: all training rows have it.
    assert metrics["test_accuracy"] >= 4 / 6 and metrics["test_subset_accuracy"] < 1


def test_classes_have_the_weights_of_the_training():
    data = texts(["a", "a", "a", "b"], [0, 0, 1, 1], n_train=3)
    split = Split(np.array([0, 1, 2]), np.empty(0, np.int64), np.array([2]))
    accuracy = [
        fit(data, split, class_weight=weights)["metrics"]["test_accuracy"]
        for weights in (None, {"pos": 9.0})
    ]
    assert accuracy == [0.0, 1.0]


def test_numbers_are_predicted_by_ridge_regression():
    data = replace(DATA, task=REGRESSION, y=np.array([1, 3, 2, 5, 4, 9.0]), class_names=())
    made = fit(data, split=Split(np.arange(4), np.empty(0, np.int64), np.array([4, 5])))
    counts = count_words(encoder_of(), DATA.x)
    words = TfidfTransformer(sublinear_tf=True).fit(counts[:4]).transform(counts).toarray()
    predicted = Ridge().fit(words[:4], data.y[:4]).predict(words[4:])
    assert made["model"] == "ridge regression"
    assert list(made["metrics"]) == ["test_loss", "test_mae", "test_rmse", "test_r2"]
    expected = np.abs(predicted - data.y[4:]).mean()
    assert made["metrics"]["test_mae"] == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    "what", ["one class", "no rows", "features", "other task", "too large", "no memory"]
)
def test_where_it_does_not_apply_there_is_none(what, monkeypatch):
    data, split = DATA, SPLIT
    if what == "one class":
        split = replace(SPLIT, train=np.array([0, 2]))
    if what == "no rows":
        split = replace(SPLIT, validation=np.empty(0, np.int64), test=np.empty(0, np.int64))
    if what == "features":
        data = features([[1], [2], [3], [4], [5], [6]], [1, 2, 3, 4, 5, 6], 4)
    if what == "other task":
        data = replace(DATA, task=replace(BINARY, name="another"))
    if what == "too large":
        monkeypatch.setattr(baseline, "MOST_WORK", 1)
    if what == "no memory":
        monkeypatch.setattr(baseline, "available_bytes", lambda: 1.0)
    assert fit(data, split) is None


# --- the file --------------------------------------------------------------------------------


def test_it_is_written_once_and_read(tmp_path):
    folder, config = FitFolder(tmp_path), config_of()
    assert folder.baseline is None
    write_baseline(folder, config, DATA, encoder_of(), SPLIT)
    written = folder.baseline_path.read_bytes()
    assert folder.baseline["metrics"]["test_accuracy"] == 1.0
    write_baseline(folder, config, replace(DATA, y=1 - DATA.y), encoder_of(), SPLIT)
    assert folder.baseline_path.read_bytes() == written
    folder.baseline_path.unlink()  # as after a kill
    write_baseline(folder, config, DATA, encoder_of(), SPLIT)
    assert folder.baseline_path.read_bytes() == written


def test_a_lack_of_memory_leaves_a_run_without_it(tmp_path, monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(baseline, "fit_baseline", fail)
    write_baseline(FitFolder(tmp_path), config_of(), DATA, encoder_of(), SPLIT)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "{}",
        '{"model": "a"}',
        '{"model": 1, "metrics": {}}',
        '{"model": "a", "metrics": {"test_accuracy": NaN}}',
        '{"model": "a", "metrics": {"test_accuracy": true}}',
        '{"model": "a", "metrics": [1]}',
    ],
)
def test_a_damaged_file_is_reported(tmp_path, content):
    folder = FitFolder(tmp_path)
    folder.baseline_path.write_text(content)
    with pytest.raises(RunError, match=r"baseline\.json: damaged: "):
        _ = folder.baseline


@pytest.mark.parametrize(
    ("name", "expected"), [("run-1", True), ("s/seed-1", True), ("s/seed-2", False)]
)
def test_of_several_fits_one_has_it(tmp_path, name, expected):
    run = RunFolder(tmp_path / name)
    run.path.mkdir(parents=True)
    run.record_path.write_text("{}")
    if "/" in name:
        (run.path.parent / "run.json").write_text("{}")
    run.config = config_of()
    assert final_fit(run, DATA, before=[]).has_baseline is expected


def test_that_of_a_series_is_its_first_seeds(tmp_path):
    assert SeriesFolder(tmp_path).baseline_path == tmp_path / "seed-1" / "baseline.json"
