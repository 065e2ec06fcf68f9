"""Lowering the learning rate once the validation no longer improves."""

from typing import Any

import keras

from textclf.config.settings.training import ReduceOnPlateau
from textclf.data.tasks import is_better_higher
from textclf.training.state import PLATEAU, FitState


class PlateauWatch(keras.callbacks.ReduceLROnPlateau):
    """Keras's own, which remembers how long it has waited when a fit is resumed.

    It comes after the history, which shows the rate that the epoch was trained with.
    """

    def __init__(self, settings: ReduceOnPlateau, start: FitState | None = None) -> None:
        super().__init__(
            mode="max" if is_better_higher(settings.monitor) else "min", **settings.model_dump()
        )
        self.start = start

    def on_train_begin(self, logs: Any = None) -> None:
        super().on_train_begin(logs)
        for name, value in (self.start.plateau if self.start else {}).items():
            setattr(self, name, value)

    @property
    def memory(self) -> dict[str, float | None]:
        """The values to resume with."""
        return {name: getattr(self, name) for name in PLATEAU}
