"""Fits repeat to the bit, stop in time, and the kept model is the best epoch's."""

import io
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import h5py
import keras
import numpy as np
import pandas as pd
import pytest

from event_files import read_scalars
from textclf.config.settings import Config
from textclf.data.dataset import Dataset, Ragged
from textclf.data.splits import Split, make_splits
from textclf.data.tasks import BINARY
from textclf.errors import RunError
from textclf.runs import FitFolder
from textclf.training.callbacks import StateKeeper
from textclf.training.engine.backend import Device
from textclf.training.engine.block_trainer import BlockTrainer
from textclf.training.evaluation import score, write_results
from textclf.training.fits import Fit
from textclf.training.network import load_kept_model
from textclf.training.reporter import Reporter
from textclf.training.state import read_state
from textclf.training.trainer import Trainer

CPU = Device("cpu", "a processor", 1)
N_TRAIN, N_TEST, LENGTH, VOCABULARY = 200, 20, 6, 12


def make_texts() -> Dataset:
    """A text with word 3 is mostly positive; the rest is noise to overfit."""
    rng = np.random.default_rng(0)
    ids = rng.integers(3, VOCABULARY, (N_TRAIN + N_TEST, LENGTH)).astype(np.int32)
    y = (ids == 3).any(axis=1) ^ (rng.random(len(ids)) < 0.15)
    return Dataset(
        name="imdb",
        task=BINARY,
        x=Ragged(ids.reshape(-1), np.arange(len(ids) + 1) * LENGTH),
        y=y.astype(np.int32),
        n_train=N_TRAIN,
        class_names=("neg", "pos"),
    )


TEXTS = make_texts()
DENSE = {"type": "dense", "embedding_dim": 4, "units": [8]}


def make_config(model: dict = DENSE, maxlen: int = LENGTH, **training: object) -> Config:
    defaults = {"batch_size": 9, "optimizer": "adam", "learning_rate": 0.03, "engine": "graph"}
    return Config(
        dataset={"name": "imdb"},
        preprocessing={"num_words": VOCABULARY, "maxlen": maxlen},
        model=model,
        training={**defaults, **training},
    )


def make_trainer(
    config: Config, callbacks: tuple = (), data: Dataset = TEXTS, tensorboard: bool = False
) -> Trainer:
    return Trainer(config, data, CPU, Reporter(), callbacks, tensorboard)


def make_fit(config: Config, path: Path, seed: int = 1, split: Split | None = None) -> Fit:
    (whole,) = make_splits(config.training.validation, TEXTS) if split is None else (split,)
    return Fit(whole, seed, config.training.epochs, FitFolder(path))


def scores_of(trainer: Trainer, fit: Fit) -> dict[str, float]:
    scored = trainer.prepare(fit).predict_kept()
    return {key: value for part in scored for key, value in score(TEXTS, part).items()}


def read_history(fit: Fit) -> pd.DataFrame:
    return fit.folder.history.drop(columns="seconds")


def weights_in(path: Path) -> dict[str, bytes]:
    """Those of a .keras file, but for the states of dropout's seeds."""
    weights = {}

    def keep(name: str, item: h5py.Dataset | h5py.Group) -> None:
        is_weight = name.startswith("layers/") and "seed_generator" not in name
        if is_weight and isinstance(item, h5py.Dataset):
            weights[name] = item[()].tobytes()

    with zipfile.ZipFile(path) as archive:
        content = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(content) as file:
        file.visititems(keep)
    assert weights
    return weights


# --- repeatable to the bit -------------------------------------------------------------------

REPEATED = make_config({**DENSE, "dropout": 0.5}, epochs=3, engine="xla")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> tuple[Trainer, Fit]:
    """A fresh trainer's one fit, of seed 1."""
    fit = make_fit(REPEATED, tmp_path_factory.mktemp("fresh"), seed=1)
    trainer = make_trainer(REPEATED)
    trainer.prepare(fit).train()
    return trainer, fit


