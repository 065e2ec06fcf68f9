"""A regression learns standardized targets and predicts, scores and saves in the target's units."""

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from textclf import evaluate, load_config, open_run, train
from textclf.config.settings import Config
from textclf.results.export.writing import export_run
from textclf.results.report.write import write_report
from textclf.workflow import Run, resume

UNITS = {"units": 1, "dollars": 1e6, "thousandths": 1e-3}  # the same targets, of other sizes


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_tables()


def write_tables() -> None:
    """A CSV for each unit, its columns a, b and y = unit * (3 + a - 2 b)."""
    x = np.random.default_rng(0).normal(size=(60, 2)).round(2)
    for name, unit in UNITS.items():
        y = unit * (3 + x[:, 0] - 2 * x[:, 1])
        pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": y}).to_csv(f"{name}.csv", index=False)


def config_of(name: str = "dollars", *overrides: str) -> Config:
    Path("c.yaml").write_text(
        f"dataset: {{name: csv, path: {name}.csv, features: [a, b], target: y}}\n"
        "model: {type: dense, units: [8]}\n"
        "training: {epochs: 4, batch_size: 8, optimizer: sgd, learning_rate: 0.05, engine: graph}\n"
    )
    return load_config("c.yaml", overrides)


FOLDS = "training.validation={split: k_fold, folds: 2}"


def train_in(folder: Path, *overrides: str) -> Run:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_tables()
        return train(config_of("dollars", *overrides), folder / "runs")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Of four epochs, to be read only."""
    return train_in(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def folds(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Of six epochs, to be read only."""
    return train_in(tmp_path_factory.mktemp("folds"), "training.epochs=6", FOLDS)


@pytest.fixture
def no_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textclf.workflow.fitting.plot_run", lambda _: None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "optimizer", "loss"),
    [
        ("graph", "adam", "null"),
        pytest.param("xla", "sgd", "null", marks=pytest.mark.slow),
        ("graph", "sgd", "mean_absolute_error"),
        ("keras", "sgd", "mean_absolute_error"),
        ("graph", "sgd", "huber"),
    ],
)
def test_the_same_targets_in_other_units_are_learnt_alike(no_plots, engine, optimizer, loss):
    more = [f"training.{key}" for key in (f"engine={engine}", f"optimizer={optimizer}")]
    more.append(f"training.loss={loss}")
    units = UNITS if loss == "null" else {name: UNITS[name] for name in ("units", "dollars")}
    histories = {}
    for name, unit in units.items():
        delta = [f"training.huber_delta={unit:f}"] if loss == "huber" else []
        histories[name] = train(config_of(name, *more, *delta)).history
    in_loss = 1 if loss == "mean_absolute_error" else 2
    for name, unit in units.items():
        powers = {"loss": in_loss, "mae": 1, "val_loss": in_loss, "val_mae": 1}
        for column, power in powers.items():
            expected = histories["units"][column] * unit**power
            np.testing.assert_allclose(histories[name][column], expected, rtol=2e-3)


def test_the_kept_model_predicts_in_units_in_plain_keras(run):
    network = keras.saving.load_model(run.kept_model_path)
    encoder = json.loads(run.preprocessing_path.read_text())["encoder"]
    table = pd.read_csv("dollars.csv")
    x = (table[["a", "b"]].to_numpy() - encoder["mean"]) / encoder["scale"]
    predictions = run.predictions
    outputs = network.predict(x, verbose=0)[predictions["row"], 0]
    np.testing.assert_allclose(outputs, predictions["prediction"], rtol=1e-5)
    assert (predictions["truth"] == table["y"][predictions["row"]].to_numpy()).all()
    error = (predictions["truth"] - predictions["prediction"]).abs()
    test = predictions["split"] == "test"
    assert run.metrics["test_mae"] == pytest.approx(error[test].mean(), rel=1e-6)
    loaded = run.load_model().predict(x, verbose=0)[predictions["row"], 0]
    np.testing.assert_array_equal(loaded, outputs)


