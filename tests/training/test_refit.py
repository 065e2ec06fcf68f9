"""A refit: the epochs are chosen on the validation rows, then all training rows train."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from textclf import evaluate, load_config, train
from textclf.config.settings import Config
from textclf.results.reproduction import compare_runs
from textclf.runs import open_folder
from textclf.training.reporter import Reporter
from textclf.workflow import resume

N_ROWS, N_TEST = 60, 12


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).normal(size=(N_ROWS, 2)).round(2)
    y = 3 + x[:, 0] - 2 * x[:, 1]
    pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": y}).to_csv("a.csv", index=False)
    Path("c.yaml").write_text(
        "dataset: {name: csv, path: a.csv, features: [a, b], target: y}\n"
        "model: {type: dense, units: [8], dropout: 0.1}\n"
        "training:\n"
        "  {epochs: 5, batch_size: 8, optimizer: sgd, momentum: 0.9, loss: huber,\n"
        "  huber_delta: 1.5, engine: keras, refit: true,\n"
        "  learning_rate: {schedule: piecewise, boundaries: [3], values: [0.05, 3.0]}}\n"
    )
    return load_config("c.yaml")


class StopsTheRefit(keras.callbacks.Callback):
    """Ctrl-C in the second epoch of a fit without validation rows."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.validates = "val_loss" in (logs or {})

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if epoch == 1 and not self.validates:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_a_refit_has_the_best_epochs_and_resumes_to_the_same_bits(config: Config) -> None:
    whole = train(config, name="whole", reporter=Reporter())
    first = whole.first_fit
    best = int(first.history["val_loss"].idxmin()) + 1
    assert len(first.history) == 5 and best < 5  # the last piece of the schedule is far too high
    assert len(whole.history) == whole.metrics["best_epoch"] == best
    assert {*whole.history} == {"epoch", "loss", "mae", "learning_rate", "seconds"}
    assert set(first.predictions["split"]) == {"validation"}
    assert len(whole.predictions) == N_TEST and set(whole.predictions["split"]) == {"test"}
    scores = {key: value for key, value in whole.metrics.items() if key.startswith("val_")}
    assert scores.items() <= first.metrics.items()
    assert not any(key.startswith("test_") for key in first.metrics)
    assert evaluate(whole) == whole.metrics

    with pytest.raises(KeyboardInterrupt):
        train(config, name="part", reporter=Reporter(), callbacks=[StopsTheRefit()])
    resumed = resume(open_folder(Path("runs/part")), reporter=Reporter())
    assert compare_runs(whole, resumed).is_same

    saved = keras.saving.load_model(whole.kept_model_path)
    assert saved.loss.get_config()["delta"] == 1.5
    schedule = saved.optimizer.get_config()["learning_rate"]["config"]
    n_batches = (N_ROWS - N_TEST) // 8
    assert schedule["boundaries"] == [3 * n_batches - 1] and schedule["values"] == [0.05, 3.0]
