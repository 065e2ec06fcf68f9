"""A reporter or callback of a user's own that fails leaves a run that can be resumed."""

from pathlib import Path

import keras
import pytest

from textclf import load_config, open_run, train
from textclf.training.reporter import Reporter
from textclf.workflow import resume
from tiny_recipes import TINY_TAIL

CONFIG = ("boston_dense", (*TINY_TAIL, "training.epochs=4"))


class FailingReporter(Reporter):
    """Fails in its third epoch, or in the batches of it."""

    def __init__(self, where: str) -> None:
        self.where = where

    def end_batch(self, epoch: int, batch: int, logs: dict[str, float]) -> None:
        if (self.where, epoch) == ("batch", 3):
            raise RuntimeError("a server is gone")

    def end_epoch(self, row: dict[str, float]) -> None:
        if (self.where, row["epoch"]) == ("epoch", 3):
            raise ValueError("a server is gone")


class FailingCallback(keras.callbacks.Callback):
    def on_epoch_end(self, epoch: int, _logs: object = None) -> None:
        if epoch == 2:
            raise KeyError("no such metric")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The run that nothing interrupts."""
    return train(load_config(*CONFIG), tmp_path_factory.mktemp("whole"), reporter=Reporter())


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("failing", "error", "recorded"),
    [
        ({"reporter": FailingReporter("batch")}, RuntimeError, "RuntimeError: a server is gone"),
        pytest.param(
            *({"reporter": FailingReporter("epoch")}, ValueError, "ValueError: a server is gone"),
            marks=pytest.mark.slow,
        ),
        ({"callbacks": [FailingCallback()]}, KeyError, "KeyError: 'no such metric'"),
    ],
)
def test_the_run_is_interrupted_and_resumes_to_the_same_end(
    tmp_path, whole, failing, error, recorded
):
    runs_dir = tmp_path / "runs"
    config = load_config(*CONFIG)
    with pytest.raises(error) as caught:
        train(config, runs_dir, "a", **{"reporter": Reporter(), **failing})
    run = open_run("a", runs_dir)
    assert (run.status, run.record["error"]) == ("interrupted", [recorded])
    assert "resume with: textclf resume" in caught.value.__notes__[0]
    assert resume(run, reporter=Reporter()).metrics == whole.metrics
    assert "error" not in run.record


@pytest.mark.real_data
def test_a_warning_that_is_made_an_error_leaves_no_run(tmp_path):
    config = load_config("reuters_dense", ["training.epochs=1"])

    class Strict(Reporter):
        def warn(self, message: str) -> None:
            raise UserWarning(message)

    with pytest.raises(UserWarning, match="training rows"):
        train(config, tmp_path / "runs", reporter=Strict())
    assert list(Path(tmp_path / "runs").iterdir()) == []
