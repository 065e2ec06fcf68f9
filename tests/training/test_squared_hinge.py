"""Training with the squared hinge loss: as plain Keras on scores, kept, resumed and exported."""

import json
import shutil
import warnings
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from textclf import evaluate, load_config, open_run, train
from textclf.cli import main
from textclf.config.settings import Config
from textclf.data.loaders import load_dataset
from textclf.data.splits import make_splits
from textclf.results.export.writing import export_run
from textclf.results.report.write import write_report
from textclf.training.engine.order import row_order
from textclf.workflow import Run, resume

SEED = 42
BATCH = 8


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_tables()


def write_tables() -> None:
    """CSVs of two features and a class: one of two, or of three; and of texts with labels."""
    x = np.random.default_rng(0).normal(size=(80, 2)).round(2)
    for number in (2, 3):
        places = np.digitize(x[:, 0] - x[:, 1] / 2, np.linspace(-0.7, 0.7, number + 1)[1:-1])
        names = np.array(["left", "middle", "right"])[places]
        table = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "side": names})
        table.to_csv(f"{number}.csv", index=False)
    labels = [";".join(np.array(["red", "round"])[row > 0]) for row in x]
    texts = [f"{names.replace(';', ' ')} thing" for names in labels]
    pd.DataFrame({"text": texts, "labels": labels}).to_csv("labels.csv", index=False)


def config_of(n_classes: int, *overrides: str) -> Config:
    Path("c.yaml").write_text(
        f"dataset: {{name: csv, path: {n_classes}.csv, features: [a, b], label: side}}\n"
        "model: {type: dense, units: [8], activation: tanh}\n"
        f"training: {{epochs: 2, batch_size: {BATCH}, optimizer: sgd, learning_rate: 0.05,\n"
        "  loss: squared_hinge, checkpoint: {keep: last}, engine: graph}\n"
        f"seed: {SEED}\n"
    )
    return load_config("c.yaml", overrides)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Of three classes and two epochs, to be read only."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_tables()
        return train(config_of(3), folder / "runs")


class Start(keras.callbacks.Callback):
    """Keeps the weights that training starts with."""

    weights: list[np.ndarray]

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self.weights = self.model.get_weights()


def on_scores(width: int, weights: list[np.ndarray]) -> keras.Model:
    """Plain Keras: linear outputs, and its own squared hinge loss."""
    scores = keras.Sequential([keras.layers.Dense(8, "tanh"), keras.layers.Dense(width)])
    scores.build((None, 2))
    scores.set_weights(weights)
    scores.compile(keras.optimizers.SGD(0.05), loss=keras.losses.SquaredHinge())
    return scores


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "n_classes"), [("keras", 3), ("graph", 2), ("xla", 3)])
def test_an_epoch_is_that_of_plain_keras_on_scores(
    engine: str, n_classes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textclf.workflow.fitting.plot_run", lambda _: None)
    config = config_of(n_classes, "training.epochs=1", f"training.engine={engine}")
    start = Start()
    run = train(config, callbacks=[start])
    width = 1 if n_classes == 2 else n_classes
    plain = on_scores(width, start.weights)

    data = load_dataset(config.dataset)
    rows = row_order(make_splits(config.training.validation, data)[0].train, SEED, epoch=0)
    encoder = json.loads(run.preprocessing_path.read_text())["encoder"]
    x = (data.x - encoder["mean"]) / encoder["scale"]
    y = 2.0 * (data.y[:, None] if width == 1 else np.eye(width)[data.y]) - 1
    fitted = plain.fit(x[rows], y[rows], batch_size=BATCH, shuffle=False, verbose=0)

    for found, expected in zip(run.load_model().get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)
    assert run.history["loss"][0] == pytest.approx(fitted.history["loss"][0], abs=1e-5)
    outputs, scores = (network.predict(x, verbose=0) for network in (run.load_model(), plain))
    np.testing.assert_allclose(outputs, 1 / (1 + np.exp(-scores)), atol=1e-5)


@pytest.mark.parametrize("engine", ["keras", "graph"])
def test_plain_keras_opens_the_kept_model_and_predicts_as_the_run(run: Run, engine: str) -> None:
    if engine == "keras":
        run = train(config_of(3, "training.engine=keras"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        network = keras.saving.load_model(run.kept_model_path)
    assert not network.compiled
    encoder = json.loads(run.preprocessing_path.read_text())["encoder"]
    x = pd.read_csv("3.csv")[["a", "b"]].to_numpy()
    outputs = network.predict((x - encoder["mean"]) / encoder["scale"], verbose=0)
    predictions = run.predictions
    outputs = outputs[predictions["row"]]
    names = np.array(["left", "middle", "right"])
    assert (names[outputs.argmax(axis=1)] == predictions["prediction"]).all()
    np.testing.assert_allclose(outputs.max(axis=1), predictions["probability"], rtol=1e-5)


@pytest.mark.slow
def test_resuming_and_evaluating_give_the_same(run: Run) -> None:
    whole = train(config_of(3, "training.epochs=4"), name="whole")
    resumed = resume(open_run(shutil.copytree(run.path, "part")), epochs=4)
    pd.testing.assert_frame_equal(*(r.history.drop(columns="seconds") for r in (whole, resumed)))
    assert resumed.metrics == whole.metrics == evaluate(open_run("whole"))
    assert whole.metrics["val_loss"] == pytest.approx(whole.history["val_loss"].iloc[-1], rel=1e-5)


@pytest.mark.slow
def test_a_refitted_model_is_exported(tmp_path: Path) -> None:
    run = train(config_of(3, "training.refit=true"))
    export_run(run, "savedmodel", tmp_path / "model")  # which compares its outputs with the run's
    card = json.loads((tmp_path / "model.json").read_text())
    assert "not calibrated" in card["output"]["meaning"]


@pytest.mark.slow
def test_a_report_and_evaluate_say_that_probabilities_are_not_calibrated() -> None:
    runs = [train(config_of(2, *more)) for more in ((), ("training.loss=null",))]
    for run, is_said in zip(runs, (True, False), strict=True):
        write_report([run], Path("r.html"))
        assert ("is not calibrated" in Path("r.html").read_text(encoding="utf-8")) is is_said
        result = CliRunner().invoke(main, ["evaluate", str(run.path)])
        assert ("is not calibrated" in result.output) is is_said
        as_json = CliRunner().invoke(main, ["evaluate", str(run.path), "--json"])
        assert json.loads(as_json.stdout)["metrics"] == run.metrics


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["keras", "graph"])
def test_each_of_several_labels_has_its_own_margin(engine: str) -> None:
    Path("c.yaml").write_text(
        "dataset: {name: csv, path: labels.csv, text: text, label: labels,\n"
        "  labels: {separator: ';'}}\n"
        "preprocessing: {encoding: multi_hot, ngrams: 1}\n"
        "model: {type: dense, units: []}\n"
        "training: {epochs: 15, batch_size: 8, optimizer: adam, learning_rate: 0.05,\n"
        f"  loss: squared_hinge, engine: {engine}}}\n"
    )
    run = train(load_config("c.yaml"))
    assert run.metrics["test_micro_f1"] > 0.95
    assert evaluate(run) == run.metrics