@pytest.fixture(scope="module")
def traces() -> Iterator[list[str]]:
    """Filled with a line for every time a network is traced into a program."""
    lines: list[str] = []
    original = BlockTrainer.call

    def call(self: BlockTrainer, x: object, training: bool = False) -> object:
        lines.append("train" if training else "evaluate")
        return original(self, x, training)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BlockTrainer, "call", call)
        yield lines


@pytest.fixture(scope="module")
def repeated(
    fresh: tuple[Trainer, Fit], traces: list[str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Fit], list[int]]:
    """One other trainer's three fits, and how often it had traced after each."""
    trainer, counts = make_trainer(REPEATED), []
    folder = tmp_path_factory.mktemp("repeated")
    fits = {
        name: make_fit(REPEATED, folder / name, seed)
        for name, seed in {"first": 1, "other seed": 2, "again": 1}.items()
    }
    for fit in fits.values():
        trainer.prepare(fit).train()
        counts.append(len(traces))
    return fits, counts


@pytest.mark.slow
@pytest.mark.parametrize("name", ["first", "again"])
def test_the_same_seed_gives_the_same_bits(
    fresh: tuple[Trainer, Fit], repeated: tuple[dict[str, Fit], list[int]], name: str
) -> None:
    _, expected = fresh
    fit = repeated[0][name]
    pd.testing.assert_frame_equal(read_history(fit), read_history(expected), check_exact=True)
    for path in ("kept_model_path", "last_model_path"):
        paths = [getattr(one.folder, path) for one in (fit, expected)]
        assert weights_in(paths[0]) == weights_in(paths[1])


@pytest.mark.slow
def test_another_seed_gives_another_model(repeated: tuple[dict[str, Fit], list[int]]) -> None:
    fits, _ = repeated
    models = [weights_in(fit.folder.last_model_path) for fit in fits.values()]
    assert models[0] != models[1]


@pytest.mark.slow
def test_later_fits_share_the_compiled_program(
    repeated: tuple[dict[str, Fit], list[int]],
) -> None:
    _, counts = repeated
    assert counts[0] > 0
    assert counts == [counts[0]] * 3


@pytest.mark.slow
def test_kept_model_of_compiled_blocks_scores_as_its_row_says(
    fresh: tuple[Trainer, Fit],
) -> None:
    trainer, fit = fresh
    assert_scores_as_kept_row(trainer, fit)


# --- which model is kept ---------------------------------------------------------------------


def assert_scores_as_kept_row(trainer: Trainer, fit: Fit) -> None:
    """Of the file best.keras, in the row whose validation loss is the lowest."""
    history, scores = fit.folder.history, scores_of(trainer, fit)
    kept = history.loc[history["val_loss"].idxmin()]
    assert scores["val_loss"] == pytest.approx(kept["val_loss"], rel=1e-6)
    assert scores["val_accuracy"] == pytest.approx(kept["val_accuracy"], abs=1e-7)
    for name in trainer.config.training.metrics:
        assert scores[f"val_{name}"] == pytest.approx(kept[f"val_{name}"], abs=1e-12)


@pytest.mark.parametrize("engine", ["graph", "keras"])
def test_early_stopping_keeps_the_best_epoch(tmp_path: Path, engine: str) -> None:
    config = make_config(
        epochs=40, engine=engine, early_stopping={"patience": 2}, metrics=["macro_f1", "roc_auc"]
    )
    trainer, fit = make_trainer(config), make_fit(config, tmp_path)
    kept_epoch = trainer.prepare(fit).train()
    history = fit.folder.history
    assert 1 < kept_epoch < len(history)  # else this test tells best, first and last not apart
    assert kept_epoch == history["val_loss"].idxmin() + 1
    assert len(history) == kept_epoch + 2 < 40
    assert_scores_as_kept_row(trainer, fit)
    assert weights_in(fit.folder.kept_model_path) != weights_in(fit.folder.last_model_path)


