"""The fits of a run: one, or one for each fold and a final one."""

from collections.abc import Sequence
from dataclasses import dataclass

from textclf.data.dataset import Dataset
from textclf.data.splits import Split, everything, make_splits
from textclf.runs import FitFolder, RunFolder
from textclf.runs.series import FIRST_SEED
from textclf.training.scores import Scores


@dataclass(frozen=True)
class Fit:
    """One training of one model: its rows, its seed, the folder it is written to.

    Args:
        has_baseline: whether a linear model is fitted on the same rows; once for a run is enough.
    """

    split: Split
    seed: int
    epochs: int
    folder: FitFolder
    has_baseline: bool = False


def fold_fits(run: RunFolder, data: Dataset) -> list[Fit]:
    """A fit for each fold of a k-fold run; empty for any other run."""
    config = run.config
    splits = make_splits(config.training.validation, data, config.training.train_share)
    if len(splits) == 1:
        return []
    return [
        Fit(split, config.seed, config.training.epochs, run.fold(number))
        for number, split in enumerate(splits, start=1)
    ]


def final_fit(run: RunFolder, data: Dataset, folds: Sequence[Scores]) -> Fit:
    """The fit at the run's top; after k folds, one on all training rows.

    Args:
        folds: the scores of the folds; their mean `best_epoch`, where known, is the final fit's
            number of epochs.
    """
    config = run.config
    share = config.training.train_share
    split = (
        everything(data, share)
        if folds
        else make_splits(config.training.validation, data, share)[0]
    )
    best = [fold["best_epoch"] for fold in folds if "best_epoch" in fold]
    epochs = round(sum(best) / len(best)) if best else config.training.epochs
    is_first = run.title == run.name or run.name == FIRST_SEED
    return Fit(split, config.seed, epochs, run, has_baseline=is_first)
