"""A network starts from a file's vectors, and needs the file no more once it has a state."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from textclf.config.settings import Config
from textclf.data.dataset import Dataset, Ragged
from textclf.data.splits import make_splits
from textclf.data.tasks import BINARY
from textclf.errors import DataError
from textclf.runs import FitFolder
from textclf.training.engine.backend import Device
from textclf.training.fits import Fit
from textclf.training.network import load_kept_model
from textclf.training.reporter import Reporter
from textclf.training.trainer import Trainer

WORDS = ("<pad>", "<start>", "<unknown>", "good", "bad", "film", "never")
IDS = np.random.default_rng(0).integers(3, 7, (80, 5)).astype(np.int32)
DATA = Dataset(
    name="imdb",
    task=BINARY,
    x=Ragged(IDS.reshape(-1), np.arange(81) * 5),
    y=(IDS == 3).any(axis=1).astype(np.int32),
    n_train=60,
    class_names=("neg", "pos"),
    words=WORDS,
)
VECTORS = {"good": [1, 2, 3], "film": [0.5, 0, -1]}


class Notes(Reporter):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, message: str) -> None:
        self.lines.append(message)


class Stop(keras.callbacks.Callback):
    """Ctrl-C in the second epoch."""

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        if epoch == 1:
            raise KeyboardInterrupt


@pytest.fixture
def config(tmp_path: Path) -> Config:
    lines = [f"{word} {' '.join(map(str, vector))}\n" for word, vector in VECTORS.items()]
    path = tmp_path / "glove.txt"
    path.write_text("".join(lines))
    layers = [{"Embedding": {"weights": str(path), "trainable": False}}, "Flatten"]
    return Config(
        dataset={"name": "imdb"},
        preprocessing={"num_words": 7, "maxlen": 5},
        model={"type": "layers", "layers": layers},
        training={"epochs": 2, "batch_size": 16, "engine": "keras"},
    )


def make_fit(config: Config, path: Path) -> Fit:
    (split,) = make_splits(config.training.validation, DATA)
    return Fit(split, 1, config.training.epochs, FitFolder(path))


def make_trainer(
    config: Config, reporter: Reporter, *callbacks: keras.callbacks.Callback
) -> Trainer:
    return Trainer(config, DATA, Device("cpu", "a processor", 1), reporter, callbacks)


def table_of(config: Config, fit: Fit) -> np.ndarray:
    return load_kept_model(config, fit.folder).layers[1].get_weights()[0]


def test_words_start_from_the_file_which_a_state_needs_no_more(
    config: Config, tmp_path: Path
) -> None:
    assert config.model.embedding_dim == 3  # of the file
    whole, notes = make_fit(config, tmp_path / "whole"), Notes()
    trainer = make_trainer(config, notes)
    prepared = trainer.prepare(whole)
    drawn = prepared.network.layers[1].get_weights()[0]
    prepared.train()
    table = table_of(config, whole)
    for place, word in enumerate(WORDS):
        # Those that the file does not have stay as Keras draws them.
        np.testing.assert_array_equal(table[place], np.float32(VECTORS.get(word, drawn[place])))
    assert (np.abs(drawn) < 0.06).all()
    assert notes.lines[0].startswith("glove.txt has vectors for 50.0% of the vocabulary")

    cut = make_fit(config, tmp_path / "cut")
    with pytest.raises(KeyboardInterrupt):
        make_trainer(config, Reporter(), Stop()).prepare(cut).train()
    (tmp_path / "glove.txt").unlink()
    trainer.prepare(cut).train()
    model, again = (load_kept_model(config, fit.folder).get_weights() for fit in (whole, cut))
    for one, other in zip(model, again, strict=True):
        np.testing.assert_array_equal(one, other)
    assert trainer.prepare(cut).predict_kept()
    fresh = make_trainer(config, Reporter()).prepare(replace(whole, folder=FitFolder(tmp_path)))
    with pytest.raises(DataError, match=r"glove\.txt: no such file"):
        fresh.train()