@pytest.mark.parametrize("monitor", ["accuracy", "val_macro_f1"])
def test_best_by_another_column(tmp_path: Path, monitor: str) -> None:
    config = make_config(epochs=6, checkpoint={"monitor": monitor})
    fit = make_fit(config, tmp_path)
    kept_epoch = make_trainer(config).prepare(fit).train()
    history = fit.folder.history
    assert kept_epoch == history[monitor].idxmax() + 1
    assert kept_epoch != history["val_loss"].idxmin() + 1  # else this test tells nothing


def test_keep_last(tmp_path: Path) -> None:
    config = make_config(epochs=6, checkpoint={"keep": "last"})
    trainer, fit = make_trainer(config), make_fit(config, tmp_path)
    assert trainer.prepare(fit).train() == 6
    history, scores = fit.folder.history, scores_of(trainer, fit)
    assert history["val_loss"].idxmin() + 1 < 6
    assert scores["val_loss"] == pytest.approx(history["val_loss"].iloc[-1], rel=1e-6)
    assert weights_in(fit.folder.kept_model_path) == weights_in(fit.folder.last_model_path)


def test_without_validation_the_last_epoch_is_kept(tmp_path: Path) -> None:
    config = make_config(epochs=2, validation=None, early_stopping={"patience": 1})
    trainer, fit = make_trainer(config), make_fit(config, tmp_path)
    assert trainer.prepare(fit).train() == 2
    assert list(read_history(fit).columns) == ["epoch", "loss", "accuracy", "learning_rate"]
    assert {"test_loss", "test_accuracy", "test_macro_f1"} < set(scores_of(trainer, fit))


@pytest.mark.slow
def test_kept_model_of_the_earlier_fit_can_be_scored_later(tmp_path: Path) -> None:
    config = make_config(epochs=2)
    trainer = make_trainer(config)
    one, other = (make_fit(config, tmp_path / str(seed), seed) for seed in (1, 2))
    trainer.prepare(one).train()
    scores = scores_of(trainer, one)
    trainer.prepare(other).train()
    assert scores_of(trainer, other) != scores
    assert scores_of(trainer, one) == scores


# --- what a fit leaves -----------------------------------------------------------------------


