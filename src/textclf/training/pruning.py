"""A training that somebody else may end early, as its scores come in."""

from collections.abc import Callable
from typing import Any

import keras

from textclf.runs.lifecycle import Pruned


class Pruning(keras.callbacks.Callback):
    """Reports each epoch's score of the first fit, and ends that fit between epochs when asked to.

    Args:
        score: of the validation rows, such as 'val_accuracy'.
        report: takes the number of epochs done, and the score.
        is_pruned: whether to end now.

    Raises:
        Pruned: it was asked to end; the epochs so far are kept.
    """

    def __init__(
        self, score: str, report: Callable[[int, float], None], is_pruned: Callable[[], bool]
    ) -> None:
        super().__init__()
        self.score = score
        self.report = report
        self.is_pruned = is_pruned
        self.n_fits = 0

    def on_train_begin(self, logs: Any = None) -> None:
        self.n_fits += 1

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self.n_fits == 1 and self.is_pruned():
            raise Pruned(f"pruned after epoch {epoch}")

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if self.n_fits == 1 and logs and self.score in logs:
            self.report(epoch + 1, float(logs[self.score]))
