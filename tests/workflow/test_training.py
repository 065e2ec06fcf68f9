"""The public API: train, open, evaluate, load; what the folder says is what the model does."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import textclf
from textclf import Run, evaluate, load_config, open_run, train
from textclf.data.loaders import load_dataset
from textclf.errors import ConfigError, DataError, ResourceError, RunError, TextclfWarning
from textclf.results.report.mistakes import Mistake
from textclf.results.report.write import Explainer
from textclf.training.device_choice import DeviceChoice
from textclf.training.reporter import Reporter
from textclf.workflow import resume
from tiny_recipes import TINY_BOSTON, TINY_TAIL

pytestmark = pytest.mark.real_data


def test_the_public_api_is_complete():
    assert sorted(textclf.__all__) == ["Run", "evaluate", "load_config", "open_run", "train"]
    assert set(textclf.__all__) <= set(dir(textclf))
    assert all(hasattr(textclf, name) for name in textclf.__all__)
    with pytest.raises(AttributeError, match="'textclf' has no attribute 'trian'"):
        textclf.trian  # noqa: B018


def test_the_record_tells_how_the_run_was_made(trained):
    record = open_run("imdb", trained).record
    assert list(record) == [
        *("format", "recipe", "status", "command", "versions", "code", "platform"),
        *("environment", "git", "started", "warnings", "data", "device", "constant_answer"),
        *("engine", "finished"),
    ]
    assert (record["format"], record["recipe"], record["status"]) == (1, "imdb_dense", "finished")
    assert list(record["data"]) == ["imdb.npz"]
    assert record["started"] < record["finished"]


def test_a_run_shows_its_folder_its_status_and_its_score(trained, runs):
    run = open_run("imdb", trained)
    score = f"val_accuracy={run.metrics['val_accuracy']:.3f}"
    assert repr(run) == f"Run('{trained / 'imdb'}', finished, {score})"
    (runs / "imdb" / "metrics.json").write_text("[")
    assert repr(open_run("imdb", runs)) == f"Run('{runs / 'imdb'}', damaged)"


@pytest.mark.slow
def test_training_from_python_shows_a_line_for_each_epoch_unless_silenced(
    tmp_path, data_dir, capsys
):
    config = load_config("boston_dense", TINY_TAIL)
    run = train(config, tmp_path, data_dir=data_dir)
    out, err = capsys.readouterr()
    epochs = [line for line in err.splitlines() if line.startswith("run-1  epoch ")]
    assert out == "" and len(epochs) == len(run.history)
    train(config, tmp_path, data_dir=data_dir, reporter=Reporter())
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("imdb", ["loss", "accuracy", "val_loss", "val_accuracy"]),
        ("tail", ["loss", "mae", "val_loss", "val_mae"]),
        ("folds", ["loss", "mae"]),
    ],
)
def test_history_has_a_row_an_epoch(trained, name, columns):
    history = open_run(name, trained).history
    assert list(history) == ["epoch", *columns, "learning_rate", "seconds"]
    assert history["epoch"].tolist() == list(range(1, len(history) + 1))
    assert (history["learning_rate"] == 0.001).all() and (history["seconds"] > 0).all()


def test_predictions_and_tables_agree_with_the_scores(trained):
    run = open_run("imdb", trained)
    predictions = run.predictions
    right = predictions["truth"] == predictions["prediction"]
    for split, prefix in (("validation", "val"), ("test", "test")):
        share = right[predictions["split"] == split].mean()
        assert share == pytest.approx(run.metrics[f"{prefix}_accuracy"])
    confusion = run.confusion
    assert list(confusion.columns) == list(confusion.index) == ["neg", "pos"]
    assert np.trace(confusion) / 25_000 == pytest.approx(run.metrics["test_accuracy"])


def test_the_kept_model_is_the_epoch_that_the_metrics_name(trained):
    run = open_run("imdb", trained)
    history = run.history.set_index("epoch")
    assert run.metrics["best_epoch"] == history["val_loss"].idxmin()
    # History's validation is computed in float32 while training, the score from the file.
    assert run.metrics["val_accuracy"] == pytest.approx(history["val_accuracy"].max(), abs=2e-3)


def test_folds_are_summed_up_at_the_top(trained):
    run = open_run("folds", trained)
    values = [fold.metrics["val_mae"] for fold in run.folds.values()]
    assert len(values) == 2
    assert run.metrics["val_mae"] == pytest.approx(np.mean(values))
    assert run.metrics["val_mae_sd"] == pytest.approx(np.std(values, ddof=1))
    rows = [fold.predictions["row"].tolist() for fold in run.folds.values()]
    assert sorted(rows[0] + rows[1]) == list(range(404))
    assert set(run.predictions["split"]) == {"test"}


@pytest.mark.parametrize(("name", "fold"), [("tail", None), ("folds", None), ("folds", 2)])
def test_the_loaded_model_predicts_what_the_folder_says(trained, data_dir, name, fold):
    run = open_run(name, trained)
    folder = run if fold is None else run.fold(fold)
    predictions = folder.predictions
    encoder = folder.preprocessing["encoder"]
    with np.load(data_dir / "boston_housing.npz") as file:
        order = np.random.RandomState(113).permutation(506)
        x = file["x"][order]
    is_test = (predictions["split"] == "test").to_numpy()
    rows = predictions["row"].to_numpy() + np.where(is_test, 404, 0)
    encoded = (x[rows] - encoder["mean"]) / encoder["scale"]
    outputs = run.load_model(fold).predict(encoded.astype(np.float32), verbose=0)[:, 0]
    np.testing.assert_allclose(outputs, predictions["prediction"], rtol=1e-4)


def test_the_file_opens_in_plain_keras(trained):
    import keras

    run = open_run("imdb", trained)
    plain = keras.models.load_model(run.kept_model_path)
    ours = run.load_model()
    assert all(map(np.array_equal, plain.get_weights(), ours.get_weights()))


def test_evaluating_gives_the_scores_of_training(trained, data_dir):
    run = open_run("tail", trained)
    assert evaluate(run, data_dir=data_dir) == run.metrics


@pytest.mark.slow
def test_the_same_seed_trains_the_same_model_and_another_seed_another(trained, tmp_path):
    config = load_config("boston_dense", TINY_TAIL)
    again = train(config, tmp_path, "again")
    assert again.metrics == open_run("tail", trained).metrics
    other = train(load_config("boston_dense", (*TINY_TAIL, "seed=7")), tmp_path, "other")
    assert other.metrics != again.metrics
    assert other.predictions["row"].tolist() == again.predictions["row"].tolist()


class Memory(Reporter):
    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def begin_fit(self, name, epochs, batches, done=0):
        self.told.append(("begin", name, epochs))

    def end_epoch(self, row):
        self.told.append(("epoch", row["epoch"]))

    def end_fit(self):
        self.told.append(("end",))


@pytest.mark.slow
def test_reporters_and_callbacks_are_told_how_the_fits_go_on(tmp_path):
    import keras

    seen = []
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, _: seen.append(epoch))
    reporter = Memory()
    run = train(
        load_config("boston_dense", TINY_BOSTON),
        tmp_path,
        recipe="mine",
        reporter=reporter,
        callbacks=[callback],
    )
    assert run.name == "mine-1"
    fit = [("epoch", 1), ("epoch", 2), ("end",)]
    folds = [told for k in (1, 2) for told in [("begin", f"fold-{k}", 2), *fit]]
    assert reporter.told == [*folds, ("begin", "mine-1", 2), *fit]
    assert seen == [0, 1] * 3


def test_a_conflict_in_a_config_made_in_python_is_refused(tmp_path):
    config = load_config("boston_dense")
    wrong = config.model_copy(update={"model": load_config("imdb_lstm").model})
    with pytest.raises(ConfigError, match="lstm reads texts"):
        train(wrong, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_run_whose_training_diverges_fails_with_a_plain_error(tmp_path):
    overrides = (*TINY_TAIL, "training.optimizer=sgd", "training.learning_rate=100")
    with pytest.raises(
        RunError, match=r"of epoch 1; a training.learning_rate below 100 usually helps"
    ):
        train(load_config("boston_dense", overrides), tmp_path, "diverged")
    assert list(tmp_path.iterdir()) == []  # no epoch was finished


def test_an_interrupted_run_can_be_evaluated(runs, data_dir):
    run = open_run("tail", runs)
    metrics = run.metrics
    run.update(status="interrupted")
    run.metrics_path.unlink()
    scores = evaluate(run, data_dir=data_dir)
    assert {key: scores[key] for key in ("val_mae", "test_mae")} == {
        key: metrics[key] for key in ("val_mae", "test_mae")
    }


def test_metrics_without_the_kept_epoch_are_an_error_of_the_run(runs, data_dir):
    run = open_run("tail", runs)
    metrics = {key: value for key, value in run.metrics.items() if key != "best_epoch"}
    run.metrics_path.write_text(json.dumps(metrics))
    with pytest.raises(RunError):
        evaluate(run, data_dir=data_dir)


@pytest.fixture(scope="module")
def own_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run on a file of one's own, to be read only."""
    return train_on_reviews(tmp_path_factory.mktemp("own"))


