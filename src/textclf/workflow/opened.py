"""Runs as notebooks see them: their scores, history, model and predictions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textclf.results.thresholds import Threshold
from textclf.runs import CurveFolder, RunFolder, SeriesFolder, find_run
from textclf.runs.summary import describe_state
from textclf.training.engine import backend
from textclf.workflow.scoring import load_predictor

if TYPE_CHECKING:
    import keras
    import pandas as pd


class Run(RunFolder):
    """A run, for notebooks: `name`, `history`, `metrics`, `load_model()`, `predict()`, ..."""

    def __repr__(self) -> str:
        """Run('runs/imdb_lstm-1', finished, val_accuracy=0.776)"""
        return f"Run({str(self.path)!r}, {', '.join(describe_state(self))})"

    def load_model(self, fold: int | None = None) -> keras.Model:
        """The kept model; of a k-fold run the final one, or that of a fold, from 1.

        A series of seeds has one in each of its runs: `run.seed(2).load_model()`. The layers are
        built from the run's config and only weights are read from the file, so that nothing in it
        can run.
        """
        with backend.computing(None):
            backend.import_tensorflow()
            from textclf.training.network import load_kept_model

            return load_kept_model(self.config, self if fold is None else self.fold(fold))

    def predict(
        self,
        texts: Sequence[str],
        device: str = "auto",
        *,
        threshold: float | None = None,
        positive: str | None = None,
    ) -> pd.DataFrame:
        """The classes of new texts, a row each: prediction, probability, of more than two classes
        second and third, the number of words that the model knows, and each class's probability.

        Args:
            threshold: of two classes, the positive one is predicted where its probability is above
                this, such as what `textclf evaluate --choose-threshold` suggests; None: 0.5.
            positive: the positive class; None: the second of the two.

        Raises:
            RunError: the run is not one on texts and classes, has not the threshold's classes, or
                is damaged.
        """
        import pandas as pd

        chosen = None if threshold is None else Threshold(threshold, positive)
        predictor = load_predictor(self, device=device, each_class=True, threshold=chosen)
        return pd.DataFrame(predictor.predict(list(texts)), columns=predictor.columns)


class Series(SeriesFolder, Run):
    """A series of seeds, for notebooks: its scores are means; `seed(2)` is one of its runs."""

    def seed(self, number: int) -> Run:
        """The run of a seed, from 1."""
        return Run(super().seed(number).path)


class Curve(CurveFolder, Run):
    """A learning curve, for notebooks: `table` has a row for each share of the training rows."""


def open_run(run: str | Path | None = None, runs_dir: str | Path = "runs") -> Run:
    """The run in a folder, or of a name under `runs_dir`; None: the newest finished one.

    Raises:
        RunError: there is no such run.
    """
    return public(find_run(None if run is None else str(run), Path(runs_dir)))


def public(run: RunFolder) -> Run:
    kind = Series if isinstance(run, SeriesFolder) else Run
    return (Curve if isinstance(run, CurveFolder) else kind)(run.path)