@pytest.mark.slow
def test_resuming_and_evaluating_give_the_same(run):
    whole = train(config_of("dollars", "training.epochs=6"), name="whole")
    resumed = resume(open_run(shutil.copytree(run.path, "part")), epochs=6)
    pd.testing.assert_frame_equal(
        whole.history.drop(columns="seconds"), resumed.history.drop(columns="seconds")
    )
    assert resumed.metrics == whole.metrics
    assert evaluate(open_run("whole")) == whole.metrics


@pytest.mark.slow
def test_resuming_and_evaluating_folds_give_the_same(no_plots, folds):
    resumed = resume(train(config_of("dollars", FOLDS), name="part"), epochs=6)
    assert resumed.metrics == folds.metrics
    assert evaluate(open_run(folds.path)) == folds.metrics


@pytest.mark.slow
def test_each_fold_has_the_scale_of_its_own_training_rows(folds):
    scales = [json.loads(folds.fold(n).preprocessing_path.read_text())["target"] for n in (1, 2)]
    assert len({scale["mean"] for scale in scales}) == 2
    for number, scale in enumerate(scales, start=1):
        kernel, bias = folds.load_model(number).get_layer("target").get_weights()
        assert (kernel[0, 0], bias[0]) == pytest.approx((scale["scale"], scale["mean"]))


@pytest.mark.slow
def test_a_run_from_before_is_evaluated_and_resumed_as_it_was():
    run = train(config_of("units", "dataset.standardize_target=false"))
    text = run.config_path.read_text()
    old = "".join(line for line in text.splitlines(True) if "standardize_target" not in line)
    assert old != text
    run.config_path.write_text(old)
    opened = open_run(run.path)
    assert opened.config.dataset.standardize_target
    assert evaluate(opened) == run.metrics
    assert "target" not in [layer.name for layer in opened.load_model().layers]
    assert len(resume(opened, epochs=5).history) == 5


@pytest.mark.slow
@pytest.mark.parametrize("format_name", ["keras", "savedmodel"])
def test_an_exported_model_predicts_in_units(run, format_name):
    path = Path("m.keras" if format_name == "keras" else "m")
    export_run(run, format_name, path)  # which compares its outputs with the run's
    card = json.loads(path.with_name(f"{path.name}.json").read_text())
    assert abs(np.array(card["example"]["output"], float)).max() > 1e4


@pytest.mark.slow
def test_a_report_and_a_text_as_input():
    texts = pd.DataFrame({"text": ["good film", "bad film"] * 20, "y": [5e6, 1e6] * 20})
    texts.to_csv("t.csv", index=False)
    Path("t.yaml").write_text(
        "dataset: {name: csv, path: t.csv, text: text, target: y}\n"
        "preprocessing: {num_words: 10, encoding: multi_hot}\n"
        "model: {type: dense, units: [4]}\n"
        "training: {epochs: 40, batch_size: 4, engine: graph, optimizer: adam, "
        "learning_rate: 0.05}\n"
    )
    run = train(load_config("t.yaml"))
    assert run.metrics["test_mae"] < 3e5
    write_report([run], Path("r.html"))
    assert Path("r.html").stat().st_size > 10_000


def test_a_constant_target():
    pd.DataFrame({"a": range(20), "b": range(20), "y": 14.62}).to_csv("units.csv", index=False)
    assert train(config_of("units")).metrics["test_mae"] < 1


def test_predictions_that_are_far_off_are_warned_of():
    table = pd.read_csv("units.csv")
    table["a"] = table["a"].astype(float)
    pd.concat([table, table.assign(a=1e12)]).to_csv("test.csv", index=False)
    config = config_of("units", f"dataset.test_path={Path('test.csv').absolute()}")
    run = train(config)
    assert any("the test rows' mae is" in line for line in run.record["warnings"])
