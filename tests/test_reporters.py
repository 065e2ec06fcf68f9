"""A reporter or callback of a user's own that fails leaves a run that can be resumed."""

from pathlib import Path

import keras
import pytest

from textclf import load_config, open_run, train
from textclf.errors import RunError
from textclf.training.reporter import Reporter
from textclf.workflow import resume
from tiny_recipes import TINY_TAIL

CONFIG = ("boston_dense", (*TINY_TAIL, "training.epochs=4"))


class FailingReporter(Reporter):
    """Fails at the end of an epoch, or in the batches of it."""

    def __init__(self, where: str, epoch: int = 3) -> None:
        self.failing = (where, epoch)

    def end_batch(self, epoch: int, batch: int, logs: dict[str, float]) -> None:
        if self.failing == ("batch", epoch):
            raise RuntimeError("a server is gone")

    def end_epoch(self, row: dict[str, float]) -> None:
        if self.failing == ("epoch", row["epoch"]):
            raise ValueError("a server is gone")


class FailingCallback(keras.callbacks.Callback):
    def on_epoch_end(self, epoch: int, _logs: object = None) -> None:
        if epoch == 2:
            raise KeyError("no such metric")


class Epochs(keras.callbacks.Callback):
    """Notes the epochs, from 1, that are trained."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[int] = []

    def on_epoch_end(self, epoch: int, _logs: object = None) -> None:
        self.seen.append(epoch + 1)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The run that nothing interrupts."""
    return train(load_config(*CONFIG), tmp_path_factory.mktemp("whole"), reporter=Reporter())


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize(
    ("failing", "error", "recorded"),
    [
        ({"reporter": FailingReporter("batch")}, RuntimeError, "RuntimeError: a server is gone"),
        ({"reporter": FailingReporter("epoch")}, ValueError, "ValueError: a server is gone"),
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
def test_an_epoch_is_kept_before_it_is_reported(tmp_path, whole):
    with pytest.raises(ValueError, match="gone"):
        train(load_config(*CONFIG), tmp_path, "a", reporter=FailingReporter("epoch", 1))
    epochs = Epochs()
    run = resume(open_run("a", tmp_path), reporter=Reporter(), callbacks=[epochs])
    assert epochs.seen == [2, 3, 4]
    assert run.metrics == whole.metrics


@pytest.mark.real_data
def test_a_callback_may_fail_with_an_error_of_textclfs(tmp_path, whole):
    class Opening(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, _logs: object = None) -> None:
            if epoch == 1:
                open_run("no such run", tmp_path)

    with pytest.raises(RunError, match="no such run"):
        train(load_config(*CONFIG), tmp_path, "a", reporter=Reporter(), callbacks=[Opening()])
    assert resume(open_run("a", tmp_path), reporter=Reporter()).metrics == whole.metrics


@pytest.mark.real_data
def test_a_warning_that_is_made_an_error_leaves_no_run(tmp_path):
    config = load_config("reuters_dense", ["training.epochs=1"])

    class Strict(Reporter):
        def warn(self, message: str) -> None:
            raise UserWarning(message)

    with pytest.raises(UserWarning, match="training rows"):
        train(config, tmp_path / "runs", reporter=Strict())
    assert list(Path(tmp_path / "runs").iterdir()) == []
