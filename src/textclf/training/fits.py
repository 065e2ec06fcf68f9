"""The fits of a run: one, or one for each fold and a final one."""

from collections.abc import Callable
from dataclasses import dataclass

from textclf.config.settings import Config
from textclf.data.dataset import Dataset
from textclf.data.splits import Split, everything, make_splits
from textclf.runs import FitFolder, RunFolder
from textclf.training.evaluation import Scores, mean_and_sd


@dataclass(frozen=True)
class Fit:
    """One training of one model: its rows, its seed, the folder it is written to."""

    split: Split
    seed: int
    epochs: int
    folder: FitFolder


def over_fits(
    config: Config, data: Dataset, run: RunFolder, step: Callable[[Fit], Scores]
) -> Scores:
    """Do a step with each fit of a run.

    Args:
        step: returns a fit's scores, and `best_epoch` if it is known.

    Returns:
        The scores of the one fit; or the folds' mean and deviation beside the final model's own.
    """
    splits = make_splits(config.training.validation, data)
    epochs = config.training.epochs
    if len(splits) == 1:
        return step(Fit(splits[0], config.seed, epochs, run))
    folds = [
        step(Fit(split, config.seed, epochs, run.fold(number)))
        for number, split in enumerate(splits, start=1)
    ]
    final = step(Fit(everything(data), config.seed, _final_epochs(folds, epochs), run))
    return {**mean_and_sd(folds), **final}


def _final_epochs(folds: list[Scores], most: int) -> int:
    """As many epochs as the folds' kept models had on average."""
    known = [fold["best_epoch"] for fold in folds if "best_epoch" in fold]
    return round(sum(known) / len(known)) if known else most