class HistoryReader(keras.callbacks.Callback):
    """A user's callback that looks at history.csv before every epoch."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.lines: list[list[str]] = []

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        if epoch:
            self.lines.append(self.path.read_text().splitlines())


def test_history_is_on_disk_after_every_epoch(tmp_path: Path) -> None:
    config = make_config(epochs=3, learning_rate=1e-4)
    fit = make_fit(config, tmp_path)
    reader = HistoryReader(fit.folder.history_path)
    make_trainer(config, (reader,)).prepare(fit).train()
    lines = fit.folder.history_path.read_text().splitlines()
    assert lines[0] == "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds"
    assert reader.lines == [lines[:2], lines[:3]]
    assert [line.split(",")[0] for line in lines[1:]] == ["1", "2", "3"]
    assert {line.split(",")[5] for line in lines[1:]} == {"0.0001"}
    assert (fit.folder.history["seconds"] > 0).all()


class Interrupt(keras.callbacks.Callback):
    """Ctrl-C in the third epoch."""

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        if epoch == 2:
            raise KeyboardInterrupt


def test_an_interrupted_fit_leaves_the_finished_epochs(tmp_path: Path) -> None:
    config = make_config(epochs=3, checkpoint={"keep": "last"})
    whole = make_fit(replace_epochs(config, 2), tmp_path / "whole")
    make_trainer(config).prepare(whole).train()
    cut = make_fit(config, tmp_path / "cut")
    with pytest.raises(KeyboardInterrupt):
        make_trainer(config, (Interrupt(),)).prepare(cut).train()
    pd.testing.assert_frame_equal(read_history(cut), read_history(whole))
    assert cut.folder.preprocessing == whole.folder.preprocessing  # so that its model can predict
    for path in ("kept_model_path", "last_model_path"):
        ours, theirs = (
            keras.models.load_model(getattr(fit.folder, path)).get_weights() for fit in (cut, whole)
        )
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)


def replace_epochs(config: Config, epochs: int) -> Config:
    training = config.training.model_copy(update={"epochs": epochs})
    return config.model_copy(update={"training": training})


ONE_EPOCH = make_config(epochs=1)


@pytest.fixture(scope="module")
def trained_for_an_epoch(tmp_path_factory: pytest.TempPathFactory) -> tuple[Trainer, Fit]:
    """A finished fit, to be read only."""
    trainer, fit = make_trainer(ONE_EPOCH), make_fit(ONE_EPOCH, tmp_path_factory.mktemp("epoch"))
    trainer.prepare(fit).train()
    return trainer, fit


def test_kept_model_is_rebuilt_from_config_and_folder(
    trained_for_an_epoch: tuple[Trainer, Fit], tmp_path: Path
) -> None:
    config, (trainer, trained) = ONE_EPOCH, trained_for_an_epoch
    fit = replace(trained, folder=FitFolder(shutil.copytree(trained.folder.path, tmp_path / "a")))
    prepared = trainer.prepare(fit)
    scored = prepared.predict_kept()
    write_results(fit.folder, TEXTS, scored, {})
    model = load_kept_model(config, fit.folder)
    x = prepared.encoder.transform(TEXTS.x)[scored[-1].rows]
    np.testing.assert_allclose(model(x), scored[-1].outputs, atol=1e-6)


@pytest.mark.parametrize(
    ("content", "message"), [(None, "missing; no epoch"), (b"no model", "damaged, or not of this")]
)
def test_a_kept_model_that_cannot_be_read(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    trainer, fit = make_trainer(ONE_EPOCH), make_fit(ONE_EPOCH, tmp_path)
    if content is not None:
        fit.folder.kept_model_path.parent.mkdir()
        fit.folder.kept_model_path.write_bytes(content)
    with pytest.raises(RunError, match=message) as caught:
        trainer.prepare(fit).predict_kept()
    assert str(fit.folder.kept_model_path) in caught.value.messages[0]


def test_another_models_files_are_refused(
    trained_for_an_epoch: tuple[Trainer, Fit],
) -> None:
    trainer = make_trainer(make_config({**DENSE, "units": [9]}, epochs=1))
    prepared = trainer.prepare(trained_for_an_epoch[1])
    with pytest.raises(RunError, match="damaged, or not of this run's model"):
        prepared.predict_kept()
    with pytest.raises(RunError, match="of another model"):
        prepared.train()


# --- going on --------------------------------------------------------------------------------

LSTM = {"type": "lstm", "embedding_dim": 3, "units": 3, "dropout": 0.4}
GRU = {"type": "gru", "embedding_dim": 3, "units": 2, "l2": 0.01}
GRU |= {"pooling": "max_mean", "dropout": 0.4, "recurrent_dropout": 0.3}
# Truncated and convolutional models, too, are killed by tests/trust.
RESUMED = {
    "dense, graph": make_config(DENSE),
    "dense, XLA, padding skipped": make_config(DENSE, maxlen=2 * LENGTH, engine="xla"),
    "dense with dropout, Keras's fit": make_config(
        {**DENSE, "dropout": 0.5}, engine="keras", metrics=["roc_auc", "macro_f1"]
    ),
    "LSTM with dropout, XLA": make_config(
        LSTM, engine="xla", optimizer="rmsprop", checkpoint={"monitor": "val_roc_auc"}
    ),
    "GRU with dropout, pooled": make_config(GRU),
    "early stopping, a schedule": make_config(
        early_stopping={"patience": 3, "monitor": "val_macro_f1"},
        learning_rate={"schedule": "cosine", "initial": 0.03, "warmup_epochs": 1.0},
        label_smoothing=0.1,
    ),
    "the last epoch kept, the rate lowered": make_config(
        checkpoint={"keep": "last"}, reduce_on_plateau={"patience": 1, "factor": 0.5}
    ),
}
RESUMED = {name: replace_epochs(config, 6) for name, config in RESUMED.items()}
BY_ENGINE = ["dense, graph", "dense with dropout, Keras's fit", "LSTM with dropout, XLA"]
# A polite and a killed case for each engine; of the rest one.
KILLED = {
    name: (False, True) if name in BY_ENGINE else ("stopping" not in name,) for name in RESUMED
}


class Stop(keras.callbacks.Callback):
    """Ctrl-C in the middle of an epoch, from 0; None: never."""

    def __init__(self, epoch: int | None = 0) -> None:
        super().__init__()
        self.epoch = epoch
        self.now = False

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.now = epoch == self.epoch

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if self.now:
            raise KeyboardInterrupt


def outputs_of(trainer: Trainer, fit: Fit) -> list[np.ndarray]:
    prepared = trainer.prepare(fit)
    prepared.train()
    return [scored.outputs for scored in prepared.predict_kept()]


def assert_equal_to_the_bit(one: Fit, other: Fit) -> None:
    pd.testing.assert_frame_equal(read_history(one), read_history(other), check_exact=True)
    for path in ("kept_model_path", "last_model_path"):
        assert weights_in(getattr(one.folder, path)) == weights_in(getattr(other.folder, path))


def assert_same_outputs(one: list[np.ndarray], other: list[np.ndarray]) -> None:
    for mine, its in zip(one, other, strict=True):
        np.testing.assert_array_equal(mine, its)


@pytest.mark.slow
@pytest.mark.parametrize("name", RESUMED)
def test_an_interrupted_fit_resumes_to_the_same_bits(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, stop = RESUMED[name], Stop(epoch=None)
    whole = make_fit(config, tmp_path / "whole")
    # Fits of a trainer share its program, which saves compiling it for each.
    trainer = make_trainer(config, (stop,))
    outputs = outputs_of(trainer, whole)
    for killed in KILLED[name]:
        cut = make_fit(config, tmp_path / f"killed {killed}")
        with monkeypatch.context() as patch:
            if killed:  # nothing is written at the end: the state is that of a first epoch
                patch.setattr(StateKeeper, "close", lambda _: None)
                # However slow the machine is.
                patch.setattr("textclf.training.callbacks.SAVE_SECONDS", 3600)
            for stop.epoch in (2, 4):  # twice
                with pytest.raises(KeyboardInterrupt):
                    trainer.prepare(cut).train()
            stop.epoch = None
        assert len(cut.folder.history) == 4
        state = read_state(cut.folder.state_path)
        assert state is not None and (state.epoch < 4 if killed else state.epoch == 4)
        assert_same_outputs(outputs_of(trainer, cut), outputs)
        assert_equal_to_the_bit(cut, whole)
    assert_a_finished_fit_is_left_as_it_is(trainer, whole, outputs)


def assert_a_finished_fit_is_left_as_it_is(
    trainer: Trainer, fit: Fit, outputs: list[np.ndarray]
) -> None:
    copy = shutil.copytree(fit.folder.path, fit.folder.path.with_name("copy"))
    again = replace(fit, folder=FitFolder(copy))
    assert_same_outputs(outputs_of(trainer, again), outputs)
    assert_equal_to_the_bit(again, fit)
    assert again.folder.history_path.read_text() == fit.folder.history_path.read_text()


@pytest.mark.slow
def test_epochs_added_are_those_of_a_longer_fit(tmp_path: Path) -> None:
    config = make_config(epochs=2)
    longer = replace_epochs(config, 5)
    fit, whole = make_fit(config, tmp_path / "fit"), make_fit(longer, tmp_path / "whole")
    make_trainer(config).prepare(fit).train()
    trainer = make_trainer(longer)
    trainer.prepare(replace(fit, epochs=5)).train()
    trainer.prepare(whole).train()
    assert_equal_to_the_bit(fit, whole)


@pytest.mark.slow
def test_a_fit_that_turns_out_shorter_starts_anew(tmp_path: Path) -> None:
    config = make_config(epochs=3)
    fit, short = make_fit(config, tmp_path / "fit"), make_fit(config, tmp_path / "short")
    trainer = make_trainer(config)
    trainer.prepare(fit).train()
    trainer.prepare(replace(fit, epochs=2)).train()
    trainer.prepare(replace(short, epochs=2)).train()
    assert_equal_to_the_bit(fit, short)


@pytest.mark.parametrize(
    "engine", ["graph", *(pytest.param(name, marks=pytest.mark.slow) for name in ("xla", "keras"))]
)
def test_divergence_names_the_batches_and_keeps_the_last_finite_epoch(
    tmp_path: Path, engine: str
) -> None:
    config = make_config(epochs=3, engine=engine)

    class Poison(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
            if epoch == 2:
                weights = trainer.program.network.trainable_weights[-1]
                weights.assign(np.full(weights.shape, np.nan))

    trainer, fit = make_trainer(config, (Poison(),)), make_fit(config, tmp_path)
    with pytest.raises(RunError) as caught:
        trainer.prepare(fit).train()
    (message,) = caught.value.messages
    assert message.startswith("loss became nan in batch"), message
    assert " of epoch 3; a training.learning_rate below 0.03 usually helps" in message
    assert len(fit.folder.history) == 2
    for path in (fit.folder.kept_model_path, fit.folder.last_model_path):
        for weight in keras.models.load_model(path).get_weights():
            assert np.isfinite(weight).all()


# --- folds -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_encoder_is_fitted_on_each_folds_own_training_rows(tmp_path: Path) -> None:
    """Words are ranked anew: a word that only the validating fold has is unknown."""
    data = replace(TEXTS, ranked=False, words=[f"w{number}" for number in range(VOCABULARY)])
    config = make_config(epochs=1, validation={"split": "k_fold", "folds": 3})
    trainer = make_trainer(config, data=data)
    vocabularies = []
    for number, split in enumerate(make_splits(config.training.validation, data)):
        fit = make_fit(config, tmp_path / str(number), split=split)
        shared, own = trainer.prepare(fit), make_trainer(config, data=data).prepare(fit)
        assert shared.encoder.words == own.encoder.words
        weights = shared.network.get_weights(), own.network.get_weights()
        for one, other in zip(*weights, strict=True):
            np.testing.assert_array_equal(one, other)
        vocabularies.append(shared.encoder.words)
    assert len(set(vocabularies)) == 3


# --- TensorBoard's logs ----------------------------------------------------------------------


@pytest.mark.slow
def test_tensorboard_is_told_what_history_says_and_changes_nothing(tmp_path: Path) -> None:
    config = make_config({**DENSE, "dropout": 0.5}, epochs=4)
    plain, logged = make_fit(config, tmp_path / "plain"), make_fit(config, tmp_path / "logged")
    make_trainer(config).prepare(plain).train()
    with pytest.raises(KeyboardInterrupt):
        Trainer(config, TEXTS, CPU, Reporter(), (Stop(2),), tensorboard=True).prepare(
            logged
        ).train()
    Trainer(config, TEXTS, CPU, Reporter(), tensorboard=True).prepare(logged).train()
    assert_equal_to_the_bit(logged, plain)
    assert not plain.folder.tensorboard_path.exists()
    history, folder = logged.folder.history, logged.folder.tensorboard_path
    train, validation = (read_scalars(folder / part) for part in ("train", "validation"))
    for column in history.columns.drop(["epoch", "seconds"]):
        scalars = validation if column.startswith("val_") else train
        points = scalars[f"epoch_{column.removeprefix('val_')}"]
        assert [step + 1 for step, _ in points] == history["epoch"].tolist()
        np.testing.assert_allclose([value for _, value in points], history[column], rtol=1e-6)