def train_on_reviews(folder: Path) -> Run:
    """A finished run on a file of one's own, `reviews.csv`, beside its config."""
    rows = [f"{'good fine' if n % 2 else 'bad poor'} film {n % 7},{n % 2}\n" for n in range(40)]
    (folder / "reviews.csv").write_text("text,label\n" + "".join(rows))
    (folder / "own.yaml").write_text(
        "dataset: {name: csv, path: reviews.csv, text: text, label: label}\n"
        "preprocessing: {num_words: 20, encoding: multi_hot}\n"
        "model: {type: dense, units: [4]}\n"
        "training: {epochs: 2, batch_size: 8, engine: graph}\n"
    )
    return train(load_config(folder / "own.yaml"), folder / "runs", "own")


def test_a_run_on_ones_own_data_names_rows_of_the_file(own_run):
    lines = (own_run.path.parents[1] / "reviews.csv").read_text().splitlines()[1:]
    for row in own_run.predictions.itertuples():
        assert str(row.truth) == lines[row.row].rpartition(",")[2]
    assert set(own_run.record["data"]) == {"reviews.csv"}


def test_a_report_explains_the_rows_of_the_file(own_run):
    lines = (own_run.path.parents[1] / "reviews.csv").read_text().splitlines()[1:]
    explainer = Explainer(
        own_run.config, load_dataset(own_run.config.dataset), own_run.load_model()
    )
    for row in own_run.predictions.itertuples():
        mistake = Mistake(row.split, row.row, row.truth, row.prediction, row.probability)
        words = explainer.explain(mistake).words
        assert " ".join(words) == lines[row.row].rpartition(",")[0]


