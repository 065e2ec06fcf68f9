"""A trial is what `train` does with its config, but for the test rows; its folder says its end."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from textclf.config.file import load_config
from textclf.errors import OUT_OF_MEMORY
from textclf.runs import RunFolder, locked, open_folder
from textclf.sweep import trial
from textclf.sweep.orders import Order, Outcome
from textclf.training.reporter import Reporter
from textclf.training.state import read_state
from textclf.workflow import train
from textclf.workflow.sweeping import train_trial

CONFIG = """\
dataset: {name: csv, path: a.csv, text: text, label: label, test_split: 0.2}
preprocessing: {num_words: 50, maxlen: 8, encoding: embedding}
model: {type: dense, embedding_dim: 4, units: [3], dropout: 0.2}
training: {epochs: 4, batch_size: 16, learning_rate: 0.01, engine: graph}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with a small table and a config, and what is trained once for several tests."""
    return tmp_path_factory.mktemp("place")


@pytest.fixture(scope="module")
def config(place) -> Path:
    rng = np.random.default_rng(0)
    with (place / "a.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "label"])
        for n in range(150):
            words = rng.choice(list("abcdefgh"), 6)
            rows.writerow([" ".join([*words, "xy"[n % 2]]), ("neg", "pos")[n % 2]])
    path = place / "a.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture(scope="module")
def straight(place, config) -> RunFolder:
    """The run of `train`."""
    return train(load_config(config), place / "runs", "a", device="cpu", reporter=Reporter())


class Heard:
    """A link that keeps what is reported, and ends or interrupts the training after an epoch."""

    def __init__(self, prune_after: int = 99, interrupt_after: int = 99) -> None:
        self.steps: list[int] = []
        self.prune_after = prune_after
        self.interrupt_after = interrupt_after

    def report(self, step: int, value: float) -> None:
        assert 0 <= value <= 1
        self.steps.append(step)
        if step == self.interrupt_after:
            raise KeyboardInterrupt

    def is_pruned(self) -> bool:
        return bool(self.steps) and self.steps[-1] >= self.prune_after


@pytest.fixture
def order(config, tmp_path) -> Callable[..., Order]:
    def make(*overrides: str, **changes) -> Order:
        (tmp_path / "s").mkdir(exist_ok=True)
        fields = {
            "name": "trial-1",
            "attempt": 1,
            "config": load_config(config, overrides).model_dump(),
            "folder": tmp_path / "s" / "trial-1",
            "recipe": "a",
            "seeds": 1,
            "score": "val_accuracy",
            "device": "cpu",
        }
        return Order(**{**fields, **changes})

    return make


def same_training(one: RunFolder, other: RunFolder) -> None:
    """Equal to the bit: weights, history, outputs and scores of the validation rows."""
    states = [read_state(run.state_path) for run in (one, other)]
    for first, second in zip(states[0].network, states[1].network, strict=True):
        assert np.array_equal(first, second)
    histories = [run.history.drop(columns="seconds") for run in (one, other)]
    pd.testing.assert_frame_equal(*histories, check_exact=True)
    tables = [run.predictions.query("split == 'validation'") for run in (one, other)]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    scores = [{k: v for k, v in run.metrics.items() if k[:5] != "test_"} for run in (one, other)]
    assert scores[0] == scores[1]


def failed(outcome: Outcome) -> tuple[str, int]:
    return outcome.status, outcome.exit_code


@pytest.fixture(scope="module")
def resumed(place, config) -> tuple[Order, list[int], Outcome]:
    """A trial that was interrupted in its third epoch: its order, the steps after it, its end."""
    folder = place / "s" / "trial-1"
    folder.parent.mkdir()
    settings = load_config(config).model_dump()
    order = Order("trial-1", 1, settings, folder, "a", 1, "val_accuracy", device="cpu")
    with pytest.raises(KeyboardInterrupt):
        train_trial(order, Heard(interrupt_after=3))
    assert open_folder(folder).status == "interrupted"
    heard = Heard()
    outcome = train_trial(replace(order, attempt=2), heard)
    return order, heard.steps, outcome


@pytest.mark.slow
def test_it_is_what_train_does_without_the_test_rows_even_if_resumed(resumed, straight):
    order, steps, outcome = resumed
    run = open_folder(order.folder)
    assert (outcome.status, outcome.scores) == ("finished", run.metrics)
    assert steps == [3, 4]
    same_training(run, straight)
    assert set(run.predictions["split"]) == {"validation"}
    assert not any(key.startswith("test_") for key in run.metrics)
    assert run.baseline is None
    assert (run.plots_path / "confusion_matrix.png").is_file()


def test_an_end_that_was_not_heard_of_is_read_from_the_folder(resumed):
    order, _, outcome = resumed
    heard = Heard()
    again = train_trial(order, heard)
    assert heard.steps == []
    assert (again.status, again.scores) == (outcome.status, outcome.scores)


def test_the_folder_of_another_config_is_refused(resumed):
    order, *_ = resumed
    outcome = train_trial(replace(order, config={**order.config, "seed": 7}), Heard())
    assert failed(outcome) == ("failed", 5)
    assert "a run of another config" in outcome.message


def test_a_process_that_is_left_over_is_waited_for(resumed, monkeypatch):
    order, *_ = resumed
    monkeypatch.setattr(trial, "PATIENCE", 0)
    with locked(RunFolder(order.folder)):
        outcome = train_trial(order, Heard())
    assert outcome.status == "died"
    assert "in use by another process" in outcome.message


def test_a_pruned_trial_has_its_own_status_and_its_best_score(order, tmp_path):
    outcome = train_trial(order(), Heard(prune_after=2))
    run = open_folder(tmp_path / "s" / "trial-1")
    assert run.status == outcome.status == "pruned"
    assert len(run.history) == 2
    assert outcome.scores == {"val_accuracy": run.history["val_accuracy"].max()}
    assert run.kept_model_path.is_file()
    assert train_trial(order(attempt=2), Heard()).scores == outcome.scores


def test_a_diverged_trial_is_a_result(order, tmp_path):
    steep = order(
        "training.optimizer=sgd",
        "training.learning_rate=100.0",
        "training.momentum=0.99",
        "model.l2=100.0",
    )
    outcome = train_trial(steep, Heard())
    assert (outcome.status, outcome.exit_code, outcome.scores) == ("diverged", 5, {})
    assert "became" in outcome.message
    assert open_folder(tmp_path / "s" / "trial-1").status == "failed"
    again = train_trial(steep, Heard())
    assert (again.status, again.message) == ("diverged", outcome.message)


@pytest.mark.slow
def test_a_series_of_seeds_is_scored_by_its_means(order, tmp_path):
    heard = Heard()
    outcome = train_trial(order("training.epochs=1", seeds=2), heard)
    series = open_folder(tmp_path / "s" / "trial-1")
    values = [seed.metrics["val_accuracy"] for seed in series.seeds.values()]
    assert outcome.scores["val_accuracy"] == pytest.approx(np.mean(values))
    assert heard.steps == [1]  # of the first seed
    assert not any(key.startswith("test_") for key in outcome.scores)


@pytest.mark.slow
@pytest.mark.parametrize(
    "override", ["training.refit=true", "training.validation={split: k_fold, folds: 2}"]
)
def test_of_several_fits_the_final_one_is_not_tested(order, tmp_path, override):
    heard = Heard()
    outcome = train_trial(order("training.epochs=2", override), heard)
    run = open_folder(tmp_path / "s" / "trial-1")
    assert outcome.status == "finished", outcome.message
    assert "val_accuracy" in outcome.scores
    assert not any(key.startswith("test_") for key in outcome.scores)
    assert run.kept_model_path.is_file()
    assert heard.steps == [1, 2]


@pytest.mark.slow
def test_the_winner_is_tested(order):
    outcome = train_trial(order("training.epochs=1", tests=True), Heard())
    assert "test_accuracy" in outcome.scores


# --- what goes wrong ---------------------------------------------------------------------------


def test_missing_data_is_named(order):
    outcome = train_trial(order("dataset.path=/nowhere/a.csv"), Heard())
    assert failed(outcome) == ("failed", 4)
    assert "a.csv" in outcome.message


def test_a_device_that_is_not_there(order):
    assert failed(train_trial(order(device="gpu:7"), Heard())) == ("out_of_resources", 6)


@pytest.mark.parametrize(
    ("error", "status"),
    [(MemoryError(), "out_of_resources"), (OSError(28, "No space left"), "out_of_resources")],
)
def test_a_full_memory_or_disk_is_a_matter_of_resources(order, error, status):
    def train_nothing() -> None:
        raise error

    assert trial.attempt(order(), train_nothing).status == status


def test_what_a_device_cannot_do_is_a_failed_trial(order):
    def train_nothing() -> None:
        raise tf.errors.UnimplementedError(None, None, "no kernel for this on a GPU")

    outcome = trial.attempt(order(), train_nothing)
    assert failed(outcome) == ("failed", 3)
    assert "no kernel for this on a GPU: the device cannot do this" in outcome.message


def test_a_full_gpu_is_not_a_broken_one(order):
    def train_nothing() -> None:
        raise tf.errors.InternalError(None, None, "CUDA_ERROR_OUT_OF_MEMORY: out of memory")

    outcome = trial.attempt(order(), train_nothing)
    assert (outcome.status, outcome.message) == ("out_of_resources", OUT_OF_MEMORY)


def test_a_bug_is_raised(order):
    def train_nothing() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        trial.attempt(order(), train_nothing)