def test_a_run_whose_data_is_not_recorded_is_not_scored(own_run, tmp_path):
    run = open_run(shutil.copytree(own_run.path, tmp_path / "own"))
    run.update(data=None)
    with pytest.raises(DataError, match=r"reviews.csv: not the data"):
        evaluate(run)


@pytest.mark.slow
def test_with_other_data_a_run_is_neither_scored_nor_lengthened_and_stays_as_it_is(tmp_path):
    own_run = train_on_reviews(tmp_path)
    scores = {key: value for key, value in own_run.metrics.items() if key != "best_epoch"}
    assert {k: v for k, v in evaluate(own_run).items() if k in scores} == pytest.approx(scores)
    with (own_run.path.parents[1] / "reviews.csv").open("a") as file:
        file.write("one more,1\n")
    for command in (lambda: evaluate(own_run), lambda: resume(own_run, epochs=3)):
        with pytest.raises(DataError, match=r"reviews.csv: not the data that .* began with"):
            command()
    assert own_run.status == "finished" and own_run.config.training.epochs == 2


def test_the_choice_of_a_device_is_shown_and_recorded(tmp_path, data_dir, monkeypatch, capsys):
    chosen = DeviceChoice("cpu", "trained on the CPU: it was a choice; --device gpu overrides")
    monkeypatch.setattr("textclf.workflow.fitting.choose_device", lambda *_: chosen)
    run = train(load_config("boston_dense", TINY_TAIL), tmp_path, data_dir=data_dir)
    assert f"textclf: {chosen.reason}" in capsys.readouterr().err.splitlines()
    assert run.record["device_choice"] == chosen.reason
    assert run.record["device"]["name"] == "cpu"


@pytest.mark.parametrize(("asked", "given"), [("auto", "gpu:0"), ("cpu", "cpu")])
def test_a_run_is_resumed_on_the_device_it_began_on(runs, data_dir, monkeypatch, asked, given):
    run = open_run("tail", runs)
    run.update(device={**run.record["device"], "name": "gpu:0"})
    monkeypatch.setattr("textclf.training.engine.backend.has_gpu", lambda _: True)
    seen = []

    def start(device):
        seen.append(device)
        raise ResourceError("no further")

    monkeypatch.setattr("textclf.training.engine.backend.start", start)
    with pytest.raises(ResourceError, match="no further"):
        resume(run, run.config.training.epochs + 1, data_dir=data_dir, device=asked)
    assert seen == [given]


def test_a_run_of_a_gpu_that_is_gone_is_resumed_with_a_warning(runs, data_dir):
    run = open_run("tail", runs)
    run.update(device={**run.record["device"], "name": "gpu:0"})
    with pytest.warns(TextclfWarning, match="device.name is cpu, was gpu:0: the remaining epochs"):
        resume(run, run.config.training.epochs + 1, data_dir=data_dir)
